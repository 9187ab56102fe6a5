"""Codec families: code streams inspected, decoded and encoded, one module each."""

__all__: list[str] = []
