"""What everything else stands on, and that itself imports nothing of the project."""
