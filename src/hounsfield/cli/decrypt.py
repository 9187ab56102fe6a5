"""`hu decrypt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import Bar
from hounsfield.cli.rows import show_rows
from hounsfield.cli.secret import from_file_or_asked, with_key_password
from hounsfield.errors import UntrustedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.x509 import Certificate

    from hounsfield.cms.integrity import Checked


def decrypt(  # noqa: PLR0913 - one parameter for each option
    paths: Annotated[list[str], Argument(help="Encrypted files, or folders of them.")],
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
    password: Annotated[bool, Option("--password", help="Ask for the password that opens the files.")] = False,
    password_file: Annotated[
        str | None, Option("--password-file", help="Read that password from the first line of a file.", metavar="FILE")
    ] = None,
    trust: Annotated[
        list[str],
        Option("--trust", help="Write only what is signed by somebody this certificate vouches for.", metavar="FILE"),
    ] = [],  # noqa: B006
    overwrite: Annotated[bool, Option("--overwrite", help="Replace existing files.")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Check everything, write nothing.")] = False,
    json: Annotated[bool, Option("--json", help="Print a row for each file as JSON.")] = False,
) -> int:
    """Decrypt files that are encrypted as a whole, after checking that nothing was altered.

    Keys may also be named by HOUNSFIELD_PRIVATE_KEY and HOUNSFIELD_PASSWORD_FILE; then every command reads encrypted
    files. Exit codes: 6 no key opens it, 7 it was altered, 8 its signer is not trusted.
    """
    from hounsfield.cms.keyfiles import read_certificates
    from hounsfield.cms.keys import Keys
    from hounsfield.protect.batch import for_files
    from hounsfield.protect.secure_file import decrypt as decrypt_file

    secret = from_file_or_asked(password_file, "password of the files", wanted=password)
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
        raise UsageError("there is no key to try", hint="Name --private-key, --password or --password-file.")
    authorities = [found for path in trust for found in read_certificates(path)]

    def action(source: str, target: str) -> str:
        checked = decrypt_file(
            source, target, keys, accept=lambda found: _accept(found, authorities), overwrite=overwrite, dry_run=dry_run
        )
        return _signers(checked)

    rows = for_files(paths, output, action, progress=Bar())
    return show_rows("decrypt", rows, json=json, dry_run=dry_run, quiet=output == "-")


def _signers(checked: Checked) -> str:
    from hounsfield.cms.trust import name_of

    names = [name_of(signature.certificate) for signature in checked.signatures]
    return f"signed by {'; '.join(names)}" if names else "digest fits; not signed"


def _accept(checked: Checked, authorities: Sequence[Certificate]) -> None:
    """Refuse what nobody who is trusted has signed, where somebody said whom to trust."""
    from hounsfield.cms.trust import trust_in

    if not authorities:
        return
    reasons = []
    for signature in checked.signatures:
        found = trust_in(signature.certificate, authorities, others=checked.certificates)
        if found.status == "trusted":
            return
        reasons.append(found.reason)
    raise UntrustedError("; ".join(dict.fromkeys(reasons)) or "it is not signed, so that nobody vouches for it")
