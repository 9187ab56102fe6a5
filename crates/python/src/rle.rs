//! `rle_decode` and `rle_encode`: DICOM RLE of one frame.

use hounsfield_core::rle::{self, Shape};
use numpy::{PyReadonlyArray1, PyReadwriteArray1};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;

const fn shape(sizes: (usize, usize, usize, usize)) -> Shape {
    Shape { rows: sizes.0, columns: sizes.1, samples: sizes.2, width: sizes.3 }
}

/// Decode into `out`, the bytes of `(rows, columns, samples)` numbers of `width` bytes; gives the surplus of bytes.
#[pyfunction]
fn rle_decode(
    py: Python<'_>,
    data: &[u8],
    sizes: (usize, usize, usize, usize),
    mut out: PyReadwriteArray1<'_, u8>,
) -> PyResult<u64> {
    let slice = out.as_slice_mut()?;
    py.detach(|| rle::decode(data, shape(sizes), slice)).map_err(|error| errors::raise(py, &error, ""))
}

/// Encode the bytes of `(rows, columns, samples)` numbers of `width` bytes.
#[pyfunction]
fn rle_encode<'py>(
    py: Python<'py>,
    pixels: PyReadonlyArray1<'_, u8>,
    sizes: (usize, usize, usize, usize),
) -> PyResult<Bound<'py, PyBytes>> {
    let slice = pixels.as_slice()?;
    let made = py.detach(|| rle::encode(slice, shape(sizes))).map_err(|error| errors::raise(py, &error, ""))?;
    Ok(PyBytes::new(py, &made))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(rle_decode, module)?)?;
    module.add_function(wrap_pyfunction!(rle_encode, module)?)
}
