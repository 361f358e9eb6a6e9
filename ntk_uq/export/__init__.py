"""Taking a view home: its figures, its numbers, and how to get them again."""

from ntk_uq.export.exhibit import Column, Exhibit, Plot

__all__ = ["Column", "Exhibit", "Plot"]
