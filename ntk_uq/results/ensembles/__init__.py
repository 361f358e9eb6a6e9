"""Ensembles of finite networks: their members as the store has them, and their statistics."""
