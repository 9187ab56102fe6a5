"""DICOM files in and out (PS3.10): read, dump, describe, compare and edit one data set at a time."""

from hounsfield.files.diff import Diff, Difference, FolderDiff, diff, diff_folders
from hounsfield.files.dump import dump, write_dump
from hounsfield.files.edit import Change, edit
from hounsfield.files.info import Field, Info, info
from hounsfield.files.read import read

__all__ = [
    "Change",
    "Diff",
    "Difference",
    "Field",
    "FolderDiff",
    "Info",
    "diff",
    "diff_folders",
    "dump",
    "edit",
    "info",
    "read",
    "write_dump",
]
