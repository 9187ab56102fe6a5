"""Recipes: what they do, and errors that name the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydicom
import pytest

import hounsfield as hu
from hounsfield.errors import ReadError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {
    'name = "a"\nprofil = "basic"\n': "line 2: a recipe has no 'profil'",
    'profile = "mine"\n': "line 1: the only profile",
    '\noptions = ["retain-everything"]\n': "line 2: there is no option 'retain-everything'",
    'options = ["clean-recognizable-visual-features"]\n': "line 1: the option clean-recognizable-visual",
    'options = "clean-descriptors"\n': "line 1: options must be a list",
    "oldest-age = 0\n": "line 1: the oldest age",
    'safe-private = "none.csv"\n': "line 1: the table of private attributes cannot be read",
    "a = \n": "at line 1",
    '[[rule]]\ntag = "PatientID"\n\n[[rule]]\ntag = "PatientNam"\naction = "keep"\n': "line 1: the rule has no action",
    '[[rule]]\ntag = "PatientID"\naction = "keep"\n\n[[rule]]\ntag = "PatientNam"\naction = "keep"\n': "line 6: there",
    '[[rule]]\ntag = "0010,0011"\naction = "keep"\n': "line 2: the standard has no attribute '0010,0011'",
    '[[rule]]\ntag = "PatientID"\naction = "burn"\n': "line 3: there is no action 'burn'",
    '[[rule]]\ntag = "PatientID"\nvr = "PN"\naction = "keep"\n': "line 3: a rule has one of",
    '[[rule]]\nvr = "XX"\naction = "keep"\n': "line 2: there is no VR",
    '[[rule]]\ntag = "PatientID"\naction = "replace"\n': "line 3: replace needs a value",
    '[[rule]]\ntag = "PatientID"\naction = "keep"\nvalue = "a"\n': "line 4: value belongs to replace",
    '[[rule]]\ntag = "PatientID"\naction = "clean"\npattern = "("\n': "line 4: the pattern is wrong",
    '[[rule]]\ntag = "PatientID"\naction = "keep"\nwhy = "a"\n': "line 4: a rule has no 'why'",
    '[pixels]\nocr = "some"\n': "line 2: ocr cannot be 'some'",
    '[pixels]\nblank = ["0,0,0,9"]\n': "line 2: '0,0,0,9' is no rectangle",
    "[pixels]\nframes = 0\n": "line 2: frames is a number above 0",
    '[pixels]\nrules = "none.csv"\n': "line 2: the table of pixel rules cannot be read",
    "[pixels]\nwhy = 1\n": "line 2: pixels have no 'why'",
    '[[rule]]\ntag = 1048592\naction = "keep"\n': "line 2: tag must be a text",
}


@pytest.mark.parametrize("text", WRONG)
def test_errors_name_the_line(tmp_path: Path, text: str) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(text)
    with pytest.raises(UsageError) as error:
        hu.Profile.read(recipe)
    assert WRONG[text] in error.value.message
    assert error.value.where == str(recipe)


def test_a_recipe_that_is_missing_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="cannot be read"):
        hu.Profile.read(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8"):
        hu.Profile.read(tmp_path / "bytes.toml")


RECIPE = r"""
name = "trial 42"
version = "3"
options = ["clean-descriptors", "retain-longitudinal-modified-dates"]

[[rule]]
tag = "StationName"
action = "keep"

[[rule]]
tag = "PatientComments"
action = "replace"
value = "none"

[[rule]]
tag = "StudyDescription"
action = "clean"
pattern = 'ward \d+'

[[rule]]
tag = "AccessionNumber"
action = "empty"

[[rule]]
tag = "DeviceSerialNumber"
action = "hash"

[[rule]]
path = "RequestAttributesSequence.ScheduledProcedureStepID"
action = "keep"

[[rule]]
vr = "UT"
action = "remove"

[[rule]]
tag = "SoftwareVersions"
action = "remove"

[[rule]]
private = "MINE 1"
element = "0019,xx10"
action = "keep"
"""


def test_rules_go_before_the_profile(shared_data: Path, tmp_path: Path) -> None:
    data = pydicom.dcmread(shared_data / "pydicom/src/pydicom/data/test_files/CT_small.dcm")
    data.StationName = "SCANNER 7"
    data.PatientComments = "met him at the bakery"
    data.StudyDescription = "CT Thorax Ward 12 of " + str(data.PatientName).replace("^", " ")
    data.DeviceSerialNumber = "12345"
    data.TextValue = "free"
    data.SoftwareVersions = "1"
    item = pydicom.Dataset()
    item.ScheduledProcedureStepID = "STEP1"
    item.ScheduledProcedureStepDescription = "Thorax"
    data.RequestAttributesSequence = [item]
    block = data.private_block(0x0019, "MINE 1", create=True)
    block.add_new(0x10, "LO", "kept")
    block.add_new(0x11, "LO", "gone")
    data.save_as(tmp_path / "a.dcm")
    (tmp_path / "r.toml").write_text(RECIPE)
    report = hu.deidentify(tmp_path / "a.dcm", tmp_path / "out", hu.Profile.read(tmp_path / "r.toml"))
    made = pydicom.dcmread(tmp_path / "out" / report.rows[0].output)
    assert made.StationName == "SCANNER 7"
    assert made.PatientComments == "none"
    assert made.StudyDescription == "CT Thorax of"
    assert made.AccessionNumber == ""
    assert made.DeviceSerialNumber not in ("", "12345")
    assert "TextValue" not in made
    assert "SoftwareVersions" not in made
    assert made.RequestAttributesSequence[0].ScheduledProcedureStepID == "STEP1"
    assert made.private_block(0x0019, "MINE 1")[0x10].value == "kept"
    assert 0x11 not in made.private_block(0x0019, "MINE 1")
    method = list(made.DeidentificationMethod)
    assert method[1] == "Recipe: trial 42 3"
    assert method[2] == f"SHA-256: {hu.Profile.read(tmp_path / 'r.toml').digest()[:48]}"
    assert all(len(value) <= 64 for value in method)


def test_the_hash_changes_with_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(RECIPE)
    (tmp_path / "b.toml").write_text(RECIPE.replace("ward", "room"))
    assert hu.Profile.read(tmp_path / "a.toml").digest() != hu.Profile.read(tmp_path / "b.toml").digest()


TCIA = '"(0019,""SIEMENS MR HEADER"",0C)",IS,1,B_value\n(2001,"Philips Imaging DD 001",03),FL,1,b\n'


def test_lists_of_safe_private_attributes(tmp_path: Path) -> None:
    (tmp_path / "tcia.csv").write_text(TCIA)
    (tmp_path / "plain.csv").write_text("element,group,private_creator\nxx0C,0019,SIEMENS MR HEADER\n")
    (tmp_path / "r.toml").write_text('safe-private = "tcia.csv"\n')
    siemens = ("SIEMENS MR HEADER", 0x0019000C)
    assert hu.Profile.read(tmp_path / "r.toml").safe == (siemens, ("Philips Imaging DD 001", 0x20010003))
    (tmp_path / "r.toml").write_text('safe-private = "plain.csv"\n')
    assert hu.Profile.read(tmp_path / "r.toml").safe == (siemens,)
    assert len(hu.Profile.basic().safe) == 28
