"""Objects that arrive over pynetdicom's transport: to disk as they come, and kept like those of the core's.

pynetdicom gathers a data set in memory, or in the folder for temporary files where a setting of the process says so.
Here it goes into a file in the folder of the keeper, with the head of a DICOM file before it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dsutils import create_file_meta

from hounsfield.files.write import IMPLEMENTATION_CLASS_UID
from hounsfield.network.implementation import version_name
from hounsfield.network.storage.received import CANNOT_UNDERSTAND, OUT_OF_RESOURCES, PROCESSING_FAILURE, Received

if TYPE_CHECKING:
    from collections.abc import Callable

    from pynetdicom.association import Association
    from pynetdicom.pdu_primitives import P_DATA

    from hounsfield.network.storage.received import Keeper

__all__ = ["SpoolingProvider", "keep"]

_LOG = logging.getLogger("hounsfield.network")
_UID = re.compile(r"(?=.{1,64}$)[0-9]+(\.[0-9]+)*")
_INVALID_INSTANCE = 0x0117


class SpoolingProvider(DIMSEServiceProvider):
    """Messages of an association; data sets that do not come in one piece are written to disk.

    Parameters
    ----------
    assoc : Association
        The association.
    folder : callable
        Gives the folder to write into.
    object_bytes : int
        The largest object.
    """

    def __init__(self, assoc: Association, folder: Callable[[], str], *, object_bytes: int = 1 << 40) -> None:
        super().__init__(assoc)
        self._folder, self._object_bytes = folder, object_bytes
        self._spools: set[_Spool] = set()

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Take a fragment; one that makes no sense ends the association, as an invalid PDU does."""
        try:
            super().receive_primitive(primitive)
        except Exception as error:  # noqa: BLE001 - what is wrong with the bytes, pydicom raises of any kind
            _LOG.warning("a message cannot be read: %s", type(error).__name__)
            self.message = None
            self.dul.event_queue.put("Evt19")
            return
        message: Any = self.message
        known = message is not None and message.__class__ is C_STORE_RQ
        if known and message._data_set_file is None:  # noqa: SLF001 - pynetdicom's own hook
            spool = _Spool(self._folder(), self._object_bytes, self._spools)
            spool.write(message.data_set.getvalue())
            message.data_set = BytesIO()
            message._data_set_file = spool  # noqa: SLF001

    def discard(self) -> None:
        """Remove what did not arrive whole; nothing is left after an abort."""
        for spool in list(self._spools):
            spool.remove()


class _Spool:
    """A data set on its way to disk; what pynetdicom needs of a named temporary file."""

    def __init__(self, folder: str, most: int, among: set[_Spool]) -> None:
        self.name = os.path.join(folder, f"in-{os.getpid()}-{os.urandom(12).hex()}")
        self.file = self
        self.failed = False
        self._left, self._among = most, among
        self._file: Any = None
        among.add(self)
        try:
            self._file = open(self.name, "xb")  # noqa: SIM115 - closed when the last fragment is there
        except OSError:
            self.failed = True

    def write(self, content: bytes) -> None:
        """Append, as long as the object is no larger than it may be and the disk takes it; the rest is dropped."""
        self._left -= len(content)
        self.failed = self.failed or self._left < 0
        if self.failed:
            return
        try:
            self._file.write(content)
        except OSError:
            self.failed = True

    def flush(self) -> None:
        """Leave that to the end."""

    def close(self) -> None:
        """Close, and synchronize with the disk."""
        if self._file is None or self._file.closed:
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError:
            self.failed = True

    def remove(self) -> None:
        """Close and remove, unless somebody moved it away."""
        self._among.discard(self)
        with contextlib.suppress(OSError):
            if self._file is not None:
                self._file.close()
        with contextlib.suppress(OSError):
            Path(self.name).unlink()


def keep(request: Any, syntax: str, keeper: Keeper, titles: tuple[str, str]) -> int:
    """Write a request's object as a DICOM file, have it kept, and give the status.

    Parameters
    ----------
    request : C_STORE
        pynetdicom's primitive.
    syntax : str
        Transfer syntax of its presentation context.
    keeper : Keeper
        Keeps it.
    titles : tuple of str
        Calling and called application entity title.
    """
    instance, sop_class = str(request.AffectedSOPInstanceUID or ""), str(request.AffectedSOPClassUID or "")
    spool: _Spool | None = request._dataset_file  # noqa: SLF001 - pynetdicom's own hook
    if not _UID.fullmatch(instance) or not _UID.fullmatch(sop_class):
        return _INVALID_INSTANCE
    path = os.path.join(keeper.folder, f"in-{os.getpid()}-{os.urandom(12).hex()}")
    try:
        if spool is not None:
            spool.close()
            if spool.failed:
                return OUT_OF_RESOURCES
        with open(path, "x+b") as file:
            _write_head(file, (sop_class, instance), syntax, titles[0])
            _copy(spool, request, file)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").digest()
            size = file.seek(0, os.SEEK_END)
        move = request.MoveOriginatorApplicationEntityTitle
        originator = (str(move), int(request.MoveOriginatorMessageID or 0)) if move else None
        one = Received(path, sop_class, instance, syntax, size, digest, *titles, originator)
        (status,) = keeper.keep([one])
    except OSError:
        return OUT_OF_RESOURCES
    except ValueError:
        return CANNOT_UNDERSTAND
    except Exception:  # noqa: BLE001 - whatever a keeper raises, the peer must hear that the object was not kept
        return PROCESSING_FAILURE
    else:
        return status
    finally:
        with contextlib.suppress(OSError):
            Path(path).unlink()
        if spool is not None:
            spool.remove()


def _write_head(file: Any, uids: tuple[str, str], syntax: str, source: str) -> None:
    meta = create_file_meta(
        sop_class_uid=UID(uids[0]),
        sop_instance_uid=UID(uids[1]),
        transfer_syntax=UID(syntax),
        implementation_uid=UID(IMPLEMENTATION_CLASS_UID),
        implementation_version=version_name(),
    )
    meta.SourceApplicationEntityTitle = source
    file.write(bytes(128) + b"DICM")
    write_file_meta_info(file, meta)


def _copy(spool: _Spool | None, request: Any, file: Any) -> None:
    if spool is None:
        file.write(request.DataSet.getvalue() if request.DataSet else b"")
        return
    with open(spool.name, "rb") as source:
        left = os.fstat(source.fileno()).st_size
        file.flush()
        while left and (done := os.sendfile(file.fileno(), source.fileno(), None, left)):
            left -= done
