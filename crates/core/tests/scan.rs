//! Scanning over hand-made files: what is picked, in which order, and what bad input costs.

// A test fails by panicking.
#![allow(clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use hounsfield_core::limits::Limits;
use hounsfield_core::scan::folder::walk;
use hounsfield_core::scan::pick::Picker;
use hounsfield_core::scan::value::Value;
use hounsfield_core::scan::{shared, Cell, Chunk, Columns, Job, Next, Outcome, Scanner};
use hounsfield_core::source::Slice;

fn element(group: u16, number: u16, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(group.to_le_bytes());
    bytes.extend(number.to_le_bytes());
    bytes.extend(vr.as_bytes());
    if matches!(vr, "OB" | "OW" | "SQ" | "UN") {
        bytes.extend([0, 0]);
        bytes.extend((value.len() as u32).to_le_bytes());
    } else {
        bytes.extend((value.len() as u16).to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

fn part10(body: &[u8]) -> Vec<u8> {
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    file.extend(element(2, 0x10, "UI", b"1.2.840.10008.1.2.1\0"));
    file.extend(body);
    file
}

fn columns() -> Columns {
    Columns::new(
        &["TransferSyntaxUID", "SpecificCharacterSet", "PatientName", "PixelRepresentation", "PixelPaddingValue"],
        &["SOPInstanceUID", "InstanceNumber", "SliceLocation"],
    )
    .expect("known keywords")
}

fn pick(data: &[u8], limits: Limits) -> (Outcome, Chunk, Vec<&'static str>) {
    let columns = columns();
    let mut chunk = Chunk::default();
    let (outcome, issues) = Picker::new(&columns, limits).pick(&mut Slice::new(data), &mut chunk);
    (outcome, chunk, issues.iter().map(|counted| counted.error.code).collect())
}

fn instance(data: &[u8]) -> (Vec<Option<String>>, Vec<Cell>, Chunk, Option<u64>) {
    let columns = columns();
    let (outcome, chunk, _) = pick(data, Limits::default());
    let Outcome::Instance(instance) = outcome else { panic!("not an instance: {outcome:?}") };
    let values = shared(chunk.key(&instance), &columns)
        .into_iter()
        .map(|value| {
            value.map(|value| match value {
                Value::Text(text) => text.into_owned(),
                Value::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            })
        })
        .collect();
    let own = chunk.own(&instance, columns.own()).to_vec();
    (values, own, chunk, instance.pixels)
}

fn body() -> Vec<u8> {
    [
        element(0x08, 0x05, "CS", b"ISO_IR 192"),
        element(0x08, 0x18, "UI", b"1.2.3\0"),
        element(0x10, 0x10, "PN", "Müller^A ".as_bytes()),
        element(0x20, 0x13, "IS", b"7 "),
        element(0x20, 0x1041, "DS", b"-12.5 "),
        element(0x28, 0x103, "US", &[1, 0]),
        element(0x28, 0x120, "SS", &[0x30, 0xF8]),
        element(0x7FE0, 0x10, "OW", &[0; 8]),
    ]
    .concat()
}

#[test]
fn wanted_values_and_the_place_of_the_pixels_are_picked() {
    let data = part10(&body());
    let (shared, own, chunk, pixels) = instance(&data);
    assert_eq!(
        shared,
        ["1.2.840.10008.1.2.1", "ISO_IR 192", "Müller^A", "1", "-2000"].map(|text| Some(text.to_owned()))
    );
    assert!(matches!(&own[0], Cell::Text(range) if chunk.text(range) == "1.2.3"));
    assert_eq!(&own[1..], [Cell::Integer(7), Cell::Real(-12.5)]);
    assert_eq!(pixels, Some(data.len() as u64 - 8));
}

#[test]
fn a_padding_value_without_vr_is_signed_like_the_pixels() {
    let implicit = |group: u16, number: u16, value: &[u8]| {
        let header = [group.to_le_bytes(), number.to_le_bytes()].concat();
        [header, (value.len() as u32).to_le_bytes().to_vec(), value.to_vec()].concat()
    };
    for (representation, wanted) in [(0u8, "63536"), (1, "-2000")] {
        let data = [
            implicit(0x08, 0x18, b"1.2.3\0"),
            implicit(0x28, 0x103, &[representation, 0]),
            implicit(0x28, 0x120, &[0x30, 0xF8]),
        ]
        .concat();
        assert_eq!(instance(&data).0[4].as_deref(), Some(wanted));
    }
}

#[test]
fn the_last_of_two_equal_elements_counts_and_order_does_not() {
    let data = part10(
        &[
            element(0x20, 0x13, "IS", b"7 "),
            element(0x10, 0x10, "PN", b"A "),
            element(0x08, 0x18, "UI", b"1.2.3\0"),
            element(0x10, 0x10, "PN", b"B "),
        ]
        .concat(),
    );
    let (shared, own, ..) = instance(&data);
    assert_eq!(shared[2].as_deref(), Some("B"));
    assert_eq!(own[1], Cell::Integer(7));
}

#[test]
fn what_has_no_usable_data_set_is_broken_or_other() {
    let limits = Limits::default();
    assert!(matches!(pick(&part10(b""), limits).0, Outcome::Broken(_)));
    assert!(matches!(pick(b"hello, world: this is text", limits).0, Outcome::Other(_)));
    assert!(matches!(pick(&element(0x08, 0x08, "CS", b"A "), limits).0, Outcome::Other(_)));
    let directory = [element(4, 0x1130, "CS", b"A "), element(4, 0x1200, "UL", &[0; 4])].concat();
    assert!(matches!(pick(&part10(&directory), limits).0, Outcome::Directory));
}

#[test]
fn every_truncation_of_a_file_is_handled() {
    let data = part10(&body());
    for length in 0..data.len() {
        let (outcome, chunk, issues) = pick(&data[..length], Limits::default());
        match outcome {
            Outcome::Instance(instance) => assert_eq!(chunk.own(&instance, 3).len(), 3),
            Outcome::Other(_) | Outcome::Broken(_) => {}
            other => panic!("{length}: {other:?} {issues:?}"),
        }
    }
}

#[test]
fn limits_hold_and_are_reported() {
    let mut long = body();
    long.extend((0..200).flat_map(|_| element(0x29, 0x1010, "LO", b"x ")));
    let limits = Limits { elements: 20, ..Limits::default() };
    let mut many: Vec<u8> = (0..100).flat_map(|_| element(0x09, 0x1010, "LO", b"x ")).collect();
    many.extend(body());
    let many = [element(0x08, 0x18, "UI", b"1.2.3\0"), many].concat();
    let (outcome, _, issues) = pick(&part10(&many), limits);
    assert!(matches!(outcome, Outcome::Instance(_)));
    assert_eq!(issues, ["limit-elements"]);
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("hounsfield-scan-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a temporary folder");
    folder
}

fn scan(files: Vec<PathBuf>, known: HashMap<std::ffi::OsString, (u64, i64)>) -> Vec<(usize, String)> {
    let job = Job { columns: columns(), limits: Limits::default(), files, known };
    let scanner = Scanner::start(job, 3);
    let mut found = Vec::new();
    loop {
        match scanner.next(Duration::from_millis(50)) {
            Next::Chunk(chunk) => found.extend(chunk.entries.into_iter().map(|entry| {
                let hounsfield_core::scan::Place::File(index) = entry.place else { panic!("no archives here") };
                (index, format!("{:?}", entry.outcome).split(['(', ' ']).next().unwrap_or_default().to_owned())
            })),
            Next::Wait => {}
            Next::Over => return found,
        }
    }
}

#[test]
fn many_files_come_in_order_from_several_threads() {
    let folder = folder("order");
    for number in 0..1000 {
        let data = if number % 3 == 0 { part10(&body()) } else { b"text".to_vec() };
        fs::write(folder.join(format!("{number:04}")), data).expect("a file");
    }
    let found = walk(std::slice::from_ref(&folder), 2, &AtomicBool::new(false));
    assert_eq!(found.files.len(), 1000);
    let rows = scan(found.files.clone(), HashMap::new());
    assert_eq!(rows.len(), 1000);
    for (number, (index, outcome)) in rows.iter().enumerate() {
        assert_eq!(*index, number);
        assert_eq!(outcome, if number % 3 == 0 { "Instance" } else { "Other" });
    }
    let missing: Vec<PathBuf> = found.files.iter().map(|path| path.with_extension("gone")).collect();
    assert!(scan(missing, HashMap::new()).iter().all(|(_, outcome)| outcome == "Unreadable"));
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn a_scanner_that_is_dropped_early_ends() {
    let folder = folder("drop");
    for number in 0..300 {
        fs::write(folder.join(number.to_string()), part10(&body())).expect("a file");
    }
    let files = walk(std::slice::from_ref(&folder), 2, &AtomicBool::new(false)).files;
    let repeated: Vec<PathBuf> = files.iter().cycle().take(60_000).cloned().collect();
    let job = Job { columns: columns(), limits: Limits::default(), files: repeated, known: HashMap::new() };
    let scanner = Scanner::start(job, 3);
    assert!(!matches!(scanner.next(Duration::from_secs(5)), Next::Over));
    drop(scanner);
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn a_walk_that_is_stopped_ends_and_an_unknown_root_is_reported() {
    let stopped = walk(&[std::env::temp_dir()], 2, &AtomicBool::new(true));
    assert!(stopped.files.is_empty());
    let missing = walk(&[Path::new("/no/such/folder").to_path_buf()], 2, &AtomicBool::new(false));
    assert_eq!(missing.unreadable.len(), 1);
}
