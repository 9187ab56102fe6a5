"""What a site says in one TOML file; every key is checked, and unknown ones are refused."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.archive.bucket import CloudStorage
from hounsfield.archive.stored import POLICIES
from hounsfield.errors import ReadError, UsageError
from hounsfield.network.address import Address, check_max_pdu, check_title
from hounsfield.network.provider.site import SERVICES, KnownPeer, Site
from hounsfield.network.storage.receiving import Bounds
from hounsfield.network.tls import Tls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.archive.stored import Policy

__all__ = ["KEYS", "Configuration", "read_configuration"]

# Section -> key -> kind and default; docs/how-to/serve.md says what each does.
KEYS: Mapping[str, Mapping[str, tuple[type, Any]]] = MappingProxyType(
    {
        "archive": {"duplicates": (str, "keep")},
        "storage": {
            "url": (str, None),
            "endpoint": (str, None),
            "region": (str, None),
            "key_id": (str, None),
            "secret": (str, None),
            "allow_http": (bool, False),
            "cache_megabytes": (int, 10240),
        },
        "dimse": {
            "title": (str, "HOUNSFIELD"),
            "host": (str, "127.0.0.1"),
            "port": (int, 11112),
            "any_title": (bool, False),
            "associations": (int, 128),
            "request_time": (float, 30.0),
            "max_pdu": (int, 1 << 20),
        },
        "tls": {
            "certificate": (str, None),
            "key": (str, None),
            "authorities": (str, None),
            "profile": (str, "bcp195"),
            "listen": (bool, True),
        },
        "worklist": {"folder": (str, None)},
        "web": {"enabled": (bool, False), "port": (int, 8042)},
        "log": {"level": (str, "info"), "file": (str, None)},
        "peers": {"address": (str, None), "allow": (list, None), "tls": (bool, False), "tls_name": (str, None)},
    }
)
_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a site says.

    Parameters
    ----------
    site : Site
        Who this side is, where it listens and whom it lets do what.
    duplicates : {'keep', 'replace', 'both'}
        See `hounsfield.Archive`.
    worklist : str, optional
        Folder of worklist items.
    web_port : int, optional
        Port of the workstation on this machine; none where it is not served.
    log_level, log_file : str
        What is logged, and where; standard error without a file.
    storage : CloudStorage, optional
        Where objects are, when not below the folder of the archive.
    """

    site: Site = field(default_factory=Site)
    duplicates: Policy = "keep"
    worklist: str | None = None
    web_port: int | None = None
    log_level: str = "info"
    log_file: str | None = None
    storage: CloudStorage | None = None


def read_configuration(path: str | os.PathLike[str] | None) -> Configuration:
    """Read and check a configuration; without a path, everything is as it is by default.

    Raises
    ------
    ReadError
        When the file cannot be read.
    UsageError
        For a key that there is none of, a value of another kind, and anything that would be open to everybody.

    Examples
    --------
    >>> read_configuration(None).site.port
    11112
    """
    where = "" if path is None else os.fspath(path)
    try:
        given = tomllib.loads(Path(where).read_text("utf-8")) if where else {}
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"the configuration cannot be read: {error}", where=where) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the configuration is no TOML: {error}", where=where) from None
    try:
        return _made(given)
    except UsageError as error:
        raise UsageError(error.message, where=where or error.where, hint=error.hint, code=error.code) from None


def _made(given: dict[str, Any]) -> Configuration:
    for section in given:
        _one_of(section, KEYS, "section")
    archive, storage, dimse, tls, worklist, web, log = (
        _section(name, given.get(name, {})) for name in ("archive", "storage", "dimse", "tls", "worklist", "web", "log")
    )
    _one_of(archive["duplicates"], POLICIES, "value of archive.duplicates")
    _one_of(log["level"], _LEVELS, "value of log.level")
    for name, port in (("dimse.port", dimse["port"]), ("web.port", web["port"])):
        if not 0 <= port < 1 << 16:
            raise UsageError(f"{name} is {port}, and ports are 0 to 65535")
    if worklist["folder"] is not None and not os.path.isdir(worklist["folder"]):
        raise UsageError(f"worklist.folder is no folder: {worklist['folder']}")
    own = _tls(tls) if "tls" in given else None
    longest = dimse.pop("max_pdu")
    check_max_pdu(longest)
    dimse["title"] = check_title(dimse["title"])
    peers = _peers(given.get("peers", []), own)
    site = Site(peers=peers, tls=own if tls["listen"] else None, bounds=Bounds(max_length=longest), **dimse)
    return Configuration(
        site,
        archive["duplicates"],
        worklist["folder"],
        web["port"] if web["enabled"] else None,
        log["level"],
        log["file"],
        _storage(storage),
    )


def _storage(said: dict[str, Any]) -> CloudStorage | None:
    said = dict(said)
    cache = said.pop("cache_megabytes")
    if said["url"] is None:
        if any(value for value in said.values()):
            raise UsageError("storage has no url", hint='url = "s3://bucket/prefix"')
        return None
    if cache < 0:
        raise UsageError(f"storage.cache_megabytes is {cache}")
    return CloudStorage(**said, cache=cache << 20)


def _tls(tls: dict[str, Any]) -> Tls:
    _one_of(tls["profile"], ("bcp195", "bcp195-extended"), "value of tls.profile")
    found = Tls(tls["certificate"], tls["key"], tls["authorities"], tls["profile"])
    # Files that cannot be used are found now, not by the first device.
    found.server()
    return found


def _peers(given: Any, own: Tls | None) -> tuple[KnownPeer, ...]:
    if not isinstance(given, list):
        raise UsageError("peers are written as [[peers]], once for each")
    found = []
    for number, row in enumerate(given, 1):
        peer = _section("peers", row)
        if not peer["address"]:
            raise UsageError(f"peer {number} has no address", hint='address = "TITLE@host:port"')
        allowed = peer["allow"] if peer["allow"] is not None else sorted(SERVICES)
        for service in allowed:
            _one_of(service, sorted(SERVICES), f"service that peer {number} may use")
        if peer["tls"] and own is None:
            raise UsageError(f"peer {number} wants TLS, and there is no section tls")
        if peer["tls_name"] and not peer["tls"]:
            raise UsageError(f"peer {number} has tls_name without tls = true")
        # The name is that of the peer's certificate.
        secured = replace(own, name=peer["tls_name"]) if own is not None and peer["tls"] else None
        found.append(KnownPeer(Address.parse(peer["address"]), frozenset(allowed), secured))
    return tuple(found)


def _section(name: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise UsageError(f"{name} is a section")
    known = KEYS[name]
    for key, value in given.items():
        _one_of(key, known, f"key in {name}")
        kind = known[key][0]
        number = kind is float and isinstance(value, int) and not isinstance(value, bool)
        if not number and type(value) is not kind:
            raise UsageError(f"{name}.{key} is {type(value).__name__}, and should be {kind.__name__}")
    return {key: given.get(key, default) for key, (_, default) in known.items()}


def _one_of(value: Any, known: Any, what: str) -> None:
    if value not in known:
        raise UsageError(f"there is no {what} {value!r:.60}", hint=f"Known: {', '.join(known)}.")
