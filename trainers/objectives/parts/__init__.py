"""What several objectives share: controllers, learned variances, reconstruction terms."""
