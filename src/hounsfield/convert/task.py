"""The conversion of one stack, as a value that any worker can be given, and what a worker does with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.convert.formats import FORMATS
from hounsfield.convert.output import write_whole
from hounsfield.errors import HounsfieldError

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
    load : mapping
        Options of `hounsfield.volumes.load_stack`.
    """

    to: str
    sidecar: str = "none"
    identity: bool = False
    overwrite: bool = False
    load: Mapping[str, Any] = field(default_factory=dict)


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
    from hounsfield.volumes.loading import load_stack

    form = FORMATS[task.options.to]
    # What writing needs is imported while the first pixels are read.
    Thread(target=_warm, args=(form.prepare,), daemon=True).start()
    try:
        volume = load_stack(task.stack, **task.options.load)
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


def _warm(modules: tuple[str, ...]) -> None:
    for module in modules:
        try:
            import_module(module)
        except ImportError:
            return


def _beside(task: Task, volume: Volume) -> dict[str, bytes]:
    """Give what goes beside a volume, by suffix."""
    from hounsfield.convert.description import as_json, describe

    described: dict[str, Any] = describe(volume) if FORMATS[task.options.to].described else {}
    made: dict[str, bytes] = {}
    if task.options.sidecar == "bids":
        from hounsfield.convert.bids.gradients import fsl_gradients
        from hounsfield.convert.bids.sidecar import sidecar

        described = {**sidecar(volume, task.stack, identity=task.options.identity), **task.fields, **described}
        gradients = fsl_gradients(volume)
        if gradients is not None:
            made |= {".bval": gradients[0], ".bvec": gradients[1]}
    if described:
        made[".json"] = as_json(described)
    return made


def identity_of(task: Task) -> str:
    """Give a fingerprint of what a file is made of and how: an equal one need not be made again."""
    found = blake2b(digest_size=16)
    found.update(
        repr((_core.__version__, task.options.to, task.options.sidecar, task.options.identity, task.fields)).encode()
    )
    found.update(repr((sorted(task.options.load.items()), task.target.removeprefix(task.stem))).encode())
    sizes: dict[int, int] = {}
    for plane in task.stack.planes:
        source = plane.source
        if id(source) not in sizes:
            sizes[id(source)] = Path(source.path).stat().st_size if Path(source.path).exists() else -1
        stated = (source.uid, plane.frame, sizes[id(source)], plane.position, plane.orientation, plane.spacing)
        found.update(repr((*stated, plane.slope, plane.intercept, plane.unit)).encode())
    return found.hexdigest()
