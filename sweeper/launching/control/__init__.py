"""What ends a running launch early, and what adds to it."""
