"""`hu sign`."""

from __future__ import annotations

from typing import Annotated, Literal

from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import Bar
from hounsfield.cli.rows import show_rows
from hounsfield.cli.secret import with_key_password


def sign(  # noqa: PLR0913 - one parameter for each option
    paths: Annotated[list[str], Argument(help="DICOM files, or folders of them.")],
    *,
    output: Annotated[str, Option("-o", "--output", help="File to write, or folder where the input is several files.")],
    key: Annotated[str, Option("--key", help="RSA private key, PEM or DER.", metavar="FILE")],
    certificate: Annotated[
        str, Option("--certificate", help="Its certificate, which goes into the file.", metavar="FILE")
    ],
    key_password_file: Annotated[
        str | None, Option("--key-password-file", help="Password of the key; asked for without.", metavar="FILE")
    ] = None,
    profile: Annotated[
        Literal["base", "creator"], Option("--profile", help="Base RSA or Creator RSA profile (PS3.15 C.1, C.2).")
    ] = "base",
    tag: Annotated[
        list[str],
        Option("--tag", help="Sign only this element: keyword or number. Repeatable; otherwise all.", metavar="TAG"),
    ] = [],  # noqa: B006 - argparse copies it
    algorithm: Annotated[Literal["SHA256", "SHA384", "SHA512"], Option("--algorithm", help="Digest.")] = "SHA256",
    overwrite: Annotated[bool, Option("--overwrite", help="Replace existing files.")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Check everything, write nothing.")] = False,
    json: Annotated[bool, Option("--json", help="Print a row for each file as JSON.")] = False,
) -> int:
    """Add a digital signature to files, which DCMTK's dcmsign verifies too.

    Nothing is changed but the signature itself, and implicit VR, which becomes explicit: a signature needs the value
    representations. Digests of the single elements are kept beside it, so that hu verify can tell what was altered.
    """
    from hounsfield.protect.batch import for_files
    from hounsfield.protect.sign import Scope, Signer
    from hounsfield.protect.sign import sign as sign_file

    signer = with_key_password(lambda own: Signer.read(key, certificate, password=own), key_password_file)
    scope = Scope(profile, tuple(tag) or None, algorithm)

    def action(source: str, target: str) -> str:
        done = sign_file(source, target, signer, scope=scope, overwrite=overwrite, dry_run=dry_run)
        left = f", {len(done.left_out):,} left out: their representation is not known" if done.left_out else ""
        return f"{done.elements:,} elements signed{left}"

    rows = for_files(paths, output, action, progress=Bar())
    return show_rows("sign", rows, json=json, dry_run=dry_run, quiet=output == "-")
