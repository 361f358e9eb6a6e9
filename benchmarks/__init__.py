"""How fast this program is, beside neural-tangents, PyTorch and what the machine can do at all.

Run as ``python -m benchmarks``; what each case measures is in benchmarks/README.md.
"""
