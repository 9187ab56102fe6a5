"""The core's tokens equal the slow parser's, over generated data sets; broken ones never do worse than an issue."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hounsfield import _core
from hounsfield.errors import ReadError
from tests.slow_parser import LONG, UNDEFINED, Encoding, parse

SYNTAX = {("explicit", "little"): "1.2.840.10008.1.2.1", ("implicit", "little"): "1.2.840.10008.1.2"}
SYNTAX["explicit", "big"] = "1.2.840.10008.1.2.2"
# Tags with a VR in the dictionary, so that implicit data sets have sequences.
SEQUENCES = [0x00081032, 0x00081140, 0x00400275, 0x30060020]
# Private elements say nothing in implicit data sets: only an open length and a first item tell.
PRIVATE_SEQUENCES = [0x00091003, 0x00291011]
VALUES = {0x00080060: "CS", 0x00100010: "PN", 0x00280010: "US", 0x00280030: "DS", 0x00321060: "LO", 0x00400280: "ST"}
PRIVATE = {0x00090010: "LO", 0x00091001: "UN", 0x00291010: "OB", 0x00511016: "DS", 0x00091002: "UT"}


@dataclass(frozen=True)
class Shape:
    """How one data set is written."""

    implicit: bool
    order: str

    def tag(self, tag: int) -> bytes:
        return struct.pack("<HH" if self.order == "little" else ">HH", tag >> 16, tag & 0xFFFF)

    def number(self, value: int, size: int) -> bytes:
        return value.to_bytes(size, self.order)  # type: ignore[arg-type]

    def element(self, tag: int, vr: str, value: bytes, *, undefined: bool = False) -> bytes:
        length = UNDEFINED if undefined else len(value)
        if self.implicit:
            head = self.tag(tag) + self.number(length, 4)
        elif vr in LONG:
            head = self.tag(tag) + vr.encode() + b"\0\0" + self.number(length, 4)
        else:
            head = self.tag(tag) + vr.encode() + self.number(length, 2)
        return head + value + (self.tag(0xFFFEE0DD) + bytes(4) if undefined else b"")

    def item(self, content: bytes, *, undefined: bool) -> bytes:
        length = self.number(UNDEFINED if undefined else len(content), 4)
        return self.tag(0xFFFEE000) + length + content + (self.tag(0xFFFEE00D) + bytes(4) if undefined else b"")


Tree = list[tuple[int, Any]]

values = st.tuples(st.sampled_from(sorted(VALUES | PRIVATE)), st.binary(max_size=30))
trees: st.SearchStrategy[Tree] = st.recursive(
    st.lists(values, max_size=4),
    lambda inner: st.lists(
        values
        | st.tuples(
            st.sampled_from(SEQUENCES),
            st.tuples(st.booleans(), st.lists(st.tuples(st.booleans(), inner), max_size=3), st.booleans()),
        )
        | st.tuples(
            st.sampled_from(PRIVATE_SEQUENCES),
            st.tuples(st.just(True), st.lists(st.tuples(st.booleans(), inner), min_size=1, max_size=3), st.booleans()),
        ),
        max_size=5,
    ),
    max_leaves=12,
)


def write(tree: Tree, shape: Shape) -> bytes:
    parts = []
    for tag, content in sorted(tree, key=lambda entry: entry[0]):
        if isinstance(content, bytes):
            # Bytes that look like an item could be taken for a sequence by any reader of private elements.
            value = content.replace(b"\xfe\xff", b"..").replace(b"\xff\xfe", b"..")
            parts.append(shape.element(tag, (VALUES | PRIVATE)[tag], value))
        else:
            undefined, items, unknown = content
            # PS3.5 6.2.2: under UN, items are implicit little endian.
            inner = Shape(True, "little") if unknown and not shape.implicit else shape
            value = b"".join(inner.item(write(item, inner), undefined=open_) for open_, item in items)
            vr = "UN" if unknown else "SQ"
            if inner is shape or not undefined:
                parts.append(shape.element(tag, vr, value, undefined=undefined))
            else:
                whole = shape.element(tag, vr, value, undefined=True)
                parts.append(whole[:-8] + inner.tag(0xFFFEE0DD) + bytes(4))
    return b"".join(parts)


def file_of(data: bytes, shape: Shape) -> bytes:
    uid = SYNTAX["implicit" if shape.implicit else "explicit", shape.order].encode()
    uid += b"\0" * (len(uid) % 2)
    first = shape.element(0x00080005, "CS", b"ISO_IR 100")
    return bytes(128) + b"DICM" + Shape(False, "little").element(0x00020010, "UI", uid) + first + data


shapes = st.sampled_from([Shape(False, "little"), Shape(True, "little"), Shape(False, "big")])


@settings(max_examples=300, deadline=None)
@given(trees, shapes)
def test_tokens_are_the_slow_parsers(tree: Tree, shape: Shape) -> None:
    data = file_of(write(tree, shape), shape)
    rows, issues = _core.tokens(data, strict=True)
    start = 132 + 8 + len(SYNTAX["implicit" if shape.implicit else "explicit", shape.order]) // 2 * 2
    start += len(SYNTAX["implicit" if shape.implicit else "explicit", shape.order]) % 2 * 2
    expected = parse(data, start, Encoding(shape.implicit, shape.order), set(SEQUENCES))
    assert issues == []
    assert rows[1:] == expected


@settings(max_examples=300, deadline=None)
@given(trees, shapes, st.data())
def test_broken_data_give_issues_or_errors_with_a_place(tree: Tree, shape: Shape, draw: st.DataObject) -> None:
    data = bytearray(file_of(write(tree, shape), shape))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(132, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = bytes(data[: draw.draw(st.integers(140, len(data)))])
    try:
        rows, issues = _core.tokens(cut)
    except ReadError as error:
        assert error.offset is not None or error.code == "not-dicom"
        return
    assert all(value <= end <= len(cut) or end <= len(cut) for _, _, value, _, _, _, end in rows)
    if issues:
        try:
            _core.tokens(cut, strict=True)
        except ReadError as error:
            assert error.offset is not None
        else:
            raise AssertionError(issues)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    for start in (b"", bytes(128) + b"DICM"):
        try:
            _core.tokens(start + data)
        except ReadError as error:
            assert error.message
