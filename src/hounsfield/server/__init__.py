"""The server behind the workstation: DICOMweb, the workstation's own JSON, pictures, objects and events.

It listens on the loopback interface alone, opens files where they lie, and writes nothing but what a person saves.
"""

from hounsfield.server.app import application
from hounsfield.server.archived import Archived
from hounsfield.server.folders import Folders
from hounsfield.server.library import Library

__all__ = ["Archived", "Folders", "Library", "application"]
