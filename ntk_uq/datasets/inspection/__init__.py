"""What is in a data set: counts, ranges, duplicates, a sample."""
