"""The objects of an archive in object storage (S3, GCS, Azure), through obstore."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import hashlib
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.archive.cache import Cache, DamagedError
from hounsfield.archive.objects import sha256_of
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from obstore.store import ObjectStore

__all__ = ["BucketObjects", "CloudStorage"]

_URL = re.compile(r"(s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._=-]*)*/?")
_SCHEMES = "s3://bucket/prefix, gs://bucket/prefix, az://container/prefix"
# Larger ones are sent in parts, of which only a few are in memory.
_WHOLE, _PART = 16 << 20, 8 << 20
_SENDERS = 16
_CODE = re.compile("<Code>([A-Za-z]{1,40})</Code>")
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_CHUNK = 1 << 20
_LONGEST = 3600.0
_BACKOFF: Mapping[str, Any] = MappingProxyType(
    {"init_backoff": dt.timedelta(seconds=0.2), "max_backoff": dt.timedelta(seconds=2), "base": 2}
)


@dataclass(frozen=True, slots=True)
class CloudStorage:
    """Where object storage is, and how it is reached.

    Parameters
    ----------
    url : str
        ``s3://bucket/prefix``, ``gs://bucket/prefix`` or ``az://container/prefix``.
    endpoint : str, optional
        Address of a server that speaks S3; the one of the provider by default, or ``AWS_ENDPOINT_URL``.
    region : str, optional
        Region (S3); ``AWS_REGION`` by default.
    key_id, secret : str, optional
        Access key (S3). By default, and for the others, what the usual variables of the environment say (``AWS_…``,
        ``GOOGLE_…``, ``AZURE_…``), or the machine's own role.
    allow_http : bool
        Whether the connection may be a plain one; ``AWS_ALLOW_HTTP`` by default.
    cache : int
        Bytes of the copies that are kept on the local disk.
    timeout : float
        Seconds for one request, of 16 MB at most; after that, and after two more times as long for trying again, the
        storage counts as unreachable.

    Raises
    ------
    UsageError
        For another URL, and for a plain connection that was not allowed.
    """

    url: str
    endpoint: str | None = None
    region: str | None = None
    key_id: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    allow_http: bool = False
    cache: int = 10 << 30
    timeout: float = 60.0

    def __post_init__(self) -> None:
        if not _URL.fullmatch(self.url):
            raise UsageError(f"{self.url!r:.80} is no address of object storage", hint=f"Addresses: {_SCHEMES}.")
        only_s3 = (self.endpoint, self.region, self.key_id, self.secret)
        if not self.url.startswith("s3:") and any(one is not None for one in only_s3):
            raise UsageError("endpoint, region and keys are for S3; others take them from the environment")
        if self.cache < 0:
            raise UsageError("the cache cannot be smaller than nothing")
        if not 0 < self.timeout <= _LONGEST:
            raise UsageError(f"a request of {self.timeout:g} seconds is not possible", hint="From 0.1 s to an hour.")

    def opened(self) -> ObjectStore:
        """Open it; nothing is asked yet.

        Raises
        ------
        UsageError
            When obstore is not installed, or something that the environment says is wrong.
        """
        try:
            from obstore.exceptions import BaseError
            from obstore.store import from_url
        except ImportError:
            raise UsageError("object storage needs obstore", hint="pip install 'hounsfield[cloud]'") from None
        plain = self.allow_http or os.environ.get("AWS_ALLOW_HTTP", "").lower() in {"1", "true", "yes"}
        options: dict[str, Any] = {
            "client_options": {
                "allow_http": plain,
                "connect_timeout": f"{1000 * min(5.0, self.timeout):.0f}ms",
                "timeout": f"{1000 * self.timeout:.0f}ms",
            },
            "retry_config": {
                "max_retries": 4,
                # What takes too long is tried again within this time only.
                "retry_timeout": dt.timedelta(seconds=min(20.0, 2 * self.timeout)),
                "backoff": dict(_BACKOFF),
            },
        }
        if self.url.startswith("s3:"):
            options["config"] = self._s3(plain=plain)
        try:
            return from_url(self.url.rstrip("/"), **options)
        except (BaseError, ValueError) as error:
            raise UsageError(f"the storage cannot be used: {_first_line(error)}", where=self.url) from None

    def _s3(self, *, plain: bool) -> dict[str, str]:
        endpoint = self.endpoint or next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), None)
        if endpoint and endpoint.lower().startswith("http:") and not plain:
            raise UsageError(
                f"the connection to {endpoint} would not be encrypted",
                hint="Allow it with allow_http = true, or with AWS_ALLOW_HTTP=true.",
            )
        said = {
            "endpoint": endpoint,
            "region": self.region,
            "access_key_id": self.key_id,
            "secret_access_key": self.secret,
            # The server compares what it gets with this checksum.
            "checksum_algorithm": "SHA256",
        }
        return {key: value for key, value in said.items() if value}


class BucketObjects:
    """Objects in a bucket, read through a cache; see `hounsfield.archive.storage.Storage`.

    Parameters
    ----------
    storage : CloudStorage
        Where they are.
    root : str
        Folder of the archive, for the cache.
    folder : str
        Where files are written on their way.
    """

    def __init__(self, storage: CloudStorage, root: str, folder: str) -> None:
        self._url = storage.url.rstrip("/")
        self._store = storage.opened()
        self._cache = Cache(os.path.join(root, "cache"), storage.cache)
        self._folder = folder

    def place(self, sha256: str) -> str:
        """Give the path of its copy."""
        return self._cache.place(sha256)

    def keep(self, files: Mapping[str, str], made: list[str]) -> None:
        """Send files that are not there."""
        if not files:
            return
        with ThreadPoolExecutor(min(_SENDERS, len(files)), "storage") as pool:
            sent = [(sha256, pool.submit(self._send, sha256, path, made)) for sha256, path in files.items()]
        # All have ended here, whatever became of them.
        for sha256, one in sent:
            one.result()
            self._cache.put(sha256, files[sha256])

    def _send(self, sha256: str, path: str, made: list[str]) -> None:
        """Send a file unless it is there; only what was certainly not there before is said to be made."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        key, size = _key(sha256), Path(path).stat().st_size
        with _failing(f"{self._url}/{key}"):
            if size > _WHOLE:
                if self._sound(sha256, size):
                    return
                obstore.put(self._store, key, Path(path), use_multipart=True, chunk_size=_PART, max_concurrency=4)
            else:
                data = Path(path).read_bytes()
                if hashlib.sha256(data).hexdigest() != sha256:
                    raise OSError(errno.EIO, "the file has changed on its way into the storage")
                try:
                    obstore.put(self._store, key, data, mode="create", use_multipart=False)
                    made.append(sha256)
                except AlreadyExistsError:
                    if self._sound(sha256, size):
                        return
                    obstore.put(self._store, key, data, use_multipart=False)

    def _sound(self, sha256: str, size: int) -> bool:
        return self._length(sha256) == size and self.digest(sha256) == sha256

    def lacking(self, sizes: Mapping[str, int]) -> list[str]:
        """Ask for the lengths."""
        if not sizes:
            return []
        with ThreadPoolExecutor(min(_SENDERS, len(sizes)), "storage") as pool:
            lengths = dict(zip(sizes, pool.map(self._length, sizes), strict=True))
        return [sha256 for sha256, size in sizes.items() if lengths[sha256] != size]

    def exists(self, sha256: str) -> bool:
        """Ask for it."""
        return self._length(sha256) is not None

    def _length(self, sha256: str) -> int | None:
        import obstore

        with _failing(self.name(sha256)):
            try:
                return int(obstore.head(self._store, _key(sha256))["size"])
            except FileNotFoundError:
                return None

    def local(self, sha256: str) -> str:
        """Fetch it, unless there is a copy."""
        return self._cache.have(sha256) or self._cache.fetch(sha256, self._parts(sha256), self._folder)

    def _parts(self, sha256: str) -> Iterator[bytes]:
        import obstore

        # Piece by piece, since a request of any length would be given up before a large object has come.
        begin, size = 0, 1
        with _failing(self.name(sha256)):
            while begin < size:
                found = obstore.get(self._store, _key(sha256), options={"range": (begin, begin + _WHOLE)})
                size = int(found.meta["size"])
                for part in found.stream(_CHUNK):
                    begin += len(part)
                    yield bytes(part)

    def digest(self, sha256: str) -> str:
        """Read it from the bucket."""
        found = hashlib.sha256()
        for part in self._parts(sha256):
            found.update(part)
        return found.hexdigest()

    def sound(self, sha256: str) -> str | None:
        """Fetch it, even where there is a copy."""
        self._cache.drop(sha256)
        try:
            return self._cache.fetch(sha256, self._parts(sha256), self._folder)
        except DamagedError:
            return None

    def remove(self, sha256: str) -> None:
        """Remove it from the bucket, then the copy."""
        import obstore

        with _failing(self.name(sha256)), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, _key(sha256))
        self._cache.drop(sha256)

    def all(self) -> Iterator[tuple[str, str]]:
        """List the bucket."""
        import obstore

        with _failing(self._url):
            for batch in obstore.list(self._store, "objects", chunk_size=1000):
                for one in batch:
                    sha256 = sha256_of(one["path"])
                    yield f"{self._url}/{one['path']}", sha256 if sha256 and _key(sha256) == one["path"] else ""

    def name(self, sha256: str) -> str:
        """Give the URL."""
        return f"{self._url}/{_key(sha256)}"


def _key(sha256: str) -> str:
    return f"objects/{sha256[:2]}/{sha256}.dcm"


@contextlib.contextmanager
def _failing(where: str) -> Iterator[None]:
    """Make an `OSError` of what fails, without the credentials and requests that messages may quote."""
    from obstore.exceptions import BaseError

    try:
        yield
    except BaseError as error:
        raise OSError(errno.EIO, f"the storage failed: {_first_line(error)}", where) from error


def _first_line(error: BaseException) -> str:
    """Give what went wrong, with the code of the provider where it answered one."""
    text = str(error)
    code = _CODE.search(text)
    return text.partition("\n")[0].partition(": <?xml")[0][:300] + (f" ({code[1]})" if code else "")
