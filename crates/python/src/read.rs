//! `read`: pydicom's raw elements, built from the core's tables.
//!
//! Elements are made as pydicom's own reader makes them: sequences of stated length stay raw bytes until they are used,
//! sequences of undefined length come as items.

use std::collections::HashSet;
use std::path::PathBuf;

use hounsfield_core::error::{Error, Result as CoreResult};
use hounsfield_core::file::{self, Tables};
use hounsfield_core::limits::Limits;
use hounsfield_core::source::{Slice, Source};
use hounsfield_core::table::{Row, Table, Wanted};
use hounsfield_core::tag::Tag;
use hounsfield_core::token::Content;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::elements::ElementMaker;
use crate::errors;
use crate::issues;
use crate::limits::LimitsArgument;

/// What the caller wants of the file.
#[derive(FromPyObject)]
struct Choice {
    strict: bool,
    stop_before_pixels: bool,
    defer_size: Option<u64>,
    specific_tags: Option<HashSet<u32>>,
}

impl Choice {
    fn wanted(&self) -> Wanted {
        Wanted { strict: self.strict, stop_before_pixels: self.stop_before_pixels, ..Wanted::default() }
    }

    fn skips(&self, tag: Tag) -> bool {
        tag != Tag::CHARACTER_SET && self.specific_tags.as_ref().is_some_and(|tags| !tags.contains(&tag.0))
    }

    fn partial(&self) -> bool {
        self.stop_before_pixels || self.defer_size.is_some() || self.specific_tags.is_some()
    }
}

struct Builder<'a, 'py, S> {
    py: Python<'py>,
    maker: &'a mut ElementMaker,
    choice: Option<&'a Choice>,
    source: &'a mut S,
    limit_hit: Option<Tag>,
}

impl<'py, S: Source> Builder<'_, 'py, S> {
    /// The elements of one data set, and the sequences among them that the caller has to build: in the dictionary these
    /// stand as `None` to keep the order.
    fn elements(&mut self, rows: &[Row], from: usize, to: usize) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyList>)> {
        let elements = PyDict::new(self.py);
        let sequences = PyList::empty(self.py);
        // pydicom applies these to the outermost data set only.
        let top = rows.get(from).is_some_and(|row| row.token.depth == 0);
        let choice = self.choice.filter(|_| top);
        let mut index = from;
        while index < to {
            let Some(row) = rows.get(index) else { break };
            let skipped = choice.is_some_and(|choice| choice.skips(row.token.tag))
                || (top && row.token.content == Content::Sequence && self.limit_hit == Some(row.token.tag));
            if !skipped {
                let tag = self.maker.tag(self.py, row.token.tag)?;
                if row.token.content == Content::Sequence && row.token.is_undefined() {
                    elements.set_item(&tag, self.py.None())?;
                    sequences.append((tag, self.items(rows, index + 1, row.next)?, row.token.value))?;
                } else {
                    let defer = choice.and_then(|choice| choice.defer_size);
                    elements.set_item(&tag, self.maker.element(self.py, row, &tag, self.source, defer)?)?;
                }
            }
            index = row.next.max(index + 1);
        }
        Ok((elements, sequences))
    }

    fn items(&mut self, rows: &[Row], from: usize, to: usize) -> PyResult<Bound<'py, PyList>> {
        let items = PyList::empty(self.py);
        let mut index = from;
        while index < to {
            let Some(row) = rows.get(index) else { break };
            let (elements, sequences) = self.elements(rows, index + 1, row.next)?;
            let encoding = rows
                .get(index + 1)
                .filter(|_| row.next > index + 1)
                .map_or(row.token.encoding, |inner| inner.token.encoding);
            items.append((
                elements,
                sequences,
                encoding.implicit,
                !encoding.big_endian,
                row.token.is_undefined(),
                row.token.start,
            ))?;
            index = row.next.max(index + 1);
        }
        Ok(items)
    }

    fn table(&mut self, table: &Table) -> PyResult<Bound<'py, PyTuple>> {
        // What lies too deep for the limits is left out whole: pydicom would recurse into it on first use.
        self.limit_hit = table
            .issues
            .iter()
            .any(|issue| issue.error.code == "limit-depth")
            .then(|| table.rows.iter().rev().find(|row| row.token.depth == 0).map(|row| row.token.tag))
            .flatten();
        self.elements(&table.rows, 0, table.rows.len())?.into_pyobject(self.py)
    }
}

fn build<'py, S: Source>(
    py: Python<'py>,
    tables: &Tables,
    source: &mut S,
    maker: &mut ElementMaker,
    choice: &Choice,
) -> PyResult<Bound<'py, PyDict>> {
    let result = PyDict::new(py);
    let head = &tables.head;
    let preamble = source.bytes(0, 128).map_err(|error| errors::raise(py, &error, ""))?;
    let preamble = head.preamble.then(|| PyBytes::new(py, preamble));
    let mut outer = Builder { py, maker, choice: None, source, limit_hit: None };
    result.set_item(intern!(py, "meta"), outer.table(&tables.meta)?)?;
    result.set_item(intern!(py, "command"), outer.table(&tables.command)?)?;
    let data = if let Some(inflated) = &tables.inflated {
        let source = &mut Slice::new(inflated);
        Builder { py, maker: outer.maker, choice: Some(choice), source, limit_hit: None }.table(&tables.data)?
    } else {
        outer.choice = Some(choice);
        outer.table(&tables.data)?
    };
    result.set_item(intern!(py, "data"), data)?;
    let encoding = tables.data.encoding.unwrap_or(head.data_encoding());
    result.set_item(intern!(py, "preamble"), preamble)?;
    result.set_item(intern!(py, "meta_implicit"), head.meta_implicit)?;
    result.set_item(intern!(py, "implicit"), encoding.implicit)?;
    result.set_item(intern!(py, "little_endian"), !encoding.big_endian)?;
    result.set_item(intern!(py, "issues"), issues::rows(py, tables.issues())?)?;
    Ok(result)
}

fn fail(py: Python<'_>, error: &Error, place: &str) -> PyErr {
    errors::raise(py, error, place)
}

/// Elements of a file. `maker` holds what comes from pydicom; see `hounsfield.files.read`.
#[pyfunction]
fn read_file<'py>(
    py: Python<'py>,
    path: PathBuf,
    limits: LimitsArgument,
    choice: Choice,
    mut maker: PyRefMut<'py, ElementMaker>,
) -> PyResult<Bound<'py, PyDict>> {
    let place = path.to_string_lossy().into_owned();
    let wanted = choice.wanted();
    if choice.partial() {
        let opened = py.detach(|| -> CoreResult<_> {
            let mut window = file::open(&path)?;
            let tables = file::tables(&mut window, limits.0, wanted)?;
            Ok((window, tables))
        });
        let (mut window, tables) = opened.map_err(|error| fail(py, &error, &place))?;
        return build(py, &tables, &mut window, &mut maker, &choice);
    }
    let read = py.detach(|| -> CoreResult<_> {
        let data = file::read_all(&path)?;
        let tables = file::tables(&mut Slice::new(&data), limits.0, wanted)?;
        Ok((data, tables))
    });
    let (data, tables) = read.map_err(|error| fail(py, &error, &place))?;
    build(py, &tables, &mut Slice::new(&data), &mut maker, &choice)
}

/// Elements of bytes in memory; `place` names them in errors.
#[pyfunction]
fn read_bytes<'py>(
    py: Python<'py>,
    data: &[u8],
    place: &str,
    limits: LimitsArgument,
    choice: Choice,
    mut maker: PyRefMut<'py, ElementMaker>,
) -> PyResult<Bound<'py, PyDict>> {
    let wanted = choice.wanted();
    let tables = tables_of(py, data, limits.0, wanted).map_err(|error| fail(py, &error, place))?;
    build(py, &tables, &mut Slice::new(data), &mut maker, &choice)
}

fn tables_of(py: Python<'_>, data: &[u8], limits: Limits, wanted: Wanted) -> CoreResult<Tables> {
    py.detach(|| file::tables(&mut Slice::new(data), limits, wanted))
}

/// The flat table of a data set: `(tag, vr, value offset, length, depth, content, end)` for each token, and the issues.
#[pyfunction]
#[pyo3(signature = (data, *, limits=None, strict=false))]
fn tokens<'py>(
    py: Python<'py>,
    data: &[u8],
    limits: Option<LimitsArgument>,
    strict: bool,
) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
    let limits = limits.map_or_else(Limits::default, |given| given.0);
    let wanted = Wanted { strict, ..Wanted::default() };
    let tables = tables_of(py, data, limits, wanted).map_err(|error| fail(py, &error, ""))?;
    let list = PyList::empty(py);
    for row in tables.meta.rows.iter().chain(&tables.command.rows).chain(&tables.data.rows) {
        let token = &row.token;
        let content = match token.content {
            Content::Value => "value",
            Content::Sequence => "sequence",
            Content::Item => "item",
            Content::Fragments => "fragments",
            Content::Fragment => "fragment",
        };
        list.append((token.tag.0, token.vr.as_str(), token.value, token.length, token.depth, content, row.end))?;
    }
    Ok((list, issues::rows(py, tables.issues())?))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<ElementMaker>()?;
    module.add_function(wrap_pyfunction!(read_file, module)?)?;
    module.add_function(wrap_pyfunction!(read_bytes, module)?)?;
    module.add_function(wrap_pyfunction!(tokens, module)?)
}
