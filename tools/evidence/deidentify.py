"""Evidence for de-identification."""

from __future__ import annotations

import contextlib
import json
import random
import re
import subprocess
import tempfile
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.evidence.row import Row, hu, program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["rows"]

_MOST = 30_000_000
_SMALL = 2_000_000
_UID = re.compile(r"\b\d+(\.\d+)+\b|(?<=UID )0\b")


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    import pydicom.config

    settings = pydicom.config.settings
    settings.reading_validation_mode = settings.writing_validation_mode = pydicom.config.IGNORE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield _leaks()
        yield _answers(data)
        yield _hidden()
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "out")
            made = _made(data, out)
            yield _valid(made)
            yield _pixels(made)


def _leaks() -> Row:
    from tests.deidentify import planter, scorer

    seed = random.SystemRandom().randrange(2**32)
    with tempfile.TemporaryDirectory() as folder:
        dataset, planted = planter.dataset(seed)
        source = Path(folder, "in", "a.dcm")
        planter.write(source, dataset, planted)
        hu("deidentify", source, "-o", Path(folder, "out"))
        (ours,) = Path(folder, "out").rglob("*.dcm")
        left = scorer.leaks(ours, planted, set())
        other = Path(folder, "other.dcm")
        _dicom_anonymizer(source, other)
        theirs = scorer.leaks(other, planted, set()) if other.exists() else []
    return Row(
        "nothing of Table E.1-1 is left, at the top level and three sequences deep",
        "`hu deidentify FILE -o OUT`",
        f"{len(planted):,} values planted by the tests",
        "dicom-anonymizer, by the same scorer",
        f"{len(left)} left",
        f"{len(theirs)} left" if other else "no output",
        not left,
    )


def _dicom_anonymizer(source: Path, target: Path) -> None:
    from dicomanonymizer import anonymize_dicom_file

    anonymize_dicom_file(str(source), str(target))


def _dicognito() -> Callable[[Path, Path], None]:
    import pydicom
    from dicognito.anonymizer import Anonymizer

    anonymizer = Anonymizer()

    def one(source: Path, target: Path) -> None:
        dataset = pydicom.dcmread(source)
        anonymizer.anonymize(dataset)
        dataset.save_as(target)

    return one


def _hidden() -> Row:
    """Hide a word in compressed pixel data, and look for it; the other decodes both."""
    from tests.deidentify.hiding import PICTURES, WORD, items, video, write

    left, kept, theirs, written = [], 0, 0, 0
    videos = ["avc", "hevc", "mpeg2", "ts", "mp4"]
    for kind in [*PICTURES, *videos]:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            hidden = video(folder, kind) if kind in videos else PICTURES[kind]()
            write(folder / "in" / "a.dcm", hidden)
            hu("deidentify", folder / "in", "-o", folder / "out")
            (ours,) = (folder / "out").rglob("*.dcm")
            if WORD[:7] in ours.read_bytes():
                left.append(kind)
            import pydicom

            same = hidden.decode(items(pydicom.dcmread(ours).PixelData)), hidden.decode(hidden.fragments)
            kept += str(same[0]) == str(same[1])
            other = folder / "other.dcm"
            # It does not know all of these transfer syntaxes.
            with contextlib.suppress(ValueError):
                _dicom_anonymizer(folder / "in" / "a.dcm", other)
                written += 1
                theirs += WORD[:7] in other.read_bytes()
    places = len(PICTURES) + len(videos)
    return Row(
        "nothing hides in compressed pixel data, and the pixels stay",
        "`hu deidentify`",
        "pictures and videos of every kind, made by imagecodecs and FFmpeg",
        "dicom-anonymizer; imagecodecs, Pillow and FFmpeg decode",
        f"{places} places, {len(left)} left; {kept} decode to the same",
        f"{theirs} of {written} left",
        not left and kept == places,
    )


def _answers(data: Path) -> Row:
    from tests.deidentify import answers
    from tests.deidentify.test_answers import real_files

    files = [path for path in real_files(data) if path.stat().st_size < _SMALL]
    with tempfile.TemporaryDirectory() as folder:
        asked = answers.plant(files, Path(folder, "in"), random.SystemRandom().randrange(2**32))
        words = [word for option in answers.OPTIONS for word in ("--option", option)]
        report = json.loads(hu("deidentify", Path(folder, "in"), "-o", Path(folder, "out"), *words, "--json"))
        outputs = {Path(row["input"]).name: Path(folder, "out", row["output"]) for row in report["files"]}
        ours = answers.score(asked, outputs.get)
        theirs = [
            f"{name} {_foreign(asked, Path(folder, name), act).share:.2%}"
            for name, act in (("dicom-anonymizer", _dicom_anonymizer), ("dicognito", _dicognito()))
        ]
    return Row(
        "what is asked of every attribute, text, date and identifier is done (at least 99.95 %, removals 100 %)",
        "`hu deidentify IN -o OUT --option ...`",
        f"{len(asked.files)} files with identifiers planted, {len(asked.checks):,} checks",
        "the same scorer over dicom-anonymizer and dicognito",
        f"{ours.share:.3%}, removals {ours.of('text removed'):.2%}",
        ", ".join(theirs),
        ours.share >= 0.9995 and ours.of("text removed") == 1,
    )


def _foreign(asked: Any, folder: Path, act: Callable[[Path, Path], None]) -> Any:
    from tests.deidentify import answers

    folder.mkdir()
    for path in asked.files:
        try:
            act(path, folder / path.name)
        except Exception:  # noqa: BLE001 - whatever stops another program
            (folder / path.name).unlink(missing_ok=True)
    return answers.score(asked, lambda name: folder / name if (folder / name).exists() else None)


def _made(data: Path, out: Path) -> list[tuple[Path, Path]]:
    """De-identify everything; inputs and outputs."""
    report = json.loads(hu("deidentify", data, "-o", out, "--json", codes=(0, 1)))
    done = [(Path(row["input"]), out / row["output"]) for row in report["files"] if row["status"] == "done"]
    return [pair for pair in done if pair[0].stat().st_size < _MOST]


def _errors(path: Path) -> Counter[str]:
    found = subprocess.run(
        [program("dciodvfy"), str(path)], capture_output=True, text=True, errors="replace", check=False
    )
    lines = (found.stderr + found.stdout).splitlines()
    return Counter(_UID.sub("UID", line) for line in lines if line.startswith("Error"))


def _valid(made: list[tuple[Path, Path]]) -> Row:
    with ThreadPoolExecutor(2) as pool:
        before = pool.map(_errors, [source for source, _ in made])
        after = pool.map(_errors, [output for _, output in made])
        worse = sum(bool(now - old) for old, now in zip(before, after, strict=True))
    return Row(
        "files are as valid as before",
        "`hu deidentify DATA -o OUT`",
        f"{len(made)} files",
        "dicom3tools `dciodvfy`",
        f"{worse} files with an error that they did not have",
        "",
        worse == 0,
    )


def _pixels(made: list[tuple[Path, Path]]) -> Row:
    import numpy as np
    import pydicom

    compared = changed = 0
    for source, output in made:
        old, new = (pydicom.dcmread(path, force=True) for path in (source, output))
        if "PixelData" not in old or any(element.tag.group & 0xFF00 == 0x6000 for element in old):
            continue
        compared += 1
        # A comment of the encoder is overwritten in place; the length stays. A tail behind the last pixel goes.
        before = bytes(old.PixelData)
        same = _same(before + b"\0" * (len(before) % 2), bytes(new.get("PixelData", b"")))
        # What follows a compressed picture is overwritten: then the pictures are compared.
        changed += not (same or np.array_equal(_decoded(old), _decoded(new)))
    return Row(
        "pixels stay as they are",
        "`hu deidentify DATA -o OUT`",
        f"{compared} files with pixels and without overlays",
        "pydicom: Pixel Data before and after, decoded where what follows a picture went",
        f"{changed} changed",
        "",
        changed == 0,
    )


def _decoded(dataset: Any) -> Any:
    """Give the pixels by pydicom, or by hounsfield what pydicom cannot decode."""
    import hounsfield as hu

    try:
        return dataset.pixel_array
    except (RuntimeError, NotImplementedError, ValueError):
        return hu.pixels(dataset)


def _same(old: bytes, new: bytes) -> bool:
    if old.startswith(new) and len(old) - len(new) < len(new):
        return bool(new)
    return len(old) == len(new) and all(now in (then, 0x20) for then, now in zip(old, new, strict=True))
