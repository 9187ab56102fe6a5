"""Command lines from the signatures of functions, on the standard library's argparse.

A command is a function whose parameters are annotated: ``paths: Annotated[list[str], Argument(help=...)]`` is
positional, ``json: Annotated[bool, Option("--json", help=...)] = False`` is an option. Why not typer:
docs/decisions/0002-argparse.md.
"""

from __future__ import annotations

import argparse
import inspect
import re
import shutil
import textwrap
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Argument", "Option", "run"]

_NEGATIVE = re.compile(r"-\.?\d")


@dataclass(frozen=True, slots=True)
class Argument:
    """A positional argument; a list takes one or more, or any number where it has a default."""

    help: str
    metavar: str | None = None


@dataclass(frozen=True, slots=True, init=False)
class Option:
    """An option with its spellings; a boolean is a flag, a list may be given several times."""

    names: tuple[str, ...]
    help: str
    metavar: str | None

    def __init__(self, *names: str, help: str, metavar: str | None = None) -> None:  # noqa: A002 - as in argparse
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "help", help)
        object.__setattr__(self, "metavar", metavar)


def run(function: Callable[..., int | None], words: Sequence[str], name: str) -> int:
    """Call `function` with what `words` say and return its exit code; 2 where they say something wrong."""
    parser = _parser(function, name)
    try:
        values = vars(parser.parse_intermixed_args(_joined(words)))
    except SystemExit as stop:
        return int(stop.code or 0)
    positional = [values.pop(parameter) for parameter in _positional(function)]
    return int(function(*positional, **values) or 0)


def _joined(words: Sequence[str]) -> list[str]:
    """Join an option and a value that begins with a minus and a digit, which argparse takes for another option."""
    found: list[str] = []
    for word in words:
        last = found[-1] if found else ""
        if _NEGATIVE.match(word) and last.startswith("--") and last != "--" and "=" not in last:
            found[-1] = f"{last}={word}"
        else:
            found.append(word)
    return found


def _parser(function: Callable[..., int | None], name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        name,
        description=_description(function),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    arguments, options = parser.add_argument_group("Arguments"), parser.add_argument_group("Options")
    defaults = _defaults(function)
    for parameter, annotation in get_type_hints(function, include_extras=True).items():
        if parameter == "return":
            continue
        if get_origin(annotation) is not Annotated:
            raise TypeError(f"{function.__name__}({parameter}) has no Argument or Option")
        kind, spec = get_args(annotation)[:2]
        group = options if isinstance(spec, Option) else arguments
        _add(group, parameter, (kind, spec), defaults.get(parameter, ...))
    options.add_argument("-h", "--help", action="help", help="Show this page.")
    return parser


def _description(function: Callable[..., int | None]) -> str:
    """Return the docstring, its paragraphs as wide as the terminal; lines that are indented stay as they are."""
    columns = max(40, shutil.get_terminal_size().columns - 2)
    paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
    return "\n\n".join(text if text.startswith(" ") else textwrap.fill(text, columns) for text in paragraphs)


def _defaults(function: Callable[..., int | None]) -> dict[str, Any]:
    names = _positional(function)
    values = function.__defaults__ or ()
    return dict(zip(names[len(names) - len(values) :], values, strict=True)) | (function.__kwdefaults__ or {})


def _positional(function: Callable[..., int | None]) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount]


def _add(group: argparse._ArgumentGroup, parameter: str, what: tuple[Any, Argument | Option], default: Any) -> None:
    kind, spec = what
    several, kind, choices = _shape(kind)
    settings: dict[str, Any] = {"help": spec.help.replace("%", "%%")}
    if default is not ...:
        settings["default"] = default
    if kind is bool:
        settings["action"] = argparse.BooleanOptionalAction if default is True else "store_true"
    else:
        settings |= {"type": kind, "choices": choices}
        if spec.metavar or not choices:
            settings["metavar"] = spec.metavar or parameter.strip("_").upper()
    if isinstance(spec, Option):
        if several:
            settings["action"] = "append"
        group.add_argument(*spec.names, dest=parameter, required=default is ..., **settings)
        return
    if several:
        settings["nargs"] = "+" if default is ... else "*"
    elif default is not ...:
        settings["nargs"] = "?"
    group.add_argument(parameter, **settings)


def _shape(kind: Any) -> tuple[bool, Any, tuple[str, ...] | None]:
    """Whether several values are taken, of which type, and among which choices."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    if get_origin(kind) is list:
        _, inner, choices = _shape(get_args(kind)[0])
        return True, inner, choices
    if get_origin(kind) is Literal:
        return False, str, get_args(kind)
    return False, kind, None
