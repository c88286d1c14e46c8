"""Parts of several objectives: controllers, learned variances, reconstruction errors."""
