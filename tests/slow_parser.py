"""The slow, obvious parser: PS3.5 7 written down as plainly as possible, to hold the core's tokeniser against.

It knows well-formed data sets only, is recursive, and shares no code with the core or with pydicom.
"""

from __future__ import annotations

from dataclasses import dataclass

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}

Row = tuple[int, str, int, int, int, str, int]


@dataclass
class Encoding:
    implicit: bool
    order: str  # "little" or "big"


@dataclass
class Parser:
    """Reads one data set into rows like those of the core: tag, VR, offset, length, depth, content, end."""

    data: bytes
    sequences: set[int]
    rows: list[Row]

    def number(self, at: int, size: int, order: str) -> int:
        assert at + size <= len(self.data)
        return int.from_bytes(self.data[at : at + size], order)  # type: ignore[arg-type]

    def tag(self, at: int, order: str) -> int:
        return self.number(at, 2, order) << 16 | self.number(at + 2, 2, order)

    def data_set(self, at: int, end: int | None, depth: int, encoding: Encoding) -> int:
        """Elements until `end`, or until an item delimiter; where it stopped."""
        while at < (len(self.data) if end is None else end):
            tag = self.tag(at, encoding.order)
            if tag == ITEM_END:
                return at
            if encoding.implicit:
                vr, length, value = "", self.number(at + 4, 4, encoding.order), at + 8
            else:
                vr = self.data[at + 4 : at + 6].decode()
                wide = vr in LONG
                length = self.number(at + (8 if wide else 6), 4 if wide else 2, encoding.order)
                value = at + (12 if wide else 8)
            at = self.element((tag, vr, value, length), depth, encoding)
        return at

    def element(self, header: tuple[int, str, int, int], depth: int, encoding: Encoding) -> int:
        tag, vr, value, length = header
        # Elements that say nothing of their VR hold items where they are known to, or where their length is open
        # (PS3.5 6.2.2 Note 2); of those only pixel data hold fragments.
        silent = vr in ("", "UN") and tag != 0x7FE00010
        if vr == "SQ" or (silent and (tag in self.sequences or length == UNDEFINED)):
            inside = Encoding(True, "little") if vr == "UN" else encoding
            return self.container(header, depth, "sequence", inside)
        if length == UNDEFINED:
            return self.container(header, depth, "fragments", encoding)
        self.rows.append((tag, vr, value, length, depth, "value", value + length))
        return value + length

    def container(self, header: tuple[int, str, int, int], depth: int, content: str, inside: Encoding) -> int:
        tag, vr, value, length = header
        index = len(self.rows)
        self.rows.append((tag, vr, value, length, depth, content, 0))
        at = value
        while length == UNDEFINED or at < value + length:
            mark = self.tag(at, inside.order)
            if mark == SEQUENCE_END:
                break
            assert mark == ITEM
            at = self.item(at, depth + 1, content, inside)
        self.rows[index] = (tag, vr, value, length, depth, content, at)
        return at + 8 if length == UNDEFINED else at

    def item(self, at: int, depth: int, content: str, inside: Encoding) -> int:
        length = self.number(at + 4, 4, inside.order)
        value = at + 8
        if content == "fragments":
            self.rows.append((ITEM, "", value, length, depth, "fragment", value + length))
            return value + length
        index = len(self.rows)
        self.rows.append((ITEM, "", value, length, depth, "item", 0))
        stop = self.data_set(value, None if length == UNDEFINED else value + length, depth + 1, inside)
        self.rows[index] = (ITEM, "", value, length, depth, "item", stop)
        return stop + 8 if length == UNDEFINED else stop


def parse(data: bytes, start: int, encoding: Encoding, sequences: set[int]) -> list[Row]:
    """Return the rows of the data set at `start`; `sequences` are the tags that are sequences without saying so."""
    parser = Parser(data, sequences, [])
    parser.data_set(start, None, 0, encoding)
    return parser.rows
