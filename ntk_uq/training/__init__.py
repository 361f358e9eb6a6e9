"""Finite networks, and how they are trained."""
