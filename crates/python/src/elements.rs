//! pydicom's raw elements, made from rows of the core's tables.

use std::collections::HashMap;

use hounsfield_core::dictionary;
use hounsfield_core::source::Source;
use hounsfield_core::table::Row;
use hounsfield_core::tag::Tag;
use hounsfield_core::token::{Token, UNDEFINED};
use hounsfield_core::vr::Vr;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use crate::errors;

/// Hostile files could name millions of tags, so the cache of tag objects is bounded.
const MOST_TAGS: usize = 20_000;

/// Makes `RawDataElement`s; keeps the tag and VR objects, which are immutable and shared between elements.
#[pyclass(module = "hounsfield._core")]
pub struct ElementMaker {
    raw: Py<PyAny>,
    tag: Py<PyAny>,
    new: Py<PyAny>,
    empty: HashMap<String, Option<Py<PyAny>>>,
    tags: HashMap<u32, Py<PyAny>>,
    vrs: Vec<(Vr, Py<PyString>)>,
}

#[pymethods]
impl ElementMaker {
    /// `raw` is `pydicom.dataelem.RawDataElement`, `tag` is `pydicom.tag.BaseTag`, `empty` gives the value of an element of
    /// length 0 by VR ("" where none is stated).
    #[new]
    fn new(
        py: Python<'_>,
        raw: Py<PyAny>,
        tag: Py<PyAny>,
        empty: HashMap<String, Option<Py<PyAny>>>,
    ) -> PyResult<Self> {
        let new = py.get_type::<PyTuple>().getattr("__new__")?.unbind();
        Ok(Self { raw, tag, new, empty, tags: HashMap::new(), vrs: Vec::new() })
    }
}

impl ElementMaker {
    /// The tag object of `tag`.
    pub fn tag(&mut self, py: Python<'_>, tag: Tag) -> PyResult<Py<PyAny>> {
        if let Some(known) = self.tags.get(&tag.0) {
            return Ok(known.clone_ref(py));
        }
        let made = self.tag.call1(py, (tag.0,))?;
        if self.tags.len() < MOST_TAGS {
            self.tags.insert(tag.0, made.clone_ref(py));
        }
        Ok(made)
    }

    fn vr(&mut self, py: Python<'_>, token: &Token) -> Option<Py<PyString>> {
        if token.vr == Vr::NONE {
            // pydicom fills in the VR of a value of undefined length where the file states none.
            let known = token.is_undefined().then(|| dictionary::attribute(token.tag)).flatten()?;
            return Some(PyString::intern(py, known.vr).unbind());
        }
        if let Some((_, text)) = self.vrs.iter().find(|(vr, _)| *vr == token.vr) {
            return Some(text.clone_ref(py));
        }
        let text = PyString::intern(py, token.vr.as_str()).unbind();
        if self.vrs.len() < 64 {
            self.vrs.push((token.vr, text.clone_ref(py)));
        }
        Some(text)
    }

    fn value<S: Source>(
        &self,
        py: Python<'_>,
        row: &Row,
        source: &mut S,
        defer: Option<u64>,
    ) -> PyResult<Option<Py<PyAny>>> {
        let token = &row.token;
        if token.length == 0 {
            let empty = self.empty.get(token.vr.as_str()).and_then(Option::as_ref);
            return Ok(empty.map(|value| value.clone_ref(py)));
        }
        let length = row.end.saturating_sub(token.value);
        let stated = if token.length == UNDEFINED { length } else { u64::from(token.length) };
        if token.tag != Tag::CHARACTER_SET && defer.is_some_and(|size| stated > size) {
            return Ok(None);
        }
        let bytes = source
            .bytes(token.value, usize::try_from(length).unwrap_or(usize::MAX))
            .map_err(|error| errors::raise(py, &error, ""))?;
        Ok(Some(PyBytes::new(py, bytes).into_any().unbind()))
    }

    /// One raw element, marked as pydicom marks it.
    pub fn element<S: Source>(
        &mut self,
        py: Python<'_>,
        row: &Row,
        tag: &Py<PyAny>,
        source: &mut S,
        defer: Option<u64>,
    ) -> PyResult<Py<PyAny>> {
        let token = &row.token;
        let value = self.value(py, row, source, defer)?;
        let fields = (
            tag,
            self.vr(py, token),
            token.length,
            value,
            token.value,
            token.encoding.implicit,
            !token.encoding.big_endian,
            true,
            false,
        );
        self.new.call1(py, (&self.raw, fields))
    }
}
