"""An archive: objects that are kept for good, and an index of them that can always be made again."""

from hounsfield.archive.archive import Archive
from hounsfield.archive.stored import Incoming, Stored, Verification

__all__ = ["Archive", "Incoming", "Stored", "Verification"]
