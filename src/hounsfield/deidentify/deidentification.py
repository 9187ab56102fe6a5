"""The verb: files in, the same files without what identifies out (PS3.15 E)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.deidentify.inputs import Found, batches, find
from hounsfield.deidentify.journal import Journal
from hounsfield.deidentify.key import Key, read_key
from hounsfield.deidentify.mapping import Mapping_, read_mapping, write_mapping
from hounsfield.deidentify.plan import compiled
from hounsfield.deidentify.profile import Profile
from hounsfield.deidentify.report import Report, Row, line_of
from hounsfield.errors import HounsfieldError, Issue, NotDicomError, UsageError, WriteError
from hounsfield.progress import Progress, Silent
from hounsfield.settings import Limits, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hounsfield.deidentify.pixels.staging import Staging

__all__ = ["Options", "deidentify"]

_MOST_THREADS = 8
_PASSED_OVER = {"dicomdir", "no-object", "not-a-file"}


@dataclass(frozen=True, slots=True)
class Options:
    """How `deidentify` works.

    Parameters
    ----------
    mapping_in : path, optional
        Replacements that are given: a table as `mapping_out` writes it.
    mapping_out : path, optional
        Where to write which original became what: as secret as the originals.
    dry_run : bool
        Write nothing; count what would happen, with examples.
    seal : callable, optional
        Is given what was replaced or removed of each file, a data set with Modified Attributes Sequence (0400,0550),
        and the transfer syntax that this is in; gives the envelopes that go along in Encrypted Attributes Sequence
        (PS3.15 E.1), each of the data set in Explicit VR Little Endian; called on threads.
    threads : int
        How many; 0: as many as there are processors.
    limits : Limits
        What reading may cost.
    """

    mapping_in: str | os.PathLike[str] | None = None
    mapping_out: str | os.PathLike[str] | None = None
    dry_run: bool = False
    seal: Callable[[bytes, str], Sequence[bytes]] | None = None
    threads: int = 0
    limits: Limits = field(default_factory=Limits)


def deidentify(
    source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str] | None,
    profile: Profile | None = None,
    *,
    key: Key | str | os.PathLike[str] | None = None,
    options: Options | None = None,
    progress: Progress | None = None,
) -> Report:
    """De-identify files, folders and ZIP archives into a new folder.

    Every element at every depth is decided by the profile. Outputs are named by pseudonyms only. One bad file does not
    stop the rest: it is left out and says why. A file is there whole or not at all; the same call again goes on where a
    run was broken off.

    Parameters
    ----------
    source : path or iterable of paths
        Files, folders, ZIP archives.
    output : path or None
        A folder that is new or empty, or of the same run; none for a dry run.
    profile : Profile, optional
        What to do; the Basic Profile by default.
    key : Key or path, optional
        What pseudonyms are made with. Without, a key is made for this run and forgotten.
    options : Options, optional
        How to work.
    progress : Progress, optional
        Is told of files.

    Returns
    -------
    Report
        A row for each file, a line for each attribute, and what a person must still look at.

    Raises
    ------
    UsageError
        When the call itself is wrong.
    ExistsError
        When the output folder holds something else.

    Examples
    --------
    >>> import hounsfield as hu, tempfile
    >>> from hounsfield.testing import chest_ct
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = chest_ct(f"{folder}/export", slices=3, rows=16)
    ...     report = hu.deidentify(f"{folder}/export", f"{folder}/clean", hu.Profile.basic("clean-descriptors"))
    ...     set(row.status for row in report)
    {'done'}
    """
    options = options or Options()
    if output is None and not options.dry_run:
        raise UsageError("an output folder is needed", hint="A dry run needs none.")
    chosen = profile or Profile.basic()
    secret = key if isinstance(key, Key) else read_key(key) if key is not None else Key.random()
    sources = [source] if isinstance(source, str | os.PathLike) else list(source)
    mapping = read_mapping(options.mapping_in) if options.mapping_in is not None else {}
    target = None if options.dry_run or output is None else os.fspath(output)
    found = find(sources, target)
    run = _Run(chosen, secret, options, mapping, target)
    listener = progress or Silent()
    listener.start("de-identifying", len(found), "files")
    try:
        for batch in batches(run.left(found, listener), options.limits):
            run.batch(batch)
            listener.advance(len(batch))
    finally:
        listener.finish()
        run.end()
    return run.report


class _Run:
    """One run: what it works with, and its report."""

    def __init__(self, profile: Profile, key: Key, options: Options, mapping: Mapping_, target: str | None) -> None:
        from hounsfield import __version__

        self.report = Report(profile, key)
        self._plan = compiled(profile, key, mapping=mapping, version=__version__)
        self._unclaimed = compiled(profile, key, mapping=mapping, version=__version__, pixels=False)
        self._options = options
        self._target = target
        self._journal = Journal(target, profile, key, sealed=options.seal is not None) if target is not None else None
        self._pairs: Mapping_ = {}
        self._counts: dict[tuple[tuple[int, ...], int], tuple[int, bytes]] = {}
        self._threads = options.threads or threads(_MOST_THREADS)
        self._staging: Staging | None = None
        if target is not None and profile.cleans_pixels:
            # What works on pixels takes as long to import as a thousand headers take to clean.
            from hounsfield.deidentify.pixels.ocr import reader
            from hounsfield.deidentify.pixels.staging import Staging

            if profile.pixels.ocr != "none":
                reader()  # Not to be missed after the first thousand files.
            self._staging = Staging(target, profile.pixels, options.limits)

    def left(self, found: Iterable[Found], listener: Progress) -> Iterable[Found]:
        """Give the inputs that are not done yet."""
        for each in found:
            output = self._journal.output_of(each.state) if self._journal else None
            if output is None:
                yield each
                continue
            self.report.rows.append(Row(each.name, output, "skipped", "it was de-identified before", "done-before"))
            listener.advance()

    def batch(self, batch: Sequence[tuple[Found, str | bytes | HounsfieldError]]) -> None:
        """De-identify some."""
        readable = [(found, content) for found, content in batch if not isinstance(content, HounsfieldError)]
        for found, content in batch:
            if isinstance(content, HounsfieldError):
                self.report.rows.append(_failed(found.name, content))
        rows, lines = self._headers(self._plan, [(found.name, content) for found, content in readable])
        made = []
        for (found, content), row in zip(readable, rows, strict=True):
            done = self._row(found, row)
            if self._staging and done.output:
                done = self._cleaned(self._staging, done, content)
            elif done.status == "planned" and self.report.profile.cleans_pixels:
                done = self._looked_at(done)
            self.report.rows.append(done)
            if done.status == "done":
                made.append((found.state, done.output))
        if self._journal:
            self._journal.add(made)
        for path, action, count, example in lines:
            kind = (tuple(path), action)
            before, first = self._counts.get(kind, (0, b""))
            self._counts[kind] = (before + count, first or example)

    def _headers(
        self, plan: _core.DeidentifyPlan, inputs: list[tuple[str, str | bytes]]
    ) -> tuple[list[Any], list[Any]]:
        return _core.deidentify(
            plan,
            inputs,
            self._staging.folder if self._staging else self._target,
            self._options.limits,
            self._threads,
            self._options.mapping_out is not None,
            self._options.dry_run,
            None if self._target is None else self._options.seal,
        )

    def _row(self, found: Found, row: Any) -> Row:
        output, existed, error, pairs, issues, _ = row
        if error is not None:
            if getattr(error, "code", "") == "disk-full":
                raise WriteError(error.message, where=self._target or "", hint="Make room, and run the same again.")
            return _failed(found.name, error)
        for kind, original, new in pairs:
            self._pairs[kind, original] = new
        seen = tuple(Issue(code, "warning", output, message, _HINTS.get(code, "")) for code, message in issues)
        if self._target is None:
            return Row(found.name, output, "planned", issues=seen)
        note = ("the same file was there already", "same-file") if existed else ("", "")
        return Row(found.name, output, "done", *note, issues=seen)

    def _cleaned(self, staging: Staging, row: Row, content: str | bytes) -> Row:
        suspect = any(issue.code == "burned-in" for issue in row.issues)
        sealed = self._options.seal is not None

        def unclaimed() -> None:
            Path(staging.folder, row.output).unlink()
            (again,), _ = self._headers(self._unclaimed, [(row.input, content)])
            if again[2] is not None:
                raise again[2]

        try:
            done, output, existed = staging.publish(
                row.output, content, suspect=suspect, sealed=sealed, unclaimed=unclaimed
            )
        except HounsfieldError as error:
            if error.code == "disk-full":
                raise
            return _failed(row.input, error)
        issues = tuple(
            replace(issue, where=output) for issue in row.issues if not (done.looked and issue.code == "burned-in")
        )
        note = ("the same file was there already", "same-file") if existed else ("", "")
        return Row(row.input, output, "done", *note, issues=issues, boxes=done.boxes)

    def _looked_at(self, row: Row) -> Row:
        """Add what would be blanked."""
        from hounsfield.deidentify.pixels.cleaning import planned

        suspect = any(issue.code == "burned-in" for issue in row.issues)
        try:
            done = planned(row.input, pixels=self.report.profile.pixels, suspect=suspect, limits=self._options.limits)
        except HounsfieldError as error:
            return _failed(row.input, error)
        issues = tuple(issue for issue in row.issues if not (done.looked and issue.code == "burned-in"))
        return replace(row, issues=issues, boxes=done.boxes)

    def end(self) -> None:
        """Gather the counts, and write the mapping table."""
        if self._staging:
            self._staging.end()
        self.report.lines = [
            line_of(list(path), action, count, example)
            for (path, action), (count, example) in sorted(self._counts.items())
        ]
        if self._options.mapping_out is not None and self._target is not None:
            write_mapping(self._options.mapping_out, self._pairs)


_HINTS = {
    "burned-in": "Look at the pixels: they were not changed.",
}


def _failed(name: str, error: HounsfieldError) -> Row:
    passed = isinstance(error, NotDicomError) or error.code in _PASSED_OVER
    place = f" ({error.tag >> 16:04X},{error.tag & 0xFFFF:04X})" if error.tag is not None else ""
    offset = f" at byte {error.offset:,}" if error.offset is not None else ""
    reason = f"{error.message}{place and f' [{place.strip()}{offset}]'}"
    return Row(name, "", "skipped" if passed else "failed", reason, error.code)
