"""The record that a script and the workstation share."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hounsfield.errors import HounsfieldError, UsageError
from hounsfield.render.levels import COLORS
from hounsfield.render.view import View

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "reference" / "view.schema.json").read_text("utf-8"))

EXAMPLES = [
    {},
    {"plane": "coronal", "slab": 20, "blend": "minip"},
    {"plane": "oblique", "normal": [0, 0.7, 0.7], "up": [0, 0, 1], "point": [1, 2, 3.5]},
    {"window": "lung", "invert": True, "colors": "hot-iron"},
    {"window": [40, 400], "function": "sigmoid", "slab": "all", "frame": 3, "time": 2},
    {"rendering": "bone", "turn": [30, -10], "size": 512},
    {"rotate": 90, "flip_horizontal": True, "flip_vertical": True, "labels": True, "zoom": 2.5},
    {"overlays": True, "presentation": "state.dcm", "depth": 16, "interpolation": "nearest", "center": [0, 0, 0]},
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"plane": "axiall"}, "plane is one of acquisition, axial"),
    ({"plain": "axial"}, "a view has no 'plain'"),
    ({"plane": "oblique"}, "needs its normal"),
    ({"plane": "axial", "normal": [0, 0, 1]}, "has a normal of its own"),
    ({"plane": "oblique", "normal": [0, 0, 0]}, "normal has no length"),
    ({"plane": "oblique", "normal": [0, float("nan"), 1]}, "normal is 3 numbers"),
    ({"plane": "oblique", "normal": [0, float("inf"), 1]}, "normal is 3 numbers"),
    ({"plane": "oblique", "normal": [0, 1]}, "normal is 3 numbers"),
    ({"plane": "oblique", "normal": [0, 0, 1], "up": [0, 0, -2]}, "cannot point up"),
    ({"slab": -1}, "slab is a number from 0"),
    ({"slab": "20mm"}, "slab is a number from 0"),
    ({"slab": float("nan")}, "slab is a number"),
    ({"size": 0}, "size is a whole number from 1 to 8192"),
    ({"size": 100_000}, "size is a whole number from 1 to 8192"),
    ({"size": 512.5}, "size is a whole number"),
    ({"zoom": 0}, "zoom is a number"),
    ({"window": [40, 0]}, "width of a window is above 0"),
    ({"window": [40, float("nan")]}, "window is 2 numbers"),
    ({"window": 40}, "window is 2 numbers"),
    ({"rotate": 45}, "rotate is one of 0, 90"),
    ({"invert": 1}, "invert is true or false"),
    ({"frame": 0}, "frame is a whole number"),
    ({"frame": True}, "frame is a whole number"),
    ({"colors": None}, "colors is a text"),
    ({"rendering": "flesh"}, "rendering is one of bone"),
    ({"version": 2}, "the view is of version 2, not 1"),
]


@pytest.mark.parametrize("values", EXAMPLES, ids=str)
def test_goes_to_json_and_back(values: dict[str, Any]) -> None:
    view = View.from_dict(values)
    written = json.loads(view.to_json())
    jsonschema.validate(written, SCHEMA)
    assert View.from_json(view.to_json()) == view
    assert written.keys() == {*values, "version"}
    assert written["version"] == 1


@pytest.mark.parametrize(("values", "message"), WRONG, ids=lambda value: str(value)[:40])
def test_says_what_is_wrong(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        View.from_dict(values)


@pytest.mark.parametrize(("values", "_"), WRONG, ids=lambda value: str(value)[:40])
def test_the_schema_refuses_what_one_value_shows_to_be_wrong(values: dict[str, Any], _: str) -> None:
    # What takes two values to see, or is not JSON, is left to `View`.
    if any(word in str(values) for word in ("nan", "inf", "'normal': [0, 0,")) or values == {"plane": "oblique"}:
        return
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, SCHEMA)


def test_the_schema_has_every_value_and_its_choices() -> None:
    known = SCHEMA["properties"]
    assert known.keys() == {"version", *(each.name for each in fields(View))}
    assert known["colors"]["enum"] == list(COLORS)
    assert all("description" in value for value in known.values())


@pytest.mark.parametrize("text", ["", "[]", "{", "3", "[" * 100_000, '{"window": 1e999}', b"\xff"])
def test_what_is_not_a_view_is_refused(text: str | bytes) -> None:
    with pytest.raises(UsageError):
        View.from_json(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=4)
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([each.name for each in fields(View)] + ["x", "version"]), _JSON, max_size=4))
def test_whatever_is_said_is_understood_or_refused(values: dict[str, Any]) -> None:
    try:
        view = View.from_dict(values)
    except HounsfieldError:
        return
    assert View.from_json(view.to_json()) == view


def test_numbers_of_numpy_are_numbers() -> None:
    import numpy as np

    view = View(plane="oblique", normal=np.array([0.0, 0.7, 0.7]), point=np.array([1, 2, 3]))  # type: ignore[arg-type]
    assert view.normal == (0.0, 0.7, 0.7)
    assert json.loads(view.to_json())["point"] == [1.0, 2.0, 3.0]
