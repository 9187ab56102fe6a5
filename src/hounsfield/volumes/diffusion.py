"""b-values and gradients of the volumes of a stack, from the facts of their first planes (PS3.3 C.8.13.5.9)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hounsfield.volumes.acquisition import Diffusion, Vector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hounsfield.volumes.stack import Stack

__all__ = ["diffusion_of"]

# Vendors write lengths of 0.99999; shorter ones are b-values in disguise, or no direction.
_NO_DIRECTION = 0.01


def first_planes(stack: Stack) -> Sequence[Mapping[str, Any]]:
    """Facts of the first plane of each volume."""
    slices = stack.shape[-1] if stack.shape else 1
    return [plane.facts for plane in stack.planes[::slices]]


def diffusion_of(stack: Stack) -> Diffusion | None:
    """Give the diffusion weighting; ``None`` where no volume is weighted."""
    volumes = first_planes(stack)
    bvals = tuple(_b_value(facts) for facts in volumes)
    if not any(bvals):
        return None
    return Diffusion(bvals, tuple(_direction(facts, b) for facts, b in zip(volumes, bvals, strict=True)))


def _b_value(facts: Mapping[str, Any]) -> float:
    # Toshiba and Philips state none where it is 0.
    found = facts.get("DiffusionBValue")
    return float(found) if isinstance(found, int | float) and found > 0 else 0.0


def _direction(facts: Mapping[str, Any], b_value: float) -> Vector:
    vector = facts.get("DiffusionGradientOrientation")
    if b_value <= 0 or vector is None or facts.get("DiffusionDirectionality") in ("NONE", "ISOTROPIC"):
        return (0.0, 0.0, 0.0)
    length = math.hypot(*vector)
    if not math.isfinite(length) or length < _NO_DIRECTION:
        return (0.0, 0.0, 0.0)
    return (vector[0] / length, vector[1] / length, vector[2] / length)
