"""The engine: takes jobs from the store, computes them in chunks, writes each result at once."""
