"""The vendor's part of what a series says: read once for all its files, and added to its planes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.errors import HounsfieldError
from hounsfield.pixels.layout import source_input
from hounsfield.volumes.header import Header, text
from hounsfield.volumes.vendors import canon, ge, ge_pepolar, philips, siemens, siemens_mosaic, standard, uih
from hounsfield.volumes.vendors.private import Attribute, read_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hounsfield.settings import Limits
    from hounsfield.volumes.plane import Plane
    from hounsfield.volumes.vendors.rule import Rule

__all__ = ["Enriched", "enrich", "vendor_of"]

Facts = tuple[dict[str, Any], tuple["Rule", ...]]
_NAMES = (
    ("siemens", ("SIEMENS",)),
    ("ge", ("GE", "G.E", "GEMS")),
    ("philips", ("PHILIPS",)),
    ("uih", ("UIH", "UNITED IMAGING", "SHANGHAI UNITED")),
    ("canon", ("CANON",)),
    ("toshiba", ("TOSHIBA",)),
    ("bruker", ("BRUKER",)),
    ("hitachi", ("HITACHI",)),
    ("hyperfine", ("HYPERFINE",)),
)


def vendor_of(manufacturer: str) -> str:
    """Name the vendor by Manufacturer (0008,0070); empty where it is none that has rules here.

    Examples
    --------
    >>> vendor_of("GE MEDICAL SYSTEMS")
    'ge'
    """
    upper = manufacturer.strip().upper()
    return next((name for name, starts in _NAMES if upper.startswith(starts)), "")


@dataclass(slots=True)
class Enriched:
    """What came of it.

    Parameters
    ----------
    planes : list
        For each row its planes, or the reason why there are none.
    rules : dict
        Rules that were used, by name.
    anonymous : bool
        Whether the vendor's private attributes have been removed.
    """

    planes: list[list[Plane] | str]
    rules: dict[str, Rule] = field(default_factory=dict)
    anonymous: bool = False

    def used(self, rules: Sequence[Rule]) -> None:
        """Note rules."""
        for rule in rules:
            self.rules[rule.name] = rule


def enrich(rows: Sequence[Header], planes: Sequence[list[Plane]], limits: Limits) -> Enriched:
    """Add what the vendor says to the planes of one series.

    Parameters
    ----------
    rows : sequence of Header
        Instances of one series.
    planes : sequence of list of Plane
        The planes of each.
    limits : Limits
        What reading may cost.
    """
    found = Enriched([list(group) for group in planes])
    for group in planes:
        scalings = group[0].facts.get("Scalings") if group else None
        if scalings:
            found.used(philips.rules_of(scalings))
    single = [
        index
        for index, (row, group) in enumerate(zip(rows, planes, strict=True))
        if len(group) == 1 and group[0].source.frames == 1 and text(row, "Modality") == "MR"
    ]
    if not single:
        return found
    vendor = vendor_of(text(rows[single[0]], "Manufacturer"))
    sources = [planes[index][0].source for index in single]
    try:
        values = read_attributes(sources, (*standard.ATTRIBUTES, *_ATTRIBUTES.get(vendor, ())), limits)
    except HounsfieldError:
        # What cannot be read is said when its pixels are read.
        values = [{} for _ in single]
    private = {attribute.name for attribute in _ATTRIBUTES.get(vendor, ()) if attribute.creator}
    found.anonymous = bool(private) and any(values) and not any(private & own.keys() for own in values)
    mosaic = any(values) and any(siemens_mosaic.is_mosaic(planes[index][0]) for index in single)
    if mosaic or (vendor == "siemens" and _csa_needed(planes[single[0]][0], values[0])):
        for own, more in zip(values, read_attributes(sources, siemens_mosaic.ATTRIBUTES, limits), strict=True):
            own.update(more)
    for index, own in zip(single, values, strict=True):
        found.planes[index] = _one(planes[index][0], own, vendor, found, limits)
    return found


_ATTRIBUTES: Mapping[str, tuple[Attribute, ...]] = {
    "siemens": siemens.ATTRIBUTES,
    "ge": (*ge.ATTRIBUTES, *ge_pepolar.ATTRIBUTES),
    "philips": philips.ATTRIBUTES,
    "uih": uih.ATTRIBUTES,
    "canon": canon.ATTRIBUTES,
}


def _csa_needed(plane: Plane, values: Mapping[str, Any]) -> bool:
    words = (str(plane.facts.get("ImageType", "")), str(plane.facts.get("SequenceName", "")))
    return "SiemensB" not in values and ("DIFFUSION" in words[0] or "ep_b" in words[1])


def _one(plane: Plane, values: Mapping[str, Any], vendor: str, found: Enriched, limits: Limits) -> list[Plane] | str:
    facts = {**plane.facts, **standard.facts(values, str(plane.facts.get("ImageType", "")))}
    special: Mapping[str, Callable[[], Facts]] = {
        "siemens": lambda: siemens.facts(values),
        "ge": lambda: ge.facts(values, plane.orientation),
        "philips": lambda: philips.facts(values),
        "uih": lambda: uih.facts(values, plane.orientation),
        "canon": lambda: canon.facts(values, plane.orientation),
    }
    if vendor in special:
        own, rules = special[vendor]()
        if vendor == "siemens" and "DiffusionBValue" not in own and "ImageCSA" in values:
            more, more_rules = siemens.csa_facts(values["ImageCSA"])
            own, rules = {**own, **more}, (*rules, *more_rules)
        facts.update(own)
        found.used(rules)
    plane = replace(plane, facts=facts)
    if vendor in ("philips", "ge"):
        plane, rules = (philips.scaled if vendor == "philips" else ge_pepolar.turned)(plane, values)
        found.used(rules)
    if siemens_mosaic.is_mosaic(plane):
        found.used((siemens_mosaic.RULE,))
        return siemens_mosaic.mosaic_planes(plane, values)
    if vendor == "uih" and uih.is_grid(plane):
        found.used((uih.GRID,))
        return uih.grid_planes(plane, values, *_of_slices(plane, limits))
    return [plane]


def _of_slices(plane: Plane, limits: Limits) -> list[list[Any]]:
    """Give the positions and the times of the slices of a GRID."""
    source = plane.source
    paths = [list(uih.SLICE_POSITION), list(uih.SLICE_TIME)]
    columns = _core.columns(source_input(source, limits), source.name, paths, limits)
    return [[value for _, value in column] for column in columns]
