"""BIDS (bids-specification.readthedocs.io, 1.10): sidecars, gradients, and names of files."""

from hounsfield.convert.bids.layout import Layout, read_layout
from hounsfield.convert.bids.sidecar import sidecar

__all__ = ["Layout", "read_layout", "sidecar"]
