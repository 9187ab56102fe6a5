"""`hu verify`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import plain, print_json, say, table
from hounsfield.errors import HounsfieldError, NotDicomError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.protect.verify import Verified

_SHOWN = 8


def verify(
    paths: Annotated[list[str], Argument(help="DICOM files, or folders of them.")],
    *,
    trust: Annotated[
        list[str], Option("--trust", help="Certificate of an authority that you trust. Repeatable.", metavar="FILE")
    ] = [],  # noqa: B006 - argparse copies it
    json: Annotated[bool, Option("--json", help="Print what was found as JSON.")] = False,
) -> int:
    """Check digital signatures: who signed, when, whether the signer is trusted, and exactly what was changed.

    Exit codes: 0 all signatures hold (and are trusted, where --trust is given), 1 something is not signed, 7 something
    was altered, 8 a signer is not trusted.
    """
    from hounsfield.cms.keyfiles import read_certificates
    from hounsfield.protect.verify import verify as verify_file

    authorities = [found for path in trust for found in read_certificates(path)]
    codes, rows = [], []
    for path in _files(paths):
        try:
            found = verify_file(path, trust=authorities)
        except NotDicomError as error:
            say(f"hu verify: {plain(path)}: skipped: {plain(error.message)}")
            continue
        except HounsfieldError as error:
            say(f"hu verify: {error}")
            codes.append(exit_codes.of(error))
            continue
        codes += [_code(one) for one in found] or [exit_codes.SOME]
        rows.append({"file": path, "signatures": [_to_dict(one) for one in found]})
        if not json:
            _show(path, found)
    if json:
        print_json({"files": rows})
    return max(codes, default=exit_codes.NOTHING)


def _files(paths: list[str]) -> Iterator[str]:
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            yield from (os.path.join(folder, name) for name in sorted(names))


def _code(one: Verified) -> int:
    if one.status != "intact":
        return exit_codes.ALTERED
    return exit_codes.UNTRUSTED if one.trust.status == "untrusted" else exit_codes.DONE


def _show(path: str, found: list[Verified]) -> None:
    if not found:
        print(f"{plain(path)}  not signed")
    for one in found:
        word = {"intact": "intact", "altered": "ALTERED", "unreadable": "CANNOT BE CHECKED"}[one.status]
        print(f"{plain(path)}{f'  {one.where}' if one.where else ''}  {word}")
        print("\n".join(table(_lines(one))))


def _lines(one: Verified) -> Iterator[tuple[str, str]]:
    if one.reason:
        yield "reason", plain(one.reason)
    for what in ("changed", "missing", "damaged"):
        tags = [change.tag for change in one.changes if change.what == what]
        if tags:
            yield what, _named(tags, most=50)
    yield from _signer(one)
    words = {"trusted": "trusted", "untrusted": "NOT TRUSTED", "unchecked": "not checked"}[one.trust.status]
    yield "trust", plain(f"{words}{f': {one.trust.reason}' if one.trust.reason else ''}")
    if one.weak:
        yield "weak", f"{one.algorithm} can be fooled today: the signature proves little"
    if one.covered:
        yield "covers", f"{one.covered:,} elements"
    if one.uncovered:
        yield "not covered", f"{len(one.uncovered):,} elements: {_named(list(one.uncovered), most=_SHOWN)}"


def _signer(one: Verified) -> Iterator[tuple[str, str]]:
    if one.signer is not None:
        yield "signed by", plain(f"{one.signer_name} (issued by {one.signer.issuer.rfc4514_string()})")
    if one.purpose:
        yield "purpose", plain(one.purpose)
    if one.signed_at:
        yield "on", f"{_time(one.signed_at)}, as the signer's clock said"
    if one.timestamp is not None:
        yield "time stamp", f"{one.timestamp.time:%Y-%m-%d %H:%M:%S %Z}"


def _named(tags: list[int], *, most: int) -> str:
    from hounsfield.standard.dictionary import attribute

    words = []
    for tag in tags[:most]:
        entry = attribute(tag)
        words.append(f"({tag >> 16:04X},{tag & 0xFFFF:04X}){f' {entry.name}' if entry else ''}")
    rest = f" and {len(tags) - most:,} more" if len(tags) > most else ""
    return ", ".join(words) + rest


def _time(text: str) -> str:
    day = f"{text[:4]}-{text[4:6]}-{text[6:8]}" if text[:8].isdigit() else text
    clock = f" {text[8:10]}:{text[10:12]}:{text[12:14]}" if text[8:14].isdigit() else ""
    zone = text[-5:] if text[-5:-4] in {"+", "-"} else ""
    return plain(f"{day}{clock}{' UTC' if zone == '+0000' else f' {zone}' if zone else ''}")


def _to_dict(one: Verified) -> dict[str, Any]:
    return {
        "uid": one.uid,
        "where": one.where,
        "status": one.status,
        "reason": one.reason,
        "changes": [{"tag": f"{change.tag:08X}", "what": change.what} for change in one.changes],
        "covered": one.covered,
        "not_covered": [f"{tag:08X}" for tag in one.uncovered],
        "signer": one.signer_name,
        "issuer": one.signer.issuer.rfc4514_string() if one.signer is not None else "",
        "signed_at": one.signed_at,
        "timestamp": one.timestamp.time.isoformat() if one.timestamp is not None else None,
        "trust": one.trust.status,
        "trust_reason": one.trust.reason,
        "algorithm": one.algorithm,
        "weak": one.weak,
        "purpose": one.purpose,
    }
