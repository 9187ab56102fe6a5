//! `edit`: where changes go, and the file with them done; and a data set in another encoding.

use std::io::{BufWriter, Error as IoError, Write};

use hounsfield_core::error::Result as CoreResult;
use hounsfield_core::path::Path;
use hounsfield_core::rewrite::{self, Change, Edit};
use hounsfield_core::source::Slice;
use hounsfield_core::tag::Tag;
use hounsfield_core::token::{Content, Encoding};
use hounsfield_core::vr::Vr;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::dump::path;
use crate::errors;
use crate::issues;
use crate::limits::LimitsArgument;
use crate::origin::OriginArgument;

/// `(path, found, VR, is sequence, big endian, character set, private creator)`
type TargetRow = (String, bool, String, bool, bool, Vec<u8>, Option<String>);

fn target(tables: &hounsfield_core::file::Tables, origin: &OriginArgument, path: &Path) -> CoreResult<TargetRow> {
    let table = rewrite::section(tables, path);
    let fallback = tables.head.encoding.unwrap_or(Encoding::IMPLICIT);
    let in_data = std::ptr::eq(table, &raw const tables.data);
    let place = match &tables.inflated {
        Some(inflated) if in_data => rewrite::locate(&mut Slice::new(inflated), table, path, fallback)?,
        _ => rewrite::locate(&mut origin.open()?, table, path, fallback)?,
    };
    let tag = path.0.last().map_or(hounsfield_core::tag::Tag(0), |step| step.tag);
    let vr = place.vr(table, tag);
    let row = place.found.and_then(|index| table.rows.get(index));
    let sequence = vr == Vr::SQ || row.is_some_and(|row| row.token.content != Content::Value);
    let creator = place.context.creator(tag).map(|creator| creator.to_string());
    let (_, charset) = place.context.charset();
    let big_endian = place.encoding.big_endian;
    Ok((path.to_string(), row.is_some(), vr.as_str().to_owned(), sequence, big_endian, charset.to_vec(), creator))
}

/// Where each of `paths` leads in the file.
#[pyfunction]
fn edit_targets(
    py: Python<'_>,
    origin: OriginArgument,
    limits: LimitsArgument,
    paths: Vec<String>,
) -> PyResult<(Vec<TargetRow>, Bound<'_, PyList>)> {
    let paths = paths.iter().map(|text| path(py, text)).collect::<PyResult<Vec<_>>>()?;
    let done = py.detach(|| -> CoreResult<_> {
        let tables = rewrite::tables(&mut origin.open()?, limits.0)?;
        let rows = paths.iter().map(|path| target(&tables, &origin, path)).collect::<CoreResult<Vec<_>>>()?;
        Ok((rows, tables.issues().cloned().collect::<Vec<_>>()))
    });
    let (rows, found) = done.map_err(|error| errors::raise(py, &error, &origin.name))?;
    Ok((rows, issues::rows(py, found.iter())?))
}

struct PythonWrite {
    write: Py<PyAny>,
    failure: Option<PyErr>,
}

impl Write for PythonWrite {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = Python::attach(|py| self.write.call1(py, (PyBytes::new(py, bytes),)).map(drop));
        written.map(|()| bytes.len()).map_err(|error| {
            self.failure = Some(error);
            IoError::other("the output was refused")
        })
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Give the file with the changes `(path, VR or None, value or None to delete)` to `write(bytes)`, in pieces.
#[pyfunction]
fn edit(
    py: Python<'_>,
    origin: OriginArgument,
    limits: LimitsArgument,
    changes: Vec<(String, Option<String>, Option<Vec<u8>>)>,
    write: Py<PyAny>,
) -> PyResult<()> {
    let mut edits = Vec::with_capacity(changes.len());
    for (text, vr, value) in changes {
        let vr = vr.and_then(|vr| <[u8; 2]>::try_from(vr.as_bytes()).ok()).map(Vr);
        let change = value.map_or(Change::Delete, |value| Change::Set { vr, value });
        edits.push(Edit { path: path(py, &text)?, change });
    }
    let mut out = PythonWrite { write, failure: None };
    let done = py.detach(|| -> CoreResult<()> {
        let tables = rewrite::tables(&mut origin.open()?, limits.0)?;
        let mut buffered = BufWriter::with_capacity(1 << 20, &mut out);
        rewrite::rewrite(&mut origin.open()?, &tables, &edits, &mut buffered)?;
        buffered.flush()?;
        Ok(())
    });
    if let Some(error) = out.failure {
        return Err(error);
    }
    done.map_err(|error| errors::raise(py, &error, &origin.name))
}

/// Give the data set in another encoding to `write(bytes)`, in pieces; returns the number of bytes before the first
/// element that comes after the pixel data.
#[pyfunction]
fn recode(
    py: Python<'_>,
    origin: OriginArgument,
    limits: LimitsArgument,
    implicit: bool,
    big_endian: bool,
    write: Py<PyAny>,
) -> PyResult<u64> {
    let mut out = PythonWrite { write, failure: None };
    let done = py.detach(|| -> CoreResult<u64> {
        let tables = rewrite::tables(&mut origin.open()?, limits.0)?;
        let mut buffered = BufWriter::with_capacity(1 << 20, &mut out);
        let split = rewrite::recode(&mut origin.open()?, &tables, Encoding { implicit, big_endian }, &mut buffered)?;
        buffered.flush()?;
        Ok(split)
    });
    if let Some(error) = out.failure {
        return Err(error);
    }
    done.map_err(|error| errors::raise(py, &error, &origin.name))
}

/// Give the data set of a file with its originals put back to `write(bytes)`: `originals` is a file in memory with
/// Modified Attributes Sequence, in any uncompressed transfer syntax; tags of `drop` without an original are left out.
#[pyfunction]
fn restore(
    py: Python<'_>,
    origin: OriginArgument,
    limits: LimitsArgument,
    originals: &[u8],
    drop: Vec<u32>,
    write: Py<PyAny>,
) -> PyResult<()> {
    let mut out = PythonWrite { write, failure: None };
    let drop: Vec<Tag> = drop.into_iter().map(Tag).collect();
    let done = py.detach(|| -> CoreResult<()> {
        let tables = rewrite::tables(&mut origin.open()?, limits.0)?;
        let given = rewrite::tables(&mut Slice::new(originals), limits.0)?;
        let mut alike = Vec::new();
        rewrite::recode(&mut Slice::new(originals), &given, rewrite::encoding(&tables), &mut alike)?;
        let mut buffered = BufWriter::with_capacity(1 << 20, &mut out);
        rewrite::merge(&mut origin.open()?, &tables, &alike, &drop, limits.0, &mut buffered)?;
        buffered.flush()?;
        Ok(())
    });
    if let Some(error) = out.failure {
        return Err(error);
    }
    done.map_err(|error| errors::raise(py, &error, &origin.name))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(edit_targets, module)?)?;
    module.add_function(wrap_pyfunction!(edit, module)?)?;
    module.add_function(wrap_pyfunction!(recode, module)?)?;
    module.add_function(wrap_pyfunction!(restore, module)?)
}
