"""What a series consists of: stacks that can each become a volume, and what cannot, with the reason."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hounsfield.errors import HounsfieldError, Issue
from hounsfield.settings import Limits
from hounsfield.volumes.geometry import Geometry, measure, unplaced
from hounsfield.volumes.header import text, value
from hounsfield.volumes.nuclear import arrange
from hounsfield.volumes.ordering import order
from hounsfield.volumes.planes import Refused, planes_of
from hounsfield.volumes.splitting import Part, label_parts, positions, split
from hounsfield.volumes.vendors.reading import enrich

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hounsfield.volumes.header import Header
    from hounsfield.volumes.plane import Plane
    from hounsfield.volumes.vendors.rule import Rule

__all__ = ["Stack", "stacks"]

# Pictures of these follow each other in time; in others the order of frames is not known to mean anything.
_CINE = ("US", "IVUS", "XA", "RF", "ES", "OP", "XC", "GM", "IVOCT")


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """One stack of planes, in order, without its pixels.

    Parameters
    ----------
    name : str
        What tells it apart from the others of its series; empty where it is the only one.
    header : Header
        The header record of its first instance.
    planes : tuple of Plane
        In the order of the array.
    axes : tuple of str
        Axes before row and column: ``("slice",)``, ``("time", "slice")``, ...
    shape : tuple of int
        Their lengths.
    geometry : Geometry or None
        Where it lies.
    coordinates : mapping
        Values along an axis, e.g. ``{"time": (1, 2, 3)}``.
    issues : tuple of Issue
        Those of severity ``error`` stop it from being loaded unless they are allowed.
    reason : str
        Why it cannot become a volume at all; empty where it can.
    refused : tuple of Refused
        The instances that this concerns.
    rules : tuple of Rule
        Vendor rules that were used.
    left_out : tuple of Plane
        Images of volumes that are not complete; an issue says so.
    """

    name: str
    header: Header
    planes: tuple[Plane, ...] = ()
    axes: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    geometry: Geometry | None = None
    coordinates: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    reason: str = ""
    refused: tuple[Refused, ...] = ()
    rules: tuple[Rule, ...] = ()
    left_out: tuple[Plane, ...] = ()

    @property
    def full_shape(self) -> tuple[int, ...]:
        """Shape of the array that it becomes, with rows and columns, and samples of color."""
        if not self.planes:
            return ()
        first = self.planes[0]
        samples = first.source.layout.samples
        return (*self.shape, first.rows, first.columns, *((samples,) if samples > 1 else ()))

    @property
    def files(self) -> int:
        """How many files it is made of."""
        return len({id(plane.source) for plane in self.planes}) or len(self.refused)

    @property
    def errors(self) -> tuple[Issue, ...]:
        """The issues that stop it from being loaded unless they are allowed."""
        return tuple(issue for issue in self.issues if issue.severity == "error")


def stacks(headers: Iterable[Header], *, limits: Limits | None = None) -> list[Stack]:
    """Divide series into stacks and put each in order.

    Parameters
    ----------
    headers : iterable of Header
        Header records of one or more series.
    limits : Limits, optional
        What reading functional groups may cost.

    Returns
    -------
    list of Stack
        Every header is in a stack: one that can be loaded, or one with a reason why not.

    Notes
    -----
    PS3.3 C.7.6.2 for single-frame objects, C.7.6.16 for enhanced ones. Nothing is read but functional groups.
    """
    series: dict[str, list[Header]] = defaultdict(list)
    for row in headers:
        series[text(row, "SeriesInstanceUID")].append(row)
    return [stack for rows in series.values() for stack in _of_series(rows, limits or Limits())]


def _of_series(rows: Sequence[Header], limits: Limits) -> list[Stack]:
    refused: dict[str, list[tuple[Header, Refused]]] = defaultdict(list)
    images: list[tuple[Header, list[Plane]]] = []
    for row in rows:
        found = _planes(row, limits)
        if isinstance(found, Refused):
            refused[found.reason].append((row, found))
        else:
            images.append((row, found))
    enriched = enrich([row for row, _ in images], [planes for _, planes in images], limits)
    placed: list[Plane] = []
    pictures: list[tuple[Header, list[Plane]]] = []
    owner: dict[int, Header] = {}
    special: list[Stack] = []
    for (row, before), planes in zip(images, enriched.planes, strict=True):
        if text(row, "Modality") == "NM" and len(planes) > 1 and not isinstance(planes, str):
            special.append(_nuclear(row, planes, limits))
            continue
        if isinstance(planes, str):
            source = before[0].source
            refused[planes].append((row, Refused(source.name, source.uid, planes)))
            continue
        for plane in planes:
            owner[id(plane.source)] = row
        if all(plane.position is not None and plane.orientation is not None for plane in planes):
            placed += planes
        else:
            pictures.append((row, planes))
    made = _placed(placed, owner)
    made += [_picture(row, found, number, len(pictures) + len(made)) for number, (row, found) in enumerate(pictures, 1)]
    made += special if len(special) + len(made) == 1 else _numbered(special)
    made = [_recognized(stack) for stack in made]
    made = [_with_doubts(stack, anonymous=enriched.anonymous) for stack in made]
    if enriched.rules:
        made = [_with_rules(stack, tuple(enriched.rules.values())) for stack in made]
    for reason, members in refused.items():
        made.append(Stack("", members[0][0], reason=reason, refused=tuple(one for _, one in members)))
    return made


def _with_rules(stack: Stack, rules: tuple[Rule, ...]) -> Stack:
    where = _where(stack.header, stack.name)
    doubtful = tuple(rule.issue(where) for rule in rules if not rule.confirmed)
    return replace(stack, rules=rules, issues=(*stack.issues, *doubtful))


def _recognized(stack: Stack) -> Stack:
    """Say of a localizer, or of a picture of a dose report, that it is one."""
    if not stack.planes:
        return stack
    words = str(stack.planes[0].facts.get("ImageType", "")).upper().split("\\")
    where = _where(stack.header, stack.name)
    if "LOCALIZER" in words:
        issue = Issue("localizer", "info", where, "a localizer (Image Type): made to plan other series, not to measure")
    elif (
        text(stack.header, "SOPClassUID") == _SECONDARY_CAPTURE
        and "dose" in text(stack.header, "SeriesDescription").lower()
    ):
        issue = Issue("dose-report", "info", where, "a picture of a dose report (Series Description), not of a patient")
    else:
        return stack
    return replace(stack, issues=(*stack.issues, issue))


_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def _with_doubts(stack: Stack, *, anonymous: bool) -> Stack:
    """Say what only private attributes would have told of a series in time or diffusion."""
    if len(stack.shape) < 2 or not stack.planes:
        return stack
    where = _where(stack.header, stack.name)
    issues = []
    if anonymous:
        message = "private attributes of the vendor are missing, and with them slice times, polarity and gradients"
        issues.append(Issue("no-private-attributes", "info", where, message))
    unknown = sum(_gradient_missing(facts) for facts in (plane.facts for plane in stack.planes[:: stack.shape[-1]]))
    if unknown and not any("trace" in str(plane.facts.get("ImageType", "")).lower() for plane in stack.planes[:1]):
        message = f"{unknown} of {stack.shape[0]} volumes are diffusion-weighted in a direction that is not known"
        issues.append(Issue("gradient-unknown", "warning", where, message, count=unknown))
    return replace(stack, issues=(*stack.issues, *issues)) if issues else stack


def _gradient_missing(facts: Mapping[str, Any]) -> bool:
    b_value = facts.get("DiffusionBValue")
    return (
        isinstance(b_value, int | float)
        and b_value > 0
        and facts.get("DiffusionGradientOrientation") is None
        and facts.get("DiffusionDirectionality") not in ("ISOTROPIC", "NONE")
    )


def _planes(row: Header, limits: Limits) -> list[Plane] | Refused:
    try:
        found = planes_of(row, limits)
    except HounsfieldError as error:
        return Refused(text(row, "path"), text(row, "SOPInstanceUID"), str(error))
    unplaced_frames = isinstance(found, list) and len(found) > 1 and found[0].position is None
    if isinstance(found, list) and unplaced_frames and text(row, "SOPClassUID") in _ENHANCED:
        reason = "an enhanced object whose functional groups do not say where its frames are"
        return Refused(found[0].source.name, found[0].source.uid, reason)
    return found


_ENHANCED = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{suffix}"
    for suffix in ("2.1", "2.2", "4.1", "4.3", "4.4", "128.1", "130", "6.2", "13.1.1", "13.1.2", "13.1.3", "30")
)


def _placed(planes: Sequence[Plane], owner: Mapping[int, Header]) -> list[Stack]:
    if not planes:
        return []
    parts = split(planes)
    return [_stack(part, name, owner) for part, name in zip(parts, label_parts(parts), strict=True)]


def _where(row: Header, name: str) -> str:
    number = value(row, "SeriesNumber")
    series = f"series {number}" if number is not None else f"series {text(row, 'SeriesInstanceUID')}"
    return f"{series}, {name}" if name else series


def _stack(part: Part, name: str, owner: Mapping[int, Header]) -> Stack:
    row = owner[id(part.planes[0].source)]
    where = _where(row, name)
    ordered = order(part.planes, where)
    issues = list(ordered.issues)
    unequal = any(issue.code == "duplicate-positions" for issue in issues)
    first = ordered.planes if unequal else ordered.planes[: ordered.slices]
    geometry, found = measure(_first_of_each(first) if unequal else first, where)
    issues += found
    header = owner[id(ordered.planes[0].source)]
    count = len(ordered.planes)
    if ordered.axis:
        axes: tuple[str, ...] = (ordered.axis, "slice")
        shape: tuple[int, ...] = (count // ordered.slices, ordered.slices)
    else:
        axes, shape = ("slice",), (count,)
    coordinates = {ordered.axis: ordered.times} if ordered.axis else {}
    return Stack(
        name, header, ordered.planes, axes, shape, geometry, coordinates, tuple(issues), left_out=ordered.left_out
    )


def _first_of_each(planes: Sequence[Plane]) -> list[Plane]:
    return [group[0] for group in positions(planes)]


def _numbered(stacks: Sequence[Stack]) -> list[Stack]:
    """Name objects of one series that nothing else tells apart."""
    return [stack if stack.reason else replace(stack, name=f"object{number}") for number, stack in enumerate(stacks, 1)]


def _nuclear(row: Header, planes: list[Plane], limits: Limits) -> Stack:
    """One nuclear medicine object: frames by energy, detector, time and so on."""
    where = _where(row, "")
    try:
        found = arrange(row, planes, limits)
    except HounsfieldError as error:
        found = str(error)
    if isinstance(found, str):
        source = planes[0].source
        return Stack("", row, reason=found, refused=(Refused(source.name, source.uid, found),))
    slices = found.shape[-1]
    if found.placed:
        geometry, issues = measure(found.planes[:slices], where)
    else:
        message = "nothing says where in the patient these pictures are"
        geometry, issues = unplaced(planes[0]), [Issue("no-position", "warning", where, message)]
    return Stack("", row, found.planes, found.axes, found.shape, geometry, {}, tuple(issues))


def _picture(row: Header, planes: list[Plane], number: int, total: int) -> Stack:
    """One instance that has no place in the patient: a picture, or pictures in time."""
    name = f"image{number}" if total > 1 else ""
    where = _where(row, name)
    issue = Issue("no-position", "warning", where, "nothing says where in the patient these pictures are")
    planes = sorted(planes, key=lambda plane: plane.frame)
    if len(planes) == 1:
        axes: tuple[str, ...] = ("slice",)
        shape: tuple[int, ...] = (1,)
    else:
        axes = ("time" if text(row, "Modality") in _CINE else "frame", "slice")
        shape = (len(planes), 1)
    return Stack(name, row, tuple(planes), axes, shape, unplaced(planes[0]), {}, (issue,))
