"""The conformance statement (PS3.2), made of the code: what is proposed, accepted and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.uid import UID
from pynetdicom import sop_class

from hounsfield.files.write import IMPLEMENTATION_CLASS_UID
from hounsfield.network import words
from hounsfield.network.identifier import RETURNED, WORKLIST_RETURNED
from hounsfield.network.provider.committing import Committing
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
each service when it is asked to. The acceptor (`hu receive`, and a provider over a catalog) listens on one port; an
association for storage alone is served by the native core, all others by pynetdicom. Neither ever listens beyond the
machine unless peers or certificates say who may come.
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
        ("Associations at once, accepted", f"{site.associations}; others are rejected for now (local limit exceeded)"),
        ("Maximum PDU received, accepted", f"{bounds.max_length:,} bytes; configurable"),
        ("Maximum PDU received, requested", f"{line.announced:,} bytes; configurable"),
        ("Asynchronous operations", f"storage: up to {line.window} proposed, up to {bounds.window} accepted"),
        ("Time for the request (ARTIM)", f"{site.request_time:g} s"),
        ("Time without a byte, accepted", f"{bounds.wait:g} s"),
        ("Time for an answer, requested", f"{line.wait:g} s; configurable"),
        ("Extended negotiation of queries", "relational queries, combined date and time, fuzzy matching of names"),
    ]
    lines += _table(("property", "value"), facts)
    lines += ["", "## Services", ""]
    plain = "explicit and implicit VR little endian"
    stored = "every transfer syntax below"
    accepted = f"{plain}, deflated"
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
    lines += ["", "## Keys of queries", "", "Asked for unless something else is wanted:", ""]
    keys = [(level, ", ".join(f"`{one}`" for one in names)) for level, names in RETURNED.items()]
    lines += _table(("level", "attributes"), [*keys, ("worklist", ", ".join(f"`{one}`" for one in WORKLIST_RETURNED))])
    lines += [
        "",
        "Matched as provider: single values, lists of UIDs, wildcards, ranges, sequences in worklists (PS3.4 C.2.2.2).",
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


def _suites(profile: str) -> str:
    context = Tls(profile="bcp195-extended" if profile == "bcp195-extended" else "bcp195").client()
    names = [str(one["name"]) for one in context.get_ciphers() if one["protocol"] == "TLSv1.2"]
    # What a build of OpenSSL offers beyond these four differs.
    return ", ".join(name for name in names if name.startswith("ECDHE") and "GCM" in name)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
