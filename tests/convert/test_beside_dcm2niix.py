"""What stands beside a volume, fields of the sidecar and gradients, is what dcm2niix says; each difference is named."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

import hounsfield as hu
from tests.programs import require
from tools.compare_dcm2niix import beside, sidecar

if TYPE_CHECKING:
    from pathlib import Path

_FIELDS = 6
_D2N = "dicom2nifti/tests/data"
_ROUNDED = r"AcquisitionTime (\d\d:\d\d:\d\d\.\d{5})\d / \1\d"
_PET = (
    r"AttenuationCorrection measured,.* / measured",
    r"FrameTimesStart \[0\] / \[960\]",
    r"ImageDecayCorrectionTime -959\.999962 / 0",
    r"ReconMethod\w+ .*",
    r"TracerRadionuclide F18 / F18\[18Fluorine\]",
)
# File or folder of one series, and what may differ: docs/vendors/dcm2niix.md has the reasons.
SERIES: dict[str, tuple[str, ...]] = {
    "dcm_qa_nih/In/20180918GE/mr_0004": (),
    "dcm_qa_nih/In/20180918Si/mr_0003": (),
    f"{_D2N}/ge/fmri/001": (),
    f"{_D2N}/ge/dti/001": ("gradients differ",),
    f"{_D2N}/philips_enhanced/fmri/001": (),
    f"{_D2N}/siemens/anatomical/001": (),
    "dcmstack/test/data/extract": (_ROUNDED,),
    "pydicom/src/pydicom/data/charset_files/chrGreek.dcm": (r"PatientName Διονυσιος / .*",),
    "pydicom/src/pydicom/data/test_files/dicomdirtests/98892001/CT5N": (),
    "rt-utils/tests/mock_data": (_ROUNDED,),
    "slicer/Testing/Data/Input/philips_ingenia_4_1_3_dwi.dcm": (r"b-values \[1500\.\] / \[0\.\]",),
    "slicer/Testing/Data/Input/CTHeadAxialDicom": (),
    "suyashkumar-dicom/testdata/2.dcm": _PET,
    "torchio/tests/image_data/dicom": (),
}


@pytest.mark.parametrize("name", SERIES)
def test_fields_and_gradients_equal_those_of_dcm2niix(shared_data: Path, tmp_path: Path, name: str) -> None:
    require("dcm2niix")
    source = shared_data / name
    report = hu.convert(source, tmp_path / "ours", sidecar="bids", identity=True)
    (row,) = report.done
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    one = ["-s", "y"] if source.is_file() else []
    command = ["dcm2niix", *one, "-b", "y", "-ba", "n", "-z", "n", "-f", "x", "-o", str(theirs), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    # What is beside a volume is found by its suffix.
    ours = tmp_path / "ours" / "x.nii"
    hu.load(source).save(ours)
    for file in row.files[1:]:
        path = tmp_path / "ours" / file.rpartition("/")[2]
        path.rename(tmp_path / "ours" / f"x{path.suffix}")
    assert len(sidecar(ours).keys() & sidecar(theirs / "x.nii").keys()) >= _FIELDS
    notes = [note for note in beside(ours, theirs / "x.nii").split("; ") if note]
    left = [note for note in notes if not any(re.fullmatch(known, note) for known in SERIES[name])]
    assert not left
    assert len(notes) >= len(SERIES[name])
