//! The dictionaries of the core, for look-up and search.

use hounsfield_core::dictionary::{self, Attribute, Uid};
use hounsfield_core::tag::Tag;
use pyo3::prelude::*;

/// `(tag, mask, VR, VM, keyword, name, retired)`
type AttributeRow = (u32, u32, &'static str, &'static str, &'static str, &'static str, bool);
/// `(UID, name, type, keyword, retired)`
type UidRow = (&'static str, &'static str, &'static str, &'static str, bool);

fn row(found: &Attribute) -> AttributeRow {
    (found.tag.0, found.mask, found.vr, found.vm, found.keyword, found.name, found.retired)
}

fn uid_row(uid: &'static str, found: &Uid) -> UidRow {
    (uid, found.name, found.kind, found.keyword, found.retired)
}

/// The attribute with this tag.
#[pyfunction]
fn attribute(tag: u32) -> Option<AttributeRow> {
    dictionary::attribute(Tag(tag)).map(row)
}

/// The attribute with this keyword.
#[pyfunction]
fn attribute_by_keyword(keyword: &str) -> Option<AttributeRow> {
    dictionary::by_keyword(keyword).map(row)
}

/// All attributes in the order of tags.
#[pyfunction]
fn attributes() -> Vec<AttributeRow> {
    dictionary::attributes().map(row).collect()
}

/// `(VR, VM, name)` of a private attribute.
#[pyfunction]
fn private_attribute(creator: &str, tag: u32) -> Option<(&'static str, &'static str, &'static str)> {
    dictionary::private(creator, Tag(tag)).map(|found| (found.vr, found.vm, found.name))
}

/// `(creator, tag pattern, VR, VM, name)` of all private attributes.
#[pyfunction]
fn private_attributes() -> Vec<(&'static str, String, &'static str, &'static str, &'static str)> {
    dictionary::privates().map(|(creator, tag, found)| (creator, tag, found.vr, found.vm, found.name)).collect()
}

/// The registered UID.
#[pyfunction]
fn registered_uid(uid: &str) -> Option<(String, &'static str, &'static str, &'static str, bool)> {
    dictionary::uid(uid).map(|found| (uid.to_owned(), found.name, found.kind, found.keyword, found.retired))
}

/// All registered UIDs.
#[pyfunction]
fn registered_uids() -> Vec<UidRow> {
    dictionary::uids().map(|(uid, found)| uid_row(uid, found)).collect()
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(attribute, module)?)?;
    module.add_function(wrap_pyfunction!(attribute_by_keyword, module)?)?;
    module.add_function(wrap_pyfunction!(attributes, module)?)?;
    module.add_function(wrap_pyfunction!(private_attribute, module)?)?;
    module.add_function(wrap_pyfunction!(private_attributes, module)?)?;
    module.add_function(wrap_pyfunction!(registered_uid, module)?)?;
    module.add_function(wrap_pyfunction!(registered_uids, module)?)
}
