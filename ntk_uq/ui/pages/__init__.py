"""A folder a page: its controls, what it takes home, its tables."""
