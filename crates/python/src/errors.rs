//! Core errors as the exceptions of `hounsfield.errors`.

use hounsfield_core::error::{Error, Kind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::NotDicom => "NotDicomError",
        Kind::Truncated => "TruncatedError",
        Kind::Malformed => "MalformedError",
        Kind::Limit => "LimitError",
        Kind::Unsupported => "UnsupportedError",
        Kind::Locked => "LockedError",
        Kind::Io => "ReadError",
    }
}

/// The exception for `error` in the file `place`.
pub fn raise(py: Python<'_>, error: &Error, place: &str) -> PyErr {
    build(py, error, place).unwrap_or_else(|failure| failure)
}

fn build(py: Python<'_>, error: &Error, place: &str) -> PyResult<PyErr> {
    let keywords = PyDict::new(py);
    keywords.set_item("where", place)?;
    keywords.set_item("tag", error.tag.map(|tag| tag.0))?;
    keywords.set_item("offset", error.offset)?;
    keywords.set_item("code", error.code)?;
    let exception =
        py.import("hounsfield.errors")?.getattr(class(error.kind))?.call((error.message.as_str(),), Some(&keywords))?;
    Ok(PyErr::from_value(exception))
}
