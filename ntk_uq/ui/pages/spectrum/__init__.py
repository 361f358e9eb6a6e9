"""The page "Spectrum"."""
