"""De-identifying: many small files beside gdcmanon, dicom-anonymizer and dicognito; CT slices beside copying them."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.clearing import cleared
from benchmarks.measure import Contender

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.data import Data

__all__ = ["headers", "images"]

_FILES = 3000
_DICOM_ANONYMIZER = """
import os, sys
from dicomanonymizer import anonymize_dicom_file
for name in os.listdir(sys.argv[1]):
    anonymize_dicom_file(os.path.join(sys.argv[1], name), os.path.join(sys.argv[2], name))
"""
_DICOGNITO = """
import os, sys, pydicom
from dicognito.anonymizer import Anonymizer
anonymizer = Anonymizer()
for name in os.listdir(sys.argv[1]):
    dataset = pydicom.dcmread(os.path.join(sys.argv[1], name))
    anonymizer.anonymize(dataset)
    dataset.save_as(os.path.join(sys.argv[2], name))
"""


def headers(data: Data) -> list[Contender]:
    """3,000 files of 262 elements each."""
    folder = data.work / f"{_FILES}-headers"
    if not folder.exists():
        _headers(data.header / "IM0001", folder)
    found = [*_ours(data, folder), *_gdcmanon(data, folder)]
    for name, module, code in (
        ("dicom-anonymizer", "dicomanonymizer", _DICOM_ANONYMIZER),
        ("dicognito", "dicognito", _DICOGNITO),
    ):
        if importlib.util.find_spec(module):
            out = data.work / "deidentified"
            words = [sys.executable, "-W", "ignore", "-c", code, str(folder), str(out)]
            found.append(Contender(name, words, cleared(out), makes=out))
    return found


def images(data: Data) -> list[Contender]:
    """A CT series: slices of 500 kB."""
    folder, out = data.ct, data.work / "deidentified"
    return [*_ours(data, folder), Contender("cp", ["cp", "-r", f"{folder}/.", str(out)], cleared(out), makes=out)]


def _headers(source: Path, folder: Path) -> None:
    """Copies of one file that differ in their SOP Instance UID."""
    import pydicom
    from pydicom.uid import UID

    folder.mkdir(parents=True)
    dataset = pydicom.dcmread(source)
    for number in range(_FILES):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.826.0.1.3680043.2.1.{number}")
        dataset.save_as(folder / f"IM{number:05}")


def _ours(data: Data, folder: Path) -> list[Contender]:
    key, out = data.work / "key", data.work / "deidentified"
    if not key.exists():
        subprocess.run([sys.executable, "-m", "hounsfield", "key", "new", str(key)], check=True, capture_output=True)
    words = [sys.executable, "-m", "hounsfield", "deidentify", str(folder), "-o", str(out), "--key", str(key)]
    return [Contender("hounsfield", words, cleared(out, empty=False), makes=out)]


def _gdcmanon(data: Data, folder: Path) -> list[Contender]:
    if not shutil.which("gdcmanon") or not shutil.which("openssl"):
        return []
    certificate, out = data.work / "certificate.pem", data.work / "deidentified"
    if not certificate.exists():
        request = "openssl req -x509 -nodes -newkey rsa:2048 -subj /CN=benchmark -days 365 -keyout"
        words = [*request.split(), str(data.work / "private.pem"), "-out", str(certificate)]
        subprocess.run(words, check=True, capture_output=True)
    words = ["gdcmanon", "-e", "-c", str(certificate), "-r", "-i", str(folder), "-o", str(out)]
    return [Contender("gdcmanon", words, cleared(out), makes=out)]
