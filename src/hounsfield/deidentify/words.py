"""What identifies in a text: attributes that tell of the patient, words that do not, and patterns.

The core looks for the patient's own values in every text of a file; the patterns are for what no attribute tells.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import MappingProxyType

__all__ = ["KNOWN", "PATTERNS", "certain", "pattern", "plain_words"]

_NAME, _IDENTIFIER, _PHRASE, _DATE = range(4)

# Attributes that tell something of the patient, at any depth; every person name (VR PN) does so, too.
KNOWN = MappingProxyType(
    {
        0x00080012: _DATE,  # Instance Creation Date
        0x00080020: _DATE,  # Study Date
        0x00080021: _DATE,  # Series Date
        0x00080022: _DATE,  # Acquisition Date
        0x00080023: _DATE,  # Content Date
        0x00080050: _IDENTIFIER,  # Accession Number
        0x00080080: _PHRASE,  # Institution Name
        0x00080081: _PHRASE,  # Institution Address
        0x00080092: _PHRASE,  # Referring Physician's Address
        0x00080094: _IDENTIFIER,  # Referring Physician's Telephone Numbers
        0x00100010: _NAME,  # Patient's Name
        0x00100020: _IDENTIFIER,  # Patient ID
        0x00100030: _DATE,  # Patient's Birth Date
        0x00101000: _IDENTIFIER,  # Other Patient IDs
        0x00101001: _NAME,  # Other Patient Names
        0x00101005: _NAME,  # Patient's Birth Name
        0x00101040: _PHRASE,  # Patient's Address
        0x00101060: _NAME,  # Patient's Mother's Birth Name
        0x00101090: _IDENTIFIER,  # Medical Record Locator
        0x00102154: _IDENTIFIER,  # Patient's Telephone Numbers
        0x00102297: _NAME,  # Responsible Person
        0x00102299: _PHRASE,  # Responsible Organization
        0x00380010: _IDENTIFIER,  # Admission ID
        0x00380400: _PHRASE,  # Patient's Institution Residence
        0x00401001: _IDENTIFIER,  # Requested Procedure ID
        0x00402016: _IDENTIFIER,  # Placer Order Number
        0x00402017: _IDENTIFIER,  # Filler Order Number
        0x00402010: _IDENTIFIER,  # Order Callback Phone Number
    }
)

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_YEAR = r"(?:1[89]|20)\d\d"
# Letters and digits beside a match would make it a part of something else, e.g. of a serial number.
_EDGE, _END = r"(?-u:\b)", r"(?-u:\b)"

_PHONE = rf"(?:\+\d{{1,3}}[ .-]?)?(?:\(\d{{2,5}}\) ?|{_EDGE}\d{{3}}[ .-])\d{{3}}[ .-]\d{{3,4}}(?:[ .-]?\d+)?{_END}"
_STREET = r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|boulevard|blvd|court|square|way)"
_NUMBER = (
    r"(?:mrn|ssn|pid|patient id|pat\.? id|patient number|accession(?: number| no\.?)?|acc(?: no\.?|#)"
    r"|medical record(?: number)?|case no\.?|order no\.?|insurance(?: no\.?| number)?)"
)
_ROLE = (
    r"(?:patient|pat\.?|name|radiologist|physician|technologist|operator|referred by|reported by|read by"
    r"|performed by|signed by)"
)
_NAMED = r"(?-i:[A-Z][A-Za-z'-]+(?:[ ,^]+[A-Z][A-Za-z'-]+)*)"

# What each looks for, and how; of the syntax that Rust's regex knows, over bytes.
PATTERNS = MappingProxyType(
    {
        "date": rf"{_EDGE}(?:{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
        rf"|{_YEAR}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])"
        rf"|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:{_YEAR}|\d\d)"
        rf"|(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?[- .]+{_MONTH}[-, .]+{_YEAR}"
        rf"|{_MONTH}\.? (?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?,? +{_YEAR}){_END}",
        "telephone": rf"{_PHONE}|\+\d{{1,3}}(?:[ .-]?\d{{2,5}}){{2,4}}{_END}"
        rf"|{_EDGE}(?:phone|tel|telephone|fax|mobile|cell|pager)\.?:? *[+(]?\d[\d ().-]{{4,}}\d",
        "address": rf"{_EDGE}\d{{1,5}} (?:(?-i:[A-Z])[a-z]+ ){{1,3}}{_STREET}{_END}\.?"
        rf"(?:,? (?-i:[A-Z])[a-z]+(?:,? (?-i:[A-Z]{{2}}))?(?: \d{{5}}(?:-\d{{4}})?)?)?",
        "e-mail": r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+",
        "link": r"(?:https?|s?ftps?|smb|file|webdavs?|ldaps?)://[^\s\\]+|(?-u:\b)www\.[^\s\\]+",
        "network address": rf"{_EDGE}\d{{1,3}}(?:\.\d{{1,3}}){{3}}{_END}",
        "social security number": rf"{_EDGE}\d{{3}}-\d{{2}}-\d{{4}}{_END}",
        "identifier": rf"{_EDGE}{_NUMBER}[ :#=]+[a-z0-9-]*\d[a-z0-9-]*",
        "person": rf"{_EDGE}(?-i:Dr|DR|Mr|Mrs|Ms|Prof|PROF|Herr|HERR|Frau|FRAU|Mme|Sra?)(?:\. *| +){_NAMED}"
        # In capital letters these are modalities, too.
        rf"|{_EDGE}(?-i:MR|MRS|MS)\. *{_NAMED}"
        rf"|{_EDGE}{_ROLE}(?:(?: name)?: *| is | named ){_NAMED}",
        "born": rf"{_EDGE}(?:dob|born(?: on)?|birth ?date|date of birth)[ :]+[\d/.-]+{_END}",
        "unique identifier": rf"{_EDGE}[0-2](?:\.\d+){{5,}}{_END}",
    }
)


@cache
def certain() -> str:
    """Give the patterns that mean nothing else in any text, all with "@": links that name a user, and e-mail."""
    return rf"(?i)[a-z][a-z0-9+.-]*://[^\s\\/@]*@[^\s\\]*|{PATTERNS['e-mail']}"


@cache
def pattern() -> str:
    """Give all patterns as one, small letters and capital ones alike."""
    return "(?i)" + "|".join(f"(?:{text})" for text in PATTERNS.values())


@cache
def plain_words() -> tuple[bytes, ...]:
    """Give the words that identify nobody alone."""
    text = (Path(__file__).parent / "tables" / "plain_words.txt").read_text(encoding="utf-8")
    return tuple(word.encode() for line in text.splitlines() if not line.startswith("#") for word in line.split())
