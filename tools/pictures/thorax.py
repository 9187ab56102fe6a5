"""A thorax after intravenous contrast, made of tubes and ellipsoids: for pictures that belong to nobody.

Millimeters, x to the patient's left, y to the back, z to the head; values in Hounsfield units.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["SPACING", "thorax"]

Array = np.ndarray[Any, np.dtype[Any]]

SPACING = (1.5, 1.3, 1.3)
_SHAPE = (200, 200, 280)
_ORIGIN = np.array([-181.5, -130.0, 0.0])
_SEED = 4


class _Body:
    """An array that shapes are put into, each with an edge of one voxel."""

    def __init__(self) -> None:
        self.values = np.full(_SHAPE, -1000, np.float32)
        slices, rows, columns = (np.arange(count, dtype=np.float32) for count in _SHAPE)
        self.x = columns * SPACING[2] + _ORIGIN[0]
        self.y = rows * SPACING[1] + _ORIGIN[1]
        self.z = slices * SPACING[0] + _ORIGIN[2]

    def put(self, inside: Array, value: float, where: tuple[slice, ...] = (slice(None),) * 3) -> None:
        """Set `value` where a distance to the surface, in mm, is positive."""
        share = np.clip(inside / 1.4 + 0.5, 0, 1)
        part = self.values[where]
        part += (value - part) * share

    def ellipsoid(self, center: tuple[float, ...], axes: tuple[float, ...], value: float, power: float = 2) -> None:
        """Put an ellipsoid; with a greater power it is more of a box."""
        self.put(self.depth(center, axes, power), value)

    def depth(self, center: tuple[float, ...], axes: tuple[float, ...], power: float = 2) -> Array:
        """How deep each voxel lies in an ellipsoid, in mm, about."""
        x, y, z = (
            np.abs((place - middle) / axis) ** power
            for place, middle, axis in zip((self.x, self.y, self.z), center, axes, strict=True)
        )
        far: Array = (x + y[:, None] + z[:, None, None]) ** (1 / power)
        return (1 - far) * min(axes)

    def tube(self, points: Array, radii: Array, value: float) -> None:
        """Put a tube along points that lie close together."""
        for point, radius in zip(points, radii, strict=True):
            self.ball(point, radius, value)

    def ball(self, point: Array, radius: float, value: float) -> None:
        """Put a ball, only brightening what is there."""
        parts = []
        for place, middle in zip((self.z, self.y, self.x), point[::-1], strict=True):
            near = np.flatnonzero(np.abs(place - middle) < radius + 2)
            if not near.size:
                return
            parts.append(slice(int(near[0]), int(near[-1]) + 1))
        where = tuple(parts)
        z, y, x = self.z[where[0]], self.y[where[1]], self.x[where[2]]
        far = (x - point[0]) ** 2 + ((y - point[1]) ** 2)[:, None] + ((z - point[2]) ** 2)[:, None, None]
        share = np.clip((radius - np.sqrt(far)) / 1.4 + 0.5, 0, 1)
        part = self.values[where]
        np.maximum(part, part + (value - part) * share, out=part)


def thorax() -> Array:
    """Return int16 ``(slice, row, column)`` in HU, slices from the feet to the head, `SPACING` in mm."""
    body = _Body()
    rng = np.random.default_rng(_SEED)
    _trunk(body)
    _organs(body)
    _bones(body)
    _vessels(body, rng)
    noise = rng.normal(0, 1, _SHAPE).astype(np.float32)
    # Neighbors are alike, as a reconstruction makes them.
    for axis in range(3):
        noise = (noise + np.roll(noise, 1, axis)) * np.float32(0.7071)
    body.values += noise * 8
    return np.clip(np.rint(body.values), -1024, 3071).astype(np.int16)


def _trunk(body: _Body) -> None:
    """Skin, fat and muscle; shoulders above."""
    for value, inset in ((-40, 0.0), (-100, 2.0), (50, 13.0)):
        body.ellipsoid((0, 0, 120), (158 - inset, 108 - inset, 420), value, 2.4)
        for side in (-1, 1):
            body.ellipsoid((side * 128, 12, 262), (52 - inset, 62 - inset, 60), value)


def _lung(body: _Body, side: int) -> Array:
    wall = body.depth((side * 72, 2, 88), (66, 84, 166), 2.3)
    dome = body.depth((side * 70, 5, 12 + (8 if side < 0 else 0)), (84, 100, 62))
    # The mediastinum is widest at the roots of the great vessels.
    middle = 20 + 8 * np.exp(-(((body.z - 190) / 45) ** 2))
    center = np.abs(body.x) - middle[:, None, None]
    heart = body.depth((28, -28, 85), (58, 52, 58))
    spine = body.depth((0, 66, 150), (30, 40, 400), 2.5)
    inside: Array = np.minimum(np.minimum(wall, -dome), np.minimum(np.minimum(center, -heart - 3), -spine))
    return inside


def _organs(body: _Body) -> None:
    body.ellipsoid((-62, -8, -8), (88, 84, 72), 115)  # liver
    body.ellipsoid((95, 40, 5), (40, 46, 45), 125)  # spleen
    body.ellipsoid((45, -35, 5), (50, 45, 38), 30)  # stomach
    for side in (-1, 1):
        body.put(_lung(body, side), -860)
    body.ellipsoid((28, -28, 85), (56, 50, 55), 90)  # heart muscle
    body.ellipsoid((42, -28, 80), (30, 26, 36), 330)  # left ventricle
    body.ellipsoid((-4, -36, 88), (26, 24, 36), 290)  # right heart
    body.ellipsoid((14, 4, 108), (30, 20, 24), 320)  # left atrium
    body.tube(_line((0, 18, 150), (0, 30, 290)), np.full(200, 9.0), 45)
    windpipe = _line((0, 14, 165), (0, 4, 299))
    _hollow(body, windpipe, 8.5)
    for side in (-1, 1):
        _hollow(body, _line((0, 14, 165), (side * 48, 20, 128)), 6.0)


def _hollow(body: _Body, points: Array, radius: float) -> None:
    for point in points[::2]:
        where = np.array(point)
        far = np.sqrt((body.x - where[0]) ** 2 + ((body.y - where[1]) ** 2)[:, None])
        near = np.abs(body.z - where[2]) < radius
        depth = np.sqrt(np.clip(radius**2 - (body.z[near] - where[2]) ** 2, 0, None))[:, None, None] - far
        body.put(depth, -990, (near, slice(None), slice(None)))


def _line(start: tuple[float, ...], end: tuple[float, ...], count: int = 200) -> Array:
    return np.linspace(start, end, count)


def _bones(body: _Body) -> None:
    for number in range(12):
        _vertebra(body, 14 + number * 25.0)
    for number in range(11):
        for side in (-1, 1):
            _rib(body, side, 30 + number * 24.0, number)
    _sternum(body)
    for side in (-1, 1):
        _shoulder(body, side)


def _vertebra(body: _Body, z: float) -> None:
    y = 66.0
    body.ellipsoid((0, y - 4, z), (19, 15, 9.5), 520, 4)
    body.ellipsoid((0, y - 4, z), (16.5, 12.5, 7.5), 210, 4)
    body.ellipsoid((0, y - 4, z + 12.5), (17, 13, 3.2), 95, 3)
    for side in (-1, 1):
        body.tube(_line((side * 11, y + 8, z), (side * 12, y + 20, z), 20), np.full(20, 5.0), 520)
        body.tube(_line((side * 12, y + 18, z + 1), (side * 34, y + 24, z + 6), 30), np.linspace(5, 3.4, 30), 480)
        body.tube(_line((side * 12, y + 20, z), (0, y + 27, z - 3), 20), np.full(20, 4.0), 480)
    body.tube(_line((0, y + 26, z - 3), (0, y + 42, z - 18), 30), np.linspace(4.2, 3.2, 30), 480)


def _rib(body: _Body, side: int, back: float, number: int) -> None:
    """From the spine around the side, sloping down; the last part before the sternum is cartilage."""
    shrink = 1 - max(0, number - 7) ** 1.6 * 0.055
    short = 0.62 if number < 1 else 0.78 if number < 2 else 1.0
    angle = np.linspace(0.25, np.pi * 0.93 * short, 220)
    wide, deep = 131 * shrink, 86 * (shrink**0.5)
    x = side * wide * np.sin(angle) ** 0.92
    y = 2 + deep * np.cos(angle)
    y = np.where(angle < 0.6, y - 6 * (0.6 - angle), y)
    slope = 58 - 2.5 * number
    z = back + 6 - slope * (1 - np.cos(angle)) / 2 * (1 + 0.1 * np.sin(angle))
    points = np.stack((x, y, z), axis=1)
    bone = angle < np.pi * 0.74
    body.tube(points[~bone], np.full(int((~bone).sum()), 4.4), 150)
    body.tube(points[bone], np.full(int(bone.sum()), 4.8), 560)


def _sternum(body: _Body) -> None:
    body.tube(_line((0, -91, 205), (0, -97, 118), 120), np.full(120, 6.0), 330)
    for shift in (-9, 9):
        body.tube(_line((shift, -91, 205), (shift * 0.8, -97, 125), 120), np.full(120, 5.5), 330)
    body.tube(_line((-22, -88, 214), (22, -88, 214), 60), np.full(60, 7.0), 330)
    body.tube(_line((0, -96, 118), (0, -92, 100), 40), np.linspace(5, 2.5, 40), 200)


def _shoulder(body: _Body, side: int) -> None:
    along = np.linspace(0, 1, 140)
    x = side * (22 + 105 * along)
    y = -84 + 62 * along + 12 * np.sin(along * 2 * np.pi)
    z = 222 + 22 * along
    body.tube(np.stack((x, y, z), axis=1), 5.2 + 1.2 * np.cos(along * 2 * np.pi), 560)
    # The shoulder blade: a plate between three corners.
    corners = np.array([[side * 78, 92, 238], [side * 122, 48, 250], [side * 84, 96, 138]], float)
    for first in np.linspace(0, 1, 60):
        for second in np.linspace(0, 1 - first, max(2, int(60 * (1 - first)))):
            point = corners[0] + first * (corners[1] - corners[0]) + second * (corners[2] - corners[0])
            body.ball(point, 2.0, 480)
    for start, end in ((0, 2), (1, 2)):
        body.tube(np.linspace(corners[start], corners[end], 120), np.full(120, 4.0), 520)
    body.tube(_line((side * 80, 100, 226), (side * 132, 40, 262), 120), np.full(120, 4.6), 540)
    body.ellipsoid((side * 140, 18, 238), (22, 22, 22), 480)
    body.ellipsoid((side * 140, 18, 238), (18, 18, 18), 250)


def _vessels(body: _Body, rng: np.random.Generator) -> None:
    turn = np.linspace(0, np.pi, 160)
    arch = np.stack((4 + 9 * (1 - np.cos(turn)), -22 + 32 * (1 - np.cos(turn)), 172 + 30 * np.sin(turn)), axis=1)
    body.tube(_line((8, -20, 105), (4, -22, 172), 120), np.full(120, 14.0), 380)
    body.tube(arch, np.linspace(14, 11.5, 160), 380)
    body.tube(_line((22, 42, 172), (14, 46, 0), 220), np.linspace(11.5, 9.5, 220), 380)
    for start, end in (((2, -8, 200), (-28, -4, 298)), ((10, 8, 202), (26, 4, 298)), ((18, 24, 200), (62, 18, 290))):
        body.tube(_line(start, end, 140), np.full(140, 4.6), 370)
    body.tube(_line((-24, -10, 290), (-22, -14, 110), 200), np.full(200, 8.0), 240)
    trunk = _line((14, -32, 112), (14, -4, 148), 80)
    body.tube(trunk, np.full(80, 12.0), 320)
    for side in (-1, 1):
        root = np.array([14.0, -4.0, 148.0])
        hilum = np.array([side * 50, 8.0, 132.0])
        body.tube(np.linspace(root, hilum, 80), np.linspace(11, 8.5, 80), 320)
        inside = _lung(body, side)
        for _ in range(5):
            for level, toward in enumerate(np.linspace(-1, 1, 5)):
                way = np.array([side * rng.uniform(0.2, 0.8), rng.uniform(-1, 1), toward + rng.normal(0, 0.2)])
                _branch(body, (hilum, way / np.linalg.norm(way)), 5.2 - 0.2 * level, inside, rng)


def _branch(body: _Body, start: tuple[Array, Array], radius: float, inside: Array, rng: np.random.Generator) -> None:
    """Grow a vessel that bends, thins and divides until it is thin or at the edge of the lung."""
    point, way = start[0].copy(), start[1]
    length = rng.uniform(9, 15) * (radius**0.5)
    for _ in range(int(length)):
        body.ball(point, radius, 60 + 45 * radius)
        way = way + rng.normal(0, 0.09, 3)
        way /= np.linalg.norm(way)
        point = point + way
        radius *= 0.994
        index = np.rint((point - _ORIGIN) / SPACING[::-1]).astype(int)[::-1]
        if (index < 0).any() or (index >= _SHAPE).any() or (inside[tuple(index)] < 3 and radius < 4.5):
            return
    if radius < 0.85:
        return
    for scale, spread in ((0.82, 0.35), (0.68, 0.75)):
        aside = np.cross(way, rng.normal(0, 1, 3))
        turned = way + spread * aside / (np.linalg.norm(aside) + 1e-9)
        _branch(body, (point, turned / np.linalg.norm(turned)), radius * scale, inside, rng)
