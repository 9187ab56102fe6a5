"""Whole processes, measured by the operating system's own accounting, alternately and several times."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["Contender", "Figures", "alternate"]

_SLOW, _SLOW_REPEATS = 20.0, 2


# Installed packages are compiled when they are installed; so is this one for its users.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Contender:
    """One program doing the work: a command, what has to be removed before it runs again, and the folder it fills."""

    name: str
    command: Sequence[str]
    before: Callable[[], None] | None = None
    accept: tuple[int, ...] = (0,)
    makes: Path | None = None


@dataclass
class Figures:
    """What the runs of one contender took."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    size: list[float] = field(default_factory=list)
    failure: str = ""

    def median(self, what: str) -> float:
        """Median of ``cpu`` or ``wall`` in seconds, or of ``peak`` or ``size`` (of what was made) in MiB."""
        return float(statistics.median(getattr(self, what)))


def alternate(contenders: Sequence[Contender], *, repeats: int, log: Path) -> dict[str, Figures]:
    """Run all contenders in turn, once unmeasured and then `repeats` times; those of over 20 s a run only twice."""
    found = {contender.name: Figures() for contender in contenders}
    for turn in range(repeats + 1):
        for contender in contenders:
            figures = found[contender.name]
            slow = sum(figures.wall) > _SLOW * len(figures.wall) > 0
            if figures.failure or (slow and len(figures.wall) >= _SLOW_REPEATS):
                continue
            if contender.before:
                contender.before()
            cpu, wall, peak, code = _once(contender.command, log)
            if code not in contender.accept:
                figures.failure = f"exit code {code}: {' '.join(contender.command[:3])}"
            elif turn:
                figures.cpu.append(cpu)
                figures.wall.append(wall)
                figures.peak.append(peak)
                if contender.makes:
                    figures.size.append(_size(contender.makes))
    return found


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / (1 << 20)


def _once(command: Sequence[str], log: Path) -> tuple[float, float, float, int]:
    with log.open("ab") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=_ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, process.returncode
