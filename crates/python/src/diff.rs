//! `diff`: two files element by element.

use hounsfield_core::compare::{self, Kind, Options};
use hounsfield_core::error::{Error, Result as CoreResult};
use hounsfield_core::file::Tables;
use hounsfield_core::limits::Limits;
use hounsfield_core::rewrite;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::dump::path;
use crate::errors;
use crate::foreign::PythonForeign;
use crate::issues;
use crate::limits::LimitsArgument;
use crate::origin::OriginArgument;

/// `(path, tag, kind, VRs, values, note)`
type Row = (String, u32, &'static str, (String, String), (String, String), String);

/// Differences, their number, and the issues of both files.
type Found<'py> = (Vec<Row>, u64, Bound<'py, PyList>, Bound<'py, PyList>);

/// All that is in the file: what lies behind a limit could not be called equal.
fn tables(origin: &OriginArgument, limits: Limits) -> Result<Tables, (Error, String)> {
    let read = || -> CoreResult<Tables> { rewrite::tables(&mut origin.open()?, limits) };
    read().map_err(|error| (error, origin.name.clone()))
}

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::OnlyFirst => "only in a",
        Kind::OnlySecond => "only in b",
        Kind::Changed => "changed",
        Kind::Encoding => "encoding",
    }
}

/// Up to `most` differences, their number, and the issues of both files.
#[pyfunction]
fn diff(
    py: Python<'_>,
    origins: (OriginArgument, OriginArgument),
    limits: LimitsArgument,
    ignore: Vec<String>,
    encoding: bool,
    most: usize,
    decode: Py<PyAny>,
) -> PyResult<Found<'_>> {
    let ignore = ignore.iter().map(|text| path(py, text)).collect::<PyResult<Vec<_>>>()?;
    let options = Options { ignore, encoding, most };
    let (one, two) = &origins;
    let mut foreign = PythonForeign::new(decode);
    let done = py.detach(|| {
        let read = [tables(one, limits.0)?, tables(two, limits.0)?];
        let failed = |error: Error| (error, one.name.clone());
        let (mut first, mut second) = (one.open().map_err(failed)?, two.open().map_err(failed)?);
        let found = compare::compare([&read[0], &read[1]], [&mut first, &mut second], &mut foreign, &options)
            .map_err(failed)?;
        Ok((found, read))
    });
    if let Some(error) = foreign.failure {
        return Err(error);
    }
    let ((found, count), read) = done.map_err(|(error, place): (Error, String)| errors::raise(py, &error, &place))?;
    let rows = found.into_iter().map(|difference| {
        let [vr, other] = difference.vr.map(|vr| vr.as_str().to_owned());
        let [value, its] = difference.values;
        let tag = difference.path.0.last().map_or(0, |step| step.tag.0);
        (difference.path.to_string(), tag, word(difference.kind), (vr, other), (value, its), difference.note)
    });
    Ok((rows.collect(), count, issues::rows(py, read[0].issues())?, issues::rows(py, read[1].issues())?))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(diff, module)?)
}
