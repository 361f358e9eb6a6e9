"""The page "Report"."""
