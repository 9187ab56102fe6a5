"""Devices on the network: DIMSE as user and as provider (PS3.7, PS3.8)."""

__all__: list[str] = []
