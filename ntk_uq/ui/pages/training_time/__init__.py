"""The page "Training time"."""
