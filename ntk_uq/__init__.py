"""How the uncertainty of neural networks scales with data, depth, width and training."""
