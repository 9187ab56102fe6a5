"""What a site says in one TOML file; every key is checked, and unknown ones are refused."""

from __future__ import annotations

import contextlib
import os
import tomllib
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.archive.bucket import CloudStorage
from hounsfield.archive.stored import POLICIES
from hounsfield.catalog.connection import checked_url
from hounsfield.errors import ReadError, UsageError
from hounsfield.network.address import Address, check_max_pdu, check_title
from hounsfield.network.provider.site import SERVICES, KnownPeer, Site
from hounsfield.network.storage.receiving import Bounds
from hounsfield.network.tls import Tls
from hounsfield.operation.places import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hounsfield.archive.stored import Policy

__all__ = ["KEYS", "Configuration", "read_configuration"]

# Section -> key -> kind and default; docs/how-to/serve.md says what each does.
KEYS: Mapping[str, Mapping[str, tuple[type, Any]]] = MappingProxyType(
    {
        "archive": {"duplicates": (str, "keep"), "database": (str, None)},
        "storage": {
            "url": (str, None),
            "endpoint": (str, None),
            "region": (str, None),
            "key_id": (str, None),
            "secret": (str, None),
            "allow_http": (bool, False),
            "cache_megabytes": (int, 10240),
            "timeout_seconds": (float, 60.0),
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
        "web": {"enabled": (bool, True), "port": (int, None)},
        "log": {"level": (str, "info"), "file": (str, None)},
        "peers": {"address": (str, None), "allow": (list, None), "tls": (bool, False), "tls_name": (str, None)},
    }
)
WEB_PORT = 8042
_KINDS: Mapping[type, str] = MappingProxyType(
    {
        str: "text",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        list: "a list",
        dict: "a section",
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
    web_port_given : bool
        Whether it was said; otherwise another port is taken where this one is in use.
    log_level, log_file : str
        What is logged, and where; standard error without a file.
    storage : CloudStorage, optional
        Where objects are, when not below the folder of the archive.
    database : str, optional
        Address of the database of PostgreSQL that has the index, when it is not in the folder.
    """

    site: Site = field(default_factory=Site)
    duplicates: Policy = "keep"
    worklist: str | None = None
    web_port: int | None = WEB_PORT
    log_level: str = "info"
    log_file: str | None = None
    storage: CloudStorage | None = None
    web_port_given: bool = False
    database: str | None = None


def read_configuration(path: str | os.PathLike[str] | None) -> Configuration:
    """Read and check a configuration; without a path, everything is as it is by default.

    Raises
    ------
    ReadError
        When the file cannot be read.
    UsageError
        For keys that there are none of and values of another kind, all at once, each with its line; and for anything
        that would be open to everybody.

    Examples
    --------
    >>> read_configuration(None).site.port
    11112
    """
    where = "" if path is None else os.fspath(path)
    try:
        text = Path(where).read_text("utf-8") if where else ""
        given = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"the configuration cannot be read: {error}", where=where) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the configuration is no TOML: {error}", where=where) from None
    faults = list(_faults(given))
    if faults:
        raise UsageError("\n  ".join(_told(fault, text) for fault in faults), where=where)
    try:
        return _made(given)
    except _FaultError as fault:
        raise UsageError(_told(fault, text), where=where, hint=fault.hint) from None
    except UsageError as error:
        raise UsageError(error.message, where=where or error.where, hint=error.hint, code=error.code) from None


class _FaultError(UsageError):
    """Something wrong with one key, or with a section where there is no key."""

    def __init__(self, message: str, section: str, key: str = "", number: int = 1, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.place = section, key, number


@contextlib.contextmanager
def _at(section: str, key: str = "", number: int = 1) -> Iterator[None]:
    """Say of what is wrong by which key it is."""
    try:
        yield
    except _FaultError:
        raise
    except UsageError as error:
        raise _FaultError(error.message, section, key, number, hint=error.hint) from None


def _told(fault: _FaultError, text: str) -> str:
    line = line_of(text, *fault.place)
    return fault.message if line is None else f"line {line}: {fault.message}"


def _faults(given: dict[str, Any]) -> Iterator[_FaultError]:
    """Give every section and key that there is none of, and every value of another kind."""
    for section, found in given.items():
        if section not in KEYS:
            yield _FaultError(_unknown("section", section, list(KEYS)), section)
        elif section == "peers":
            if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
                yield _FaultError("peers are written as [[peers]], once for each", section)
                continue
            for number, row in enumerate(found, 1):
                yield from _of_section(section, row, number)
        elif not isinstance(found, dict):
            yield _FaultError(f"{section} is a section", section)
        else:
            yield from _of_section(section, found, 1)


def _of_section(section: str, found: dict[str, Any], number: int) -> Iterator[_FaultError]:
    known = KEYS[section]
    for key, value in found.items():
        if key not in known:
            yield _FaultError(_unknown(f"key in {section}", key, list(known)), section, key, number)
            continue
        kind = known[key][0]
        whole = kind is float and isinstance(value, int) and not isinstance(value, bool)
        if not whole and type(value) is not kind:
            should, is_ = _KINDS[kind], _KINDS.get(type(value), "a date or time")
            yield _FaultError(f"{section}.{key} is {is_}, and should be {should}", section, key, number)


def _unknown(what: str, value: Any, known: list[str]) -> str:
    near = get_close_matches(str(value), known, n=1, cutoff=0.5)
    rest = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return f"there is no {what} {value!r:.60}; {rest}"


def _made(given: dict[str, Any]) -> Configuration:
    archive, storage, dimse, tls, worklist, web, log = (
        _section(name, given.get(name, {})) for name in ("archive", "storage", "dimse", "tls", "worklist", "web", "log")
    )
    _one_of(archive["duplicates"], POLICIES, "value of archive.duplicates", "archive", "duplicates")
    _one_of(log["level"], _LEVELS, "value of log.level", "log", "level")
    for name, port in (("dimse", dimse["port"]), ("web", web["port"] or 0)):
        if not 0 <= port < 1 << 16:
            raise _FaultError(f"{name}.port is {port}, and ports are 0 to 65535", name, "port")
    if worklist["folder"] is not None and not os.path.isdir(worklist["folder"]):
        raise _FaultError(f"worklist.folder is no folder: {worklist['folder']}", "worklist", "folder")
    own = _tls(tls) if "tls" in given else None
    longest = dimse.pop("max_pdu")
    with _at("dimse", "max_pdu"):
        check_max_pdu(longest)
    with _at("dimse", "title"):
        dimse["title"] = check_title(dimse["title"])
    peers = _peers(given.get("peers", []), own)
    site = Site(peers=peers, tls=own if tls["listen"] else None, bounds=Bounds(max_length=longest), **dimse)
    return Configuration(
        site,
        archive["duplicates"],
        worklist["folder"],
        (WEB_PORT if web["port"] is None else web["port"]) if web["enabled"] else None,
        log["level"],
        log["file"],
        _storage(storage),
        web_port_given=web["port"] is not None,
        database=_database(archive["database"]),
    )


def _database(said: str | None) -> str | None:
    with _at("archive", "database"):
        return None if said is None else checked_url(said)


def _storage(said: dict[str, Any]) -> CloudStorage | None:
    said = dict(said)
    cache, timeout = said.pop("cache_megabytes"), said.pop("timeout_seconds")
    if said["url"] is None:
        if any(value for value in said.values()):
            raise _FaultError("storage has no url", "storage", hint='url = "s3://bucket/prefix"')
        return None
    if cache < 0:
        raise _FaultError(f"storage.cache_megabytes is {cache}", "storage", "cache_megabytes")
    if not timeout > 0:
        raise _FaultError(f"storage.timeout_seconds is {timeout:g}", "storage", "timeout_seconds")
    with _at("storage", "url"):
        return CloudStorage(**said, cache=cache << 20, timeout=timeout)


def _tls(tls: dict[str, Any]) -> Tls:
    _one_of(tls["profile"], ("bcp195", "bcp195-extended"), "value of tls.profile", "tls", "profile")
    with _at("tls"):
        found = Tls(tls["certificate"], tls["key"], tls["authorities"], tls["profile"])
        # Files that cannot be used are found now, not by the first device.
        found.server()
    return found


def _peers(given: list[dict[str, Any]], own: Tls | None) -> tuple[KnownPeer, ...]:
    return tuple(_peer(number, _section("peers", row), own) for number, row in enumerate(given, 1))


def _peer(number: int, peer: dict[str, Any], own: Tls | None) -> KnownPeer:
    if not peer["address"]:
        hint = 'address = "TITLE@host:port"'
        raise _FaultError(f"peer {number} has no address", "peers", "address", number, hint=hint)
    allowed = peer["allow"] if peer["allow"] is not None else sorted(SERVICES)
    for service in allowed:
        _one_of(service, sorted(SERVICES), f"service that peer {number} may use", "peers", "allow", number)
    if peer["tls"] and own is None:
        raise _FaultError(f"peer {number} wants TLS, and there is no section tls", "peers", "tls", number)
    if peer["tls_name"] and not peer["tls"]:
        raise _FaultError(f"peer {number} has tls_name without tls = true", "peers", "tls_name", number)
    # The name is that of the peer's certificate.
    secured = replace(own, name=peer["tls_name"]) if own is not None and peer["tls"] else None
    with _at("peers", "address", number):
        return KnownPeer(Address.parse(peer["address"]), frozenset(allowed), secured)


def _section(name: str, given: dict[str, Any]) -> dict[str, Any]:
    return {key: given.get(key, default) for key, (_, default) in KEYS[name].items()}


def _one_of(value: Any, known: Sequence[str], what: str, *place: Any) -> None:
    if value not in known:
        raise _FaultError(_unknown(what, value, list(known)), *place)
