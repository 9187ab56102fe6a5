"""The conversion of one stack, as a value that any worker can be given, and what a worker does with it."""

from __future__ import annotations

import marshal
import os
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.convert.formats import FORMATS
from hounsfield.convert.output import as_json, write_whole
from hounsfield.errors import HounsfieldError
from hounsfield.volumes.header import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.convert.report import Row
    from hounsfield.volumes import Stack
    from hounsfield.volumes.volume import Volume

__all__ = ["Options", "Task", "identity_of", "perform"]


@dataclass(frozen=True, slots=True)
class Options:
    """What is the same for every stack of one conversion.

    Parameters
    ----------
    to : str
        Name of the format.
    sidecar : str
        ``none`` or ``bids``.
    identity : bool
        Sidecars may name the patient.
    overwrite : bool
        Replace what is there.
    unit : str
        Of PET: ``suvbw``, ``suvlbm``, ``suvbsa``; empty as stored.
    scaling : str
        Of several scalings that files state the one to use; empty for the default.
    resample : bool
        Make tilted stacks straight and uneven ones even.
    split_gaps : bool
        Cut stacks with gaps or uneven spacing into even ones.
    """

    to: str
    sidecar: str = "none"
    identity: bool = False
    overwrite: bool = False
    unit: str = ""
    scaling: str = ""
    resample: bool = False
    split_gaps: bool = False

    def load(self, stack: Stack) -> dict[str, Any]:
        """Give what of it concerns loading a stack."""
        made: dict[str, Any] = {"resample": True} if self.resample else {}
        if self.unit and value(stack.header, "Modality") == "PT":
            made["unit"] = self.unit
        if self.scaling in stack.planes[0].facts.get("Scalings", ()):
            made["scaling"] = self.scaling
        return made


@dataclass(frozen=True, slots=True)
class Task:
    """One stack, where it goes, and what is known of it already.

    Parameters
    ----------
    stack : Stack
        Without its pixels; its header is a plain dictionary, so that another process can have it.
    target : str
        What is written; sidecars are beside it.
    row : Row
        The row of the report as far as it is known.
    options : Options
        How.
    fields : mapping
        What the sidecar says besides, because of the name.
    """

    stack: Stack
    target: str
    stem: str
    row: Row
    options: Options
    fields: Mapping[str, Any] = field(default_factory=dict)


def perform(task: Task) -> Row:
    """Convert one stack; whatever goes wrong is its row."""
    from hounsfield.volumes.streaming import stream_stack

    form = FORMATS[task.options.to]
    try:
        volume = stream_stack(task.stack, **task.options.load(task.stack))
        row = replace(task.row, issues=volume.issues, unit=volume.unit, axes=volume.axes, shape=volume.shape)
        target, overwrite = Path(task.target), task.options.overwrite
        beside = {f"{task.stem}{suffix}": data for suffix, data in _beside(task, volume).items()}
        form.write(volume, target, overwrite=overwrite)
        for name, data in beside.items():
            write_whole(Path(name), data, overwrite=overwrite)
    except HounsfieldError as error:
        return replace(task.row, status="failed", reason=str(error), code=error.code)
    except MemoryError:
        return replace(task.row, status="failed", reason="there is not enough memory for it", code="memory")
    return replace(row, status="done", files=(task.target, *beside), rules=volume.rules)


def _beside(task: Task, volume: Volume) -> dict[str, bytes]:
    """Give what goes beside a volume, by suffix."""
    from hounsfield.convert.description import describe

    described: dict[str, Any] = describe(volume) if FORMATS[task.options.to].described else {}
    made: dict[str, bytes] = {}
    if task.options.sidecar == "bids":
        from hounsfield.convert.bids.gradients import fsl_gradients
        from hounsfield.convert.bids.sidecar import sidecar

        described = {**sidecar(volume, task.stack, identity=task.options.identity), **task.fields, **described}
        gradients = fsl_gradients(volume)
        if gradients is not None:
            made |= {".bval": gradients[0], ".bvec": gradients[1]}
    if volume.derivation and not described:
        # Values that were calculated are worth nothing without what they were calculated from.
        from hounsfield.convert.bids.sidecar import without_dates

        derivation = without_dates(volume.derivation, identity=task.options.identity)
        described = {"VolumeUnit": volume.unit, "UnitDerivation": derivation}
    if described:
        made[".json"] = as_json(described)
    return made


def identity_of(task: Task) -> str:
    """Give a fingerprint of what a file is made of and how: an equal one need not be made again."""
    options = task.options
    how = (_core.__version__, options.to, options.sidecar, options.identity, sorted(options.load(task.stack).items()))
    sizes: dict[int, int] = {}
    planes = []
    for plane in task.stack.planes:
        source = plane.source
        size = sizes.get(id(source))
        if size is None:
            size = sizes[id(source)] = _size(source.path)
        where = (plane.position, plane.orientation, plane.spacing)
        planes.append((source.uid, plane.frame, size, *where, plane.slope, plane.intercept, plane.unit))
    suffix = task.target.removeprefix(task.stem)
    # Version 2 writes equal values as equal bytes; later ones note which objects are the same.
    stated = marshal.dumps((repr((how, sorted(task.fields.items()))), suffix, planes), 2)
    return blake2b(stated, digest_size=16).hexdigest()


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - of thousands of files, in a quarter of the time
    except OSError:
        return -1
