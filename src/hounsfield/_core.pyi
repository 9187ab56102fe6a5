"""The compiled core. One section for each verb; shapes and meanings are given where Python wraps them."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, Self, TypeAlias, final

from numpy import float32, uint8
from numpy.typing import NDArray

_Float: TypeAlias = float

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

class _Layout(Protocol):
    @property
    def rows(self) -> int: ...
    @property
    def columns(self) -> int: ...
    @property
    def samples(self) -> int: ...
    @property
    def bits_allocated(self) -> int: ...
    @property
    def bits_stored(self) -> int: ...
    @property
    def high_bit(self) -> int: ...
    @property
    def signed(self) -> bool: ...
    @property
    def float(self) -> bool: ...
    @property
    def planar(self) -> bool: ...

_IssueRow: TypeAlias = tuple[str, str, int | None, int | None, int]

_AttributeRow: TypeAlias = tuple[int, int, str, str, str, str, bool]
_UidRow: TypeAlias = tuple[str, str, str, str, bool]

# columns

def columns(
    input: str | bytes, name: str, paths: list[list[int]], limits: _Limits
) -> list[list[tuple[int, str | int | _Float | bytes]]]: ...
def columns_of_all(
    inputs: list[str | bytes], names: list[str], paths: list[list[int]], limits: _Limits, threads: int
) -> list[list[list[tuple[int, str | int | _Float | bytes]]]]: ...

# deidentify

@final
class DeidentifyPlan: ...

@final
class DeidentifyOriginals: ...

def deidentify_plan(profile: dict[str, Any]) -> DeidentifyPlan: ...
def deidentify(
    plan: DeidentifyPlan,
    inputs: list[tuple[str, str | bytes]],
    folder: str | None,
    limits: _Limits,
    threads: int,
    pairs: bool,
    examples: bool,
    seal: Callable[[bytes, str], Sequence[bytes]] | None,
) -> tuple[
    list[tuple[str, bool, Any, list[tuple[int, bytes, bytes]], list[tuple[str, str]], int]],
    list[tuple[list[int], int, int, bytes]],
]: ...
def deidentify_learn(plan: DeidentifyPlan, inputs: list[str | bytes], limits: _Limits) -> DeidentifyOriginals: ...
def deidentify_check(
    plan: DeidentifyPlan,
    patterns: list[str],
    originals: DeidentifyOriginals,
    inputs: list[tuple[str, str | bytes]],
    limits: _Limits,
) -> list[tuple[Any, list[tuple[str, list[int], bytes]]]]: ...

# dictionary

def attribute(tag: int) -> _AttributeRow | None: ...
def attribute_by_keyword(keyword: str) -> _AttributeRow | None: ...
def attributes() -> list[_AttributeRow]: ...
def private_attribute(creator: str, tag: int) -> tuple[str, str, str] | None: ...
def private_attributes() -> list[tuple[str, str, str, str, str]]: ...
def registered_uid(uid: str) -> _UidRow | None: ...
def registered_uids() -> list[_UidRow]: ...
def visible(text: str) -> str: ...

# diff

_DifferenceRow: TypeAlias = tuple[str, int, str, tuple[str, str], tuple[str, str], str]

def diff(
    origins: tuple[_Input, _Input],
    limits: _Limits,
    ignore: list[str],
    encoding: bool,
    most: int,
    decode: _Decode,
) -> tuple[list[_DifferenceRow], int, list[_IssueRow], list[_IssueRow]]: ...

# dimse

_ContextRow: TypeAlias = tuple[int, str, list[str], int]
_ReceivedRow: TypeAlias = tuple[str, str, str, str, int, bytes | None, tuple[str, int] | None]

@final
class AssociatePdu:
    protocol: int
    called: str
    calling: str
    application: str
    contexts: list[_ContextRow]
    max_length: int
    implementation: str
    version: str
    window: tuple[int, int] | None
    others: list[int]
    def __new__(
        cls,
        called: str,
        calling: str,
        contexts: list[_ContextRow],
        *,
        max_length: int,
        implementation: str,
        version: str,
        window: tuple[int, int] | None = None,
    ) -> Self: ...
    @staticmethod
    def parse(content: bytes) -> AssociatePdu: ...
    def build(self, answer: bool) -> bytes: ...

@final
class ReceivePolicy:
    def __new__(
        cls,
        folder: str,
        prefix: str,
        *,
        calling: str,
        max_length: int,
        peer_length: int,
        object_bytes: int,
        batch: int,
        batch_bytes: int,
        wait: float,
        pdu_time: float,
        sync: bool,
        digest: bool,
        implementation: str,
        version: str,
    ) -> Self: ...

@final
class StorageUser:
    def __new__(cls, descriptor: int) -> Self: ...
    def request(self, proposal: AssociatePdu, wait: float) -> tuple[str, AssociatePdu | None, bytes]: ...
    def send(
        self,
        objects: Sequence[tuple[str, str, str, int, tuple[str, int] | None]],
        peer_length: int,
        window: int,
        told: Callable[[int, int | None, tuple[str, str]], object],
    ) -> None: ...
    def release(self) -> None: ...
    def abort(self) -> None: ...

def dimse_receive(
    descriptor: int,
    contexts: list[tuple[int, str, str]],
    policy: ReceivePolicy,
    keep: Callable[[list[_ReceivedRow]], list[int]],
) -> tuple[str | None, int, int, int, tuple[str, str] | None]: ...

# edit

_TargetRow: TypeAlias = tuple[str, bool, str, bool, bool, bytes, str | None]

def edit_targets(origin: _Input, limits: _Limits, paths: list[str]) -> tuple[list[_TargetRow], list[_IssueRow]]: ...
def edit(
    origin: _Input,
    limits: _Limits,
    changes: list[tuple[str, str | None, bytes | None]],
    write: Callable[[bytes], object],
) -> None: ...
def recode(
    origin: _Input, limits: _Limits, implicit: bool, big_endian: bool, write: Callable[[bytes], object]
) -> int: ...
def restore(
    origin: _Input, limits: _Limits, originals: bytes, drop: list[int], write: Callable[[bytes], object]
) -> None: ...

# gather

_Outcome: TypeAlias = tuple[tuple[int, int] | None, bool, _IssueRow | None]

def gather(
    inputs: list[str | bytes],
    names: list[str],
    jobs: list[tuple[int, int, int]],
    layout: _Layout,
    out: NDArray[uint8],
    limits: _Limits,
    threads: int,
    fill: int | None,
) -> list[_Outcome]: ...

@final
class FrameIndex:
    def __new__(cls, input: str | bytes, name: str, count: int, limits: _Limits) -> Self: ...
    @property
    def encapsulated(self) -> bool: ...
    @property
    def length(self) -> int: ...
    @property
    def tag(self) -> int: ...
    @property
    def modality_lut(self) -> bool: ...
    @property
    def note(self) -> _IssueRow | None: ...
    def extents(self, frame: int) -> list[tuple[int, int]]: ...
    def read(self, frame: int) -> bytes: ...
    def raw(self, start: int, length: int, width: int) -> bytes: ...
    def gather(
        self, frames: list[int], layout: _Layout, out: NDArray[uint8], threads: int, fill: int | None
    ) -> list[_Outcome]: ...

# rle

def rle_decode(data: bytes, sizes: tuple[int, int, int, int], out: NDArray[uint8]) -> int: ...
def rle_encode(pixels: NDArray[uint8], sizes: tuple[int, int, int, int]) -> bytes: ...

class _Input(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def path(self) -> str | None: ...
    @property
    def data(self) -> bytes | None: ...

class _DumpChoice(Protocol):
    @property
    def full(self) -> bool: ...
    @property
    def offsets(self) -> bool: ...
    @property
    def paths(self) -> list[str]: ...
    @property
    def uri(self) -> str | None: ...
    @property
    def json(self) -> bool: ...

_Decode: TypeAlias = Callable[[bytes, bytes, str], str]

# dump

def dump(
    origin: _Input, limits: _Limits, choice: _DumpChoice, decode: _Decode, write: Callable[[str], object]
) -> list[_IssueRow]: ...

# info

def describe(
    origin: _Input, limits: _Limits, paths: list[str], decode: _Decode
) -> tuple[
    list[tuple[int, str, str, list[str | int | float]]],
    tuple[int, int, int | None] | None,
    list[_IssueRow],
]: ...

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

# reslice

_Vector: TypeAlias = tuple[_Float, _Float, _Float]

class _Rays(Protocol):
    @property
    def origin(self) -> _Vector: ...
    @property
    def right(self) -> _Vector: ...
    @property
    def down(self) -> _Vector: ...
    @property
    def through(self) -> _Vector: ...
    @property
    def steps(self) -> int: ...

class _Transfer(Protocol):
    @property
    def low(self) -> _Float: ...
    @property
    def high(self) -> _Float: ...
    @property
    def table(self) -> NDArray[Any]: ...
    @property
    def turn(self) -> Sequence[Sequence[_Float]]: ...
    @property
    def ambient(self) -> _Float: ...

def reslice(
    voxels: NDArray[Any], rays: _Rays, blend: str, nearest: bool, threads: int, out: NDArray[float32]
) -> None: ...
def cast(voxels: NDArray[Any], rays: _Rays, transfer: _Transfer, threads: int, out: NDArray[float32]) -> None: ...

# scan

_Reasons: TypeAlias = list[tuple[str | bytes, str]]
_Rows: TypeAlias = list[tuple[Any, ...]]

@final
class Scan:
    def __new__(
        cls,
        roots: list[str],
        columns: tuple[list[str], list[str]],
        *,
        limits: _Limits,
        known: dict[str, tuple[int, int]],
        first: tuple[int, int],
        threads: int,
    ) -> Scan: ...
    def find(self) -> tuple[int, _Reasons, _Reasons, list[str | bytes]]: ...
    def next_batch(self) -> tuple[int, _Rows, _Rows, _Rows, _Rows, list[str | bytes]] | None: ...
    def opened(
        self, path: str | bytes, member: str, modified: int, data: bytes
    ) -> tuple[int, _Rows, _Rows, _Rows, _Rows, list[str | bytes]]: ...
    def close(self) -> None: ...
