"""Names of files as BIDS has them, from rules in TOML (`layout.toml`, or the caller's own)."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.errors import UsageError
from hounsfield.volumes.header import text, value

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from hounsfield.volumes import Stack
    from hounsfield.volumes.header import Header

__all__ = ["Layout", "Name", "read_layout"]

# BIDS "Entities", in the order of names.
_ORDER = ("sub", "ses", "task", "acq", "ce", "trc", "rec", "dir", "run", "mod", "echo", "flip", "inv", "part")
_RESULTS = ("folder", "suffix", "entities", "from", "skip")
_PLACE = re.compile(r"\{(\w+)\}")
_UNLABELED = re.compile(r"[^A-Za-z0-9]+")
_DESCRIPTIONS = ("SeriesDescription", "ProtocolName", "SequenceName")


@dataclass(frozen=True, slots=True)
class Name:
    """A name, or the reason why there is none.

    Parameters
    ----------
    folder, suffix : str
        ``anat`` and ``T1w``.
    entities : mapping
        ``task``, ``run``, ...
    skip : str
        Why it is not named.
    code : str
        The same as a short word: ``not-in-bids`` where a rule says so, ``no-bids-rule`` where none fits.
    """

    folder: str = ""
    suffix: str = ""
    entities: Mapping[str, str] = field(default_factory=dict)
    skip: str = ""
    code: str = "not-in-bids"

    @property
    def path(self) -> str:
        """Give the path below the data set, without the suffix of the format.

        Examples
        --------
        >>> Name("func", "bold", {"task": "rest", "sub": "01"}).path
        'sub-01/func/sub-01_task-rest_bold'
        """
        parts = [f"{key}-{self.entities[key]}" for key in _ORDER if self.entities.get(key)]
        folders = [part for part in parts if part.startswith(("sub-", "ses-"))]
        return "/".join([*folders, self.folder, "_".join([*parts, self.suffix])])

    @property
    def fields(self) -> dict[str, Any]:
        """What the sidecar must say because of the name."""
        return {"TaskName": self.entities["task"]} if self.entities.get("task") else {}


class Layout:
    """Rules, and what they make of stacks.

    Parameters
    ----------
    rules : sequence of mapping
        As in `layout.toml`.
    subject : str
        Template of the subject's label.
    """

    def __init__(self, rules: Sequence[Mapping[str, Any]], subject: str) -> None:
        self.rules = rules
        self.subject = subject

    def names(self, found: Sequence[tuple[Header, Stack]]) -> list[Name]:
        """Name stacks: all of one data set at once, so that sessions and runs can be numbered.

        Parameters
        ----------
        found : sequence of (Header, Stack)
            Series and stack.
        """
        sessions = _sessions([series for series, _ in found])
        made = [self._name(series, stack, sessions) for series, stack in found]
        alike: dict[str, list[int]] = defaultdict(list)
        for index, name in enumerate(made):
            if not name.skip:
                alike[name.path.casefold()].append(index)
        for group in alike.values():
            if len(group) > 1:
                for number, index in enumerate(group, 1):
                    made[index] = replace(made[index], entities={**made[index].entities, "run": str(number)})
        return made

    def _name(self, series: Header, stack: Stack, sessions: Mapping[str, str]) -> Name:
        for rule in self.rules:
            if not all(
                re.search(str(pattern), _condition(key, series, stack), re.IGNORECASE)
                for key, pattern in rule.items()
                if key not in _RESULTS
            ):
                continue
            if "skip" in rule:
                return Name(skip=str(rule["skip"]))
            subject = _label(_filled(self.subject, series, stack)) or "unknown"
            entities = {"sub": subject, "ses": sessions.get(text(series, "StudyInstanceUID"), "")}
            entities |= _entities(rule, series, stack)
            return Name(rule["folder"], _label(_filled(rule["suffix"], series, stack)), entities)
        return Name(skip="no rule of the BIDS layout names it; --bids-rules takes your own", code="no-bids-rule")


def read_layout(path: str | os.PathLike[str] | None = None) -> Layout:
    """Read rules.

    Parameters
    ----------
    path : path, optional
        A TOML file; the package's own rules where it is missing.

    Raises
    ------
    UsageError
        When it cannot be read, is no TOML, or a rule is not one.
    """
    try:
        own = resources.files("hounsfield.convert.bids").joinpath("layout.toml")
        data = own.read_bytes() if path is None else Path(path).read_bytes()
        found = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise UsageError(f"the rules cannot be read: {error.strerror}: {path}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    rules = found.get("rule")
    if not isinstance(rules, list) or not rules:
        raise UsageError(f"{path} has no [[rule]]")
    for number, rule in enumerate(rules, 1):
        _check(rule, f"rule {number}")
    return Layout(rules, str(found.get("subject", "{PatientID}")))


def _check(rule: Any, which: str) -> None:
    if not isinstance(rule, dict) or not ("skip" in rule or {"folder", "suffix"} <= rule.keys()):
        raise UsageError(f"{which} has neither skip nor folder and suffix")
    folder = str(rule.get("folder", "x"))
    if not folder.isalnum():
        raise UsageError(f"{which}: the folder {folder!r} is not a word")
    unknown = {*rule.get("entities", {}), *rule.get("from", {})} - {*_ORDER}
    if unknown:
        raise UsageError(f"{which}: there is no entity {', '.join(sorted(unknown))}", hint=f"Use {', '.join(_ORDER)}.")
    patterns = [value for key, value in rule.items() if key not in _RESULTS]
    for pattern in [*patterns, *rule.get("from", {}).values()]:
        try:
            re.compile(str(pattern))
        except re.error as error:
            raise UsageError(f"{which}: {pattern!r} is not a regular expression: {error}") from None


def _condition(key: str, series: Header, stack: Stack) -> str:
    if key == "text":
        return "\n".join(_look_up(one, series, stack) for one in _DESCRIPTIONS)
    if key == "axis":
        return "\n".join(stack.axes)
    if key == "part":
        return _part(stack)
    return _look_up(key, series, stack)


def _look_up(key: str, series: Header, stack: Stack) -> str:
    found = value(stack.header, key)
    return str(value(series, key) or "") if found is None else str(found)


def _part(stack: Stack) -> str:
    return str(stack.planes[0].facts.get("Component", "")) if stack.planes else ""


def _entities(rule: Mapping[str, Any], series: Header, stack: Stack) -> dict[str, str]:
    found = _condition("text", series, stack)
    made = {}
    for key, template in rule.get("entities", {}).items():
        match = re.search(str(rule.get("from", {}).get(key, "(?!)")), found, re.IGNORECASE)
        groups = [group for group in match.groups() if group] if match else []
        filled = _PLACE.sub(groups[0] if groups else "", template)
        if label := _label(filled):
            made[key] = label
    if rule["folder"] == "func" and "task" not in made:
        made["task"] = "unknown"
    if "dir" in made:
        made["dir"] = made["dir"].upper()
    if _several_echoes(stack) and rule["suffix"] in ("bold", "sbref", "T2starw"):
        made["echo"] = str(value(stack.header, "EchoNumbers") or 1)
    part = _part(stack)
    if part in ("phase", "real", "imaginary") and rule["folder"] in ("func", "anat", "dwi"):
        made["part"] = {"phase": "phase", "real": "real", "imaginary": "imag"}[part]
    return made


def _several_echoes(stack: Stack) -> bool:
    return "echo" in stack.name.lower()


def _filled(template: str, series: Header, stack: Stack) -> str:
    return _PLACE.sub(lambda place: _look_up(place.group(1), series, stack), template)


def _label(found: str) -> str:
    """Give only what BIDS allows in a label: letters and digits."""
    return _UNLABELED.sub("", found)[:64]


def _sessions(series: Sequence[Header]) -> dict[str, str]:
    """Give numbers to the studies of a patient by date, where there are several."""
    studies: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for one in series:
        uid = text(one, "StudyInstanceUID")
        studies[text(one, "PatientID")].add((text(one, "StudyDate"), text(one, "StudyTime"), uid))
    return {
        uid: f"{number:02d}"
        for several in studies.values()
        if len(several) > 1
        for number, (_, _, uid) in enumerate(sorted(several), 1)
    }
