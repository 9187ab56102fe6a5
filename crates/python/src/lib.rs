//! Python bindings: convert arguments, release the GIL, call the core, convert back. One file for each verb.

// Arguments arrive from Python by value.
#![allow(clippy::needless_pass_by_value)]

mod columns;
mod deidentify;
mod dictionary;
mod diff;
mod dimse;
mod dump;
mod edit;
mod elements;
mod errors;
mod foreign;
mod gather;
mod info;
mod input;
mod issues;
mod limits;
mod origin;
mod read;
mod reslice;
mod rle;
mod scan;

use pyo3::prelude::*;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("debug_build", cfg!(debug_assertions))?;
    columns::register(module)?;
    deidentify::register(module)?;
    dictionary::register(module)?;
    diff::register(module)?;
    dimse::register(module)?;
    dump::register(module)?;
    edit::register(module)?;
    gather::register(module)?;
    info::register(module)?;
    read::register(module)?;
    reslice::register(module)?;
    rle::register(module)?;
    scan::register(module)?;
    Ok(())
}
