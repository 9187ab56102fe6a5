//! A data element tag: group and element number in one word (PS3.5 7.1).

use std::fmt;

/// Group in the upper, element in the lower 16 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tag(pub u32);

impl Tag {
    /// (FFFE,E000) Item.
    pub const ITEM: Self = Self(0xFFFE_E000);
    /// (FFFE,E00D) Item Delimitation Item.
    pub const ITEM_END: Self = Self(0xFFFE_E00D);
    /// (FFFE,E0DD) Sequence Delimitation Item.
    pub const SEQUENCE_END: Self = Self(0xFFFE_E0DD);
    /// (0002,0010) Transfer Syntax UID.
    pub const TRANSFER_SYNTAX: Self = Self(0x0002_0010);
    /// (0008,0005) Specific Character Set.
    pub const CHARACTER_SET: Self = Self(0x0008_0005);
    /// (7FE0,0010) Pixel Data.
    pub const PIXEL_DATA: Self = Self(0x7FE0_0010);

    /// The group number.
    #[must_use]
    pub const fn group(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The element number within the group.
    #[must_use]
    pub const fn element(self) -> u16 {
        self.0 as u16
    }

    /// Private groups are odd (PS3.5 7.8).
    #[must_use]
    pub const fn is_private(self) -> bool {
        self.0 & 0x0001_0000 != 0
    }

    /// Pixel Data and its float and double float forms: (7FE0,0008), (7FE0,0009), (7FE0,0010).
    #[must_use]
    pub const fn is_pixel_data(self) -> bool {
        matches!(self.0, 0x7FE0_0008..=0x7FE0_0010)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "({:04X},{:04X})", self.group(), self.element())
    }
}
