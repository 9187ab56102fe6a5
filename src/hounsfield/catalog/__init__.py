"""What is in some folders of DICOM files: an index of files that stay where they are."""

from hounsfield.catalog.catalog import Catalog
from hounsfield.catalog.loading import load, load_all
from hounsfield.catalog.query import Query
from hounsfield.catalog.record import Instance, Patient, Record, Series, Study
from hounsfield.catalog.scan import scan

__all__ = [
    "Catalog",
    "Instance",
    "Patient",
    "Query",
    "Record",
    "Series",
    "Study",
    "load",
    "load_all",
    "scan",
]
