"""What would stop a launch, and how much disk it needs."""
