//! Any bytes: the head, the tables in both modes and through every source. Nothing may panic, hang or grow without bound,
//! and what the table says must lie within the data.
#![no_main]

use hounsfield_core::file::tables;
use hounsfield_core::inflate::InflateWindow;
use hounsfield_core::limits::Limits;
use hounsfield_core::source::Slice;
use hounsfield_core::table::{collect, Wanted};
use hounsfield_core::token::Encoding;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { inflated_bytes: 1 << 20, elements: 100_000, ..Limits::default() };
    for strict in [false, true] {
        let wanted = Wanted { strict, ..Wanted::default() };
        if let Ok(found) = tables(&mut Slice::new(data), limits, wanted) {
            let length = found.inflated.as_ref().map_or(data.len(), Vec::len) as u64;
            for row in &found.data.rows {
                assert!(row.token.start < length);
                assert!(row.end <= length);
                assert!(row.next <= found.data.rows.len());
            }
            assert!(!strict || found.issues().next().is_none());
        }
    }
    for encoding in [Encoding::EXPLICIT, Encoding::IMPLICIT, Encoding::BIG_ENDIAN] {
        let _ = collect(&mut Slice::new(data), 0, encoding, limits, Wanted::default());
    }
    let _ = collect(&mut InflateWindow::new(data, 1 << 20), 0, Encoding::EXPLICIT, limits, Wanted::default());
});
