"""Training and scoring of one configuration. Knows PyTorch; knows nothing of Ray or MLflow."""
