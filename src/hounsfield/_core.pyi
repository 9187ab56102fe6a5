"""The compiled core. One section for each verb; shapes and meanings are given where Python wraps them."""

__version__: str
debug_build: bool
