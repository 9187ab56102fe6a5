//! Any bytes as a compressed picture or a video: nothing may panic or hang, and no picture ends behind its bytes.
#![no_main]

use hounsfield_core::deidentify::pictures::video::{self, Codec};
use hounsfield_core::deidentify::pictures::{begins, look, runs};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let heads: [&[u8]; 4] = [b"\xFF\xD8", b"\xFF\x4F\xFF\x51", b"\0\0\0\x0CjP  ", b"\0\0\0\x0CJXL "];
    let head = heads.get(usize::from(first % 4)).copied().unwrap_or_default();
    let whole = [head, bytes].concat();
    assert!(begins(&whole));
    let found = look(&whole);
    assert!(found.end.is_none_or(|end| end <= whole.len()));
    assert!(found.ranges.iter().all(|one| one.from < one.to));
    for one in runs::look(bytes, u64::from(*first)).ranges {
        assert!(one.from < one.to && one.to <= bytes.len().max(64));
    }
    for codec in [Codec::Mpeg2, Codec::Avc, Codec::Hevc] {
        for one in video::look(bytes, codec).ranges {
            assert!(one.from < one.to && one.to <= bytes.len());
        }
    }
});
