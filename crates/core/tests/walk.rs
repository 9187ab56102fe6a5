//! The walk over hand-made data sets: every shape of PS3.5 7, and every way in which files break it.

use hounsfield_core::error::Kind;
use hounsfield_core::file::{tables, Tables};
use hounsfield_core::inflate::InflateWindow;
use hounsfield_core::limits::Limits;
use hounsfield_core::source::{Slice, Source};
use hounsfield_core::table::{collect, Wanted};
use hounsfield_core::token::{Content, Encoding};

const ITEM: &[u8] = &[0xFE, 0xFF, 0x00, 0xE0];
const ITEM_END: &[u8] = &[0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0];
const SEQUENCE_END: &[u8] = &[0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
const UNDEFINED: [u8; 4] = [0xFF; 4];

fn tag(group: u16, element: u16) -> Vec<u8> {
    [group.to_le_bytes(), element.to_le_bytes()].concat()
}

/// An explicit element with a 16-bit length.
fn short(group: u16, element: u16, vr: &str, value: &[u8]) -> Vec<u8> {
    let length = (value.len() as u16).to_le_bytes();
    [&tag(group, element), vr.as_bytes(), &length, value].concat()
}

/// An explicit element with a 32-bit length.
fn long(group: u16, element: u16, vr: &str, length: [u8; 4], value: &[u8]) -> Vec<u8> {
    [&tag(group, element), vr.as_bytes(), &[0, 0], &length, value].concat()
}

fn item(length: [u8; 4], value: &[u8]) -> Vec<u8> {
    [ITEM, &length, value].concat()
}

fn le(number: usize) -> [u8; 4] {
    (number as u32).to_le_bytes()
}

fn file(syntax: &str, data: &[u8]) -> Vec<u8> {
    let mut uid = syntax.as_bytes().to_vec();
    if uid.len() % 2 == 1 {
        uid.push(0);
    }
    [&[0; 128], b"DICM".as_slice(), &short(2, 0x10, "UI", &uid), data].concat()
}

fn read(data: &[u8]) -> Tables {
    tables(&mut Slice::new(data), Limits::default(), Wanted::default()).unwrap_or_default()
}

fn failure(data: &[u8], wanted: Wanted) -> (Kind, &'static str, Option<u64>) {
    match tables(&mut Slice::new(data), Limits::default(), wanted) {
        Ok(_) => (Kind::Io, "nothing failed", None),
        Err(error) => (error.kind, error.code, error.offset),
    }
}

fn codes(tables: &Tables) -> Vec<&'static str> {
    tables.issues().map(|counted| counted.error.code).collect()
}

fn shape(tables: &Tables) -> Vec<(u32, u16, u64)> {
    tables.data.rows.iter().map(|row| (row.token.tag.0, row.token.depth, row.end - row.token.value)).collect()
}

const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const STRICT: Wanted =
    Wanted { strict: true, stop_before_pixels: false, only_group: None, detect: true, descend: true };

#[test]
fn sequences_of_both_kinds_of_length_give_the_same_tree() {
    let name = short(0x10, 0x10, "PN", b"A^B ");
    let inner = short(8, 0x100, "SH", b"CODE");
    let defined = item(le(inner.len()), &inner);
    let open = [item(UNDEFINED, &inner), ITEM_END.to_vec()].concat();
    let one = long(8, 0x1032, "SQ", le(defined.len()), &defined);
    let two = [long(8, 0x1032, "SQ", UNDEFINED, &open), SEQUENCE_END.to_vec()].concat();
    for sequence in [one, two] {
        let found = read(&file(EXPLICIT, &[sequence, name.clone()].concat()));
        let tags: Vec<_> = shape(&found).iter().map(|row| (row.0, row.1)).collect();
        assert_eq!(tags, [(0x0008_1032, 0), (0xFFFE_E000, 1), (0x0008_0100, 2), (0x0010_0010, 0)]);
        assert!(codes(&found).is_empty());
        assert_eq!(found.data.rows.first().map(|row| row.next), Some(3));
    }
}

#[test]
fn unknown_holding_a_sequence_is_entered_in_implicit_form() {
    let inner = [tag(8, 0x100), le(4).to_vec(), b"CODE".to_vec()].concat();
    let content = [item(UNDEFINED, &inner), ITEM_END.to_vec(), SEQUENCE_END.to_vec()].concat();
    let found = read(&file(EXPLICIT, &long(9, 0x1001, "UN", UNDEFINED, &content)));
    let contents: Vec<_> = found.data.rows.iter().map(|row| row.token.content).collect();
    assert_eq!(contents, [Content::Sequence, Content::Item, Content::Value]);
    assert!(codes(&found).is_empty());
}

#[test]
fn encapsulated_frames_are_fragments_not_items() {
    let fragments = [item(le(0), b""), item(le(4), b"\xFF\xD8\xFF\xD9"), SEQUENCE_END.to_vec()].concat();
    let found = read(&file("1.2.840.10008.1.2.4.50", &long(0x7FE0, 0x10, "OB", UNDEFINED, &fragments)));
    assert_eq!(shape(&found), [(0x7FE0_0010, 0, 20), (0xFFFE_E000, 1, 0), (0xFFFE_E000, 1, 4)]);
}

#[test]
fn truncation_is_an_issue_or_an_error_with_its_place() {
    let whole = file(EXPLICIT, &short(0x10, 0x10, "PN", b"A^B^C^D^"));
    for cut in 1..8 {
        let short = whole.get(..whole.len() - cut).unwrap_or_default();
        assert_eq!(codes(&read(short)), ["value-truncated"]);
        assert_eq!(failure(short, STRICT), (Kind::Truncated, "value-truncated", Some(160)));
    }
    let header_only = whole.get(..whole.len() - 10).unwrap_or_default();
    assert_eq!(codes(&read(header_only)), ["trailing-bytes"]);
}

#[test]
fn misplaced_delimiters_are_skipped_and_counted() {
    let data = [SEQUENCE_END, ITEM_END, ITEM_END, &short(0x10, 0x10, "PN", b"A^B ")].concat();
    let found = read(&file(EXPLICIT, &[short(8, 5, "CS", b""), data].concat()));
    assert_eq!(shape(&found).last().map(|row| row.0), Some(0x0010_0010));
    assert_eq!(found.data.issues.iter().map(|issue| issue.count).sum::<u64>(), 3);
}

#[test]
fn a_sequence_of_something_else_is_passed_over() {
    let rubbish = short(8, 0x100, "SH", b"CODE");
    let name = short(0x10, 0x10, "PN", b"A^B ");
    let found = read(&file(EXPLICIT, &[long(8, 0x1032, "SQ", le(rubbish.len()), &rubbish), name].concat()));
    assert_eq!(codes(&found), ["item-expected"]);
    assert_eq!(shape(&found).last().map(|row| row.0), Some(0x0010_0010));
}

#[test]
fn an_unclosed_sequence_keeps_what_it_holds() {
    let inner = short(8, 0x100, "SH", b"CODE");
    let found = read(&file(EXPLICIT, &long(8, 0x1032, "SQ", UNDEFINED, &item(UNDEFINED, &inner))));
    assert_eq!(codes(&found), ["unclosed-sequence"]);
    assert_eq!(found.data.rows.len(), 3);
}

#[test]
fn depth_elements_and_inflated_bytes_are_bounded() {
    let nest: Vec<u8> = long(8, 0x1032, "SQ", UNDEFINED, &item(UNDEFINED, b"")).repeat(1000);
    assert_eq!(failure(&file(EXPLICIT, &nest), STRICT).1, "limit-depth");
    assert_eq!(codes(&read(&file(EXPLICIT, &nest))), ["limit-depth"]);
    let few = Limits { elements: 10, ..Limits::default() };
    let many = file(EXPLICIT, &short(9, 1, "LO", b"").repeat(20));
    let error = tables(&mut Slice::new(&many), few, STRICT).err();
    assert_eq!(error.map(|error| error.code), Some("limit-elements"));
}

#[test]
fn big_endian_and_undeclared_encodings_are_recognised() {
    let big = [0, 8, 0, 0x60, b'C', b'S', 0, 2, b'M', b'R'];
    let found = read(&file("1.2.840.10008.1.2.2", &big));
    assert_eq!(shape(&found), [(0x0008_0060, 0, 2)]);
    let lying = read(&file(EXPLICIT, &big));
    assert_eq!(codes(&lying), ["syntax-contradicted"]);
    assert_eq!(lying.data.encoding, Some(Encoding::BIG_ENDIAN));
    let implicit = [tag(8, 0x60), le(2).to_vec(), b"MR".to_vec()].concat();
    assert_eq!(codes(&read(&file(EXPLICIT, &implicit))), ["syntax-contradicted"]);
}

#[test]
fn files_without_preamble_need_two_plausible_elements() {
    let bare = [short(8, 5, "CS", b"ISO_IR 100"), short(8, 0x60, "CS", b"MR")].concat();
    assert_eq!(read(&bare).data.rows.len(), 2);
    assert_eq!(failure(b"\x08\x00 this is only text that starts oddly", STRICT).0, Kind::NotDicom);
    assert_eq!(failure(b"", STRICT).1, "empty");
    assert_eq!(failure(&[&[0; 128], b"DICM".as_slice()].concat(), STRICT).1, "no-data-set");
}

#[test]
fn a_deflated_stream_gives_the_bytes_of_the_whole() -> Result<(), Box<dyn std::error::Error>> {
    use std::io::Write;
    let plain: Vec<u8> = (0..60_000_u32).flat_map(|number| short(9, number as u16, "LO", b"TEXT")).collect();
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&plain)?;
    let packed = encoder.finish()?;
    let mut window = InflateWindow::new(packed.as_slice(), 1 << 20);
    assert_eq!(window.bytes(500_000, 12)?, plain.get(500_000..500_012).unwrap_or_default());
    let mut window = InflateWindow::new(packed.as_slice(), 1 << 20);
    let streamed = collect(&mut window, 0, Encoding::EXPLICIT, Limits::default(), Wanted::default())?;
    assert_eq!(streamed.rows.len(), 60_000);
    let mut small = InflateWindow::new(packed.as_slice(), 1000);
    assert_eq!(small.bytes(0, 400_000).err().map(|error| error.code), Some("limit-inflated-bytes"));
    Ok(())
}
