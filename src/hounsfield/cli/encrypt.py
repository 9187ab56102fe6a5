"""`hu encrypt`."""

from __future__ import annotations

from typing import Annotated

from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import Bar, size
from hounsfield.cli.rows import show_rows
from hounsfield.cli.secret import from_file_or_asked, with_key_password
from hounsfield.errors import UsageError


def encrypt(  # noqa: PLR0913 - one parameter for each option
    paths: Annotated[list[str], Argument(help="DICOM files, or folders of them.")],
    *,
    output: Annotated[str, Option("-o", "--output", help="File to write, or folder where the input is several files.")],
    recipient: Annotated[
        list[str], Option("--recipient", help="Certificate of who can open it, PEM or DER. Repeatable.", metavar="FILE")
    ] = [],  # noqa: B006 - argparse copies it
    password: Annotated[bool, Option("--password", help="Ask for a password that opens it too.")] = False,
    password_file: Annotated[
        str | None, Option("--password-file", help="Read that password from the first line of a file.", metavar="FILE")
    ] = None,
    key: Annotated[str | None, Option("--key", help="Sign the content with this private key.", metavar="FILE")] = None,
    certificate: Annotated[
        str | None,
        Option("--certificate", help="Certificate of that key, and those that vouch for it.", metavar="FILE"),
    ] = None,
    key_password_file: Annotated[
        str | None, Option("--key-password-file", help="Password of that key; asked for without.", metavar="FILE")
    ] = None,
    oaep: Annotated[
        bool, Option("--oaep", help="Hide keys by RSAES-OAEP, an extension that not every program reads.")
    ] = False,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace existing files.")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Check everything, write nothing.")] = False,
    json: Annotated[bool, Option("--json", help="Print a row for each file as JSON.")] = False,
) -> int:
    """Encrypt files as a whole, for recipients with certificates or a password.

    What is written is a Secure DICOM File (PS3.10 7.4): CMS enveloped-data with AES-256, which OpenSSL opens too. A
    digest inside tells damage; with --key a signature tells who made it. Names of files are not encrypted.
    """
    from hounsfield.protect.batch import for_files
    from hounsfield.protect.secure_file import Recipients
    from hounsfield.protect.secure_file import encrypt as encrypt_file

    if (key is None) != (certificate is None):
        raise UsageError("--key and --certificate belong together")
    secret = from_file_or_asked(password_file, "password for the files", wanted=password, again=True)
    signer = (key, certificate) if key is not None and certificate is not None else None
    recipients = with_key_password(
        lambda own: Recipients.read(
            recipient, password=secret, wrapping="oaep" if oaep else "pkcs1", signer=signer, signer_password=own
        ),
        key_password_file,
    )

    def action(source: str, target: str) -> str:
        return size(encrypt_file(source, target, recipients, overwrite=overwrite, dry_run=dry_run))

    rows = for_files(paths, output, action, progress=Bar())
    return show_rows("encrypt", rows, json=json, dry_run=dry_run, quiet=output == "-")
