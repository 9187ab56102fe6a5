//! Texts in videos: user data of MPEG-2 (H.262 6.3.2.2.2), supplemental information of H.264 and HEVC (Annex D of each),
//! boxes and times of MP4 (ISO/IEC 14496-12). None of them changes a pixel.

use super::{number, Found};

/// How a video is coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Codec {
    /// MPEG-2, H.262.
    Mpeg2,
    /// H.264, AVC.
    Avc,
    /// H.265, HEVC.
    Hevc,
}

/// Filler data, which decoders skip, and its second byte where a unit has one.
const AVC_FILLER: u8 = 12;
const HEVC_FILLER: u8 = 38 << 1;
const PACKET: usize = 188;
const MOST_STREAMS: usize = 64;

/// The codec of a transfer syntax (PS3.5 A.4.5 to A.4.9).
#[must_use]
pub fn codec(syntax: &[u8]) -> Option<Codec> {
    let last = syntax.strip_prefix(b"1.2.840.10008.1.2.4.")?;
    match last.strip_suffix(b".1").unwrap_or(last) {
        b"100" | b"101" => Some(Codec::Mpeg2),
        b"102" | b"103" | b"104" | b"105" | b"106" => Some(Codec::Avc),
        b"107" | b"108" => Some(Codec::Hevc),
        _ => None,
    }
}

/// Look through a video, as a stream of its own, in a transport stream or in MP4.
#[must_use]
pub fn look(whole: &[u8], codec: Codec) -> Found {
    let mut found = Found { ranges: Vec::new(), end: None };
    if whole.get(4..8) == Some(b"ftyp") {
        boxes(whole, 0, whole.len(), &mut found, 0);
    } else if whole.first() == Some(&0x47) && whole.get(PACKET).is_none_or(|byte| *byte == 0x47) {
        transport(whole, codec, &mut found);
    } else {
        for (from, to, fill) in units(whole, codec) {
            found.add(from, to, fill);
        }
    }
    found
}

/// Where each start code is.
fn starts(stream: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(step) = stream.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 1)) {
        let one = at + step;
        if one >= 2 && stream.get(one - 2..one) == Some(&[0, 0]) {
            found.push(one + 1);
        }
        at = one + 1;
    }
    found
}

/// Ranges of a stream of units that begin with start codes, and what is written over them.
fn units(stream: &[u8], codec: Codec) -> Vec<(usize, usize, u8)> {
    let places = starts(stream);
    let mut found = Vec::new();
    for (index, start) in places.iter().enumerate() {
        let next = places.get(index + 1).map_or(stream.len(), |next| next - 3);
        let unit = stream.get(*start..next).unwrap_or_default();
        // Nulls before a start code belong to it.
        let length = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let end = start + length;
        let first = unit.first().copied().unwrap_or(0);
        let size = match codec {
            Codec::Mpeg2 => {
                if first == 0xB2 {
                    found.push((start + 1, end, 0xFF));
                }
                continue;
            }
            Codec::Avc if first & 0x1F == 6 => 1,
            Codec::Hevc if matches!(first >> 1 & 0x3F, 39 | 40) => 2,
            _ => continue,
        };
        if length > size + 1 && says(unit.get(size..length).unwrap_or_default()) {
            found.push((*start, start + 1, if size == 1 { AVC_FILLER } else { HEVC_FILLER }));
            found.push((start + size, end - 1, 0xFF));
            found.push((end - 1, end, 0x80));
        }
    }
    found
}

/// Whether supplemental information holds what somebody registered, or nobody (payload types 4 and 5).
fn says(payload: &[u8]) -> bool {
    let mut bytes = Vec::with_capacity(payload.len());
    let mut nulls = 0;
    for byte in payload {
        if nulls >= 2 && *byte == 3 {
            nulls = 0;
            continue;
        }
        nulls = if *byte == 0 { nulls + 1 } else { 0 };
        bytes.push(*byte);
    }
    let mut at = 0;
    // The last byte ends the unit.
    while at + 2 < bytes.len() {
        let Some(kind) = variable(&bytes, &mut at) else { return true };
        let Some(size) = variable(&bytes, &mut at) else { return true };
        if matches!(kind, 4 | 5) {
            return true;
        }
        at += size;
    }
    false
}

/// A number as a sum of bytes, of which all but the last are 255.
fn variable(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut sum = 0;
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        sum += usize::from(byte);
        if byte != 255 {
            return Some(sum);
        }
    }
}

/// What packets carry for one stream, and where each part of it is from.
struct Carried {
    pid: u16,
    bytes: Vec<u8>,
    places: Vec<(usize, usize)>,
}

/// A transport stream: what its packets carry for each stream, one after the other, is looked through.
fn transport(whole: &[u8], codec: Codec, found: &mut Found) {
    let mut streams: Vec<Carried> = Vec::new();
    for (index, packet) in whole.chunks_exact(PACKET).enumerate() {
        let [0x47, one, two, control, ..] = packet else { continue };
        let pid = u16::from(one & 0x1F) << 8 | u16::from(*two);
        let skip = match control >> 4 & 3 {
            1 => 4,
            3 => 5 + usize::from(packet.get(4).copied().unwrap_or(0)),
            _ => continue,
        };
        let payload = packet.get(skip..).unwrap_or_default();
        if streams.len() < MOST_STREAMS && !streams.iter().any(|stream| stream.pid == pid) {
            streams.push(Carried { pid, bytes: Vec::new(), places: Vec::new() });
        }
        if let Some(stream) = streams.iter_mut().find(|stream| stream.pid == pid) {
            stream.places.push((stream.bytes.len(), index * PACKET + skip));
            stream.bytes.extend_from_slice(payload);
        }
    }
    for stream in &streams {
        for (from, to, fill) in units(&stream.bytes, codec) {
            scatter(&stream.places, stream.bytes.len(), (from, to), |one, two| found.add(one, two, fill));
        }
    }
}

/// Give the parts of a range of gathered bytes where they were gathered from.
fn scatter(places: &[(usize, usize)], length: usize, range: (usize, usize), mut give: impl FnMut(usize, usize)) {
    let first = places.partition_point(|place| place.0 <= range.0).saturating_sub(1);
    for (index, (gathered, origin)) in places.iter().enumerate().skip(first) {
        if *gathered >= range.1 {
            return;
        }
        let end = places.get(index + 1).map_or(length, |next| next.0);
        let (from, to) = (range.0.max(*gathered), range.1.min(end));
        if from < to {
            give(origin + from - gathered, origin + to - gathered);
        }
    }
}

/// Boxes of MP4: user data and the like are emptied; names of handlers and times of making are nulls.
fn boxes(whole: &[u8], from: usize, to: usize, found: &mut Found, depth: usize) {
    let mut at = from;
    while at + 8 <= to {
        let (Some(size), Some(kind)) = (number(whole, at, 4), whole.get(at + 4..at + 8)) else { return };
        let (content, end) = match size {
            0 => (at + 8, to),
            1 => (at + 16, at.saturating_add(number(whole, at + 8, 8).unwrap_or(0))),
            size => (at + 8, at + size),
        };
        if end <= at || end > to {
            return;
        }
        let wide = if whole.get(content) == Some(&1) { 16 } else { 8 };
        match kind {
            b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" | b"moof" | b"traf" if depth < 8 => {
                boxes(whole, content, end, found, depth + 1);
            }
            b"udta" | b"meta" | b"uuid" | b"free" | b"skip" | b"wide" => found.add(content, end, 0),
            b"hdlr" => found.add((content + 24).min(end), end, 0),
            b"mvhd" | b"tkhd" | b"mdhd" => found.add((content + 4).min(end), (content + 4 + wide).min(end), 0),
            _ => {}
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(whole: &[u8], codec: Codec) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        for one in look(whole, codec).ranges {
            if let Some(part) = bytes.get_mut(one.from..one.to) {
                part.fill(one.fill);
            }
        }
        bytes
    }

    #[test]
    fn texts_become_filler_and_pictures_stay() {
        let avc = b"\0\0\0\x01\x67abc\0\0\x01\x06\x05\x07JohnDoe\x80\0\0\0\x01\x06\x01\x01\0\x80\0\0\x01\x65xyz";
        let clean = b"\0\0\0\x01\x67abc\0\0\x01\x0C\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x80\0\0\0\x01\x06\x01\x01\0\x80\0\0\x01\x65xyz";
        assert_eq!(written(avc, Codec::Avc), clean);
        let hevc = b"\0\0\x01\x4E\x01\x05\x03Joe\x80\0\0\x01\x26\x01ab";
        assert_eq!(written(hevc, Codec::Hevc), b"\0\0\x01\x4C\x01\xFF\xFF\xFF\xFF\xFF\x80\0\0\x01\x26\x01ab");
        let mpeg = b"\0\0\x01\xB3ab\0\0\x01\xB2Joe\0\0\x01\x01xy";
        assert_eq!(written(mpeg, Codec::Mpeg2), b"\0\0\x01\xB3ab\0\0\x01\xB2\xFF\xFF\xFF\0\0\x01\x01xy");
    }

    #[test]
    fn texts_are_found_across_packets() {
        let unit = [b"\0\0\x01\xB2".as_slice(), &[b'J'; 200], b"\0\0\x01\x01xy"].concat();
        let mut whole = Vec::new();
        for (index, part) in unit.chunks(184).enumerate() {
            whole.extend([0x47, 1, 0, 0x10 | index as u8]);
            whole.extend(part);
            whole.resize(whole.len().div_ceil(PACKET) * PACKET, 0);
        }
        let clean = written(&whole, Codec::Mpeg2);
        assert!(!clean.contains(&b'J'));
        let filled: usize = clean.iter().map(|byte| usize::from(*byte == 0xFF)).sum();
        assert_eq!(filled, 200);
    }

    #[test]
    fn names_and_times_leave_boxes() {
        let boxed =
            |kind: &[u8], content: &[u8]| [(content.len() as u32 + 8).to_be_bytes().as_slice(), kind, content].concat();
        let times = boxed(b"mvhd", b"\0\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08rate");
        let handler = boxed(b"hdlr", &[[0; 24].as_slice(), b"Joe"].concat());
        let whole = [
            boxed(b"ftyp", b"isom"),
            boxed(b"moov", &[times, boxed(b"trak", &boxed(b"mdia", &handler)), boxed(b"udta", b"Ann")].concat()),
            boxed(b"mdat", b"pixels"),
        ]
        .concat();
        let clean = written(&whole, Codec::Avc);
        for text in [b"Joe".as_slice(), b"Ann", b"\x01\x02\x03"] {
            assert!(!clean.windows(3).any(|part| part == text));
        }
        assert!(clean.ends_with(b"pixels"));
    }

    #[test]
    fn nothing_is_read_behind_the_end() {
        for length in 0..60 {
            let unit = [b"\0\0\x01\x06\x05\xFF".as_slice(), &vec![0xFF; length]].concat();
            for codec in [Codec::Mpeg2, Codec::Avc, Codec::Hevc] {
                assert!(look(&unit, codec).ranges.iter().all(|one| one.to <= unit.len()));
            }
        }
    }
}
