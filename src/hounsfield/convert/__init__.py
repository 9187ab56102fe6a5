"""Volumes of series as files of other formats, with a row for each stack: done, skipped or failed, and why."""

from hounsfield.convert.conversion import convert
from hounsfield.convert.report import Report, Row

__all__ = ["Report", "Row", "convert"]
