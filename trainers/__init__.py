"""Training and scoring of one configuration. Uses PyTorch; imports neither Ray nor MLflow."""
