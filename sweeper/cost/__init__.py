"""Hours and money: measured speeds, calibration, estimates."""
