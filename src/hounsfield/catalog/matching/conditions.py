"""Keys of a query as conditions of SQL (PS3.4 C.2.2.2): values, lists of UIDs, wildcards, ranges, names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Numeric, Text, and_, case, cast, exists, false, func, literal, literal_column, or_, select, true

from hounsfield.catalog.matching.names import START, plain, words_of
from hounsfield.catalog.matching.tables import NAMES, WORDS, Number
from hounsfield.catalog.matching.values import (
    NUMBERS,
    TEXT,
    TIME,
    alternatives,
    bounds,
    is_universal,
    number_of,
)
from hounsfield.standard.dictionary import attribute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.sql.elements import ColumnElement

__all__ = ["Dialect", "condition", "within"]

Condition = Any
_MOST_STARS = 3
# Comes after everything that begins so, in the order of bytes.
_AFTER = "\U0010ffff"
_NUMERAL = r"^[+-]?([0-9]{1,60}\.?[0-9]{0,60}|\.[0-9]{1,60})([eE][+-]?[0-9]{1,3})?$"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the database is.

    Parameters
    ----------
    name : {'sqlite', 'postgresql'}
        Its kind.
    names : bool
        Whether it has the names of people as they are compared.
    headers : bool
        Whether it has whole headers.
    """

    name: str = "sqlite"
    names: bool = False
    headers: bool = False

    @property
    def postgres(self) -> bool:
        """Whether it is PostgreSQL."""
        return self.name == "postgresql"


def condition(
    dialect: Dialect, column: ColumnElement[Any], keyword: str, value: str, *, fuzzy: bool = False
) -> Condition | None:
    """Give the condition of one key; nothing where it matches everything.

    Parameters
    ----------
    dialect : Dialect
        Of the database.
    column : ColumnElement
        The attribute.
    keyword : str
        Its name, which says what its values are.
    value : str
        What is asked for, as DICOM writes it.
    fuzzy : bool
        Match names by the beginnings of their words.

    Raises
    ------
    UsageError
        For a range or a value that means nothing.
    """
    vr, several = _kind(keyword)
    if is_universal(vr, value):
        return None
    wanted = alternatives(vr, value)
    if vr == "UI":
        return column.in_(wanted) if len(wanted) != 1 else column == wanted[0]
    if several:
        part = _values(dialect, column)
        tests = [_single(dialect, part, vr, one, fuzzy=fuzzy) for one in wanted]
        return exists(select(literal_column("1")).select_from(part.table).where(or_(false(), *tests)))
    return or_(false(), *(_single(dialect, column, vr, one, fuzzy=fuzzy) for one in wanted))


@lru_cache(maxsize=512)
def _kind(keyword: str) -> tuple[str, bool]:
    found = attribute(keyword)
    return ("LO", False) if found is None else (found.vr.split(" ", 1)[0], found.vm != "1")


def _values(dialect: Dialect, column: ColumnElement[Any]) -> Any:
    """Give each of several values."""
    if dialect.postgres:
        text = column.op("#>>")(literal_column("'{}'")) if isinstance(column.type, Number) else column
        return func.unnest(func.string_to_array(text, "\\")).table_valued("value").render_derived(name="v").c.value
    quoted = func.replace(func.json_quote(column), literal_column(r"'\\'"), literal_column("'\",\"'"))
    return (
        func.json_each(literal_column("'['").concat(quoted).concat(literal_column("']'")))
        .table_valued("value")
        .alias("v")
        .c.value
    )


def _single(dialect: Dialect, column: Any, vr: str, value: str, *, fuzzy: bool) -> Condition:
    if vr in ("DA", "TM"):
        return _within(column, vr, value)
    if vr == "PN":
        return _name(dialect, column, value, fuzzy=fuzzy)
    if vr in NUMBERS:
        return _number(dialect, column, value)
    if vr in TEXT and ("*" in value or "?" in value):
        return _wild(dialect, column, value)
    return column == value


def _wild(dialect: Dialect, column: Any, value: str) -> Condition:
    if dialect.postgres:
        from hounsfield.catalog.postgres import like

        return column.like(like(value), escape="!")
    if value.count("*") > _MOST_STARS:
        # SQLite tries every place of every star.
        return func.hu_glob(column, value) == literal_column("1")
    return column.op("GLOB")(value.replace("[", "[[]"))


def _number(dialect: Dialect, column: Any, value: str) -> Condition:
    number = number_of(value)
    if isinstance(column.type, Number):
        if not dialect.postgres:
            return column == literal(value) if number is None else column.in_([literal(value), literal(number)])
        text = column == func.to_jsonb(cast(literal(value), Text))
        return text if number is None else or_(text, column == func.to_jsonb(cast(literal(number), Numeric)))
    if number is None:
        return column == value
    if not dialect.postgres:
        return or_(column == value, func.hu_number(column) == number)
    numeral = case((column.op("~")(_NUMERAL), cast(column, Numeric) == cast(literal(number), Numeric)), else_=false())
    return or_(column == value, numeral)


def _within(column: Any, vr: str, value: str) -> Condition:
    first, last = bounds(vr, value)
    if vr == "TM":
        return _clock(column).between(first, last)
    if first == last:
        return column.in_([first, f"{first[:4]}.{first[4:6]}.{first[6:]}"])
    return _day(column).between(first, last)


def _day(column: Any) -> Any:
    """Give a date without the dots of old."""
    return func.replace(column, ".", "")


def _clock(column: Any) -> Any:
    """Give a time with everything that it leaves out."""
    said = func.replace(column, ":", "")
    return said.concat(func.substr(TIME, func.length(said) + literal_column("1")))


def within(date: ColumnElement[Any], time: ColumnElement[Any], days: str, clocks: str) -> Condition:
    """Give the condition of a range of dates and one of times that are one range of moments (PS3.4 C.2.2.2.5.4).

    Raises
    ------
    UsageError
        For ranges that mean nothing.
    """
    (day, last_day), (clock, last_clock) = bounds("DA", days), bounds("TM", clocks)
    moment = _day(date).concat(_clock(func.coalesce(time, "")))
    return and_(_day(date).between(day, last_day), moment.between(day + clock, last_day + last_clock))


def _name(dialect: Dialect, column: Any, value: str, *, fuzzy: bool) -> Condition:
    if not dialect.names:
        return func.hu_name(column, value, literal_column("1" if fuzzy else "0")) == literal_column("1")
    if fuzzy:
        parts = [part[:START] for part in words_of(value.replace("*", " "))]
        known = (column.in_(select(WORDS.c.value).where(_begins(WORDS.c.word, part))) for part in parts)
        return and_(column.is_not(None), *known)
    wanted = plain(value)
    start = min((wanted.find(one) for one in "*?" if one in wanted), default=-1)
    tests: Sequence[Any]
    if start < 0:
        tests = (NAMES.c.start == wanted[:START], NAMES.c.plain == wanted)
    else:
        begins = _begins(NAMES.c.start, wanted[:start][:START]) if start else true()
        tests = (begins, _wild(dialect, NAMES.c.plain, wanted))
    return column.in_(select(NAMES.c.value).where(*tests))


def _begins(column: Any, start: str) -> Condition:
    return and_(column >= start, column < start + _AFTER)
