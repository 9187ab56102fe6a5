"""`hu reidentify`."""

from __future__ import annotations

from typing import Annotated

from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import Bar
from hounsfield.cli.rows import show_rows
from hounsfield.cli.secret import from_file_or_asked, with_key_password
from hounsfield.errors import UsageError


def reidentify(  # noqa: PLR0913 - one parameter for each option
    paths: Annotated[list[str], Argument(help="De-identified files, or folders of them.")],
    *,
    output: Annotated[str, Option("-o", "--output", help="File to write, or folder where the input is several files.")],
    private_key: Annotated[
        list[str], Option("--private-key", help="Key of a recipient, PEM or DER. Repeatable.", metavar="FILE")
    ] = [],  # noqa: B006 - argparse copies it
    certificate: Annotated[
        list[str], Option("--certificate", help="Certificate of such a key: makes messages clearer.", metavar="FILE")
    ] = [],  # noqa: B006
    key_password_file: Annotated[
        str | None,
        Option("--key-password-file", help="Password of the private key; asked for without.", metavar="FILE"),
    ] = None,
    password_file: Annotated[
        str | None, Option("--password-file", help="Read a password from the first line of a file.", metavar="FILE")
    ] = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace existing files.")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Check everything, write nothing.")] = False,
    json: Annotated[bool, Option("--json", help="Print a row for each file as JSON.")] = False,
) -> int:
    """Bring identity back into files that were de-identified with hu deidentify --recipient.

    The originals that each file carries, encrypted, are put into their places byte for byte. Exit codes: 6 no key opens
    them, 7 they were altered.
    """
    from hounsfield.cms.keys import Keys
    from hounsfield.protect.batch import for_files
    from hounsfield.protect.originals import reidentify as reidentify_file

    secret = from_file_or_asked(password_file, "password of the originals", wanted=False)
    keys = with_key_password(
        lambda own: Keys.read(
            private_key,
            certificates=certificate,
            key_password=own,
            passwords=[secret] if secret is not None else (),
        ),
        key_password_file,
    )
    keys = keys or Keys.configured()
    if not keys:
        raise UsageError("there is no key to try", hint="Name --private-key or --password-file.")

    def action(source: str, target: str) -> str:
        done = reidentify_file(source, target, keys, overwrite=overwrite, dry_run=dry_run)
        return f"{done.elements:,} elements put back"

    rows = for_files(paths, output, action, progress=Bar())
    return show_rows("reidentify", rows, json=json, dry_run=dry_run, quiet=output == "-")
