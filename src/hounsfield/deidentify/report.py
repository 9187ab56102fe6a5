"""What was done: a row for each file, counts for each attribute, and the audit file, which is safe to share."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hounsfield.deidentify.plan import ACTION_WORDS
from hounsfield.deidentify.table import EDITION
from hounsfield.errors import Issue, WriteError
from hounsfield.standard import dictionary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.deidentify.key import Key
    from hounsfield.deidentify.pixels.boxes import Box
    from hounsfield.deidentify.profile import Profile

__all__ = ["Line", "Report", "Row", "named"]

Status = Literal["done", "planned", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one file.

    Parameters
    ----------
    input : str
        Where it was read: may itself identify.
    output : str
        Where it was written, relative to the output folder; names nobody.
    status : str
        ``done``, ``planned`` (a dry run), ``skipped`` (it is no image or the like, or was done before), ``failed``.
    reason, code : str
        Why it was not done, in words and as a stable word.
    issues : tuple of Issue
        What a person must still look at.
    boxes : tuple of Box
        What was blanked in its pixels.
    """

    input: str
    output: str
    status: Status
    reason: str = ""
    code: str = ""
    issues: tuple[Issue, ...] = ()
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What was done to one attribute, over all files.

    Parameters
    ----------
    path : str
        The attribute, with the sequences on the way to it.
    tags : tuple of int
        The same, as numbers.
    action : str
        What was done to it.
    count : int
        How often.
    example : str
        A value that was there; in a dry run only, and not safe to share.
    """

    path: str
    tags: tuple[int, ...]
    action: str
    count: int
    example: str = ""


def named(tags: tuple[int, ...]) -> str:
    """Spell a path: keywords where there are, joined by points."""

    def one(tag: int) -> str:
        known = dictionary.attribute(tag) if not tag >> 16 & 1 else None
        return known.keyword if known and known.keyword else f"({tag >> 16:04X},{tag & 0xFFFF:04X})"

    return ".".join(one(tag) for tag in tags)


@dataclass(slots=True)
class Report:
    """What was done; iterating gives the rows.

    Parameters
    ----------
    rows : list of Row
        A row for each file.
    lines : list of Line
        A line for each attribute and action.
    profile : Profile
        What was asked for.
    key : Key
        What pseudonyms were made with.
    """

    profile: Profile
    key: Key = field(repr=False)
    rows: list[Row] = field(default_factory=list, repr=False)
    lines: list[Line] = field(default_factory=list, repr=False)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many files became what."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in ("done", "planned", "skipped", "failed") if found[status]}

    @property
    def residual(self) -> list[Issue]:
        """What a person must still look at, each kind once with its count."""
        counts: Counter[tuple[str, str, str]] = Counter()
        where: dict[tuple[str, str, str], str] = {}
        for row in self.rows:
            for issue in row.issues:
                kind = (issue.code, issue.message, issue.hint)
                counts[kind] += 1
                where.setdefault(kind, row.output)
        return [
            Issue(code, "warning", where[code, message, hint], message, hint, count)
            for (code, message, hint), count in counts.most_common()
        ]

    def to_dict(self) -> dict[str, object]:
        """Give everything, for JSON; not safe to share: it names the inputs."""
        return {
            "counts": self.counts,
            "profile": self._profile(),
            "files": [{**asdict(row), "issues": [issue.code for issue in row.issues]} for row in self.rows],
            "attributes": [
                {key: value for key, value in asdict(line).items() if key != "tags" and value != ""}
                for line in self.lines
            ],
            "residual": [asdict(issue) for issue in self.residual],
        }

    def _profile(self) -> dict[str, object]:
        profile = self.profile
        return {
            "name": profile.name,
            "version": profile.version,
            "options": list(profile.options),
            "codes": list(profile.codes),
            "edition": EDITION,
            "dates": profile.dates,
            "sha256": profile.digest(),
            "key": self.key.fingerprint() if self.key.kept else "",
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the audit file, JSON lines: the profile, each attribute and what was done to it, each file.

        It is safe to share: no originals, and no names of inputs, which are told apart by marks made with the key.

        Raises
        ------
        WriteError
        """
        from hounsfield import __version__

        records: list[dict[str, object]] = [
            {"record": "profile", "hounsfield": __version__, **self._profile(), "files": self.counts}
        ]
        records += [
            {"record": "attribute", "path": line.path, "action": line.action, "count": line.count}
            for line in self.lines
        ]
        for row in self.rows:
            mark = {"input": self.key.mark(row.input)} if not row.output else {"output": row.output}
            codes = {"code": row.code} if row.code else {}
            issues = {"issues": [issue.code for issue in row.issues]} if row.issues else {}
            boxes = {"blanked": [asdict(box) for box in row.boxes]} if row.boxes else {}
            records.append({"record": "file", **mark, "status": row.status, **codes, **issues, **boxes})
        where = os.fspath(path)
        part = f"{where}.part"
        try:
            with open(part, "w", encoding="utf-8") as opened:
                opened.writelines(json.dumps(record) + "\n" for record in records)
            Path(part).replace(where)
        except OSError as error:
            raise WriteError(f"the audit file cannot be written: {error.strerror}", where=where) from None


def line_of(path: list[int], action: int, count: int, example: bytes) -> Line:
    """Make a line of what the core says."""
    tags = tuple(path)
    shown = example.split(b"\0")[0].decode("utf-8", "replace").strip()
    readable = shown if shown.isprintable() else ""
    return Line(named(tags), tags, ACTION_WORDS[action], count, readable)
