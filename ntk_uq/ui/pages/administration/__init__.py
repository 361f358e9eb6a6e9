"""The page "Administration"."""
