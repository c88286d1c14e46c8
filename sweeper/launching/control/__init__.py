"""What ends a running launch early: signals, and failures that are all alike."""
