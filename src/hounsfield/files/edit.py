"""Changing single elements of a file: the rest stays as it is, byte for byte.

The core finds the places and writes the bytes; here values are checked and encoded. The command is `hu set`; the
function is `edit`, because `set` is Python's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

from hounsfield import _core
from hounsfield.errors import ReadError, UsageError
from hounsfield.files.output import writing
from hounsfield.files.source import Input, open_input
from hounsfield.files.values import Value, encoded
from hounsfield.settings import Limits

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["Change", "edit"]

# Elements of the File Meta Information that repeat one of the data set (PS3.10 7.1).
_FOLLOWERS = {"SOPInstanceUID": "MediaStorageSOPInstanceUID", "SOPClassUID": "MediaStorageSOPClassUID"}


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to one element.

    Parameters
    ----------
    path : str
        The element, in keywords where it has some.
    action : {'changed', 'added', 'emptied', 'deleted'}
        What was done.
    vr : str
        VR of its value.
    because : str
        The element that this one had to follow; empty where it was asked for.
    """

    path: str
    action: Literal["changed", "added", "emptied", "deleted"]
    vr: str
    because: str = ""


def edit(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    changes: Mapping[str, Value | None],
    output: str | os.PathLike[str] | BinaryIO,
    *,
    overwrite: bool = False,
    force: bool = False,
    dry_run: bool = False,
    limits: Limits | None = None,
) -> list[Change]:
    r"""Change, add, empty or delete elements, and write the file with nothing else changed.

    Lengths of items, sequences and groups around a change are corrected where they are stated, and the Media Storage
    UIDs follow SOP Instance UID and SOP Class UID. Encodings stay: implicit, big endian, deflated.

    Parameters
    ----------
    source : path, bytes or binary file
        As for `read`.
    changes : mapping
        Element to value. Elements are keywords, tags (``0009,1001``, with ``:VR`` where none is known) or paths
        (``ReferencedImageSequence[0].ReferencedSOPClassUID``). A value is text (several are separated by a
        backslash), a number, a list, or bytes to be stored as they are; ``""`` empties, ``None`` deletes.
    output : path or binary file
        ``-`` is standard output.
    overwrite : bool
        Replace an existing file, even the input; it is replaced whole, once the new one is complete.
    force : bool
        Store values that break the rules of their VR, change Transfer Syntax UID or Specific Character Set.
    dry_run : bool
        Check everything, write nothing.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    list of Change
        One for each element, those that followed others last.

    Raises
    ------
    UsageError
        When an element or value is not possible.
    ExistsError
        When the output exists.
    ReadError, WriteError
        When the input cannot be read or the output not be written.

    Examples
    --------
    >>> import io
    >>> import hounsfield as hu
    >>> from pydicom.data import get_testdata_file
    >>> changed = io.BytesIO()
    >>> hu.edit(get_testdata_file("CT_small.dcm"), {"PatientID": "X"}, changed)
    [Change(path='PatientID', action='changed', vr='LO', because='')]
    """
    limits = limits or Limits()
    origin = open_input(source, limits=limits)
    rows, report = _plan(origin, changes, limits, force=force)
    with writing(output, overwrite=overwrite, dry_run=dry_run) as write:
        try:
            _core.edit(origin, limits, rows, write)
        except ReadError as error:
            raise _usage(error) from None
    return report


_Row = tuple[str, str | None, bytes | None]


def _plan(
    origin: Input, changes: Mapping[str, Value | None], limits: Limits, *, force: bool
) -> tuple[list[_Row], list[Change]]:
    wanted = [_Wanted(*_split(key), value) for key, value in changes.items()]
    targets = _targets(origin, limits, [each.path for each in wanted])
    followers = []
    for each, target in zip(list(wanted), targets, strict=True):
        follower = _FOLLOWERS.get(target.path)
        if follower and each.value and follower not in changes:
            found = _targets(origin, limits, [follower])[0]
            if found.found:
                followers.append((_Wanted(follower, None, each.value, target.path), found))
    pairs = [*zip(wanted, targets, strict=True), *followers]
    named = {target.path: each for each, target in pairs}
    return (
        [_row(each, target, named, force=force) for each, target in pairs],
        [_change(each, target) for each, target in pairs],
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An element as it was asked for."""

    path: str
    vr: str | None
    value: Value | None
    because: str = ""


@dataclass(frozen=True, slots=True)
class _Target:
    """Where it leads in the file; as `_core.edit_targets` gives it."""

    path: str
    found: bool
    vr: str
    sequence: bool
    big_endian: bool
    character_set: bytes
    creator: str | None


def _split(key: str) -> tuple[str, str | None]:
    path, colon, vr = key.partition(":")
    if colon and not (len(vr) == 2 and vr.isalpha() and vr.isupper()):
        raise UsageError(f"'{vr}' is no VR", hint="Two letters, e.g. 0009,1001:LO.")
    return path.strip(), vr or None


def _targets(origin: Input, limits: Limits, paths: list[str]) -> list[_Target]:
    try:
        rows, _ = _core.edit_targets(origin, limits, paths)
    except ReadError as error:
        raise _usage(error) from None
    return [_Target(*row) for row in rows]


def _usage(error: ReadError) -> Exception:
    """Errors of the call come from the core as errors of the file that it did not fit."""
    if not error.code.startswith("edit-"):
        return error
    return UsageError(error.message, where=error.where, tag=error.tag, hint=error.hint, code=error.code)


def _row(each: _Wanted, target: _Target, named: dict[str, _Wanted], *, force: bool) -> _Row:
    _allowed(each, target, named, force=force)
    if each.value is None:
        return each.path, None, None
    vr = each.vr or target.vr
    if target.sequence and each.value != "":
        raise UsageError(
            f"{target.path} is a sequence or encapsulated: it can only be emptied or deleted", code="edit-sequence"
        )
    value = encoded(
        each.value,
        vr,
        character_set=_character_set(target, named),
        big_endian=target.big_endian,
        force=force,
        name=target.path,
    )
    return each.path, each.vr if target.found else vr, value


def _character_set(target: _Target, named: dict[str, _Wanted]) -> bytes:
    changed = named.get("SpecificCharacterSet")
    if changed is not None and isinstance(changed.value, str) and "." not in target.path:
        return changed.value.encode("ascii", "replace")
    return target.character_set


def _allowed(each: _Wanted, target: _Target, named: dict[str, _Wanted], *, force: bool) -> None:
    last = target.path.rpartition(".")[2]
    anyway = "To do it anyway, use --force (force=True)."
    if last.endswith((",0000", "GroupLength")):
        raise UsageError(f"{target.path} is a group length: it is corrected by itself")
    if last == "TransferSyntaxUID" and not force:
        raise UsageError(
            "changing TransferSyntaxUID would not change the data, and make the file unreadable", hint=anyway
        )
    if last == "SpecificCharacterSet" and not force:
        raise UsageError("changing SpecificCharacterSet changes how all other text of the file is read", hint=anyway)
    if target.found or each.value is None or "," not in last:
        return
    group, element = (int(part, 16) for part in last.split(","))
    if each.vr is None and target.vr == "UN":
        raise UsageError(f"the VR of {target.path} is not known", hint=f"Say it: {each.path}:LO=...", code="edit-vr")
    creator = f"{target.path.removesuffix(last)}{group:04X},{element >> 8:04X}"
    if group % 2 and element > 0xFF and target.creator is None and creator not in named and not force:
        raise UsageError(
            f"{target.path} has no private creator: nobody could tell what it is",
            hint=f"Add {creator}=NAME, too. {anyway}",
            code="edit-creator",
        )


def _change(each: _Wanted, target: _Target) -> Change:
    vr = each.vr or target.vr
    if each.value is None:
        return Change(target.path, "deleted", vr, each.because)
    empty = each.value in ("", b"", [])
    action: Literal["changed", "added", "emptied"] = "changed" if target.found else "added"
    return Change(target.path, "emptied" if empty and target.found else action, vr, each.because)
