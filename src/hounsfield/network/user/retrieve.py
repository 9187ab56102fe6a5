"""C-GET and C-MOVE as their user (PS3.4 C.4.2, C.4.3)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pynetdicom import evt

from hounsfield.errors import PeerError
from hounsfield.files.write import EXPLICIT, IMPLICIT
from hounsfield.network import words
from hounsfield.network.identifier import build
from hounsfield.network.retrieval import Retrieval, Wanted
from hounsfield.network.spool import keep
from hounsfield.network.user.association import associate, lost, refused_context, release
from hounsfield.network.user.query import STUDY_ROOT, find
from hounsfield.pixels.syntaxes import SYNTAXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pynetdicom.association import Association

    from hounsfield.network.address import Address
    from hounsfield.network.storage.received import Keeper
    from hounsfield.network.storage.sending import Line

__all__ = ["GETS", "MOVES", "classes_of", "get", "move"]

GETS = {"patient": "1.2.840.10008.5.1.4.1.2.1.3", "study": "1.2.840.10008.5.1.4.1.2.2.3"}
MOVES = {"patient": "1.2.840.10008.5.1.4.1.2.1.2", "study": "1.2.840.10008.5.1.4.1.2.2.2"}
_MOST_CONTEXTS = 127  # one of 128 is for the query itself
_MOST_SERIES = 200
_PENDING = (0xFF00, 0xFF01)


def get(where: tuple[Address, Line], wanted: Wanted, classes: Sequence[str], keeper: Keeper) -> Retrieval:
    """Have the peer send objects on the same association.

    Raises
    ------
    PeerError
        When the peer does not do that, or is lost.
    """
    address, line = where
    uid = GETS["patient" if wanted.level == "patient" else "study"]
    refused: list[int] = []

    def store(event: Any) -> int:
        context = event.context
        status = keep(event.request, str(context.transfer_syntax), keeper, (address.title, line.calling))
        if status:
            refused.append(status)
        return status

    proposals = [(uid, ()), *_storage(classes)]
    found = associate(address, proposals, line, roles=classes, handlers=[(evt.EVT_C_STORE, store)], keeper=keeper)
    try:
        try:
            answers = found.send_c_get(build(wanted.keys, level=wanted.level), uid)
        except ValueError as error:
            raise _hinted(refused_context(found, uid, address)) from error
        result = _outcome(found, answers, where)
    finally:
        release(found)
    return Retrieval(result.completed, result.failed, result.warned, [], len(refused), result.lacking, result.reason)


def move(where: tuple[Address, Line], wanted: Wanted, destination: str) -> Retrieval:
    """Have the peer send objects to a destination that it knows by its title.

    Raises
    ------
    PeerError
        When the peer does not do that, does not know the destination, or is lost.
    """
    address, line = where
    uid = MOVES["patient" if wanted.level == "patient" else "study"]
    found = associate(address, [(uid, ())], line)
    try:
        try:
            answers = found.send_c_move(build(wanted.keys, level=wanted.level), destination, uid)
        except ValueError as error:
            raise refused_context(found, uid, address) from error
        return _outcome(found, answers, where)
    finally:
        release(found)


def classes_of(where: tuple[Address, Line], wanted: Wanted) -> list[str]:
    """Ask which SOP classes there are to retrieve; nothing where the peer does not say."""
    address, line = where
    if wanted.level == "patient":
        return []
    with contextlib.suppress(PeerError):
        found = associate(address, [(STUDY_ROOT, ())], line)
        try:
            return sorted(_listed(found, wanted, where))
        finally:
            release(found)
    return []


def _listed(found: Association, wanted: Wanted, where: tuple[Address, Line]) -> set[str]:
    study = wanted.keys["StudyInstanceUID"]
    if wanted.level == "study":
        whole = build({"StudyInstanceUID": study}, ["SOPClassesInStudy"], level="study")
        listed = {
            uid for answer in find(found, STUDY_ROOT, whole, where) for uid in _values(answer, "SOPClassesInStudy")
        }
        if listed:
            return listed
        below = build({"StudyInstanceUID": study}, ["SeriesInstanceUID"], level="series")
        series = [
            uid for answer in find(found, STUDY_ROOT, below, where) for uid in _values(answer, "SeriesInstanceUID")
        ]
    else:
        series = _as_list(wanted.keys["SeriesInstanceUID"])
    classes: set[str] = set()
    for one in series[:_MOST_SERIES]:
        keys = {"StudyInstanceUID": study, "SeriesInstanceUID": one}
        images = build(keys, ["SOPInstanceUID", "SOPClassUID"], level="image")
        for answer in find(found, STUDY_ROOT, images, where):
            named = _values(answer, "SOPClassUID")
            if not named:
                return set()
            classes.update(named)
    return classes


def _as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value]


def _values(answer: Any, keyword: str) -> list[str]:
    value = answer.get(keyword)
    return _as_list(value) if value else []


def _storage(classes: Sequence[str]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Contexts for what may come: each class in each syntax by itself where that fits, so that all come as stored."""
    compressed = tuple(uid for uid, one in SYNTAXES.items() if uid not in (EXPLICIT, IMPLICIT) and not one.retired)
    room = _MOST_CONTEXTS // max(len(classes), 1) - 1
    # What is left over shares one context, of which the peer chooses one syntax for the whole association.
    alone, together = compressed[:room], compressed[room:]
    if room < len(compressed):
        alone, together = compressed[: max(room - 1, 0)], compressed[max(room - 1, 0) :]
    for uid in classes[:_MOST_CONTEXTS]:
        plain = (EXPLICIT, IMPLICIT)
        if room < 1:
            yield uid, (*plain, *compressed)
            continue
        yield uid, plain
        for syntax in alone:
            yield uid, (syntax,)
        if together:
            yield uid, together


def _outcome(found: Association, answers: Iterable[Any], where: tuple[Address, Line]) -> Retrieval:
    address, line = where
    counts, reason, lacking = (0, 0, 0), "", []
    for status, identifier in answers:
        if "Status" not in status:
            raise lost(found, address, line)
        names = ("Completed", "Failed", "Warning")
        said = tuple(int(status.get(f"NumberOf{name}Suboperations") or 0) for name in names)
        # The last answer may leave the numbers out.
        counts = tuple(map(max, counts, said))  # type: ignore[assignment]
        if status.Status in _PENDING:
            continue
        if status.Status:
            comment = str(status.get("ErrorComment") or "")
            reason = f"{words.query_status(status.Status)} ({status.Status:04X})" + (f": {comment}" if comment else "")
            if status.Status == 0xA801:
                raise PeerError(
                    f"the peer refuses to send: {reason}",
                    where=str(address),
                    code="refused",
                    hint=f"It must know {line.calling} as a destination, with host and port.",
                )
            if not any(counts):
                raise PeerError(f"the retrieval failed: {reason}", where=str(address), code="refused")
        lacking = _values(identifier, "FailedSOPInstanceUIDList") if identifier else []
    return Retrieval(*counts, [], 0, lacking, reason)


def _hinted(error: PeerError) -> PeerError:
    error.hint = (
        error.hint or "It may know C-MOVE instead: --via move, for which it must know this side's host and port."
    )
    return error
