"""`hu tag`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import print_json, say, table

_MOST = 20


def tag(
    words: Annotated[list[str], Argument(help="A tag (0028,0030), a keyword, a UID, or words of a name.")],
    *,
    all_: Annotated[bool, Option("--all", help=f"Show every match instead of the best {_MOST}.")] = False,
    json: Annotated[bool, Option("--json", help="Print the matches as JSON.")] = False,
) -> int:
    """Look up the dictionary: by tag, keyword, UID or words."""
    from hounsfield.standard.dictionary import Attribute, PrivateAttribute, find, nearest

    text = " ".join(words)
    found = find(text)
    shown = found if all_ else found[:_MOST]
    if json:
        print_json({"query": text, "matches": [{"kind": type(entry).__name__, **asdict(entry)} for entry in shown]})
    elif found:
        rows = []
        for entry in shown:
            if isinstance(entry, Attribute):
                note = "retired" if entry.retired else ""
                rows.append((entry.tag, entry.vr, entry.vm, entry.keyword, entry.name, note))
            elif isinstance(entry, PrivateAttribute):
                rows.append((entry.tag, entry.vr, entry.vm, f"[{entry.creator}]", entry.name, "private"))
            else:
                note = entry.type.lower() + (", retired" if entry.retired else "")
                rows.append((entry.uid, "", "", entry.keyword, entry.name, note))
        print("\n".join(table(rows, indent=0)))
        if len(shown) < len(found):
            say(f"{len(found) - len(shown):,} more: --all shows them.")
    if found:
        return exit_codes.DONE
    near = nearest(text)
    say(f"hu tag: nothing in the dictionary for '{text}'." + (f" Did you mean {', '.join(near)}?" if near else ""))
    return exit_codes.NOTHING
