"""Ensembles of finite networks: training them, keeping them, and the statistics of their loss.

Nothing is imported here, so that the web process can read records and statistics without JAX.
"""
