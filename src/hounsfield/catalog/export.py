"""Columns of a query as tables of other libraries."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from hounsfield.errors import ExistsError, UsageError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["to_arrow", "to_pandas", "to_parquet"]

Columns = dict[str, list[Any]]


def _uniform(values: list[Any]) -> list[Any]:
    """One type in a column: text where some of its numbers did not parse, decimals where some are."""
    kinds = {type(value) for value in values if value is not None}
    if bytes in kinds:
        values = [None if value is None else _valid(value) for value in values]
    elif str in kinds and len(kinds) > 1:
        values = [None if value is None else str(value) for value in values]
    elif kinds == {int, float}:
        values = [None if value is None else float(value) for value in values]
    return values


def _valid(value: object) -> str:
    """Return text that can be encoded: parts of file names that are no valid text become escapes."""
    text = os.fsdecode(value) if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "backslashreplace").decode()


def to_pandas(columns: Columns) -> pd.DataFrame:
    """Make a data frame; absent numbers are ``NaN``, absent text is ``None``."""
    try:
        import pandas as pd
    except ImportError:
        raise UsageError("pandas is not installed", hint="pip install 'hounsfield[pandas]'") from None
    return pd.DataFrame({name: _uniform(values) for name, values in columns.items()})


def to_arrow(columns: Columns) -> pa.Table:
    """Make an Arrow table; a column without any value has the type ``null``."""
    try:
        import pyarrow as pa
    except ImportError:
        raise UsageError("pyarrow is not installed", hint="pip install 'hounsfield[arrow]'") from None
    return pa.table({name: _uniform(values) for name, values in columns.items()})


def to_parquet(columns: Columns, path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Write a Parquet file."""
    table = to_arrow(columns)
    import pyarrow.parquet

    if not overwrite and os.path.exists(path):
        raise ExistsError("the file is there already", where=os.fspath(path), hint="Pass overwrite=True to replace it.")
    pyarrow.parquet.write_table(table, os.fspath(path))
