"""What this side asks of its peers."""

__all__: list[str] = []
