"""Write docs/reference: a page for each command, one for what `--json` prints, and one for the formats of `hu convert`.

That of `--json` is made of docs/reference/json/*.schema.json, to which a test holds the output. `--check` compares.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.cli.commands import COMMANDS, Command
from hounsfield.convert.formats import FORMATS
from hounsfield.pixels.availability import available
from hounsfield.pixels.syntaxes import SYNTAXES

sys.path.insert(0, str(Path(__file__).parent.parent))

# The path has to be there first.
from tools.conformance import conformance_page

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
MADE = "<!-- Made by tools/make_docs.py; do not edit. -->\n"
INTRODUCTION = """
Every command that reports takes `--json` and then prints one JSON document to standard output. Attributes of DICOM
appear under their keywords; everything else is in lower case. Each table is made of a schema (JSON Schema 2020-12)
beside this page, and tests hold the commands to it. `[]` is each member of an array.
"""

FORMATS_INTRODUCTION = """
The first suffix is the usual one; `--name` with another chooses that. Values are physical ones: HU, Bq/mL, ... integers
where that is exact, otherwise float32. How to convert to each is in [docs/how-to](../how-to).
"""


def page(command: Command) -> str:
    """Return the page of one command."""
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    shown = subprocess.run(
        [sys.executable, "-m", "hounsfield", command.name, "--help"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return f"{MADE}# hu {command.name}\n\n{command.summary}\n\n```text\n{shown.stdout.strip()}\n```\n"


def contents() -> str:
    """Return the list of commands."""
    lines = [f"{MADE}# Commands", ""]
    group = ""
    for command in COMMANDS:
        if command.group != group:
            group = command.group
            lines += [*[""] * (lines[-1] != ""), f"## {group}", ""]
        lines.append(f"- [`hu {command.name}`]({command.name}.md): {command.summary}")
    return "\n".join(lines) + "\n"


def json_page() -> str:
    """Return the page of what `--json` prints."""
    lines = [f"{MADE}# What `--json` prints", INTRODUCTION]
    for path in sorted((REFERENCE / "json").glob("*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        lines += [f"## `{schema['title']}`", "", f"{schema['description']} Schema: [{path.name}](json/{path.name})", ""]
        lines += ["| key | type | meaning |", "|---|---|---|"]
        lines += [f"| `{key}` | {kind} | {meaning} |" for key, kind, meaning in _keys(schema, "")]
        lines.append("")
    return "\n".join(lines)


def formats_page() -> str:
    """Return the table of formats that volumes are written in."""
    lines = [f"{MADE}# Formats of `hu convert`", FORMATS_INTRODUCTION]
    lines += ["| `--to` | format | suffix | axes | values | what is lost | needs |", "|---|---|---|---|---|---|---|"]
    for form in FORMATS.values():
        suffixes = ", ".join(f"`{suffix}`" for suffix in form.suffixes)
        needs = f"`pip install 'hounsfield[{form.needs[1]}]'`" if form.needs else ""
        cells = (f"`{form.name}`", form.title, suffixes, form.axes, form.values, form.lost or "nothing", needs)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _keys(schema: dict[str, Any], at: str) -> Iterator[tuple[str, str, str]]:
    """Flatten a schema: path, type and meaning of each key."""
    for choice in schema.get("anyOf", []):
        yield at, "object", choice["description"]
        yield from _keys(choice, at)
    if schema.get("type") == "array":
        inner = schema["items"]
        if inner.get("type") == "object" and inner.get("description"):
            yield f"{at}[]", "object", inner["description"]
        yield from _keys(inner, f"{at}[]")
    dot = "." if at else ""
    for name, inner in schema.get("properties", {}).items():
        yield f"{at}{dot}{name}", _type(inner), inner.get("description", "")
        yield from _keys(inner, f"{at}{dot}{name}")
    for pattern, inner in schema.get("patternProperties", {}).items():
        name = "*Keyword*" if pattern.startswith("^[A-Z]") else "*tag*"
        yield f"{at}{dot}{name}", _type(inner), inner["description"]
        yield from _keys(inner, f"{at}{dot}{name}")


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


SYNTAXES_INTRODUCTION = """
Every transfer syntax of PS3.6 that holds pixels. `--to` is what `hu transcode` calls it. The last column names the
foreign program that reads what is written, in the tests; of what is self-tested, none is known that does.
`hu doctor` shows the same for an installation, with the versions of the codecs. Whom to believe where a code stream and
the header contradict each other is written in [pixel trust](../concepts/pixel-trust.md).

Not read is the private compression PMSCT_RLE1 of Philips and Elscint CT, whose pixels are in (07A1,100A) instead of
(7FE0,0010): it is no transfer syntax, and there is no real file among the test data to hold a decoder to.
"""
LOSSY = {"never": "no", "optional": "if asked", "always": "yes"}


def syntaxes_page() -> str:
    """Return the table of transfer syntaxes."""
    lines = [f"{MADE}# Transfer syntaxes", SYNTAXES_INTRODUCTION]
    lines += ["| transfer syntax | UID | read | `--to` | codec | lossy | read by |", "|---|---|---|---|---|---|---|"]
    notes = []
    for row in available():
        mark = ""
        if SYNTAXES[row.uid].note:
            if SYNTAXES[row.uid].note not in notes:
                notes.append(SYNTAXES[row.uid].note)
            mark = f" [{notes.index(SYNTAXES[row.uid].note) + 1}]"
        reader = row.reader or ("self-tested" if SYNTAXES[row.uid].writable else "")
        cells = (
            row.name + (" (retired)" if row.retired else "") + mark,
            row.uid,
            "yes" if SYNTAXES[row.uid].readable else "no",
            f"`{SYNTAXES[row.uid].to}`" if SYNTAXES[row.uid].to else "",
            # The library without its version, which differs between machines.
            row.library.rpartition(" ")[0].removesuffix(" libavcodec") or row.library,
            LOSSY[row.lossy],
            reader,
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *(f"{number}. {note}" for number, note in enumerate(notes, 1))]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check the pages."""
    wanted = {f"commands/{command.name}.md": page(command) for command in COMMANDS}
    wanted |= {"commands/README.md": contents(), "json.md": json_page(), "transfer-syntaxes.md": syntaxes_page()}
    wanted["formats.md"] = formats_page()
    wanted["conformance.md"] = conformance_page(MADE)
    there = {
        path.relative_to(REFERENCE).as_posix(): path.read_text(encoding="utf-8")
        for path in [*REFERENCE.glob("commands/*.md"), *REFERENCE.glob("*.md")]
        # Pages that people write stand beside them.
        if path.read_text(encoding="utf-8").startswith("<!-- Made by")
    }
    if "--check" in sys.argv:
        stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
        if stale:
            print(f"not current: {', '.join(stale)}; run python tools/make_docs.py")
        return bool(stale)
    for name in there.keys() - wanted.keys():
        (REFERENCE / name).unlink()
    for name, text in wanted.items():
        (REFERENCE / name).parent.mkdir(parents=True, exist_ok=True)
        (REFERENCE / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
