"""The page "Scaling curves"."""
