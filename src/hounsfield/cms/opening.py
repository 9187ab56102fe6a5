"""Opening an envelope (RFC 5652 6) with the keys at hand."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from hounsfield.cms.recipients import open_agreed, open_password, open_transport
from hounsfield.errors import AlteredError, LimitError, LockedError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.cms.keys import Keys

__all__ = ["Opened", "Recipient", "open_envelope", "recipients_of"]

# Every recipient may cost an RSA operation for every key.
_MOST_RECIPIENTS = 1_000
_SHOWN = 3


class Opened(NamedTuple):
    """What was in an envelope.

    Parameters
    ----------
    content : bytes
        What was encrypted.
    content_type : str
        What it is, in asn1crypto's names: ``data``, ``signed_data``, ``digested_data``.
    """

    content: bytes
    content_type: str


class Recipient(NamedTuple):
    """One who can open an envelope.

    Parameters
    ----------
    kind : {'key', 'password'}
        What opens it.
    issuer : str
        Who issued the certificate; empty where the envelope does not say.
    serial : int
        Serial number of the certificate; 0 where the envelope does not say.
    """

    kind: str
    issuer: str = ""
    serial: int = 0

    def __str__(self) -> str:
        """For messages."""
        if self.kind == "password":
            return "a password"
        return f"certificate {self.serial:X} of {self.issuer}" if self.issuer else "a certificate named by its key"


def recipients_of(data: bytes) -> list[Recipient]:
    """Tell for whom an envelope is, without opening it.

    Raises
    ------
    AlteredError
        When it is damaged.
    LimitError
        When there are more than anybody would send.
    """
    with _reading():
        return [_describe(info, entry) for info, entry in _infos(_parse(data))]


def open_envelope(data: bytes, keys: Keys) -> Opened:
    """Decrypt an envelope with the first key that fits.

    Parameters
    ----------
    data : bytes
        A ContentInfo with enveloped-data, in DER or BER.
    keys : Keys
        What to try.

    Raises
    ------
    LockedError
        When no key fits, with those who could open it.
    AlteredError
        When it is truncated or damaged, or does not decrypt with the key that it is for.
    LimitError, UnsupportedError
        For absurd or unknown forms.
    """
    with _reading():
        return _open(_parse(data), keys)


def _open(envelope: Any, keys: Keys) -> Opened:
    infos = _infos(envelope)
    inner = envelope["encrypted_content_info"]
    encrypted, decipher = _cipher(inner)
    named = False
    unknown: list[UnsupportedError] = []
    for key, certain in _candidates(infos, keys, unknown):
        named |= certain
        content = decipher(key)
        if content is not None:
            return Opened(content, str(inner["content_type"].native))
    if unknown:
        raise unknown[0]
    if named:
        raise AlteredError(
            f"the envelope does not decrypt with the key that it is for: it was altered ({len(encrypted):,} bytes)",
            hint="Ask for it again. If the key was renewed, name the former one.",
            code="envelope-altered",
        )
    raise LockedError(_for_whom([_describe(*entry) for entry in infos], keys), hint=_hint(keys), code="locked")


def _parse(data: bytes) -> Any:
    from asn1crypto.cms import ContentInfo

    info = ContentInfo.load(data)
    if info["content_type"].native != "enveloped_data":
        raise UnsupportedError(f"it is {info['content_type'].native}, not an envelope", code="not-an-envelope")
    return info["content"]


def _infos(envelope: Any) -> list[tuple[Any, Any]]:
    """Recipients; those of one key agreement one by one."""
    found: list[tuple[Any, Any]] = []
    for info in envelope["recipient_infos"]:
        entries = info.chosen["recipient_encrypted_keys"] if info.name == "kari" else (None,)
        found += [(info, entry) for entry in entries]
        if len(found) > _MOST_RECIPIENTS:
            raise LimitError(f"the envelope has more than {_MOST_RECIPIENTS:,} recipients", code="recipients")
    return found


def _cipher(inner: Any) -> tuple[bytes, Any]:
    """Give the encrypted bytes, and what decrypts them: the content, or ``None`` where the key is not the right one."""
    algorithm = inner["content_encryption_algorithm"]
    name, mode = algorithm.encryption_cipher, algorithm.encryption_mode
    start, encrypted = algorithm.encryption_iv, inner["encrypted_content"].native
    if mode != "cbc" or name not in {"aes", "tripledes"}:
        raise UnsupportedError(f"content encrypted by {name} cannot be read", code="content-algorithm")
    block = 16 if name == "aes" else 8
    if not encrypted or len(encrypted) % block or len(start) != block:
        raise AlteredError("the encrypted content is cut off", code="envelope-truncated")
    lengths = (algorithm.key_length,) if name == "aes" else (24, 16)

    def decipher(key: bytes) -> bytes | None:
        if len(key) not in lengths:
            return None
        return _decrypt(name, key, start, encrypted)

    return encrypted, decipher


def _decrypt(name: str, key: bytes, start: bytes, encrypted: bytes) -> bytes | None:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    from cryptography.hazmat.primitives.ciphers.algorithms import AES

    algorithm = AES(key) if name == "aes" else TripleDES(key if len(key) == 24 else key + key[:8])
    work = Cipher(algorithm, modes.CBC(start)).decryptor()
    content = work.update(encrypted) + work.finalize()
    left = content[-1]
    if not 1 <= left <= len(start) or content[-left:] != bytes([left]) * left:
        return None
    return content[:-left]


def _candidates(
    infos: list[tuple[Any, Any]], keys: Keys, unknown: list[UnsupportedError]
) -> Iterator[tuple[bytes, bool]]:
    """Keys that may decrypt the content, and whether the envelope names their certificate.

    What hides a key in a way that is not known is passed over, and told in `unknown`.
    """
    for info, entry in infos:
        certain = _is_ours(info, entry, keys)
        tries = keys.passwords if info.name == "pwri" else keys.private if info.name in {"ktri", "kari"} else ()
        for attempt in tries:
            try:
                key = _key(info, entry, attempt, keys)
            except UnsupportedError as error:
                unknown.append(error)
                break
            if key is not None or certain:
                yield key or b"", certain


def _key(info: Any, entry: Any, attempt: Any, keys: Keys) -> bytes | None:
    if info.name == "pwri":
        return open_password(info.chosen, attempt, keys)
    if info.name == "ktri":
        return open_transport(info.chosen, attempt)
    return open_agreed(info.chosen, entry["encrypted_key"].native, attempt)


def _is_ours(info: Any, entry: Any, keys: Keys) -> bool:
    about = _describe(info, entry)
    return bool(about.issuer) and any(certificate.serial_number == about.serial for certificate in keys.certificates)


def _describe(info: Any, entry: Any) -> Recipient:
    if info.name == "pwri":
        return Recipient("password")
    if info.name not in {"ktri", "kari"}:
        return Recipient("key")
    rid = (entry if entry is not None else info.chosen)["rid"]
    if rid.name != "issuer_and_serial_number":
        return Recipient("key")
    return Recipient("key", rid.chosen["issuer"].human_friendly, int(rid.chosen["serial_number"].native))


def _for_whom(recipients: list[Recipient], keys: Keys) -> str:
    shown = [str(recipient) for recipient in recipients[:_SHOWN]]
    if len(recipients) > _SHOWN:
        shown.append(f"{len(recipients) - _SHOWN:,} more")
    tried = "none of the keys at hand opens it" if keys else "it is encrypted"
    return f"{tried}; it is for {', '.join(shown) or 'nobody'}"


def _hint(keys: Keys) -> str:
    return "Name the private key of one of them, or its password." if keys else ""


@contextmanager
def _reading() -> Iterator[None]:
    """Say of any structure that asn1crypto cannot make sense of, which it notices when a member is looked at."""
    try:
        yield
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise AlteredError(f"the envelope is truncated or damaged: {why}", code="envelope-damaged") from None
