"""What the numbers of the protocol mean, in words (PS3.7 C, PS3.8 9.3, PS3.4 B.2.3)."""

from __future__ import annotations

__all__ = ["abort", "context_result", "query_status", "rejection", "rejections", "statuses", "store_status"]

_SOURCES = {1: "the application", 2: "its association layer (ACSE)", 3: "its presentation layer"}
_REASONS = {
    (1, 1): "no reason given",
    (1, 2): "the application context is not supported",
    (1, 3): "it does not know the calling AE title",
    (1, 7): "it does not know the called AE title",
    (2, 1): "no reason given",
    (2, 2): "the protocol version is not supported",
    (3, 1): "it is busy for the moment",
    (3, 2): "it has as many associations as it takes",
}
_ABORTS = {
    0: "no reason given",
    1: "it did not recognize a PDU",
    2: "it did not expect a PDU",
    4: "it did not recognize a PDU's parameter",
    5: "it did not expect a PDU's parameter",
    6: "a PDU's parameter has an invalid value",
}
_CONTEXTS = {
    0: "accepted",
    1: "refused by the application",
    2: "refused without a reason",
    3: "the SOP class is not supported",
    4: "none of the transfer syntaxes is supported",
}
_STATUSES = {
    0x0000: "stored",
    0x0110: "processing failure",
    0x0111: "duplicate SOP instance",
    0x0112: "no such object instance",
    0x0117: "invalid SOP instance UID",
    0x0118: "no such SOP class",
    0x0119: "class and instance conflict",
    0x0122: "SOP class not supported",
    0x0124: "not authorized",
    0x0210: "duplicate invocation",
    0x0211: "unrecognized operation",
    0x0212: "mistyped argument",
    0x0213: "resource limitation",
    0xB000: "stored, with elements coerced",
    0xB006: "stored, with elements discarded",
    0xB007: "stored, though the data set does not match its SOP class",
}
_QUERY_STATUSES = {
    0xA700: "it is out of resources",
    0xA701: "it is out of resources and cannot count the matches",
    0xA702: "it is out of resources and cannot send the images",
    0xA801: "it does not know the destination",
    0xA900: "the identifier does not match the SOP class",
    0xFE00: "it was canceled",
    0xB000: "some images could not be sent",
}


def rejection(result: int, source: int, reason: int) -> str:
    """Say who rejected an association and why (PS3.8 9.3.4)."""
    for_now = " for now" if result == 2 else ""
    who = _SOURCES.get(source, f"source {source}")
    why = _REASONS.get((source, reason), f"reason {reason}")
    return f"the peer rejected the association{for_now}: {why} (said by {who})"


def abort(source: int, reason: int) -> str:
    """Say who aborted an association and why (PS3.8 9.3.8)."""
    if source == 0:
        return "the peer's application aborted the association"
    return f"the peer aborted the association: {_ABORTS.get(reason, f'reason {reason}')}"


def context_result(result: int) -> str:
    """Say what became of a presentation context (PS3.8 9.3.3.2)."""
    return _CONTEXTS.get(result, f"result {result}")


def store_status(status: int) -> str:
    """Say what a status of C-STORE means (PS3.4 B.2.3, PS3.7 C)."""
    if status in _STATUSES:
        return _STATUSES[status]
    ranges = {0xA7: "refused: out of resources", 0xA9: "the data set does not match its SOP class"}
    if status >> 8 in ranges:
        return ranges[status >> 8]
    if status >> 12 == 0xC:
        return "the peer cannot understand the data set"
    return "stored, with a warning" if status >> 12 == 0xB else "failed"


def statuses() -> dict[int, str]:
    """Return the statuses that have words of their own."""
    return _QUERY_STATUSES | _STATUSES


def query_status(status: int) -> str:
    """Say what a status of C-FIND, C-MOVE or C-GET means (PS3.4 C.4)."""
    if status in _QUERY_STATUSES:
        return _QUERY_STATUSES[status]
    if status >> 12 == 0xC:
        return "it is unable to process the request"
    return _STATUSES.get(status, "an unknown status")


def rejections() -> list[tuple[str, str]]:
    """Give who rejects an association, and why, in words."""
    return [(_SOURCES[source], text) for (source, _), text in sorted(_REASONS.items())]
