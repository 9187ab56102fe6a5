"""How a volume was acquired, as far as it changes what may be done with it: diffusion, timing, phase encoding.

Everything is in the frame and the order of `Volume.array`: vectors in the patient's (LPS), slices from the first to the
last, axes by name. FSL's, BIDS' and others' frames are made from it where they are written.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Acquisition", "Diffusion", "PhaseEncoding", "Timing"]

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Diffusion:
    """Diffusion weighting of each volume.

    Parameters
    ----------
    bvals : tuple of float
        s/mm2, one for each index of the axis ``diffusion`` (or of the only volume).
    bvecs : tuple of (float, float, float)
        Unit vectors in the patient's frame (LPS); zeros where there is no direction (b = 0, trace images).
    """

    bvals: tuple[float, ...]
    bvecs: tuple[Vector, ...]


@dataclass(frozen=True, slots=True)
class Timing:
    """When what was measured.

    Parameters
    ----------
    repetition_time : float or None
        Seconds from one volume to the next where that is stated.
    slice_times : tuple of float
        Seconds from the start of a volume to each slice; empty where it is not known.
    volume_times : tuple of float
        Seconds from the first volume to each; empty where it is not known.
    frame_durations : tuple of float
        Seconds that each volume was measured (PET, NM).
    """

    repetition_time: float | None = None
    slice_times: tuple[float, ...] = ()
    volume_times: tuple[float, ...] = ()
    frame_durations: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseEncoding:
    """The direction along which EPI is distorted.

    Parameters
    ----------
    axis : str
        ``row`` or ``column``: the index that changes along it (PS3.3 (0018,1312) COL means along ``row``).
    polarity : int
        1 where lines are encoded towards higher indices, -1 towards lower, 0 where that is not known.
    echo_spacing : float or None
        Effective echo spacing, s.
    total_readout_time : float or None
        From the middle of the first to that of the last line of the reconstructed image (FSL's definition), s.
    """

    axis: str
    polarity: int = 0
    echo_spacing: float | None = None
    total_readout_time: float | None = None


@dataclass(frozen=True, slots=True)
class Acquisition:
    """All of it; ``None`` where nothing is known.

    Parameters
    ----------
    diffusion : Diffusion or None
    timing : Timing
    phase_encoding : PhaseEncoding or None
    rules : tuple of str
        Vendor rules that were used, with tag and source.
    """

    diffusion: Diffusion | None = None
    timing: Timing = Timing()
    phase_encoding: PhaseEncoding | None = None
    rules: tuple[str, ...] = ()
