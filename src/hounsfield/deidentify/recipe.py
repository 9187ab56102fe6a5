r"""Recipes: a profile with rules of one's own, as a small TOML file that is kept with the project.

::

    name = "trial 42"
    version = "3"
    profile = "basic"
    options = ["clean-descriptors", "retain-longitudinal-modified-dates"]
    safe-private = "tcia.csv"        # instead of Table E.3.10-1; its place is relative to the recipe
    oldest-age = 90

    [[rule]]
    tag = "StudyDescription"         # keyword, gggg,eeee or a repeating group as 60xx,3000
    action = "clean"                 # see ACTIONS
    pattern = "ward \\\\d+"

    [[rule]]
    path = "RequestAttributesSequence.ScheduledProcedureStepID"
    action = "hash"

    [[rule]]
    vr = "PN"
    action = "replace"
    value = "Nobody"

    [[rule]]
    private = "SIEMENS MR HEADER"
    element = "0019,xx0C"            # all of its elements without
    action = "keep"

    [pixels]                         # for the option clean-pixel-data
    ocr = "all"                      # suspect, none
    outside-regions = false          # blank everything but the ultrasound regions
    blank = ["0,0,512,40"]           # x,y,width,height, in all images
    rules = "scanners.csv"           # instead of the rules that come along; its place is relative to the recipe
    frames = 8                       # how many are looked at, of images with many
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.deidentify.pixels.boxes import parse_box
from hounsfield.deidentify.pixels.rules import read_rules
from hounsfield.deidentify.pixels.settings import OCR, Pixels
from hounsfield.deidentify.profile import ACTIONS, OLDEST, Profile, Rule, checked
from hounsfield.deidentify.table import safe_private
from hounsfield.errors import HounsfieldError, ReadError, UsageError
from hounsfield.standard import dictionary

if TYPE_CHECKING:
    import os

__all__ = ["read_recipe"]

_KEYS = {"name", "version", "profile", "options", "safe-private", "oldest-age", "rule", "pixels"}
_PIXEL_KEYS = {"ocr", "outside-regions", "blank", "rules", "frames"}
_RULE_KEYS = {"tag", "path", "vr", "private", "element", "action", "value", "pattern"}
_VRS = frozenset(
    [
        "AE",
        "AS",
        "AT",
        "CS",
        "DA",
        "DS",
        "DT",
        "FD",
        "FL",
        "IS",
        "LO",
        "LT",
        "OB",
        "OD",
        "OF",
        "OL",
        "OV",
        "OW",
        "PN",
        "SH",
        "SL",
        "SQ",
        "SS",
        "ST",
        "SV",
        "TM",
        "UC",
        "UI",
        "UL",
        "UN",
        "UR",
        "US",
        "UT",
        "UV",
    ]
)
_HEADER = re.compile(r"\s*\[\[\s*rule\s*\]\]")
_OLDEST_POSSIBLE = 150


def read_recipe(path: str | os.PathLike[str]) -> Profile:
    """Read a recipe; see `Profile.read`."""
    where = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ReadError(f"the recipe cannot be read: {error.strerror}", where=where) from None
    except UnicodeDecodeError:
        raise UsageError("the recipe is not UTF-8", where=where) from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the recipe is no TOML: {error}", where=where) from None
    return _Recipe(text, where).profile(content)


class _Recipe:
    """One recipe, with its text: TOML tells no places, and errors must."""

    def __init__(self, text: str, where: str) -> None:
        self.lines = text.splitlines()
        self.where = where

    def wrong(self, message: str, key: str, rule: int | None = None, hint: str = "") -> UsageError:
        """Make an error that names the line of `key`, in the rule of this number."""
        start, found = 0, -1
        if rule is not None:
            headers = [number for number, line in enumerate(self.lines) if _HEADER.match(line)]
            start = headers[rule] if rule < len(headers) else 0
            found = start
        for number in range(start, len(self.lines)):
            line = self.lines[number]
            if number > start and line.lstrip().startswith("["):
                break
            if re.match(rf"""\s*["']?{re.escape(key)}["']?\s*=""", line):
                found = number
                break
        place = f"line {found + 1}: " if found >= 0 else ""
        return UsageError(f"{place}{message}", where=self.where, hint=hint, code="recipe")

    def profile(self, content: dict[str, Any]) -> Profile:
        """Make the profile."""
        for key in content.keys() - _KEYS:
            raise self.wrong(f"a recipe has no {key!r}", key, hint=f"It has: {', '.join(sorted(_KEYS))}.")
        if content.get("profile", "basic") != "basic":
            raise self.wrong("the only profile is 'basic'", "profile")
        options = content.get("options", [])
        if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
            raise self.wrong("options must be a list of texts", "options")
        try:
            chosen = checked(options)
        except UsageError as error:
            raise self.wrong(error.message, "options", hint=error.hint) from None
        oldest = content.get("oldest-age", OLDEST)
        if not isinstance(oldest, int) or isinstance(oldest, bool) or not 0 < oldest <= _OLDEST_POSSIBLE:
            raise self.wrong("the oldest age must be a number of years", "oldest-age")
        rules = content.get("rule", [])
        if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
            raise self.wrong("rules are written as [[rule]]", "rule")
        return Profile(
            options=chosen,
            rules=tuple(self.rule(rule, number) for number, rule in enumerate(rules)),
            safe=self.safe(content.get("safe-private")),
            name=str(content.get("name", Path(self.where).stem)),
            version=str(content.get("version", "")),
            oldest=oldest,
            pixels=self.pixels(content.get("pixels", {})),
        )

    def pixels(self, given: object) -> Pixels:
        """Read how pixels are cleaned."""
        if not isinstance(given, dict):
            raise self.wrong("pixels are written as [pixels]", "pixels")
        for key in given.keys() - _PIXEL_KEYS:
            raise self.wrong(f"pixels have no {key!r}", key, hint=f"They have: {', '.join(sorted(_PIXEL_KEYS))}.")
        ocr, regions = given.get("ocr", "all"), given.get("outside-regions", False)
        blank, rules, frames = given.get("blank", []), given.get("rules"), given.get("frames", 8)
        if ocr not in OCR:
            raise self.wrong(f"ocr cannot be {ocr!r}", "ocr", hint=f"There are: {', '.join(OCR)}.")
        if not isinstance(regions, bool):
            raise self.wrong("outside-regions is true or false", "outside-regions")
        if not isinstance(frames, int) or isinstance(frames, bool) or frames < 1:
            raise self.wrong("frames is a number above 0", "frames")
        if not isinstance(blank, list) or not all(isinstance(text, str) for text in blank):
            raise self.wrong("blank is a list of texts", "blank", hint='Such as ["0,0,512,40"].')
        if rules is not None and not isinstance(rules, str):
            raise self.wrong("rules must be the name of a CSV file", "rules")
        try:
            boxes = tuple(parse_box(text) for text in blank)
        except UsageError as error:
            raise self.wrong(error.message, "blank", hint=error.hint) from None
        try:
            table = read_rules(Path(self.where).parent / rules) if rules is not None else None
        except HounsfieldError as error:
            raise self.wrong(f"{error.message} ({rules})", "rules", hint=error.hint) from None
        return Pixels(ocr, regions, boxes, table, frames)

    def safe(self, given: object) -> tuple[tuple[str, int], ...]:
        """Read the safe private attributes."""
        if given is None:
            return safe_private()
        if not isinstance(given, str):
            raise self.wrong("safe-private must be the name of a CSV file", "safe-private")
        try:
            return safe_private(Path(self.where).parent / given)
        except HounsfieldError as error:
            raise self.wrong(f"{error.message} ({given})", "safe-private", hint=error.hint) from None

    def rule(self, given: dict[str, Any], number: int) -> Rule:
        """Make one rule."""
        for key, value in given.items():
            if key not in _RULE_KEYS:
                raise self.wrong(f"a rule has no {key!r}", key, number, f"It has: {', '.join(sorted(_RULE_KEYS))}.")
            if not isinstance(value, str):
                raise self.wrong(f"{key} must be a text", key, number)
        action = given.get("action")
        if action not in ACTIONS:
            what = f"there is no action {action!r}" if action else "the rule has no action"
            raise self.wrong(what, "action", number, f"There are: {', '.join(ACTIONS)}.")
        targets = [key for key in ("tag", "path", "vr", "private") if key in given]
        if len(targets) != 1:
            raise self.wrong("a rule has one of tag, path, vr and private", targets[1] if targets else "action", number)
        text = self.text(given, action, number)
        if "element" in given and targets != ["private"]:
            raise self.wrong("element belongs to private", "element", number)
        return self.target(given, targets[0], action, number, text)

    def target(self, given: dict[str, str], kind: str, action: str, number: int, text: str) -> Rule:
        """Make the rule for what it is about."""
        value = given[kind]
        if kind == "tag":
            tag, mask = self.tag(value, "tag", number)
            return Rule(action, tag, mask, text=text)
        if kind == "path":
            parts = [part for part in re.split(r"[./]", value.replace("[*]", "")) if part]
            return Rule(action, path=tuple(self.tag(part, "path", number)[0] for part in parts), text=text)
        if kind == "vr":
            if value not in _VRS:
                raise self.wrong(f"there is no VR {value!r}", "vr", number)
            return Rule(action, vr=value, text=text)
        element = self.tag(given["element"], "element", number)[0] & 0xFFFF00FF if "element" in given else 0
        return Rule(action, element, creator=value.strip(), text=text)

    def text(self, given: dict[str, str], action: str, number: int) -> str:
        """Give the value to replace by, or the pattern to clean by."""
        if "value" in given and action != "replace":
            raise self.wrong(f"value belongs to replace, not to {action}", "value", number)
        if "pattern" in given and action != "clean":
            raise self.wrong(f"pattern belongs to clean, not to {action}", "pattern", number)
        if action == "replace":
            if "value" not in given:
                raise self.wrong("replace needs a value", "action", number)
            return given["value"]
        found = given.get("pattern", "")
        if found:
            try:
                re.compile(found)
            except re.error as error:
                raise self.wrong(f"the pattern is wrong: {error}", "pattern", number) from None
        return found

    def tag(self, text: str, key: str, number: int) -> tuple[int, int]:
        """Give a tag and its mask."""
        plain = text.strip().strip("()").replace(",", "").lower()
        if re.fullmatch("[0-9a-fx]{8}", plain):
            mask = int("".join("0" if digit == "x" else "f" for digit in plain), 16)
            tag = int(plain.replace("x", "0"), 16)
            if mask == 0xFFFFFFFF and not tag >> 16 & 1 and dictionary.attribute(tag) is None:
                raise self.wrong(f"the standard has no attribute {text!r}", key, number)
            return tag, mask
        found = dictionary.attribute(text.strip())
        if found is None:
            hint = "A keyword as in `hu tag`, or gggg,eeee."
            raise self.wrong(f"there is no attribute {text!r}", key, number, hint)
        return self.tag(found.tag, key, number)
