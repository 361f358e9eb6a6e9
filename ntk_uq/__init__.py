"""How the uncertainty of neural networks scales with data, depth, width and training."""

VERSION = "0.1.0"
