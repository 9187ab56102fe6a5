"""BIDS (bids-specification.readthedocs.io, 1.10): sidecars, gradients, and names of files.

Its modules are imported where they are used: most conversions need none of them.
"""

__all__: list[str] = []
