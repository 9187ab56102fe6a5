"""Which keys of a query the tables answer, as conditions of SQL, and which ones whole headers do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, literal_column, select

from hounsfield.catalog.matching.attributes import COUNTS, C, I, P, S, T, column, own
from hounsfield.catalog.matching.conditions import condition, within
from hounsfield.catalog.matching.elements import known
from hounsfield.catalog.matching.header import matches_all, pairs
from hounsfield.catalog.matching.tables import SERIES_TABLE
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.catalog.matching.conditions import Dialect
    from hounsfield.catalog.matching.query import Query

__all__ = ["below", "beyond", "is_column", "where"]


def is_column(query: Query, keyword: str, value: Any) -> bool:
    """Tell whether a key is matched by what the tables have of its level, or above."""
    modalities = keyword == "ModalitiesInStudy" and query.level != "patient"
    classes = keyword == "SOPClassesInStudy" and query.level == "study"
    return isinstance(value, str) and (modalities or classes or column(query.level, keyword) is not None)


def below(query: Query) -> dict[str, str]:
    """Give the keys that the tables have of levels below: one instance must match them all."""
    return {
        name: value
        for name, value in query.keys.items()
        if not is_column(query, name, value) and isinstance(value, str) and column("instance", name) is not None
    }


def beyond(dialect: Dialect, query: Query) -> Mapping[str, Any]:
    """Give the keys that only whole headers answer."""
    if not dialect.headers:
        # What is not kept matches everything, as optional keys that are not supported do (PS3.4 C.2.2.1.3).
        return {}
    inner, counted = below(query), COUNTS[query.level]
    found = {
        name: value
        for name, value in query.keys.items()
        if not (name in inner or name in counted or is_column(query, name, value) or matches_all(name, value))
    }
    # The instance that has the one must have the others.
    return found | inner if found else {}


def where(dialect: Dialect, query: Query) -> list[Any]:
    """Give the conditions of all keys that the tables have.

    Raises
    ------
    UsageError
        For a keyword that there is none of, or a value that means nothing.
    """
    tests: list[Any] = []
    passed: set[str] = set()
    for date, time in pairs(query.keys) if query.combined else ():
        days, clocks = column(query.level, date), column(query.level, time)
        if days is not None and clocks is not None:
            tests.append(within(days, clocks, query.keys[date], query.keys[time]))
            passed |= {date, time}
    for keyword, value in query.keys.items():
        if known(keyword) is None:
            raise UsageError(f"there is no attribute {keyword!r:.60}")
        if keyword not in passed and is_column(query, keyword, value):
            tests.append(_test(dialect, query, keyword, value))
    tests.append(_of_instance(dialect, query))
    return [one for one in tests if one is not None]


def _of_instance(dialect: Dialect, query: Query) -> Any:
    """Give the condition that one instance has the keys of levels below."""
    keys = below(query)
    tests = []
    for date, time in pairs(keys) if query.combined else ():
        tests.append(within(_inner(date), _inner(time), keys.pop(date), keys.pop(time)))
    tests += [condition(dialect, _inner(name), name, value, fuzzy=query.fuzzy) for name, value in keys.items()]
    tests = [one for one in tests if one is not None]
    if not tests:
        return None
    joined = S.join(C, C.c.series_id == S.c.id).join(I, I.c.context_id == C.c.id)
    one: Any = literal_column("1")
    if query.level == "patient":
        joined, link = joined.join(T, T.c.id == S.c.study_id), T.c.patient_id == P.c.id
    elif query.level == "study":
        link = S.c.study_id == T.c.id
    else:
        joined, link = C.join(I, I.c.context_id == C.c.id), C.c.series_id == S.c.id
    return exists(select(one).select_from(joined).where(link, *tests).correlate(own(query.level)))


def _inner(keyword: str) -> Any:
    return column("instance", keyword)


def _test(dialect: Dialect, query: Query, keyword: str, value: str) -> Any:
    one: Any = literal_column("1")
    other = SERIES_TABLE.alias("m")
    if keyword == "ModalitiesInStudy":
        inner = condition(dialect, other.c.Modality, "Modality", value)
        return (
            None if inner is None else exists(select(one).select_from(other).where(other.c.study_id == T.c.id, inner))
        )
    if keyword == "SOPClassesInStudy":
        inner = condition(dialect, C.c.SOPClassUID, "SOPClassUID", value)
        joined = other.join(C, C.c.series_id == other.c.id)
        test = and_(other.c.study_id == T.c.id, inner) if inner is not None else None
        return None if test is None else exists(select(one).select_from(joined).where(test))
    where = column(query.level, keyword)
    return None if where is None else condition(dialect, where, keyword, value, fuzzy=query.fuzzy)
