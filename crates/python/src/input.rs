//! Inputs as Python gives them.

use std::path::PathBuf;

use hounsfield_core::pixels::Input;
use pyo3::prelude::*;

/// A path, or the bytes of a member of an archive.
#[derive(FromPyObject)]
pub enum InputArgument {
    Bytes(Vec<u8>),
    Path(PathBuf),
}

impl From<InputArgument> for Input {
    fn from(given: InputArgument) -> Self {
        match given {
            InputArgument::Path(path) => Self::Path(path),
            InputArgument::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}
