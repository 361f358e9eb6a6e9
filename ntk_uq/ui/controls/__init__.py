"""Widgets to specifications and back; one file a part of the sidebar."""
