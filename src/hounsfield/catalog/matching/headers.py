"""Whole headers that an archive keeps in its index: matched, and asked for what the tables do not have."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from hounsfield.catalog.matching.elements import known
from hounsfield.catalog.matching.header import header_matches
from hounsfield.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hounsfield.catalog.connection import Connection
    from hounsfield.catalog.matching.query import Query

__all__ = ["Headers"]

# A query that looks into more of them names something that the tables have besides.
_MOST = 200_000
# So many instances tell whether all of a study have one value.
_MOST_EACH = 1_000
_BLOCK = 200
_OF: Mapping[str, str] = {
    "patient": "t.patient_id = ?",
    "study": "s.study_id = ?",
    "series": "c.series_id = ?",
    "instance": "i.id = ?",
}
_HEADERS = (
    "SELECT o.header FROM objects AS o JOIN instances AS i ON i.id = o.id JOIN contexts AS c ON c.id = i.context_id "
    "JOIN series AS s ON s.id = c.series_id JOIN studies AS t ON t.id = s.study_id WHERE "
)


class Headers:
    """The headers of what answers one query.

    Parameters
    ----------
    connection : Connection
        Of the archive's index.
    query : Query
        What is asked.
    """

    def __init__(self, connection: Connection, query: Query) -> None:
        self._connection, self._query, self._seen = connection, query, 0

    def match(self, number: int, keys: Mapping[str, Any]) -> bool:
        """Tell whether one of the instances below a row has all these keys.

        Raises
        ------
        LimitError
            When this query has looked into too many.
        """
        marks = _marks(keys)
        fuzzy, combined = self._query.fuzzy, self._query.combined
        for text in self._texts(number):
            self._seen += 1
            if self._seen > _MOST:
                raise LimitError(
                    f"more than {_MOST:,} headers would have to be looked into",
                    hint="Add a key that the index has, such as a date or a patient.",
                )
            # Most have not even the attribute.
            if all(mark in text for mark in marks) and header_matches(
                json.loads(text), keys, fuzzy=fuzzy, combined=combined
            ):
                return True
        return False

    def values(self, number: int, keywords: list[str]) -> dict[str, Any]:
        """Give elements of a row; of several instances, those in which all of them agree."""
        named = [known(keyword) or ("", "") for keyword in keywords]
        found: dict[str, Any] | None = None
        for seen, text in enumerate(self._texts(number)):
            if seen >= _MOST_EACH:
                return {}
            header = json.loads(text)
            here = {tag: header[tag] for tag, _ in named if tag in header}
            found = here if found is None else {tag: one for tag, one in found.items() if here.get(tag) == one}
            if not found:
                break
        return found or {}

    def _texts(self, number: int) -> Iterator[bytes]:
        rows = self._connection.execute(f"{_HEADERS}{_OF[self._query.level]} ORDER BY o.id", (number,))
        while block := rows.fetchmany(_BLOCK):
            for (packed,) in block:
                if packed is not None:
                    yield zlib.decompress(packed)


def _marks(keys: Mapping[str, Any]) -> list[bytes]:
    """Give what the text of a header has that can match, of keys that do not match what is absent."""
    return [f'"{(known(keyword) or ("", ""))[0]}"'.encode() for keyword in keys]
