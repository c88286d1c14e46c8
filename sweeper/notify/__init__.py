"""Notifications about a launch, by a command or a webhook of the user."""
