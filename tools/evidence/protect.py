"""Evidence for encryption, signatures and originals that come back."""

from __future__ import annotations

import random
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.evidence.row import Row, hu, program, run

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows"]

_CT = "pydicom/src/pydicom/data/test_files/CT_small.dcm"


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        openssl = program("openssl")
        for who in ("site", "other"):
            subject = ["-subj", f"/O=Hospital/CN={who}"]
            made = ["-keyout", folder / f"{who}.key", "-out", folder / f"{who}.pem"]
            run(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *made, "-days", "30", *subject)
        yield _encrypted(data, folder)
        yield _signed(data, folder)
        yield _tampered(data, folder)
        yield _back(data, folder)
        yield _gdcmanon(data, folder)


def _encrypted(data: Path, folder: Path) -> Row:
    source = data / _CT
    sealed, plain = folder / "sealed", folder / "plain"
    hu("encrypt", source, "-o", sealed, "--recipient", folder / "site.pem", "--recipient", folder / "other.pem")
    openssl = program("openssl")
    words = ["cms", "-decrypt", "-binary", "-inform", "DER", "-in", sealed, "-inkey", folder / "other.key"]
    run(openssl, *words, "-recip", folder / "other.pem", "-out", folder / "inner")
    theirs = source.read_bytes() in (folder / "inner").read_bytes()
    hu("decrypt", sealed, "-o", plain, "--private-key", folder / "site.key")
    ours = plain.read_bytes() == source.read_bytes()
    common = ["--private-key", folder / "site.key", "--trust", folder / "site.pem"]
    wrong = hu("decrypt", sealed, "-o", folder / "none", *common, codes=(8,))
    return Row(
        "Secure DICOM Files: recipients open them, nothing is written for anybody else",
        "`hu encrypt --recipient`, `hu decrypt`",
        _CT,
        "OpenSSL cms",
        f"byte-equal: {ours}; unsigned refused where trust is asked for: {not wrong}",
        f"opens it and finds the file: {theirs}",
        ours and theirs and not (folder / "none").exists(),
    )


def _signed(data: Path, folder: Path) -> Row:
    from hounsfield.errors import HounsfieldError
    from hounsfield.protect import Signer, sign, verify

    dcmsign, signed = program("dcmsign"), folder / "signed.dcm"
    signer = Signer.read(folder / "site.key", folder / "site.pem")
    made = ours = theirs = 0
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                sign(path, signed, signer, overwrite=True)
            except HounsfieldError:
                continue
            made += 1
            ours += [one.status for one in verify(signed)] == ["intact"]
        try:
            run(dcmsign, "--verify", "+cf", folder / "site.pem", signed)
        except RuntimeError:
            continue
        theirs += 1
    return Row(
        "Signatures that DCMTK verifies, but for the kinds of files named in docs/how-to/sign.md",
        "`hu sign`, `hu verify`",
        "every file of the test data that can be signed",
        "DCMTK dcmsign",
        f"{ours} of {made} intact",
        f"{theirs} of {made} intact",
        ours == made and theirs > 0.93 * made,
    )


def _tampered(data: Path, folder: Path) -> Row:
    from hounsfield.errors import HounsfieldError
    from hounsfield.protect import Signer, sign, verify

    signed, altered = folder / "signed.dcm", folder / "altered.dcm"
    sign(data / _CT, signed, Signer.read(folder / "site.key", folder / "site.pem"), overwrite=True)
    bytes_, chance = signed.read_bytes(), random.Random(5)
    start, stop = bytes_.index(b"\x08\0\x05\0"), bytes_.index(b"\xfa\xff\xfa\xff")
    told = named = 0
    places = chance.sample(range(start, stop), 500)
    for place in places:
        bad = bytearray(bytes_)
        bad[place] ^= 1 << chance.randrange(8)
        altered.write_bytes(bad)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found: Any = verify(altered)
            except HounsfieldError:
                told += 1
                continue
        told += bool(found) and all(one.status != "intact" for one in found)
        named += any(one.changes for one in found)
    return Row(
        "A flipped bit of a signed data set is noticed (but in reserved bytes, which mean nothing), and the element is "
        "named where the data set can still be read",
        "`hu verify`",
        _CT,
        "a bit flipped in each of 500 bytes",
        f"{told} of {len(places)} told, {named} with the element",
        "",
        told >= len(places) - 3 and named > 0.95 * len(places),
    )


def _values(path: Path) -> dict[int, bytes]:
    import hounsfield
    from hounsfield.protect.mac_stream import feed_element

    dataset, found = hounsfield.read(path, issues=[]), {}
    for tag in dataset.keys():  # noqa: SIM118 - a data set gives elements otherwise
        parts: list[bytes] = []
        raw: Any = dataset.get_item(tag, keep_deferred=True)
        try:
            feed_element(dataset, int(tag), parts.append)
        except Exception:  # noqa: BLE001 - a value that makes no sense is compared as it stands
            parts = [bytes(raw.value or b"")]
        if int(tag) & 0xFFFF:
            found[int(tag)] = b"".join(parts)
    return found


def _back(data: Path, folder: Path) -> Row:
    import hounsfield
    from hounsfield.cms import Keys
    from hounsfield.deidentify import Options
    from hounsfield.protect import Recipients, reidentify, sealer

    options = Options(seal=sealer(Recipients.read([folder / "site.pem"])))
    report = hounsfield.deidentify(data, folder / "clean", options=options)
    keys, equal, different = Keys.read([folder / "site.key"]), 0, []
    outputs = [row.output for row in report if row.status == "done"]
    for row in report:
        if row.status != "done":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reidentify(folder / "clean" / row.output, folder / "back", keys, overwrite=True)
            same = _values(folder / "back") == _values(Path(row.input))
        equal += same
        different += [] if same else [Path(row.input).name]
    return Row(
        "Originals come back byte for byte",
        "`hu deidentify --recipient`, `hu reidentify`",
        "every file of the test data that can be de-identified",
        "the originals",
        f"{equal} of {len(outputs)} equal",
        f"{len(different)} differ{': ' if different else ''}{', '.join(different[:5])}",
        not different and equal > 600,
    )


def _gdcmanon(data: Path, folder: Path) -> Row:
    source, anonymizer = data / _CT, program("gdcmanon")
    words = [anonymizer, "-c", folder / "site.pem", "-k", folder / "site.key"]
    run(*words, "-e", "--aes256", source, folder / "theirs.dcm")
    hu("reidentify", folder / "theirs.dcm", "-o", folder / "back-from-theirs.dcm", "--private-key", folder / "site.key")
    ours = _values(folder / "back-from-theirs.dcm") == _values(source)
    hu("deidentify", source, "-o", folder / "for-them", "--recipient", folder / "site.pem")
    (cleaned,) = (folder / "for-them").rglob("*.dcm")
    run(*words, "-d", cleaned, folder / "by-them.dcm")
    found, original = _values(folder / "by-them.dcm"), _values(source)
    lost = sum(found.get(tag) != value for tag, value in original.items())
    return Row(
        "Encrypted Attributes Sequence both ways",
        "`hu reidentify`, `hu deidentify --recipient`",
        _CT,
        "gdcmanon",
        f"what gdcmanon hid comes back: {ours}",
        f"what we hid comes back but for {lost} elements",
        ours and not lost,
    )
