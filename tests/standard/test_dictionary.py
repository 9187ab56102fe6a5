"""The dictionary against pydicom's, and searches a person would make."""

from __future__ import annotations

import pytest
from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import private_dictionary_description
from pydicom.uid import UID

from hounsfield import _core
from hounsfield.standard import Attribute, PrivateAttribute, Uid, find, parse_tag


def test_every_attribute_is_pydicoms() -> None:
    for tag, (vr, vm, name, retired, keyword) in DicomDictionary.items():
        assert _core.attribute(tag) == (tag, 0xFFFFFFFF, vr, vm, keyword, name, retired == "Retired"), hex(tag)
        if keyword:
            found = _core.attribute_by_keyword(keyword)
            assert found is not None
            assert found[0] == tag


def test_repeating_groups_and_private_blocks_are_patterns() -> None:
    found = find("6002,3000")[0]
    assert isinstance(found, Attribute)
    assert (found.tag, found.keyword) == ("(60xx,3000)", "OverlayData")
    for creator, tag in [
        ("SIEMENS MR HEADER", 0x0019100C),
        ("GEMS_PARM_01", 0x00431039),
        ("SIEMENS CSA HEADER", 0x00291110),
    ]:
        row = _core.private_attribute(creator, tag)
        assert row is not None
        assert row[2] == private_dictionary_description(tag, creator)


@pytest.mark.parametrize("text", ["0x00100010", "0010,0010", "(0010,0010)", "00100010", " ( 0010 , 0010 ) "])
def test_a_tag_may_be_spelled_in_any_way(text: str) -> None:
    assert parse_tag(text) == 0x00100010
    found = find(text)[0]
    assert isinstance(found, Attribute)
    assert found.keyword == "PatientName"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Pixel Spacing", "PixelSpacing"),
        ("pixelspacing", "PixelSpacing"),
        ("patient name", "PatientName"),
        ("b value", "DiffusionBValue"),
        ("window center", "WindowCenter"),
        ("explicit big endian", "ExplicitVRBigEndian"),
    ],
)
def test_words_find_what_is_meant_first(text: str, first: str) -> None:
    found = find(text)[0]
    assert isinstance(found, Attribute | Uid)
    assert found.keyword == first


def test_uids_and_private_names_are_found() -> None:
    found = find("1.2.840.10008.1.2.4.80")[0]
    assert isinstance(found, Uid)
    assert found.name == UID("1.2.840.10008.1.2.4.80").name
    creators = {entry.creator for entry in find("csa image header info") if isinstance(entry, PrivateAttribute)}
    assert "SIEMENS CSA HEADER" in creators
    assert find("9.9.9") == []
    assert find("qqqzzz") == []


def test_every_group_has_a_length() -> None:
    found = find("0028,0000")[0]
    assert isinstance(found, Attribute)
    assert (found.name, found.vr, found.retired) == ("Group Length", "UL", True)
    assert isinstance(find("0002,0000")[0], Attribute)
    assert find("0002,0000")[0].name == "File Meta Information Group Length"
