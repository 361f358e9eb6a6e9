"""The page "Ensembles"."""
