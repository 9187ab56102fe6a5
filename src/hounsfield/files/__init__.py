"""DICOM files in and out (PS3.10): read, dump, describe, compare and edit one data set at a time."""

from hounsfield.files.dump import dump, write_dump
from hounsfield.files.read import read

__all__ = ["dump", "read", "write_dump"]
