"""What follows from results: laws, comparisons, maps."""
