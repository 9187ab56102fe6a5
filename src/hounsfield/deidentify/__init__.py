"""De-identification (PS3.15 E): profiles, recipes, pseudonyms, and looking for what may be left."""

from hounsfield.deidentify.deidentification import Options, deidentify
from hounsfield.deidentify.key import Key, new_key, read_key
from hounsfield.deidentify.profile import Profile, Rule
from hounsfield.deidentify.report import Line, Report, Row
from hounsfield.deidentify.residual import Finding, check
from hounsfield.deidentify.table import OPTIONS

__all__ = [
    "OPTIONS",
    "Finding",
    "Key",
    "Line",
    "Options",
    "Profile",
    "Report",
    "Row",
    "Rule",
    "check",
    "deidentify",
    "new_key",
    "read_key",
]
