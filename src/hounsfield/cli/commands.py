"""The verbs of `hu`: where each lives and what it does in a line, so that help needs to import none of them.

The command is the function of the same name in its module; a test holds each summary to its docstring.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["COMMANDS", "EXAMPLES", "Command", "find"]


class Command(NamedTuple):
    """One verb; verbs of one group stand together in the table."""

    name: str
    group: str
    summary: str

    @property
    def module(self) -> str:
        """Module that holds the command."""
        return f"hounsfield.cli.{self.name}"

    @property
    def function(self) -> str:
        """Its function; a verb that is also a Python name gets an underscore."""
        return f"{self.name}_" if self.name in ("open", "set") else self.name


COMMANDS: tuple[Command, ...] = (
    Command("open", "Look", "Open the workstation in your browser at what is in folders, CDs, ZIP archives or files."),
    Command("scan", "Look", "Find out what is in folders: patients, studies, series and problems."),
    Command("info", "Look", "Show what a person wants to know of a file: patient, device, study, series, image."),
    Command("dump", "Look", "Show every element of a file: tag, VR, length, keyword and value."),
    Command("tag", "Look", "Look up the dictionary: by tag, keyword, UID or words."),
    Command("render", "Look", "Show an image or a series as a picture, a contact sheet or a movie."),
    Command("diff", "Look", "Show what differs between two files, or two folders, element by element."),
    Command("set", "Change", "Change, add, empty or delete elements; all other bytes stay as they are."),
    Command("deidentify", "Protect", "Take out of files what identifies the patient, and keep what is useful."),
    Command("key", "Protect", "Make a key for pseudonyms; who has it can link them to the patients."),
    Command(
        "reidentify",
        "Protect",
        "Bring identity back into files that were de-identified with hu deidentify --recipient.",
    ),
    Command("encrypt", "Protect", "Encrypt files as a whole, for recipients with certificates or a password."),
    Command(
        "decrypt", "Protect", "Decrypt files that are encrypted as a whole, after checking that nothing was altered."
    ),
    Command("sign", "Protect", "Add a digital signature to files, which DCMTK's dcmsign verifies too."),
    Command(
        "verify",
        "Protect",
        "Check digital signatures: who signed, when, whether the signer is trusted, and exactly what was changed.",
    ),
    Command("convert", "Convert", "Convert every stack of every series into a file of its own."),
    Command("transcode", "Convert", "Write images in another transfer syntax, compressed or not."),
    Command(
        "archive",
        "Keep",
        "Keep objects for good: store, list, check, delete, export and copy them, and count what is there.",
    ),
    Command(
        "serve",
        "Keep",
        "Run an archive that devices store into, query and retrieve from, until Ctrl-C.",
    ),
    Command("echo", "Devices", "Ask whether a device is there and talks with this side (C-ECHO)."),
    Command("find", "Devices", "Ask a device what it has (C-FIND): patients, studies, series or images."),
    Command("retrieve", "Devices", "Retrieve studies, a series or an image from a device (C-GET or C-MOVE)."),
    Command("send", "Devices", "Send objects to a device (C-STORE)."),
    Command("receive", "Devices", "Receive objects from devices until Ctrl-C (C-ECHO, C-STORE)."),
    Command(
        "commit",
        "Devices",
        "Ask a device to take responsibility for objects (Storage Commitment); what is committed may be deleted here.",
    ),
    Command("worklist", "Devices", "Ask a device what is scheduled (Modality Worklist)."),
    Command(
        "doctor",
        "Try",
        "Show what can be read and written here: every transfer syntax, its codec, and what to install.",
    ),
    Command("demo", "Try", "Run the main job on real files and phantoms, and say where the results are."),
)

# Lines to begin with, and what each does; every command in them is in the table.
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("hu demo", "see the main job done on real files"),
    ("hu scan ~/export", "what is in a folder of yours"),
    ("hu convert ~/export -o volumes", "its volumes as NIfTI files"),
)


def find(name: str) -> Command | None:
    """Return the command called `name`."""
    return next((command for command in COMMANDS if command.name == name), None)
