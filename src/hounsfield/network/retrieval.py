"""What came of a retrieval, and what may be asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["Retrieval", "Wanted"]

_UNIQUE = {
    "patient": ("PatientID",),
    "study": ("StudyInstanceUID",),
    "series": ("StudyInstanceUID", "SeriesInstanceUID"),
    "image": ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"),
}


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What came of a retrieval.

    Parameters
    ----------
    completed, failed, warned : int
        Objects that the peer sent, could not send, and sent with a warning, by its own count.
    files : list of str
        Where the objects are now, where they came here.
    refused : int
        Objects that came and could not be kept.
    lacking : list of str
        SOP Instance UIDs that the peer named as failed.
    reason : str
        What the peer said, where it was not success.
    """

    completed: int
    failed: int
    warned: int
    files: list[str] = field(default_factory=list)
    refused: int = 0
    lacking: list[str] = field(default_factory=list)
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether everything came."""
        return not (self.failed or self.refused or self.reason)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something to retrieve: a level and the unique keys down to it (PS3.4 C.4.3.2.1)."""

    level: str
    keys: dict[str, Any]

    @classmethod
    def of(cls, what: str | Dataset | dict[str, Any]) -> Wanted:
        """Take an answer of a query, a Study Instance UID, or keys.

        Raises
        ------
        UsageError
            When a unique key is missing.
        """
        if isinstance(what, str):
            return cls("study", {"StudyInstanceUID": what})
        found = {keyword: what.get(keyword) for keyword in dict.fromkeys(sum(_UNIQUE.values(), ()))}
        asked = str(what.get("QueryRetrieveLevel") or "").lower()
        deepest = [level for level, keys in _UNIQUE.items() if found[keys[-1]]]
        level = asked if asked in _UNIQUE else deepest[-1] if deepest else "study"
        keys = {keyword: _text(found[keyword]) for keyword in _UNIQUE[level]}
        missing = [keyword for keyword, value in keys.items() if not value]
        if missing:
            raise UsageError(f"to retrieve a {level}, {' and '.join(missing)} must be known")
        return cls(level, keys)


def _text(value: Any) -> Any:
    return [str(one) for one in value] if isinstance(value, list | tuple) else str(value or "")
