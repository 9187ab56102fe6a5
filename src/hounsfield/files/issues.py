"""Problems that the core counted, as `Issue` records."""

from __future__ import annotations

from hounsfield.errors import Issue

__all__ = ["gathered"]


def gathered(rows: list[tuple[str, str, int | None, int | None, int]], where: str) -> list[Issue]:
    """One issue for each row ``(code, message, tag, offset, count)``."""
    return [
        Issue(code, "warning", where, f"{message}{_place(tag, offset)}", count=count)
        for code, message, tag, offset, count in rows
    ]


def _place(tag: int | None, offset: int | None) -> str:
    parts = []
    if tag is not None:
        parts.append(f"({tag >> 16:04X},{tag & 0xFFFF:04X})")
    if offset is not None:
        parts.append(f"byte {offset:,}")
    return f" [{', '.join(parts)}]" if parts else ""
