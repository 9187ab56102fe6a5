//! Character sets that pydicom decodes for the core.

use hounsfield_core::context::{Foreign, NoForeign};
use hounsfield_core::vr::Vr;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Calls `decode(character_set, value, vr) -> str`, and keeps the first exception that it raises.
pub struct PythonForeign {
    decode: Py<PyAny>,
    pub failure: Option<PyErr>,
}

impl PythonForeign {
    pub fn new(decode: Py<PyAny>) -> Self {
        Self { decode, failure: None }
    }
}

impl Foreign for PythonForeign {
    fn decode(&mut self, charset: &[u8], value: &[u8], vr: Vr) -> String {
        let decoded = Python::attach(|py| {
            let arguments = (PyBytes::new(py, charset), PyBytes::new(py, value), vr.as_str());
            self.decode.call1(py, arguments)?.extract::<String>(py)
        });
        decoded.unwrap_or_else(|error| {
            self.failure.get_or_insert(error);
            NoForeign.decode(charset, value, vr)
        })
    }
}
