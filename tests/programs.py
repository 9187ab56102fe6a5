"""Foreign programs that tests compare with: found beside this Python or on the PATH, or the test is skipped.

With ``CI=true`` a missing program fails the test instead, so that a comparison is never lost unseen.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

__all__ = ["require"]

_DCMTK = "apt-get install dcmtk"
_INSTALL = {
    "dcm2niix": "pip install '.[peers]'",
    "Orthanc": "apt-get install orthanc",
    "dciodvfy": "pip install '.[peers]'",
    "gdcmanon": "apt-get install libgdcm-tools",
    "gdcmscu": "apt-get install libgdcm-tools",
    "openssl": "apt-get install openssl",
    "dcmsign": _DCMTK,
    "dcmqrscp": _DCMTK,
    "echoscu": _DCMTK,
    "findscu": _DCMTK,
    "getscu": _DCMTK,
    "movescu": _DCMTK,
    "storescp": _DCMTK,
    "storescu": _DCMTK,
    "dcmj2pnm": _DCMTK,
    "dcmp2pgm": _DCMTK,
    "dcmdump": _DCMTK,
    "dcmconv": _DCMTK,
    "dcmodify": _DCMTK,
    "dump2dcm": _DCMTK,
    "dcmcjpls": _DCMTK,
    "dcmcrle": _DCMTK,
    "dcmcjpeg": _DCMTK,
    "dcmdjpeg": _DCMTK,
    "dcmdjpls": _DCMTK,
    "dcmdrle": _DCMTK,
    "djxl": "apt-get install libjxl-tools",
    "gdcmconv": "pip install '.[peers]'",
    "ffmpeg": "apt-get install ffmpeg",
    "img2dcm": _DCMTK,
    "wlmscpfs": _DCMTK,
    "opj_compress": "apt-get install libopenjp2-tools",
    "opj_decompress": "apt-get install libopenjp2-tools",
}

_NOT_BESIDE = {"echoscu", "findscu", "gdcmscu", "getscu", "movescu", "storescp", "storescu"}


def require(program: str) -> str:
    """Return the path of a program of the table above; skip the test, or fail it in CI, where it is missing."""
    beside = str(Path(sys.executable).parent)
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for place in places if program in _NOT_BESIDE else [beside, *places]:
        found = shutil.which(program, path=place)
        # pynetdicom installs programs with the names of DCMTK's, beside this Python or another one.
        if found and not (program in _NOT_BESIDE and Path(found).read_bytes().startswith(b"#!")):
            return found
    reason = f"no program {program}: {_INSTALL[program]}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
