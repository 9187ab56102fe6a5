"""A vendor rule: what it does, which tags it reads, and who says so."""

from __future__ import annotations

from typing import NamedTuple

from hounsfield.errors import Issue

__all__ = ["Rule"]


class Rule(NamedTuple):
    """One rule that is not in the standard.

    Parameters
    ----------
    name : str
        E.g. ``siemens-mosaic``.
    text : str
        What it does.
    tags : str
        What it reads, as DICOM writes tags.
    source : str
        Who says so.
    confirmed : bool
        Whether files of the vendor, or fixtures that another program reads alike, prove it.
    """

    name: str
    text: str
    tags: str
    source: str
    confirmed: bool = True

    def __str__(self) -> str:
        """One line for reports."""
        return f"{self.name}: {self.text} [{self.tags}; {self.source}]"

    def issue(self, where: str) -> Issue:
        """Say that an unconfirmed rule was used."""
        message = f"the rule '{self.name}' ({self.tags}) was used, which no file of the vendor has confirmed yet"
        return Issue("unconfirmed-rule", "warning", where, message, f"Check it: {self.text}.")
