//! `dump`: a file as lines or as DICOM JSON, written in pieces.

use hounsfield_core::error::{Error, Kind, Result as CoreResult};
use hounsfield_core::path::Path;
use hounsfield_core::show::{self, Options};
use hounsfield_core::table::Counted;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::errors;
use crate::foreign::PythonForeign;
use crate::issues;
use crate::limits::LimitsArgument;
use crate::origin::OriginArgument;

/// `hounsfield.files.dump.Choice`.
#[derive(FromPyObject)]
struct Choice {
    full: bool,
    offsets: bool,
    paths: Vec<String>,
    uri: Option<String>,
    json: bool,
}

/// A path that cannot be read gives the part that is neither keyword nor tag.
pub fn path(py: Python<'_>, text: &str) -> PyResult<Path> {
    Path::parse(text).map_err(|part| {
        let message = format!("'{part}' is neither a keyword nor a tag");
        let error = py.import("hounsfield.errors").and_then(|module| module.getattr("UsageError")?.call1((message,)));
        error.map_or_else(|failure| failure, PyErr::from_value)
    })
}

/// Write `origin` through `write(text)`; the issues that were met.
#[pyfunction]
fn dump(
    py: Python<'_>,
    origin: OriginArgument,
    limits: LimitsArgument,
    choice: Choice,
    decode: Py<PyAny>,
    write: Py<PyAny>,
) -> PyResult<Bound<'_, PyList>> {
    let paths = choice.paths.iter().map(|text| path(py, text)).collect::<PyResult<_>>()?;
    let options = Options { full: choice.full, offsets: choice.offsets, paths, uri: choice.uri };
    let mut foreign = PythonForeign::new(decode);
    let mut failure = None;
    let done = py.detach(|| -> CoreResult<Vec<Counted>> {
        let mut write = |text: &str| {
            Python::attach(|py| write.call1(py, (text,))).map(drop).map_err(|error| {
                failure = Some(error);
                Error::new(Kind::Io, "write", "the output was refused")
            })
        };
        let mut source = origin.open()?;
        if choice.json {
            show::json(&mut source, limits.0, &options, &mut foreign, &mut write)
        } else {
            show::lines(&mut source, limits.0, &options, &mut foreign, &mut write)
        }
    });
    if let Some(error) = failure.or(foreign.failure) {
        return Err(error);
    }
    issues::rows(py, done.map_err(|error| errors::raise(py, &error, &origin.name))?.iter())
}

/// `text` with everything that a terminal would obey made visible.
#[pyfunction]
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    show::visible(text, &mut out);
    out
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(visible, module)?)?;
    module.add_function(wrap_pyfunction!(dump, module)?)
}
