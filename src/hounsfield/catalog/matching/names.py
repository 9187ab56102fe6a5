"""How names of people are compared (PS3.4 C.2.2.2): in any letter case, by any of their groups, and fuzzily."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from hounsfield.catalog.matching.wildcards import glob

__all__ = ["START", "forms", "name_matches", "plain", "words_of"]

# So many letters of a form are in an ordered index.
START = 100


def name_matches(value: str, pattern: str, *, fuzzy: bool = False) -> bool:
    """Tell whether a person's name matches: in any letter case, any of its groups, wildcards as elsewhere.

    Fuzzy, every word of the pattern begins a word of the name, in any order and without accents.

    Examples
    --------
    >>> name_matches("DOE^John", "doe^j*"), name_matches("Müller^Änne", "anne mull", fuzzy=True)
    (True, True)
    """
    if fuzzy:
        words = words_of(value)
        return all(any(word.startswith(part) for word in words) for part in words_of(pattern.replace("*", " ")))
    wanted = plain(pattern)
    return any(glob(wanted, form) for form in forms(value))


def forms(value: str) -> tuple[str, ...]:
    """Give a name as it is compared: the whole of it, and each of its groups."""
    found = dict.fromkeys(plain(group) for group in (value, *value.split("=")))
    return tuple(form for form in found if form)


def plain(name: str) -> str:
    """Give a name without letter case and without separators that end it (PS3.5 6.2.1)."""
    return name.casefold().rstrip("^= ")


@lru_cache(maxsize=16384)
def words_of(name: str) -> tuple[str, ...]:
    """Give the words of a name, without letter case and accents."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return tuple(re.findall(r"\w+", "".join(one for one in letters if not unicodedata.combining(one))))
