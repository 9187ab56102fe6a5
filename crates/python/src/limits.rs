//! `hounsfield.settings.Limits` as the core's limits.

use hounsfield_core::limits::Limits;
use pyo3::prelude::*;

/// Anything with the four attributes of `Limits`; `None` stands for the defaults.
pub struct LimitsArgument(pub Limits);

impl<'py> FromPyObject<'_, 'py> for LimitsArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(Limits {
            depth: object.getattr("depth")?.extract()?,
            elements: object.getattr("elements")?.extract()?,
            header_bytes: object.getattr("header_bytes")?.extract()?,
            inflated_bytes: object.getattr("inflated_bytes")?.extract()?,
        }))
    }
}
