"""What this side offers its peers."""

__all__: list[str] = []
