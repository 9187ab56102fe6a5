//! Counted issues as plain tuples: `(code, message, tag, offset, count)`.

use hounsfield_core::table::Counted;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// One tuple for each kind of issue.
pub fn rows<'py, 'a>(py: Python<'py>, issues: impl Iterator<Item = &'a Counted>) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for Counted { error, count } in issues {
        list.append((error.code, error.message.as_str(), error.tag.map(|tag| tag.0), error.offset, *count))?;
    }
    Ok(list)
}
