"""`hu archive`."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import plain, print_json, say, size
from hounsfield.errors import ReadError, UsageError

if TYPE_CHECKING:
    from hounsfield.archive import Archive, Verification

_SHOWN = ("PatientID", "PatientName", "StudyDate", "ModalitiesInStudy", "StudyDescription", "StudyInstanceUID")


def archive(  # noqa: PLR0913 - one parameter for each option
    action: Annotated[
        Literal["add", "list", "verify", "delete", "export", "stats", "backup"],
        Argument(help="What to do with the archive."),
    ],
    folder: Annotated[str, Argument(help="The archive.")],
    words: Annotated[
        list[str], Argument(help="add: folders, files, ZIP archives. list, delete, export: keys such as PatientID=123.")
    ] = [],  # noqa: B006 - never changed
    *,
    output: Annotated[
        str | None, Option("-o", "--output", metavar="FOLDER", help="export, backup: where to write.")
    ] = None,
    duplicates: Annotated[
        Literal["keep", "replace", "both"],
        Option("--duplicates", help="add: what to do with another object of the same UID."),
    ] = "keep",
    storage: Annotated[
        str | None,
        Option("--storage", metavar="URL", help="Object storage, s3://bucket/prefix; once is enough for an archive."),
    ] = None,
    database: Annotated[
        str | None,
        Option("--database", metavar="URL", help="Index in PostgreSQL, postgresql://user@host/name; once is enough."),
    ] = None,
    rebuild: Annotated[bool, Option("--rebuild", help="verify: make the index again from the files.")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="delete, export: only say what would be done.")] = False,
    json: Annotated[bool, Option("--json", help="Print the result as JSON.")] = False,
) -> int:
    """Keep objects for good: store, list, check, delete, export and copy them, and count what is there.

    What was stored survives a crash at any moment. verify compares every file with its checksum, and puts into the
    index what it does not know; with --rebuild --database the index moves into PostgreSQL. backup makes another archive
    of it, also while it is in use; what is there already is not copied again. Exit code 1: something was refused,
    damaged or is missing; 3: nothing was found.
    """
    from hounsfield.archive import Archive

    if action != "add" and storage is None:
        _must_exist(folder)
    if action == "verify" and rebuild:
        opened, found = Archive.rebuild(folder, storage=storage, database=database)
        with opened:
            return _verified(found, json=json)
    with Archive(folder, duplicates=duplicates, storage=storage, database=database) as opened:
        if action == "add":
            return _add(opened, words, json=json)
        if action == "list":
            return _list(opened, _keys(words), json=json)
        if action == "verify":
            return _verified(opened.verify(), json=json)
        if action == "stats":
            return _stats(opened, json=json)
        if action == "delete":
            return _delete(opened, _keys(words), dry_run=dry_run, json=json)
        if action == "backup":
            return _backup(opened, output, json=json)
        return _export(opened, _keys(words), output, dry_run=dry_run, json=json)


def _must_exist(folder: str) -> None:
    from hounsfield.archive.setting import exists

    if not exists(folder):
        raise ReadError("no such archive", where=folder, hint="hu archive add FOLDER PATH makes one.")


def _keys(words: list[str]) -> dict[str, str]:
    keys = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise UsageError(f"{word!r:.60} is no key", hint="Keys are written as PatientID=123.")
        keys[name] = value
    return keys


def _add(opened: Archive, paths: list[str], *, json: bool) -> int:
    if not paths:
        raise UsageError("nothing says what to add")
    begun = time.monotonic()
    outcomes: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for stored in opened.add(paths):
        outcomes[stored.outcome] += 1
        if json:
            rows.append({"source": stored.source, "outcome": stored.outcome, "SOPInstanceUID": stored.sop_instance})
        if stored.outcome == "refused":
            say(f"{plain(stored.source)}: {stored.reason}")
    if json:
        print_json({"action": "add", "counts": dict(outcomes), "objects": rows})
    said = ", ".join(f"{number:,} {outcome}" for outcome, number in outcomes.most_common())
    seconds = time.monotonic() - begun
    rate = f" in {seconds:.1f} s, {outcomes.total() / seconds:,.0f} objects/s" if outcomes else ""
    say(f"hu archive add: {said or 'no DICOM object'}{rate}")
    if not outcomes.total() - outcomes["refused"]:
        return exit_codes.NOTHING
    return exit_codes.SOME if outcomes["refused"] else exit_codes.DONE


def _backup(opened: Archive, output: str | None, *, json: bool) -> int:
    if output is None:
        raise UsageError("nothing says where to write", hint="-o FOLDER")
    done = opened.backup(output)
    if json:
        counts = {"objects": done.objects, "copied": done.copied, "removed": done.removed}
        print_json({"action": "backup", "counts": counts, "bytes": done.bytes, "damaged": done.damaged})
    else:
        for path in done.damaged:
            print(f"damaged   {plain(path)}")
    say(
        f"hu archive backup: {done.objects:,} objects, {done.copied:,} of them new ({size(done.bytes)}), "
        f"{done.removed:,} removed, {len(done.damaged):,} damaged"
    )
    return exit_codes.SOME if done.damaged else exit_codes.DONE


def _list(opened: Archive, keys: dict[str, str], *, json: bool) -> int:
    studies = opened.find(keys)
    rows = [{key: str(study.get(key) or "").replace("\n", " ") for key in _SHOWN} for study in studies]
    if json:
        print_json({"action": "list", "studies": rows})
    else:
        widths = [max([len(row[key]) for row in rows], default=0) for key in _SHOWN]
        for row in rows:
            line = "  ".join(plain(row[key]).ljust(width) for key, width in zip(_SHOWN, widths, strict=True))
            print(line.rstrip())
    return exit_codes.DONE if rows else exit_codes.NOTHING


def _verified(found: Verification, *, json: bool) -> int:
    if json:
        print_json(
            {
                "action": "verify",
                "checked": found.checked,
                "damaged": found.damaged,
                "missing": found.missing,
                "recovered": found.recovered,
                "unknown": found.unknown,
            }
        )
    else:
        for what in ("damaged", "missing", "unknown"):
            for path in getattr(found, what):
                print(f"{what:8}  {plain(path)}")
    say(
        f"hu archive verify: {found.checked:,} sound, {len(found.damaged):,} damaged, {len(found.missing):,} missing, "
        f"{len(found.recovered):,} put into the index"
    )
    return exit_codes.DONE if found.sound else exit_codes.SOME


def _stats(opened: Archive, *, json: bool) -> int:
    found = opened.stats()
    if json:
        print_json({"action": "stats", **found})
    else:
        for name, number in found.items():
            print(f"{name:10}{size(number) if name == 'bytes' else f'{number:,}':>14}")
    return exit_codes.DONE


def _delete(opened: Archive, keys: dict[str, str], *, dry_run: bool, json: bool) -> int:
    number = opened.matching(**keys) if dry_run else opened.delete(**keys)
    if json:
        print_json({"action": "delete", "dry_run": dry_run, "instances": number})
    say(f"hu archive delete: {number:,} instances{' would be deleted' if dry_run else ''}")
    return exit_codes.DONE if number else exit_codes.NOTHING


def _export(opened: Archive, keys: dict[str, str], output: str | None, *, dry_run: bool, json: bool) -> int:
    if output is None and not dry_run:
        raise UsageError("nothing says where to write", hint="Name a folder with --output.")
    paths = [] if dry_run else list(opened.export(output or "", **keys))
    number = opened.matching(**keys) if dry_run else len(paths)
    if json:
        print_json({"action": "export", "dry_run": dry_run, "instances": number, "paths": paths})
    say(f"hu archive export: {number:,} instances{' would be written' if dry_run else ''}")
    return exit_codes.DONE if number else exit_codes.NOTHING
