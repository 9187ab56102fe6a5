//! One input as Python hands it over: a path, or bytes with a name.

use std::path::PathBuf;

use hounsfield_core::error::Result;
use hounsfield_core::file;
use hounsfield_core::source::{Slice, Source, Window};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

/// `hounsfield.files.source.Input`.
#[derive(FromPyObject)]
pub struct OriginArgument {
    /// Names it in errors.
    pub name: String,
    path: Option<PathBuf>,
    data: Option<PyBackedBytes>,
}

/// A file read by windows, or bytes.
pub enum Opened<'a> {
    Window(Window),
    Slice(Slice<'a>),
}

impl OriginArgument {
    /// Ready to be read.
    pub fn open(&self) -> Result<Opened<'_>> {
        match (&self.path, &self.data) {
            (Some(path), _) => Ok(Opened::Window(file::open(path)?)),
            (None, Some(data)) => Ok(Opened::Slice(Slice::new(data))),
            (None, None) => Ok(Opened::Slice(Slice::new(&[]))),
        }
    }
}

impl Source for Opened<'_> {
    fn bytes(&mut self, offset: u64, count: usize) -> Result<&[u8]> {
        match self {
            Self::Window(window) => window.bytes(offset, count),
            Self::Slice(slice) => slice.bytes(offset, count),
        }
    }

    fn end(&self) -> Option<u64> {
        match self {
            Self::Window(window) => window.end(),
            Self::Slice(slice) => slice.end(),
        }
    }
}
