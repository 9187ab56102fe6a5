"""What the package promises by name: importable, documented, listed; and that no error or setting is dead."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hounsfield as hu
from hounsfield import errors

if TYPE_CHECKING:
    from types import ModuleType

SOURCE = Path(hu.__file__).parent
MODULES = ["hounsfield", *(found.name for found in pkgutil.walk_packages(hu.__path__, "hounsfield."))]
MODULES = [name for name in MODULES if not name.endswith(("__main__", "._core"))]


@pytest.mark.parametrize("name", hu.__all__)
def test_names_of_the_package_are_documented(name: str) -> None:
    assert inspect.getdoc(getattr(hu, name)), f"hounsfield.{name} has no docstring"
    assert name in dir(hu)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = hu.nonsense


@pytest.mark.parametrize("name", MODULES)
def test_all_lists_what_there_is(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    names = getattr(module, "__all__", [])
    assert len(names) == len(set(names))
    for each in names:
        value = getattr(module, each)
        if inspect.isroutine(value) or inspect.isclass(value):
            assert inspect.getdoc(value), f"{name}.{each} has no docstring"


@pytest.mark.parametrize("name", [name for name in MODULES if ".cli." not in name and name != "hounsfield.cli"])
def test_modules_say_what_they_offer(name: str) -> None:
    module: ModuleType = importlib.import_module(name)
    assert hasattr(module, "__all__"), f"{name} has no __all__"


def _raised() -> str:
    native = Path(__file__).parent.parent / "crates" / "python" / "src"
    return "\n".join(
        path.read_text("utf-8") for path in [*SOURCE.rglob("*.py"), *native.rglob("*.rs")] if path.name != "errors.py"
    )


@pytest.mark.parametrize(
    "name", [name for name in errors.__all__ if name.endswith("Error") and name != "HounsfieldError"]
)
def test_every_error_is_raised_somewhere(name: str) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, errors.HounsfieldError)
    assert re.search(rf"\b{name}\b\s*\(|\"{name}\"|raise {name}\b", _raised()) or kind.__subclasses__(), name


def test_errors_survive_the_way_between_processes() -> None:
    import pickle

    error = errors.MalformedError("bad", where="a", tag=0x00100010, offset=132, hint="Look.", code="x")
    back = pickle.loads(pickle.dumps(error))
    assert (str(back), back.code, type(back)) == (str(error), "x", errors.MalformedError)
    assert str(back) == "a: bad [(0010,0010), byte 132]\n  Look."
