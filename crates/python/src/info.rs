//! `info`: a few elements of a file, decoded.

use hounsfield_core::describe::{describe as run, Place, Value};
use hounsfield_core::value::Number;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::dump::path;
use crate::errors;
use crate::foreign::PythonForeign;
use crate::issues;
use crate::limits::LimitsArgument;
use crate::origin::OriginArgument;

/// `(index of the path, place, VR, values)`
type FoundRow<'py> = (usize, &'static str, String, Bound<'py, PyList>);
/// `(tag, bytes, fragments)`
type PixelsRow = (u32, u64, Option<u64>);

fn object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Text(text) => text.into_pyobject(py)?.into_any(),
        Value::Number(Number::Unsigned(number)) => number.into_pyobject(py)?.into_any(),
        Value::Number(Number::Signed(number)) => number.into_pyobject(py)?.into_any(),
        Value::Number(Number::Double(number)) => number.into_pyobject(py)?.into_any(),
        Value::Number(number @ Number::Single(single)) => {
            // The shortest decimal that is this single, not the double beside it.
            number.text().parse().unwrap_or(f64::from(*single)).into_pyobject(py)?.into_any()
        }
        Value::Number(number @ Number::Tag(_)) => number.text().into_pyobject(py)?.into_any(),
    })
}

/// The first of each of `paths` in the file, what stands for its pixels, and the issues that were met.
#[pyfunction]
fn describe(
    py: Python<'_>,
    origin: OriginArgument,
    limits: LimitsArgument,
    paths: Vec<String>,
    decode: Py<PyAny>,
) -> PyResult<(Vec<FoundRow<'_>>, Option<PixelsRow>, Bound<'_, PyList>)> {
    let paths = paths.iter().map(|text| path(py, text)).collect::<PyResult<Vec<_>>>()?;
    let mut foreign = PythonForeign::new(decode);
    let done = py.detach(|| run(&mut origin.open()?, limits.0, &paths, &mut foreign));
    if let Some(error) = foreign.failure {
        return Err(error);
    }
    let described = done.map_err(|error| errors::raise(py, &error, &origin.name))?;
    let mut rows = Vec::with_capacity(described.found.len());
    for found in &described.found {
        let place = match found.place {
            Place::Outermost => "",
            Place::Shared => "shared",
            Place::FirstFrame => "first frame",
        };
        let values = PyList::empty(py);
        for value in &found.values {
            values.append(object(py, value)?)?;
        }
        rows.push((found.wanted, place, found.vr.as_str().to_owned(), values));
    }
    let pixels = described
        .pixels
        .map(|pixels| (pixels.tag.0, pixels.bytes, pixels.fragments.map(|count| count.saturating_sub(1))));
    Ok((rows, pixels, issues::rows(py, described.issues.iter())?))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(describe, module)?)
}
