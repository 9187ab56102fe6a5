"""The compiled core. One section for each verb; shapes and meanings are given where Python wraps them."""

from typing import Any, Protocol, TypeAlias, final

__version__: str
debug_build: bool

class _Limits(Protocol):
    @property
    def depth(self) -> int: ...
    @property
    def elements(self) -> int: ...
    @property
    def header_bytes(self) -> int: ...
    @property
    def inflated_bytes(self) -> int: ...

class _ReadChoice(Protocol):
    @property
    def strict(self) -> bool: ...
    @property
    def stop_before_pixels(self) -> bool: ...
    @property
    def defer_size(self) -> int | None: ...
    @property
    def specific_tags(self) -> set[int] | None: ...

_IssueRow: TypeAlias = tuple[str, str, int | None, int | None, int]

# read

@final
class ElementMaker:
    def __new__(cls, raw: type, tag: type, empty: dict[str, bytes | None]) -> ElementMaker: ...

def read_file(path: str, limits: _Limits, choice: _ReadChoice, maker: ElementMaker) -> dict[str, Any]: ...
def read_bytes(
    data: bytes, place: str, limits: _Limits, choice: _ReadChoice, maker: ElementMaker
) -> dict[str, Any]: ...
def tokens(
    data: bytes, *, limits: _Limits | None = None, strict: bool = False
) -> tuple[list[tuple[int, str, int, int, int, str, int]], list[_IssueRow]]: ...
