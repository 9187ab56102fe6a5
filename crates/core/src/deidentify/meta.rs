//! File Meta Information (PS3.10 7.1), written anew: nothing of the old one but the transfer syntax is kept.

use super::output::Output;
use crate::error::Result;
use crate::tag::Tag;
use crate::token::Encoding;
use crate::vr::Vr;

/// UID of this implementation, under the root 2.25.
const IMPLEMENTATION: &[u8] = b"2.25.161803398874989484820458683436563811";

/// Preamble of zeros, prefix and group 0002.
///
/// # Errors
/// UIDs that are longer than an element can be.
pub fn write(class: &[u8], instance: &[u8], syntax: &[u8], version: &[u8]) -> Result<Vec<u8>> {
    let mut group = Output::default();
    let explicit = Encoding::EXPLICIT;
    group.element(Tag(0x0002_0001), Vr::OB, explicit, &[0, 1])?;
    group.element(Tag(0x0002_0002), Vr(*b"UI"), explicit, class)?;
    if !instance.is_empty() {
        group.element(Tag(0x0002_0003), Vr(*b"UI"), explicit, instance)?;
    }
    group.element(Tag(0x0002_0010), Vr(*b"UI"), explicit, syntax)?;
    group.element(Tag(0x0002_0012), Vr(*b"UI"), explicit, IMPLEMENTATION)?;
    group.element(Tag(0x0002_0013), Vr(*b"SH"), explicit, version)?;
    let mut all = Output::from_bytes(vec![0; 128]);
    all.bytes.extend(b"DICM");
    all.element(Tag(0x0002_0000), Vr(*b"UL"), explicit, &(group.bytes.len() as u32).to_le_bytes())?;
    all.bytes.extend(group.bytes);
    Ok(all.bytes)
}
