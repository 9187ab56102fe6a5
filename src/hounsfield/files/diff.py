"""What differs between two files, element by element, or between two folders, instance by instance.

The core compares what the elements say: byte order, padding, notation, character set and VR count only when asked for.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

from hounsfield import _core
from hounsfield.errors import HounsfieldError, Issue, NotDicomError, ReadError, UsageError
from hounsfield.files.issues import gathered
from hounsfield.files.source import open_input
from hounsfield.files.text import decode
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Diff", "Difference", "FolderDiff", "diff", "diff_folders"]

Kind = Literal["only in a", "only in b", "changed", "encoding"]
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One element that differs.

    Parameters
    ----------
    path : str
        Keywords and tags from the outermost data set; empty for the data set as a whole.
    tag : int
        Its tag.
    kind : {'only in a', 'only in b', 'changed', 'encoding'}
        In what way.
    vr : tuple of str
        VR in both files.
    values : tuple of str
        Values in both files as `dump` shortens them; of sequences the number of items.
    note : str
        What else there is to say, e.g. how many bytes differ.
    """

    path: str
    tag: int
    kind: Kind
    vr: tuple[str, str]
    values: tuple[str, str]
    note: str


@dataclass(frozen=True, slots=True)
class Diff:
    """How two files differ; true where they do.

    Parameters
    ----------
    a, b : str
        The files.
    differences : tuple of Difference
        In the order of tags; at most 10,000.
    count : int
        The number of all.
    issues : tuple of Issue
        Problems of both files.
    """

    a: str
    b: str
    differences: tuple[Difference, ...]
    count: int
    issues: tuple[Issue, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is a difference."""
        return self.count > 0

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        rows = [asdict(each) | {"tag": f"{each.tag:08X}"} for each in self.differences]
        return {"a": self.a, "b": self.b, "count": self.count, "differences": rows}


def diff(
    a: str | os.PathLike[str] | bytes | BinaryIO,
    b: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    ignore: Sequence[str] = (),
    encoding: bool = False,
    limits: Limits | None = None,
) -> Diff:
    """Compare two DICOM files element by element.

    Parameters
    ----------
    a, b : path, bytes or binary file
        As for `read`.
    ignore : sequence of str
        Elements that may differ, wherever they stand: keywords, tags or paths.
    encoding : bool
        Report differences in storage, too: VR, stated or undefined length, padding, notation of
        numbers (``1.0`` and ``1``), character set, group lengths.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    Diff
        False where there is no difference.

    Raises
    ------
    NotDicomError, TruncatedError, LimitError, ReadError
        When one of them cannot be read.

    Examples
    --------
    >>> import hounsfield as hu
    >>> from pydicom.data import get_testdata_file
    >>> implicit, explicit = map(get_testdata_file, ["MR_small_implicit.dcm", "MR_small.dcm"])
    >>> [each.path for each in hu.diff(implicit, explicit, ignore=["TransferSyntaxUID"]).differences][:1]
    ['SourceApplicationEntityTitle']
    """
    limits = limits or Limits()
    one, two = open_input(a, limits=limits), open_input(b, limits=limits)
    rows, count, mine, others = _core.diff((one, two), limits, list(ignore), encoding, _MOST, decode)
    differences = tuple(
        Difference(path, tag, cast("Kind", kind), vr, values, note) for path, tag, kind, vr, values, note in rows
    )
    return Diff(one.name, two.name, differences, count, (*gathered(mine, one.name), *gathered(others, two.name)))


@dataclass(frozen=True, slots=True)
class FolderDiff:
    """How two folders differ; true where they do.

    Parameters
    ----------
    only_a, only_b : tuple of str
        Files of instances that are in one folder only.
    diffs : tuple of Diff
        Of the instances that are in both, those that differ.
    equal : int
        Number of instances that do not differ.
    issues : tuple of Issue
        Files that could not be read.
    """

    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    diffs: tuple[Diff, ...]
    equal: int
    issues: tuple[Issue, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is a difference."""
        return bool(self.only_a or self.only_b or self.diffs)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "only_a": list(self.only_a),
            "only_b": list(self.only_b),
            "equal": self.equal,
            "files": [each.to_dict() for each in self.diffs],
            "issues": [asdict(issue) for issue in self.issues],
        }


def diff_folders(
    a: str | os.PathLike[str],
    b: str | os.PathLike[str],
    *,
    ignore: Sequence[str] = (),
    encoding: bool = False,
    limits: Limits | None = None,
) -> FolderDiff:
    """Compare the files of two folders, paired by SOP Instance UID; of equal UIDs in the order of paths.

    Parameters
    ----------
    a, b : path
        Folders.
    ignore, encoding, limits
        As for `diff`.

    Raises
    ------
    UsageError
        When one of them is no folder.
    """
    limits = limits or Limits()
    issues: list[Issue] = []
    mine, others = (_instances(os.fspath(folder), limits, issues) for folder in (a, b))
    diffs, equal = [], 0
    for key in sorted(mine.keys() & others.keys()):
        try:
            found = diff(mine[key], others[key], ignore=ignore, encoding=encoding, limits=limits)
        except ReadError as error:
            issues.append(_issue(error, mine[key]))
            continue
        if found:
            diffs.append(found)
        else:
            equal += 1
    return FolderDiff(
        tuple(mine[key] for key in sorted(mine.keys() - others.keys())),
        tuple(others[key] for key in sorted(others.keys() - mine.keys())),
        tuple(diffs),
        equal,
        tuple(issues),
    )


def _instances(folder: str, limits: Limits, issues: list[Issue]) -> dict[tuple[str, int], str]:
    """Paths by SOP Instance UID and the number of earlier files with the same."""
    if not os.path.isdir(folder):
        raise UsageError("a folder can only be compared with a folder", where=folder)
    found: dict[tuple[str, int], str] = {}
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(place, name)
            try:
                rows, _, _ = _core.describe(open_input(path, limits=limits), limits, ["SOPInstanceUID"], decode)
            except NotDicomError:
                continue
            except ReadError as error:
                issues.append(_issue(error, path))
                continue
            uid = str(rows[0][3][0]) if rows and rows[0][3] else os.path.relpath(path, folder)
            number = 0
            while (uid, number) in found:
                number += 1
            found[uid, number] = path
    return found


def _issue(error: HounsfieldError, path: str) -> Issue:
    return Issue(error.code, "error", error.where or path, error.message, error.hint)
