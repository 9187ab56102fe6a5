"""The profile as the core applies it: for each attribute what becomes of it, by its type in the object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield import _core
from hounsfield.deidentify.table import EDITION, Row, rows
from hounsfield.deidentify.words import KNOWN, certain, pattern, plain_words
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.deidentify.key import Key
    from hounsfield.deidentify.profile import Profile, Rule

__all__ = ["ACTION_WORDS", "compiled"]

# Numbers of `Action` in the core, and what is said of them.
KEEP, VERBATIM, REMOVE, EMPTY, DUMMY, UID, CLEAN, SHIFT, HASH, PATIENT, REPLACE, REFERENCES = range(12)
ACTION_WORDS = (
    "keep",
    "keep as it is",
    "remove",
    "empty",
    "dummy",
    "new UID",
    "clean",
    "shift",
    "pseudonym",
    "pseudonym",
    "replace",
    "references",
)

_BY_NAME = {
    "keep": VERBATIM,
    "remove": REMOVE,
    "empty": EMPTY,
    "dummy": DUMMY,
    "replace": REPLACE,
    "hash": HASH,
    "uid": UID,
    "shift": SHIFT,
    "clean": CLEAN,
    "clean-names": KEEP,
}
# The action for type 1, 2 and 3 (or not in the object), by the code of the table (PS3.15 E.3, Table E.1-1a).
_BY_CODE = {
    "D": (DUMMY, DUMMY, DUMMY),
    "Z": (DUMMY, EMPTY, EMPTY),
    "X": (REMOVE, REMOVE, REMOVE),
    "U": (UID, UID, UID),
    "X/D": (DUMMY, EMPTY, REMOVE),
    "X/Z": (EMPTY, EMPTY, REMOVE),
    "X/Z/D": (DUMMY, EMPTY, REMOVE),
    "Z/D": (DUMMY, EMPTY, EMPTY),
    "X/Z/U*": (REFERENCES, REFERENCES, REFERENCES),
}
_PSEUDONYMS = {0x00100010: PATIENT, 0x00100020: PATIENT, 0x00080050: HASH}
_FULL_DATES, _MODIFIED_DATES, _UIDS, _PRIVATE = "113106", "113107", "113110", "113111"
_WHOLE = 0xFFFF_FFFF
_OVERLAYS = (0x60000000, 0xFF000000)
_CURVES = (0x50000000, 0xFF000000)

Three = tuple[int, int, int]


def _actions(row: Row, chosen: set[str]) -> Three:
    if row.tag in _PSEUDONYMS:
        return (_PSEUDONYMS[row.tag],) * 3
    asked = {code: option for code, option in row.options.items() if code in chosen}
    if "K" in asked.values():
        return (KEEP,) * 3
    if _MODIFIED_DATES in asked:
        return (SHIFT,) * 3
    if asked:
        return (CLEAN,) * 3
    return _BY_CODE[row.basic]


def compiled(
    profile: Profile,
    key: Key,
    *,
    mapping: Mapping[tuple[int, bytes], bytes] | None = None,
    version: str = "",
    pixels: bool = True,
) -> _core.DeidentifyPlan:
    """Compile a profile for the core.

    Parameters
    ----------
    profile : Profile
        What is to be done.
    key : Key
        What pseudonyms are made with.
    mapping : mapping, optional
        Replacements that are given: (0 for UIDs, 1 for days, or the tag; the original).
    version : str
        Version of the package.
    pixels : bool
        Whether files may say that their pixels were cleaned, where the profile has them cleaned.

    Raises
    ------
    UsageError
        For a pattern that cannot be used.
    """
    chosen = {option.code for option in profile.chosen}
    rules = _Rules(profile, chosen)
    kept = {tag for tag, _, actions, *_ in rules.tags if actions[2] in (KEEP, VERBATIM)}
    try:
        return _core.deidentify_plan(
            {
                "tags": rules.tags,
                "paths": rules.paths,
                "vrs": rules.vrs,
                "privates": rules.privates,
                "texts": rules.texts,
                "patterns": rules.patterns,
                "pattern": pattern(),
                "certain": certain(),
                # What stays by itself may stay in texts.
                "known": [(tag, kind) for tag, kind in KNOWN.items() if tag not in kept],
                "plain": list(plain_words()),
                "mapping": [(kind, original, new) for (kind, original), new in (mapping or {}).items()],
                "key": key.secret,
                "oldest": profile.oldest,
                "keep_uids": _UIDS in chosen,
                "temporal": profile.dates.encode(),
                "method": method(profile, version),
                "codes": [(code.encode(), meaning.encode()) for code, meaning in _codes(profile, pixels=pixels)],
                "version": f"HOUNSFIELD {version}"[:16].strip().encode(),
            }
        )
    except ValueError as error:
        raise UsageError(f"the profile cannot be used: {error}") from None


class _Rules:
    """The rules as the core takes them: of the recipe, then of the standard where the recipe says nothing."""

    def __init__(self, profile: Profile, chosen: set[str]) -> None:
        self.texts: list[bytes] = []
        self.patterns: list[str | None] = []
        self.tags: list[tuple[int, int, Three, int | None, bool]] = []
        self.paths: list[tuple[list[int], tuple[Three, int | None]]] = []
        self.vrs: list[tuple[str, tuple[Three, int | None]]] = []
        self.privates: list[tuple[bytes, int, tuple[Three, int | None]]] = []
        for rule in profile.rules:
            self._add(rule)
        explicit = {(tag, mask) for tag, mask, *_ in self.tags}
        for (tag, mask), actions in _standard(chosen).items():
            if (tag, mask) not in explicit:
                self.tags.append((tag, mask, actions, None, False))
        if _PRIVATE in chosen:
            named = {(creator, tag) for creator, tag, _ in self.privates}
            safe = ((creator.encode("latin-1", "replace"), tag) for creator, tag in profile.safe)
            self.privates += [
                (creator, tag, ((CLEAN,) * 3, None)) for creator, tag in safe if (creator, tag) not in named
            ]

    def _add(self, rule: Rule) -> None:
        actions = ((_BY_NAME[rule.action],) * 3, self._text(rule))
        if rule.path:
            self.paths.append((list(rule.path), actions))
        elif rule.vr:
            self.vrs.append((rule.vr, actions))
        elif rule.creator:
            self.privates.append((rule.creator.encode("latin-1", "replace"), rule.tag or _WHOLE, actions))
        else:
            self.tags.append((rule.tag, rule.mask, *actions, True))

    def _text(self, rule: Rule) -> int | None:
        if not rule.text:
            return None
        self.texts.append(rule.text.encode("utf-8"))
        self.patterns.append(f"(?i){rule.text}" if rule.action == "clean" else None)
        return len(self.texts) - 1


def _standard(chosen: set[str]) -> dict[tuple[int, int], Three]:
    found: dict[tuple[int, int], Three] = {}
    for row in rows():
        if row.mask == _WHOLE:
            found[row.tag, row.mask] = _actions(row, chosen)
    # Nothing can tell what an overlay or a curve shows, so they go whatever the options are; and with the data goes
    # the rest of the group, which means nothing without.
    for tag, mask in (_OVERLAYS, _CURVES):
        found[tag, mask] = _BY_CODE["X"]
    return found


CLEANED_PIXELS = "113101"


def _codes(profile: Profile, *, pixels: bool) -> list[tuple[str, str]]:
    options = [(option.code, option.meaning) for option in profile.chosen if pixels or option.code != CLEANED_PIXELS]
    return [("113100", "Basic Application Confidentiality Profile"), *sorted(options)]


def method(profile: Profile, version: str) -> bytes:
    """Give De-identification Method (0012,0063), values separated by backslashes."""
    recipe = f"{profile.name} {profile.version}".strip()
    values = [
        f"hounsfield {version}, PS3.15 E {EDITION}",
        f"Recipe: {recipe}"[:64],
        f"SHA-256: {profile.digest()[:48]}",
    ]
    return "\\".join(value.replace("\\", "/") for value in values).encode("ascii", "replace")
