"""The page "Width"."""
