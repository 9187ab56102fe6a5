//! The head of a file made from a received object (PS3.10 7.1).

/// Where a received object comes from and what it is.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Media Storage SOP Class UID.
    pub sop_class: &'a str,
    /// Media Storage SOP Instance UID.
    pub sop_instance: &'a str,
    /// Transfer Syntax UID of the data set that follows.
    pub syntax: &'a str,
    /// Implementation Class UID of the writer.
    pub implementation: &'a str,
    /// Implementation Version Name of the writer.
    pub version: &'a str,
    /// Source Application Entity Title.
    pub source: &'a str,
}

/// Preamble, prefix and File Meta Information.
#[must_use]
pub fn build(origin: &Origin<'_>) -> Vec<u8> {
    let mut group = Vec::with_capacity(256);
    // File Meta Information Version is the only value of a long form.
    group.extend(*b"\x02\x00\x01\x00OB\x00\x00\x02\x00\x00\x00\x00\x01");
    put(&mut group, 0x0002, *b"UI", origin.sop_class);
    put(&mut group, 0x0003, *b"UI", origin.sop_instance);
    put(&mut group, 0x0010, *b"UI", origin.syntax);
    put(&mut group, 0x0012, *b"UI", origin.implementation);
    put(&mut group, 0x0013, *b"SH", origin.version);
    put(&mut group, 0x0016, *b"AE", origin.source);
    let mut whole = vec![0; 128];
    whole.extend(b"DICM");
    whole.extend(*b"\x02\x00\x00\x00UL\x04\x00");
    whole.extend((group.len() as u32).to_le_bytes());
    whole.extend(group);
    whole
}

fn put(to: &mut Vec<u8>, element: u16, vr: [u8; 2], value: &str) {
    if value.is_empty() {
        return;
    }
    let mut bytes = value.as_bytes().to_vec();
    if bytes.len() % 2 == 1 {
        bytes.push(if vr == *b"UI" { 0 } else { b' ' });
    }
    to.extend([0x02, 0x00]);
    to.extend(element.to_le_bytes());
    to.extend(vr);
    to.extend((bytes.len() as u16).to_le_bytes());
    to.extend(bytes);
}
