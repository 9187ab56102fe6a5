"""BIDS (bids-specification.readthedocs.io, 1.10): sidecars, gradients, and names of files."""
