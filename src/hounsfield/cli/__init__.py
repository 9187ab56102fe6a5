"""The `hu` command: one module for each verb, imported only when that verb runs.

Commands print and choose exit codes; what they do is done by the Python function of the same verb.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING

from hounsfield.cli.commands import COMMANDS, EXAMPLES, Command
from hounsfield.cli.commands import find as command_called

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `hu` and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        # Names in Greek must not end a command on a terminal that knows ASCII alone.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("hu: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader has gone (`hu dump FILE | head`): nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(front_page(bold=_is_colored()))
        return 0
    if words[0] in ("-V", "--version"):
        from hounsfield import __version__

        print(f"hounsfield {__version__}")
        return 0
    command = command_called(words[0])
    if command is None:
        return _unknown(words[0])
    from hounsfield.errors import HounsfieldError

    try:
        return _run(command, words[1:])
    except HounsfieldError as error:
        from hounsfield.cli import exit_codes

        print(f"hu {command.name}: {error}", file=sys.stderr)
        return exit_codes.of(error)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except OSError as error:
        if error.strerror is None or os.environ.get("HU_TRACEBACK"):
            raise
        place = f"{error.filename}: " if error.filename is not None else ""
        print(f"hu {command.name}: {place}{error.strerror}", file=sys.stderr)
        return 1
    except Exception as error:
        if os.environ.get("HU_TRACEBACK"):
            raise
        print(
            f"hu {command.name}: unexpected {type(error).__name__}: {error}\n"
            "  This is a fault of hounsfield. Run it again with HU_TRACEBACK=1 to see where, and please report it.",
            file=sys.stderr,
        )
        return 1


def _run(command: Command, words: list[str]) -> int:
    from hounsfield.cli.arguments import run

    function = getattr(import_module(command.module), command.function)
    return run(function, words, f"hu {command.name}")


def _unknown(word: str) -> int:
    from difflib import get_close_matches

    near = get_close_matches(word, [command.name for command in COMMANDS], n=1)
    hint = f" Did you mean 'hu {near[0]}'?" if near else " 'hu --help' lists the commands."
    print(f"hu: there is no command '{word}'.{hint}", file=sys.stderr)
    return 2


def front_page(*, bold: bool = False) -> str:
    """Return what `hu` alone shows: the verbs in groups, a line each, and how to begin."""

    def heading(text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if bold else text

    lines = [
        f"{heading('hu')}, the reading room for DICOM images",
        "",
        f"{heading('Usage')}  hu COMMAND ...    (hu COMMAND --help says what a command takes)",
    ]
    width = max(len(command.name) for command in COMMANDS)
    group = ""
    for command in COMMANDS:
        if command.group != group:
            group = command.group
            lines += ["", heading(group)]
        lines.append(f"  {command.name:<{width}}  {command.summary}")
    lines += ["", heading("Begin with")]
    width = max(len(words) for words, _ in EXAMPLES)
    lines += [f"  {words:<{width}}  {meaning}" for words, meaning in EXAMPLES]
    lines += ["", "Not a medical device. Problems: run again with HU_TRACEBACK=1 and report what it shows."]
    return "\n".join(lines)


def _is_colored() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
