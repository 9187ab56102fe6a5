"""`hu doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Option
from hounsfield.cli.output import print_json, table

if TYPE_CHECKING:
    from hounsfield.pixels.availability import Available, Library

_LOSSY = {"never": "lossless", "optional": "either", "always": "lossy"}


def doctor(*, json: Annotated[bool, Option("--json", help="Print everything as JSON.")] = False) -> int:
    """Show what can be read and written here: every transfer syntax, its codec, and what to install."""
    import platform

    from hounsfield import __version__
    from hounsfield.pixels.availability import available, libraries

    found = libraries()
    rows = available(found)
    about = {"hounsfield": __version__, "python": platform.python_version(), "platform": platform.platform()}
    if json:
        print_json(
            {
                **about,
                "syntaxes": [row._asdict() for row in rows],
                "libraries": [library._asdict() for library in found.values()],
            }
        )
    else:
        print(f"hounsfield {__version__}, Python {about['python']}, {about['platform']}")
        _show(rows)
        _libraries(found)
    return exit_codes.SOME if any(library.missing for library in found.values()) else exit_codes.DONE


def _show(rows: list[Available]) -> None:
    _section("Read and written", [row for row in rows if row.read and row.write], written=True)
    _section("Read", [row for row in rows if row.read and not row.write], written=False)
    _section("Written", [row for row in rows if row.write and not row.read], written=True)
    not_read = [row for row in rows if not row.read and not row.write]
    print(f"\nNeither ({len(not_read)})")
    print("\n".join(table([(_short(row.uid), row.name, row.note) for row in not_read])))


def _section(title: str, rows: list[Available], *, written: bool) -> None:
    if not rows:
        return
    print(f"\n{title} ({len(rows)})")
    head = ("UID", "transfer syntax", "", "codec", "--to" if written else "")
    lines = [(_short(row.uid), _named(row), _LOSSY[row.lossy], row.library, row.to or row.note) for row in rows]
    print("\n".join(table([head, *lines])))


def _short(uid: str) -> str:
    """All of them begin alike."""
    return uid.replace("1.2.840.10008.1.2", "…", 1)


def _named(row: Available) -> str:
    return f"{row.name} (retired)" if row.retired else row.name


def _libraries(found: dict[str, Library]) -> None:
    print("\nCodecs")
    there = [(library.codec, library.name, library.version, library.package) for library in found.values()]
    print("\n".join(table([row for row, library in zip(there, found.values(), strict=True) if not library.missing])))
    missing = [library for library in found.values() if library.missing]
    if missing:
        print("\nMissing")
        print("\n".join(table([(library.codec, library.name, library.missing) for library in missing])))
    print("\n… stands for 1.2.840.10008.1.2")
