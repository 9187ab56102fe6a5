//! `columns`: values within sequences, for each item of the outermost.

use hounsfield_core::groups::{self, Column, Value};
use hounsfield_core::pixels::Input;
use hounsfield_core::tag::Tag;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyList, PyString};

use crate::errors;
use crate::input::InputArgument;
use crate::limits::LimitsArgument;

/// A number where there is one, otherwise text with backslashes; bytes of a private value without a known VR.
fn plain<'py>(py: Python<'py>, value: &Value) -> Bound<'py, PyAny> {
    match value {
        Value::Text(text) => PyString::new(py, text).into_any(),
        Value::Integers(numbers) => match numbers.as_slice() {
            [one] => PyInt::new(py, *one).into_any(),
            many => PyString::new(py, &joined(many)).into_any(),
        },
        Value::Floats(numbers) => match numbers.as_slice() {
            [one] => PyFloat::new(py, *one).into_any(),
            many => PyString::new(py, &joined(many)).into_any(),
        },
        Value::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
    }
}

fn joined<T: ToString>(numbers: &[T]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join("\\")
}

/// For each path of tags the values met before the pixel data: `(item of the outermost sequence, value)`.
#[pyfunction]
fn columns<'py>(
    py: Python<'py>,
    input: InputArgument,
    name: &str,
    paths: Vec<Vec<u32>>,
    limits: LimitsArgument,
) -> PyResult<Bound<'py, PyList>> {
    let input = Input::from(input);
    let paths: Vec<Vec<Tag>> = paths.into_iter().map(|path| path.into_iter().map(Tag).collect()).collect();
    let found =
        py.detach(|| groups::columns(&input, &paths, limits.0)).map_err(|error| errors::raise(py, &error, name))?;
    listed(py, &found)
}

fn listed<'py>(py: Python<'py>, found: &[Column]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for column in found {
        let values = PyList::empty(py);
        for (item, value) in column {
            values.append((*item, plain(py, value)))?;
        }
        list.append(values)?;
    }
    Ok(list)
}

/// `columns` of many files, read by several threads.
#[pyfunction]
fn columns_of_all(
    py: Python<'_>,
    inputs: Vec<InputArgument>,
    names: Vec<String>,
    paths: Vec<Vec<u32>>,
    limits: LimitsArgument,
    threads: usize,
) -> PyResult<Bound<'_, PyList>> {
    let inputs: Vec<Input> = inputs.into_iter().map(Input::from).collect();
    let paths: Vec<Vec<Tag>> = paths.into_iter().map(|path| path.into_iter().map(Tag).collect()).collect();
    let found = py.detach(|| groups::columns_of_all(&inputs, &paths, limits.0, threads));
    let found =
        found.map_err(|(index, error)| errors::raise(py, &error, names.get(index).map_or("", String::as_str)))?;
    let list = PyList::empty(py);
    for columns in &found {
        list.append(listed(py, columns)?)?;
    }
    Ok(list)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(columns, module)?)?;
    module.add_function(wrap_pyfunction!(columns_of_all, module)?)
}
