"""The conformance statement (PS3.2), made of the code: what is proposed, accepted and answered."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from pydicom.uid import UID
from pynetdicom import sop_class

from hounsfield.files.write import EXPLICIT, IMPLEMENTATION_CLASS_UID, IMPLICIT
from hounsfield.network import words
from hounsfield.network.address import LEAST_PDU, MOST_PDU
from hounsfield.network.identifier import RETURNED, WORKLIST_RETURNED
from hounsfield.network.provider.acceptor import PLAIN
from hounsfield.network.provider.committing import LONGEST, PAUSES, Committing
from hounsfield.network.provider.finding import Finding, WorklistFolder
from hounsfield.network.provider.retrieving import Retrieving
from hounsfield.network.provider.site import Site
from hounsfield.network.storage.classes import VERIFICATION
from hounsfield.network.storage.sending import Line
from hounsfield.network.tls import Tls
from hounsfield.network.user import query, retrieve
from hounsfield.pixels.syntaxes import SYNTAXES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["conformance_page"]

_INTRODUCTION = """
What hounsfield says and understands on the network, as PS3.2 asks for it. This page is made of the code. How to use it:
[devices on the network](../how-to/network.md).

## Implementation model

The requestor (`hu echo`, `find`, `retrieve`, `send`, `worklist`, `commit`; `hounsfield.Peer`) opens an association for
each service when it is asked to. The acceptor (`hu serve`, and `hu receive` for verification and storage alone) listens
on one port; an association for storage alone is served by the native core, all others by pynetdicom. Neither ever
listens beyond the machine unless peers or certificates say who may come. `hu serve` opens associations of its own for
the sub-operations of C-MOVE and for reports of storage commitment.
"""


def conformance_page(made: str) -> str:
    """Return the page."""
    site, line = Site(), Line()
    bounds = site.bounds
    lines = [f"{made}# DICOM conformance statement", _INTRODUCTION, "## Association policies", ""]
    facts = [
        ("Application context", "1.2.840.10008.3.1.1.1"),
        ("Implementation class UID", IMPLEMENTATION_CLASS_UID),
        ("Implementation version name", "HOUNSFIELD_ and the version, cut to 16 characters"),
        ("Default AE title", f"`{site.title}`; configurable"),
        ("Default port", f"{site.port}; configurable"),
        ("Presentation contexts in a request", "128 at most; a request of more is aborted"),
        (
            "Associations at once, accepted",
            f"{site.associations}, configurable; others are rejected for now (local limit exceeded)",
        ),
        ("Maximum PDU received, accepted", f"{bounds.max_length:,} bytes; configurable, {LEAST_PDU:,} to {MOST_PDU:,}"),
        ("Maximum PDU received, requested", f"{line.announced:,} bytes; configurable, {LEAST_PDU:,} to {MOST_PDU:,}"),
        ("Asynchronous operations", f"storage: up to {line.window} proposed, up to {bounds.window} accepted"),
        ("Time for the request (ARTIM)", f"{site.request_time:g} s, also for the handshake of TLS; configurable"),
        ("Time from a PDU's first byte to its last, accepted", f"{bounds.pdu_time:g} s"),
        ("Time without a byte, accepted", f"{bounds.wait:g} s"),
        ("Time for a connection, requested", f"{line.connect:g} s"),
        ("Time for an answer, requested", f"{line.wait:g} s; configurable"),
        ("User identity, asynchronous operations of other services", "not negotiated"),
    ]
    lines += _table(("property", "value"), facts)
    lines += ["", "## Services", ""]
    plain = "explicit and implicit VR little endian"
    stored = "every transfer syntax below; each as it is stored, and the two plain ones"
    accepted = f"{plain}; as provider {UID(PLAIN[-1]).name}, too"
    if PLAIN[:-1] != (EXPLICIT, IMPLICIT):
        raise ValueError("what is accepted is no longer the same: say so on the page")
    services = [
        ("Verification", VERIFICATION, "yes", "yes", accepted),
        *((UID(uid).name, uid, "yes", "yes", accepted) for uid in Finding.classes),
        *((UID(uid).name, uid, "yes", "yes", accepted) for uid in Retrieving.classes),
        *((UID(uid).name, uid, "yes", "yes", accepted) for uid in WorklistFolder.classes),
        *((UID(uid).name, uid, "yes", "yes", accepted) for uid in Committing.classes),
        ("Storage, the classes below", "", "yes", "yes", stored),
    ]
    lines += _table(("service", "SOP class", "user", "provider", "transfer syntaxes"), services)
    asked = {*retrieve.GETS.values(), *retrieve.MOVES.values(), query.PATIENT_ROOT, query.STUDY_ROOT, query.WORKLIST}
    if asked != {*Finding.classes, *Retrieving.classes, *WorklistFolder.classes}:
        raise ValueError("what is used and what is provided are no longer the same: say so on the page")
    lines += ["", "## Extended negotiation and roles", "", *_extended()]
    lines += ["", "## Keys of queries", "", "Asked for unless something else is wanted:", ""]
    keys = [(level, ", ".join(f"`{one}`" for one in names)) for level, names in RETURNED.items()]
    lines += _table(("level", "attributes"), [*keys, ("worklist", ", ".join(f"`{one}`" for one in WORKLIST_RETURNED))])
    lines += [
        "",
        *wrap(
            "Matched as provider (PS3.4 C.2.2.2): single values, lists of UIDs, wildcards, ranges, empty values, "
            "sequences, of which one item must match all keys; names without regard to case, and fuzzily where that "
            "was agreed; dates and times as one range where that was agreed. Any attribute of the stored objects is "
            "a key, also below the level that is asked for: then one instance must have it. Private attributes are "
            "not matched. A query that would look into more than 200,000 headers fails with A700.",
            118,
        ),
        "",
        "## Rejections and aborts",
        "",
    ]
    lines += _table(("rejected by (PS3.8 9.3.4)", "meaning"), words.rejections())
    lines += [
        "",
        "What is no request, or no PDU, is aborted by the service provider with the reason that PS3.8 9.3.8 names.",
        "",
        "## Storage commitment",
        "",
        *wrap(
            "As provider, a report goes over the association of the request where the peer keeps it open, and "
            "otherwise over one of the archive's own, to the address that the configuration has; to a peer that is "
            f"away after {', '.join(f'{pause:g}' for pause in PAUSES)} s again, and so on "
            f"for {LONGEST / 86_400:g} days, also "
            "when the archive was started anew meanwhile. As user, a report is taken on either.",
            118,
        ),
        "",
        "## Statuses",
        "",
    ]
    statuses = [(f"{code:04X}", text) for code, text in sorted(words.statuses().items())]
    lines += _table(("status", "meaning"), statuses)
    lines += ["", "## Transfer syntaxes of storage", ""]
    lines += _table(("transfer syntax", "UID"), [(row.name, uid) for uid, row in SYNTAXES.items()])
    lines += [
        "",
        "Received objects are stored as they come. Sent objects go out as they are stored, or uncompressed where that",
        "is all that the peer takes.",
        "",
        "## SOP classes of storage",
        "",
    ]
    known = {**sop_class._STORAGE_CLASSES, **sop_class._NON_PATIENT_OBJECT_CLASSES}
    lines += _table(("SOP class", "UID"), sorted((UID(uid).name, uid) for uid in known.values()))
    lines += ["", "Private classes are received and sent as well.", "", "## Security", ""]
    lines += _table(
        ("profile", "cipher suites of TLS 1.2"), [(name, _suites(name)) for name in ("bcp195", "bcp195-extended")]
    )
    lines += [
        "",
        "TLS 1.3 is used where both sides have it (PS3.15 B.10, B.11: BCP 195 without downgrading, and extended). Both",
        "can be made to show certificates. User identity (PS3.7 D.3.3.7) is not negotiated.",
        "",
        "## Character sets",
        "",
        "Queries with letters beyond ASCII are asked and answered in ISO_IR 192; answers of peers are read in every",
        "character set of PS3.3 C.12.1.1.2.",
    ]
    return "\n".join(lines) + "\n"


def _extended() -> list[str]:
    """Tell what is agreed to, found by asking for everything."""

    class Nothing:
        """A source that is not asked."""

    source: Any = Nothing()
    finding, worklist = Finding(source, ""), WorklistFolder(".")
    rows = []
    for name, said in (
        ("Query (FIND)", finding.extended(Finding.classes[0], b"\1\1\1\1")),
        ("Worklist", worklist.extended(WorklistFolder.classes[0], b"\1\1\1\1")),
        ("Retrieve (MOVE, GET)", Retrieving(source, Site()).extended(Retrieving.classes[0], b"\1\1\1\1")),
    ):
        flags = (said or b"").ljust(4, b"\0")
        # The first byte of a worklist is reserved, and 1 (PS3.4 K.5).
        relational = "" if name == "Worklist" else _yes(flags[0])
        rows.append((name, relational, *(_yes(flag) for flag in flags[1:4])))
    head = ("service", "relational", "combined date and time", "fuzzy names", "time zone")
    return [
        *_table(head, rows),
        "",
        "As user the same is asked for: combined date and time always, the others on demand. Roles are negotiated for",
        "storage with C-GET, where the requestor is the provider, and for reports of storage commitment.",
    ]


def _yes(flag: int) -> str:
    return "agreed" if flag else "no"


def _suites(profile: str) -> str:
    context = Tls(profile="bcp195-extended" if profile == "bcp195-extended" else "bcp195").client()
    names = [str(one["name"]) for one in context.get_ciphers() if one["protocol"] == "TLSv1.2"]
    # What a build of OpenSSL offers beyond these four differs.
    return ", ".join(name for name in names if name.startswith("ECDHE") and "GCM" in name)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
