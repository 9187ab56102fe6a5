"""File names from a template and the attributes of a series.

Values come from untrusted files: what they say never leads out of the output folder.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Any

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DEFAULT_NAME", "check_template", "file_name"]

DEFAULT_NAME = "{PatientID}_{SeriesNumber}_{SeriesDescription}_{stack}"

_LONGEST = 120
_UNSAFE = re.compile(r"[^\w.+=-]+")
_SEPARATORS = re.compile(r"_{2,}")
# Names that Windows reserves for devices.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def check_template(template: str) -> None:
    """Refuse a template that names anything else than attributes.

    Raises
    ------
    UsageError
        For braces that do not match, unknown forms, and absolute or climbing paths.
    """
    try:
        fields = [field for _, field, _, _ in Formatter().parse(template) if field is not None]
    except ValueError as error:
        raise UsageError(f"the name {template!r} is not a template: {error}") from None
    for field in fields:
        if not field.isidentifier():
            raise UsageError(f"{{{field}}} is not an attribute", hint="Use keywords, e.g. {PatientID}, or {stack}.")
    if not template or template.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", template):
        raise UsageError(f"the name {template!r} leads out of the output folder")


def file_name(template: str, look_up: Callable[[str], Any]) -> str:
    """Fill a template in.

    Parameters
    ----------
    template : str
        E.g. ``{PatientID}/{SeriesNumber}_{stack}``; parts between slashes become folders.
    look_up : callable
        Gives the value of a keyword, or ``None``.

    Returns
    -------
    str
        A relative path without suffix. Empty values leave no double separators.

    Examples
    --------
    >>> file_name("{PatientID}_{SeriesNumber}", {"PatientID": "../../x", "SeriesNumber": 3}.get)
    'x_3'
    """
    parts = []
    for part in template.split("/"):
        made = ""
        for literal, field, spec, _ in Formatter().parse(part):
            made += literal
            if field is not None:
                made += _safe(look_up(field), spec or "")
        parts.append(_tidy(made))
    return "/".join(part for part in parts if part) or "volume"


def _safe(value: Any, spec: str) -> str:
    if value is None:
        return ""
    if spec:
        try:
            value = format(value, spec)
        except (ValueError, TypeError):
            raise UsageError(f"{value!r} cannot be written as {spec!r}") from None
    return _UNSAFE.sub("_", str(value))[:_LONGEST]


def _tidy(part: str) -> str:
    part = _SEPARATORS.sub("_", _UNSAFE.sub("_", part)).strip("_. -")
    return f"_{part}" if _RESERVED.match(part) else part[: 2 * _LONGEST]
