//! Bounds on what untrusted data may cost.

/// Reading stops with a limit error when one of these is passed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nesting of sequences. Real objects stay below 20.
    pub depth: u16,
    /// Elements, items and fragments together. An enhanced object of 10,000 frames has about half a million.
    pub elements: u64,
    /// Bytes read before the pixel data.
    pub header_bytes: u64,
    /// Bytes that a deflated data set may inflate to.
    pub inflated_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 64, elements: 5_000_000, header_bytes: 512 << 20, inflated_bytes: 256 << 20 }
    }
}
