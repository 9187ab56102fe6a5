"""What the scan found to be wrong, by series; equal problems are one with a count."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from hounsfield.server.names import path_shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hounsfield.catalog.catalog import Catalog
    from hounsfield.errors import Issue

__all__ = ["issue_json", "issues_json", "problems_of"]

_OF_FILES = (
    "SELECT c.series_id, x.code, x.severity, min(x.message), count(*), min(f.path) FROM issues AS x "
    "JOIN instances AS i ON i.id = x.file_id JOIN contexts AS c ON c.id = i.context_id "
    "JOIN files AS f ON f.id = i.id GROUP BY c.series_id, x.code, x.severity ORDER BY x.severity, x.code"
)
_OF_SERIES = (
    'SELECT s.id, x.code, x.severity, x.message, x."where" FROM issues AS x '
    'JOIN series AS s ON x."where" = \'series \' || s."SeriesInstanceUID" WHERE x.file_id IS NULL'
)


def issue_json(issue: Issue) -> dict[str, Any]:
    """Give an issue as JSON."""
    return {
        "code": issue.code,
        "severity": issue.severity,
        "message": issue.message,
        "where": path_shown(issue.where),
        "hint": issue.hint or None,
        "count": issue.count,
    }


def issues_json(issues: Iterable[Issue]) -> list[dict[str, Any]]:
    """Give issues as JSON."""
    return [issue_json(issue) for issue in issues]


def problems_of(catalog: Catalog) -> dict[int, list[dict[str, Any]]]:
    """Give the problems of each series, by the number of its row."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for series, code, severity, message, count, path in catalog.execute(_OF_FILES):
        found[series].append(_row(code, severity, message, path_shown(path), count))
    for series, code, severity, message, where in catalog.execute(_OF_SERIES):
        found[series].append(_row(code, severity, message, where, 1))
    return dict(found)


def _row(code: str, severity: str, message: str, where: str, count: int) -> dict[str, Any]:
    return {"code": code, "severity": severity, "message": message, "where": where, "hint": None, "count": count}
