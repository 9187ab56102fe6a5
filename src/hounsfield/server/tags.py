"""Every element of a file for the tag browser: ``/api/tags``. Values are text, shortened; nothing large is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.files.read import read
from hounsfield.server.names import path_shown
from hounsfield.standard.dictionary import attribute

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.server.images import Opened

__all__ = ["tags_json"]

_MOST_LETTERS = 512
_MOST_ITEMS = 200
_MOST_DEPTH = 16
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})


def tags_json(opened: Opened) -> dict[str, Any]:
    """Give the elements of an instance as JSON."""
    dataset = read(opened.name, stop_before_pixels=True, limits=opened.limits, issues=[])
    meta = getattr(dataset, "file_meta", None)
    elements = [] if meta is None else _elements(meta, 0)
    return {
        "path": path_shown(opened.name),
        "transfer_syntax": opened.syntax,
        "elements": [*elements, *_elements(dataset, 0)],
    }


def _elements(dataset: Dataset, depth: int) -> list[dict[str, Any]]:
    found = []
    for tag in sorted(dataset.keys()):
        try:
            element = dataset[tag]
        except Exception as error:  # noqa: BLE001 - pydicom raises whatever a broken value makes it raise
            found.append(_row(tag, "UN", 0, f"cannot be read: {error}", creator=None))
            continue
        vr = str(element.VR)
        creator = element.private_creator if tag.is_private else None
        private = {"name": str(element.name).strip("[]")} if creator and not tag.is_private_creator else {}
        if vr == "SQ":
            items = element.value[:_MOST_ITEMS] if depth < _MOST_DEPTH else []
            count = f"{len(element.value)} item{'s' * (len(element.value) != 1)}"
            row = _row(tag, vr, len(element.value), count, creator=creator)
            found.append(row | private | {"items": [_elements(item, depth + 1) for item in items]})
            continue
        found.append(_row(tag, vr, _length(element.value), _shown(element, vr), creator=creator) | private)
    return found


def _row(tag: Any, vr: str, length: int, value: str, *, creator: str | None) -> dict[str, Any]:
    keyword, name = _named(tag)
    return {
        "tag": f"{tag.group:04X},{tag.element:04X}",
        "keyword": keyword,
        "name": name,
        "vr": vr,
        "length": length,
        "value": value if len(value) <= _MOST_LETTERS else f"{value[: _MOST_LETTERS - 1]}…",
        "creator": creator,
        "items": None,
    }


def _named(tag: Any) -> tuple[str, str]:
    if tag.is_private:
        return "", "Private Creator" if tag.is_private_creator else "Private"
    found = attribute(int(tag))
    return (found.keyword, found.name) if found is not None else ("", "Unknown")


def _length(value: Any) -> int:
    return len(value) if isinstance(value, bytes | str) else 0 if value is None else len(str(value))


def _shown(element: Any, vr: str) -> str:
    value = element.value
    if value is None:
        return ""
    if vr in _BINARY or isinstance(value, bytes):
        data = bytes(value) if isinstance(value, bytes) else b""
        text = data[:64].rstrip(b"\0 ")
        if vr == "UN" and text and all(32 <= byte < 127 for byte in data.rstrip(b"\0 ")):
            return data[:_MOST_LETTERS].rstrip(b"\0 ").decode("ascii")
        return f"{len(data):,} bytes: {data[:24].hex(' ')}{' …' if len(data) > 24 else ''}"
    if isinstance(value, str) or not hasattr(value, "__iter__") or vr == "PN":
        return str(value)[: _MOST_LETTERS + 1]
    return "\\".join(str(one) for one in list(value)[:_MOST_LETTERS])
