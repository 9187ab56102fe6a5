"""Storage associations, which move objects in bulk: the core moves the bytes, this decides what it may."""

__all__: list[str] = []
