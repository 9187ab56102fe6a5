"""`hu demo`."""

from __future__ import annotations

from typing import Annotated

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Option


def demo(
    *,
    output: Annotated[str, Option("-o", "--output", help="Folder to make.", metavar="FOLDER")] = "hounsfield-demo",
) -> int:
    """Run the main job on real files and phantoms, and say where the results are."""
    from hounsfield.cli.convert import convert
    from hounsfield.cli.info import info
    from hounsfield.cli.scan import scan
    from hounsfield.demo import prepare

    made = prepare(output)
    _step(f"hu scan {made.export}")
    scan([str(made.export)])
    _step(f"hu info {made.image}")
    info([str(made.image)])
    _step(f"hu convert {made.export} -o {made.output} --to nifti")
    convert([str(made.export)], output=str(made.output), to="nifti")
    print(
        f"\nThe volumes are in {made.output}, the DICOM files in {made.export}.\n"
        "Some series were skipped on purpose: the table says why. Next, try:\n"
        f"  hu open {made.export}        the workstation, in your browser\n"
        f"  hu dump {made.image}\n"
        "  hu scan FOLDER        with a folder of your own\n"
    )
    return exit_codes.DONE


def _step(command: str) -> None:
    print(f"\n\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT} {command}\n", flush=True)
