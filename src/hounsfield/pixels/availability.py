"""What can be read and written here: each transfer syntax, its codec, the library behind it, and what is missing."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from hounsfield.pixels.syntaxes import SYNTAXES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.pixels.syntaxes import Codec, Syntax

__all__ = ["Available", "Library", "available", "libraries"]


class Library(NamedTuple):
    """A library that decodes or encodes.

    Parameters
    ----------
    codec : str
        What the table of syntaxes calls it.
    name : str
        The library.
    version : str
        Of the library; empty where it is missing.
    package : str
        The Python package that brings it, with its version.
    missing : str
        Why it cannot be used, and what to install; empty where it can.
    """

    codec: str
    name: str
    version: str
    package: str
    missing: str


class Available(NamedTuple):
    """One transfer syntax, as this installation handles it.

    Parameters
    ----------
    uid, name : str
        What it is.
    read, write : bool
        Whether frames can be decoded, and encoded, here and now.
    to : str
        What ``hu transcode --to`` calls it; empty where it is not written.
    codec, library : str
        What decodes it, with the version of the library.
    lossy : {'never', 'optional', 'always'}
        Whether its code streams lose information.
    reader : str
        The foreign program that reads what is written here, in the tests.
    note : str
        Why it is not read or written, what to install, or what else there is to say.
    retired : bool
        It is no longer in the standard.
    """

    uid: str
    name: str
    read: bool
    write: bool
    to: str
    codec: str
    library: str
    lossy: str
    reader: str
    note: str
    retired: bool


class _Source(NamedTuple):
    library: str
    package: str
    module: str
    prefix: str = ""
    install: str = ""


_IMAGECODECS = "pip install imagecodecs"
# Each codec's library, the package that brings it, and what it is called there.
_SOURCES: Mapping[str, _Source] = MappingProxyType(
    {
        "jpeg": _Source("libjpeg-turbo", "imagecodecs", "imagecodecs", "jpeg8", _IMAGECODECS),
        "jpeg-ls": _Source("CharLS", "imagecodecs", "imagecodecs", "jpegls", _IMAGECODECS),
        "jpeg-ls, writing": _Source("CharLS", "pyjpegls", "jpeg_ls", "", "pip install pyjpegls"),
        "jpeg-2000": _Source("OpenJPEG", "imagecodecs", "imagecodecs", "jpeg2k", _IMAGECODECS),
        "htj2k, writing": _Source("OpenJPH", "imagecodecs", "imagecodecs", "htj2k", _IMAGECODECS),
        "jpeg-xl": _Source("libjxl", "imagecodecs", "imagecodecs", "jpegxl", _IMAGECODECS),
        "video": _Source("FFmpeg", "av", "av", "", "pip install 'hounsfield[video]'"),
        "deflate": _Source("zlib", "Python", "zlib"),
        "rle": _Source("hounsfield core", "hounsfield", "hounsfield._core"),
    }
)
# Codecs of the table of syntaxes that share a library, for reading and for writing.
_READ: Mapping[Codec, str] = MappingProxyType({"jpeg-lossless": "jpeg", "none": "rle", "encapsulated": "rle"})
_WRITE: Mapping[Codec, str] = MappingProxyType({**_READ, "jpeg-ls": "jpeg-ls, writing"})
_HIGH_THROUGHPUT = "1.2.840.10008.1.2.4.20"
_DEFLATED = "1.2.840.10008.1.2.1.99"


def libraries() -> dict[str, Library]:
    """Find the library of each codec, and its version."""
    return {codec: _library(codec, source) for codec, source in _SOURCES.items()}


def _library(codec: str, source: _Source) -> Library:
    try:
        module = import_module(source.module)
    except ImportError as error:
        return Library(codec, source.library, "", source.package, f"{error}: {source.install}")
    if source.prefix and not getattr(getattr(module, source.prefix.upper(), None), "available", False):
        reason = f"this build of {source.package} comes without it: {source.install}"
        return Library(codec, source.library, "", source.package, reason)
    return Library(codec, source.library, _version(source, module), f"{source.package} {_package(source)}".strip(), "")


def _package(source: _Source) -> str:
    import platform

    if source.package == "Python":
        return platform.python_version()
    try:
        return version(source.package)
    except PackageNotFoundError:
        # A source tree that was never installed.
        return ""


def _version(source: _Source, module: object) -> str:
    if source.prefix:
        told: str = getattr(module, f"{source.prefix}_version")()
        return told.partition(" ")[2].partition("/")[0]
    if source.module == "zlib":
        return str(getattr(module, "ZLIB_RUNTIME_VERSION", ""))
    if source.module == "av":
        return "libavcodec " + ".".join(map(str, getattr(module, "library_versions", {}).get("libavcodec", ())))
    return _package(source) if source.module == "hounsfield._core" else ""


def available(found: dict[str, Library] | None = None) -> list[Available]:
    """Say of each transfer syntax what can be done with it here.

    Parameters
    ----------
    found : dict of Library, optional
        As `libraries` gives them.

    Examples
    --------
    >>> [row.name for row in available() if row.uid == "1.2.840.10008.1.2.5"]
    ['RLE Lossless']
    """
    found = libraries() if found is None else found
    return [_row(uid, syntax, found) for uid, syntax in SYNTAXES.items()]


def _row(uid: str, syntax: Syntax, found: dict[str, Library]) -> Available:
    reader = found.get(_reading(uid, syntax))
    writer = found.get(_writing(uid, syntax))
    read = reader is not None and not reader.missing
    write = writer is not None and not writer.missing
    missing = [library.missing for library in {reader, writer} if library is not None and library.missing]
    note = "; ".join([*missing, *([syntax.note] if syntax.note else [])])
    known = reader or writer
    library = f"{known.name} {known.version}".strip() if known else ""
    to = syntax.to if write else ""
    return Available(
        uid, syntax.name, read, write, to, syntax.decoder, library, syntax.lossy, syntax.reader, note, syntax.retired
    )


def _reading(uid: str, syntax: Syntax) -> str:
    return "deflate" if uid == _DEFLATED else _READ.get(syntax.decoder, syntax.decoder)


def _writing(uid: str, syntax: Syntax) -> str:
    if uid == _DEFLATED:
        return "deflate"
    if syntax.encoder and uid.startswith(_HIGH_THROUGHPUT):
        return "htj2k, writing"
    return _WRITE.get(syntax.encoder, syntax.encoder)
