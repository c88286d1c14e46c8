"""What a benchmark compares with: the same work written by hand."""
