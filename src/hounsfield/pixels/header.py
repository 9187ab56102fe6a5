"""What a header says that decides how a frame is shown, where it says it in a way that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom.errors import BytesLengthException

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["UNREADABLE", "groups", "items", "said"]

# pydicom decodes a value when it is asked for; what it raises for broken ones is of many kinds.
UNREADABLE = (
    ArithmeticError,
    AttributeError,
    BytesLengthException,
    LookupError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
)


def said(dataset: Any, keyword: Any) -> Any:
    """Give a value by keyword or tag; `None` where it is absent or cannot be decoded."""
    try:
        return dataset.get(keyword)
    except UNREADABLE:
        return None


def items(dataset: Any, keyword: str) -> Any:
    """Give the items of a sequence; none where it is absent or no sequence."""
    value = said(dataset, keyword)
    return () if value is None or isinstance(value, str | bytes) or not hasattr(value, "__len__") else value


def groups(dataset: Dataset, index: int) -> list[Any]:
    """Give the functional groups of a frame: its own before those that all share."""
    frames = items(dataset, "PerFrameFunctionalGroupsSequence")
    own = [frames[index]] if index < len(frames) else []
    return own + list(items(dataset, "SharedFunctionalGroupsSequence")[:1])
