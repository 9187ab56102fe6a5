"""Work on many inputs: here, on threads, on processes, or on a Dask cluster."""

from hounsfield.cohort.executors import Inline, executor, in_order

__all__ = ["Inline", "executor", "in_order"]
