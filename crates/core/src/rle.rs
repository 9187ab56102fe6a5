//! DICOM RLE (PS3.5 G): PackBits of byte planes, most significant byte of the first sample first.

use crate::error::{Error, Kind, Result};

const HEADER: usize = 64;
const MOST_SEGMENTS: usize = 15;

/// What one frame looks like when it is not compressed: samples of `width` bytes, little endian, interleaved.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Samples of a pixel.
    pub samples: usize,
    /// Bytes of a sample.
    pub width: usize,
}

impl Shape {
    const fn pixels(self) -> usize {
        self.rows.saturating_mul(self.columns)
    }

    const fn segments(self) -> usize {
        self.samples.saturating_mul(self.width)
    }

    /// Offset in a pixel of the byte that segment `index` holds.
    const fn place(self, index: usize) -> usize {
        let (sample, byte) = (index / self.width, index % self.width);
        sample * self.width + (self.width - 1 - byte)
    }

    fn check(self, length: usize) -> Result<()> {
        if self.width == 0 || self.samples == 0 || self.segments() > MOST_SEGMENTS {
            let text = format!("RLE holds at most {MOST_SEGMENTS} byte planes; this image has {}", self.segments());
            return Err(Error::new(Kind::Unsupported, "rle-planes", text));
        }
        if length != self.pixels().saturating_mul(self.segments()) {
            return Err(Error::new(Kind::Malformed, "rle-shape", "the pixels do not have the stated shape"));
        }
        Ok(())
    }
}

/// Decode a frame into `out`; gives how many bytes beyond a full plane the segments hold together.
///
/// # Errors
/// When the number of segments is not that of the image, an offset is outside the frame, or a plane is not filled.
pub fn decode(data: &[u8], shape: Shape, out: &mut [u8]) -> Result<u64> {
    shape.check(out.len())?;
    let bounds = segments(data, shape.segments())?;
    let pixels = shape.pixels();
    let step = shape.segments();
    let mut surplus = 0;
    let mut planes = if step > 1 { vec![0; pixels * step] } else { Vec::new() };
    for (index, &(start, end)) in bounds.iter().enumerate() {
        let segment = data.get(start..end).unwrap_or_default();
        let target = if step > 1 { planes.get_mut(index * pixels..(index + 1) * pixels) } else { Some(&mut *out) };
        surplus += unpack(segment, target.unwrap_or_default()).map_err(|filled| {
            let text = format!("RLE segment {} gives {filled} of {pixels} bytes", index + 1);
            Error::new(Kind::Truncated, "rle-short", text)
        })?;
    }
    if step > 1 {
        interleave(&planes, shape, out);
    }
    Ok(surplus)
}

/// Bring the planes of each pixel side by side.
fn interleave(planes: &[u8], shape: Shape, out: &mut [u8]) {
    let (pixels, step) = (shape.pixels().max(1), shape.segments());
    let mut each = planes.chunks_exact(pixels);
    if let (2, 2, Some(high), Some(low)) = (step, shape.width, each.next(), each.next()) {
        // Most images: the compiler makes many at a time of this.
        for ((pair, high), low) in out.chunks_exact_mut(2).zip(high).zip(low) {
            pair.copy_from_slice(&[*low, *high]);
        }
        return;
    }
    for (index, plane) in planes.chunks_exact(pixels).enumerate() {
        for (place, byte) in out.iter_mut().skip(shape.place(index)).step_by(step).zip(plane) {
            *place = *byte;
        }
    }
}

fn segments(data: &[u8], wanted: usize) -> Result<Vec<(usize, usize)>> {
    let header: Vec<usize> = data
        .get(..HEADER)
        .ok_or_else(|| Error::new(Kind::Truncated, "rle-header", "the RLE header of 64 bytes is not whole"))?
        .chunks_exact(4)
        .map(|bytes| bytes.iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte)))
        .collect();
    let count = header.first().copied().unwrap_or_default();
    if count != wanted {
        let text = format!("its RLE header names {count} segments, the image has {wanted} byte planes");
        return Err(Error::new(Kind::Malformed, "rle-segments", text));
    }
    let starts = header.get(1..=wanted).unwrap_or_default();
    let mut bounds = Vec::with_capacity(wanted);
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(data.len());
        if start < HEADER || start >= end || end > data.len() {
            let text =
                format!("RLE segment {} lies at bytes {start} to {end} of a frame of {} bytes", index + 1, data.len());
            return Err(Error::new(Kind::Malformed, "rle-offset", text));
        }
        bounds.push((start, end));
    }
    Ok(bounds)
}

/// Fill `out`; gives the bytes that were left over, or how many came where they were too few.
fn unpack(data: &[u8], out: &mut [u8]) -> std::result::Result<u64, usize> {
    let (mut at, mut filled, mut surplus) = (0, 0, 0);
    while let Some(&control) = data.get(at) {
        at += 1;
        let room = out.len() - filled;
        if control < 128 {
            let length = usize::from(control) + 1;
            let rest = data.get(at..).unwrap_or_default();
            let given = rest.get(..length).unwrap_or(rest);
            let kept = given.len().min(room);
            if let (Some(to), Some(from)) = (out.get_mut(filled..filled + kept), given.get(..kept)) {
                to.copy_from_slice(from);
            }
            filled += kept;
            // A segment is padded to an even length; what then looks like a run is not one.
            surplus += if given.len() == length { length - kept } else { 0 };
            at += length;
        } else if control > 128 {
            let Some(&value) = data.get(at) else { break };
            at += 1;
            let length = 257 - usize::from(control);
            let kept = length.min(room);
            if let Some(to) = out.get_mut(filled..filled + kept) {
                to.fill(value);
            }
            filled += kept;
            surplus += length - kept;
        }
    }
    if filled == out.len() {
        Ok(surplus as u64)
    } else {
        Err(filled)
    }
}

/// Encode a frame.
///
/// # Errors
/// When it has more than 15 byte planes, or `pixels` not the stated shape.
pub fn encode(pixels: &[u8], shape: Shape) -> Result<Vec<u8>> {
    shape.check(pixels.len())?;
    let step = shape.segments();
    let mut body = Vec::with_capacity(pixels.len() / 2);
    let mut header = vec![step as u32];
    let mut row = vec![0; shape.columns];
    for index in 0..step {
        header.push((HEADER + body.len()) as u32);
        for line in pixels.chunks_exact((shape.columns * step).max(1)) {
            for (to, from) in row.iter_mut().zip(line.iter().skip(shape.place(index)).step_by(step)) {
                *to = *from;
            }
            pack(&row, &mut body);
        }
        if body.len() % 2 == 1 {
            body.push(0);
        }
    }
    if body.len() > (u32::MAX as usize) - HEADER {
        return Err(Error::new(Kind::Unsupported, "rle-size", "the frame is too large for the offsets of RLE"));
    }
    header.resize(HEADER / 4, 0);
    let mut made: Vec<u8> = header.iter().flat_map(|value| value.to_le_bytes()).collect();
    made.append(&mut body);
    Ok(made)
}

/// One row: runs of three and more are replicated, everything else is literal.
fn pack(row: &[u8], made: &mut Vec<u8>) {
    let mut literal = 0;
    let mut at = 0;
    while let Some(&value) = row.get(at) {
        let rest = row.get(at..).unwrap_or_default();
        let run = rest.iter().take(128).take_while(|byte| **byte == value).count();
        if run >= 3 || (run == 2 && literal == at) {
            flush(row.get(literal..at).unwrap_or_default(), made);
            made.push((257 - run) as u8);
            made.push(value);
            at += run;
            literal = at;
        } else {
            at += run;
        }
    }
    flush(row.get(literal..).unwrap_or_default(), made);
}

fn flush(literal: &[u8], made: &mut Vec<u8>) {
    for part in literal.chunks(128) {
        made.push((part.len() - 1) as u8);
        made.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(rows: usize, columns: usize, samples: usize, width: usize) -> Shape {
        Shape { rows, columns, samples, width }
    }

    fn back(pixels: &[u8], shape: Shape) -> Vec<u8> {
        let made = encode(pixels, shape).unwrap_or_default();
        let mut out = vec![0; pixels.len()];
        assert_eq!(decode(&made, shape, &mut out), Ok(0));
        out
    }

    #[test]
    fn what_is_packed_comes_back() {
        for (rows, columns, samples, width) in
            [(1, 1, 1, 1), (3, 5, 1, 2), (2, 300, 3, 1), (7, 1, 3, 2), (4, 4, 1, 8), (5, 129, 3, 4)]
        {
            let count = rows * columns * samples * width;
            for modulus in [1_usize, 2, 3, 7, 251] {
                let pixels: Vec<u8> = (0..count).map(|index| ((index * index / 9) % modulus) as u8).collect();
                assert_eq!(back(&pixels, shape(rows, columns, samples, width)), pixels);
            }
        }
    }

    #[test]
    fn the_most_significant_byte_of_the_first_sample_comes_first() {
        let made = encode(&[0x34, 0x12], shape(1, 1, 1, 2)).unwrap_or_default();
        assert_eq!(made.get(64..), Some(&[0, 0x12, 0, 0x34][..]));
        assert_eq!(made.get(..12), Some(&[2, 0, 0, 0, 64, 0, 0, 0, 66, 0, 0, 0][..]));
    }

    #[test]
    fn broken_frames_are_refused() {
        let whole = encode(&[1, 2, 3, 4, 4, 4], shape(2, 3, 1, 1)).unwrap_or_default();
        let mut out = [0; 6];
        let code = |data: &[u8], out: &mut [u8]| decode(data, shape(2, 3, 1, 1), out).map_err(|error| error.code);
        assert_eq!(code(&whole, &mut out), Ok(0));
        assert_eq!(code(&whole[..60], &mut out), Err("rle-header"));
        assert_eq!(code(&whole[..66], &mut out), Err("rle-short"));
        let mut far = whole.clone();
        far[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(code(&far, &mut out), Err("rle-offset"));
        let mut many = whole.clone();
        many[0] = 3;
        assert_eq!(code(&many, &mut out), Err("rle-segments"));
        let mut long = whole;
        long.extend_from_slice(&[129, 9]);
        assert_eq!(code(&long, &mut out), Ok(128));
        assert_eq!(out, [1, 2, 3, 4, 4, 4]);
    }
}
