"""DICOM files in and out (PS3.10): read, dump, describe, compare and edit one data set at a time."""

from hounsfield.files.dump import dump, write_dump
from hounsfield.files.edit import Change, edit
from hounsfield.files.read import read

__all__ = ["Change", "dump", "edit", "read", "write_dump"]
