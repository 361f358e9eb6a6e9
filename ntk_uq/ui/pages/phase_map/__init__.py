"""The page "Phase map"."""
