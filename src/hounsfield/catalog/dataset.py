"""`torch_dataset`: the volumes of a catalog as a dataset for PyTorch, without importing PyTorch.

`torch.utils.data.DataLoader` asks for no more than a length and items. What is kept are paths, so that a dataset is
small and can be sent to worker processes; pixels are read when an item is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.catalog.catalog import Catalog
from hounsfield.catalog.query import Query
from hounsfield.catalog.record import Record, Series
from hounsfield.catalog.scan import scan
from hounsfield.errors import ReadError, UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hounsfield.volumes.volume import Volume

__all__ = ["Item", "VolumeDataset", "torch_dataset"]


@dataclass(frozen=True, slots=True)
class Item:
    """One volume that can be loaded.

    Parameters
    ----------
    study, series : str
        Study and Series Instance UID.
    number : int
        Which stack of the series it is, from 0.
    stack : str
        What tells it apart from others of its series.
    axes : tuple of str
        Names of the axes.
    shape : tuple of int
        Their lengths.
    paths : tuple of str
        Files, or archives that they are in.
    """

    study: str
    series: str
    number: int
    stack: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    paths: tuple[str, ...]


class VolumeDataset:
    """Volumes by index: an item is what `transform` makes of a `Volume`, or `as_sample` of it.

    Parameters
    ----------
    items : tuple of Item
        What can be loaded.
    skipped : tuple of (str, str)
        Series Instance UIDs of which nothing, or not everything, can be loaded, with the reason.
    transform : callable, optional
        Is given each volume; must be picklable where workers are started afresh.
    options : mapping
        Of `hounsfield.volumes.load_stack`.
    """

    def __init__(
        self,
        items: tuple[Item, ...],
        skipped: tuple[tuple[str, str], ...],
        *,
        transform: Callable[[Volume], Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.items = items
        self.skipped = skipped
        self.transform = transform
        self.options = dict(options or {})

    def __len__(self) -> int:
        """Give the number of volumes."""
        return len(self.items)

    def __getitem__(self, index: int) -> Any:
        """Load one volume."""
        volume = self.volume(index)
        return as_sample(volume) if self.transform is None else self.transform(volume)

    def __iter__(self) -> Iterator[Any]:
        """Load one volume after the other."""
        for index in range(len(self)):
            yield self[index]

    def volume(self, index: int) -> Volume:
        """Load one volume without the transform.

        Raises
        ------
        IndexError
            When there are not as many.
        ReadError
            When its files are gone or have changed.
        GeometryError, PixelError
            When it cannot be loaded.
        """
        from hounsfield.volumes import load_stack, stacks

        item = self.items[index]
        with scan(item.paths) as catalog:
            found = catalog.instances.where(StudyInstanceUID=item.study, SeriesInstanceUID=item.series)
            made = stacks(list(found))
            if item.number >= len(made) or made[item.number].shape != item.shape[: len(made[item.number].shape)]:
                raise ReadError("the files of this volume have changed", where=item.paths[0], hint="Scan them again.")
            return load_stack(made[item.number], **self.options)


def as_sample(volume: Volume) -> dict[str, Any]:
    """Give what PyTorch's own collation understands.

    Returns
    -------
    dict
        ``image`` (array in physical units, as `Volume.array`), ``affine`` (4x4, LPS, mm), ``spacing`` (slices, rows,
        columns, mm), ``unit``, ``series`` (Series Instance UID), ``stack``.
    """
    return {
        "image": volume.array,
        "affine": volume.affine,
        "spacing": volume.spacing,
        "unit": volume.unit,
        "series": str(volume.attributes.get("SeriesInstanceUID") or ""),
        "stack": volume.name,
    }


def torch_dataset(
    source: Catalog | Record | Query[Any] | str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    where: Mapping[str, Any] | None = None,
    transform: Callable[[Volume], Any] | None = None,
    **options: Any,
) -> VolumeDataset:
    """Make a dataset of all volumes of a catalog; it needs no PyTorch, and PyTorch takes it as it is.

    Parameters
    ----------
    source : Catalog, Series, Query, path or iterable of paths
        Where the volumes are.
    where : mapping, optional
        Conditions on series, as of `Catalog.series.where`: ``{"Modality": "CT"}``.
    transform : callable, optional
        Is given each `Volume`, and returns the item. Without it an item is a dictionary: see `as_sample`.
    **options
        Passed on to `hounsfield.volumes.load_stack`.

    Returns
    -------
    VolumeDataset
        Indexable, picklable, and safe with any number of workers: every item is read by whoever asks for it.

    Raises
    ------
    UsageError
        For a condition on something that a catalog does not keep.

    Examples
    --------
    >>> import tempfile
    >>> from hounsfield.testing import chest_ct
    >>> folder = tempfile.mkdtemp()
    >>> files = chest_ct(folder, slices=3, rows=32)
    >>> dataset = torch_dataset(folder, where={"Modality": "CT"}, transform=lambda volume: volume.array.mean())
    >>> len(dataset)
    1
    """
    opened = None if isinstance(source, Catalog | Record | Query) else scan(source)
    try:
        items: list[Item] = []
        skipped: list[tuple[str, str]] = []
        for series in _series(source if opened is None else opened, dict(where or {})):
            _add(series, items, skipped)
    finally:
        if opened is not None:
            opened.close()
    return VolumeDataset(tuple(items), tuple(skipped), transform=transform, options=options)


def _series(source: Any, where: dict[str, Any]) -> Iterator[Series]:
    if isinstance(source, Series):
        if where:
            raise UsageError("conditions choose among several series; this is one")
        yield source
    elif isinstance(source, Query):
        for record in source:
            yield from _series(record, where)
    elif hasattr(source, "series"):
        yield from source.series.where(**where)
    else:
        raise UsageError(f"a {type(source).__name__.lower()} has no series; give a catalog, series or paths")


def _add(series: Series, items: list[Item], skipped: list[tuple[str, str]]) -> None:
    from hounsfield.volumes import stacks

    instances = list(series.instances)
    paths = tuple(dict.fromkeys(str(Path(one["path"]).absolute()) for one in instances))
    for number, stack in enumerate(stacks(instances)):
        reason = stack.reason or next((issue.message for issue in stack.errors), "")
        if reason:
            skipped.append((series["SeriesInstanceUID"], reason))
            continue
        shape = stack.full_shape
        axes = (*stack.axes, "row", "column", "sample")[: len(shape)]
        study, uid = series["StudyInstanceUID"], series["SeriesInstanceUID"]
        items.append(Item(study, uid, number, stack.name, axes, shape, paths))
