"""Phantoms: DICOM series of known geometry and content, for tests here and elsewhere, and for `hu demo`."""

from hounsfield.testing.chest import chest
from hounsfield.testing.enhanced import enhanced_ct
from hounsfield.testing.headers import Identity
from hounsfield.testing.series import Faults, chest_ct, mr_series

__all__ = ["Faults", "Identity", "chest", "chest_ct", "enhanced_ct", "mr_series"]
