//! `deidentify`: a compiled profile applied to many files, and the search for what may be left in them.

use std::collections::HashMap;
use std::path::PathBuf;

use hounsfield_core::deidentify::batch::{self, Input, Settings};
use hounsfield_core::deidentify::keyed::Keyed;
use hounsfield_core::deidentify::residual::{self, Finding};
use hounsfield_core::deidentify::{Action, Known, Plan, Rule, Seal};
use hounsfield_core::error::{Error, Kind, Result as CoreResult};
use hounsfield_core::file;
use hounsfield_core::source::Slice;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use regex::bytes::{Regex, RegexBuilder};

use crate::errors;
use crate::input::InputArgument;
use crate::limits::LimitsArgument;

/// Numbers of the actions for type 1, 2 and 3, and the number of a text.
type Actions = ([u8; 3], Option<usize>);
/// Tag, mask, actions, text, and whether a recipe says so.
type TagRule = (u32, u32, [u8; 3], Option<usize>, bool);

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Profile {
    tags: Vec<TagRule>,
    paths: Vec<(Vec<u32>, Actions)>,
    vrs: Vec<(String, Actions)>,
    privates: Vec<(Vec<u8>, u32, Actions)>,
    texts: Vec<Vec<u8>>,
    patterns: Vec<Option<String>>,
    pattern: Option<String>,
    certain: Option<String>,
    known: Vec<(u32, u8)>,
    plain: Vec<Vec<u8>>,
    mapping: Vec<(u32, Vec<u8>, Vec<u8>)>,
    key: Vec<u8>,
    oldest: u32,
    keep_uids: bool,
    temporal: Vec<u8>,
    method: Vec<u8>,
    codes: Vec<(Vec<u8>, Vec<u8>)>,
    version: Vec<u8>,
}

/// A compiled profile.
#[pyclass(frozen, name = "DeidentifyPlan")]
struct CompiledPlan(Plan);

/// What is known of originals.
#[pyclass(frozen, name = "DeidentifyOriginals")]
struct Originals(residual::Originals);

fn regex(text: &str) -> PyResult<Regex> {
    RegexBuilder::new(text)
        .unicode(false)
        .size_limit(8 << 20)
        .build()
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

fn rule((actions, text): Actions, explicit: bool) -> PyResult<Rule> {
    let action = |number: u8| {
        Action::ALL
            .get(usize::from(number))
            .copied()
            .ok_or_else(|| PyValueError::new_err(format!("there is no action {number}")))
    };
    let [one, two, three] = actions;
    Ok(Rule { actions: [action(one)?, action(two)?, action(three)?], text, explicit })
}

/// Compile a profile.
#[pyfunction]
fn deidentify_plan(profile: Profile) -> PyResult<CompiledPlan> {
    let mut tags = HashMap::new();
    let mut masks = Vec::new();
    for (tag, mask, actions, text, explicit) in profile.tags {
        let rule = rule((actions, text), explicit)?;
        if mask == u32::MAX {
            tags.insert(tag, rule);
        } else {
            masks.push((tag, mask, rule));
        }
    }
    let paths = profile.paths.into_iter().map(|(path, actions)| Ok((path, rule(actions, true)?)));
    let vrs = profile.vrs.into_iter().map(|(vr, actions)| {
        let vr = <[u8; 2]>::try_from(vr.as_bytes()).map_err(|_| PyValueError::new_err("a VR has two letters"))?;
        Ok((vr, rule(actions, true)?))
    });
    let creators = profile.privates.iter().map(|(creator, _, _)| creator.clone()).collect();
    let privates =
        profile.privates.into_iter().map(|(creator, tag, actions)| Ok(((creator, tag), rule(actions, true)?)));
    let patterns = profile.patterns.iter().map(|text| text.as_deref().map(regex).transpose());
    let known = profile.known.iter().map(|(tag, kind)| {
        let kind = match kind {
            0 => Known::Name,
            1 => Known::Identifier,
            2 => Known::Phrase,
            _ => Known::Date,
        };
        (*tag, kind)
    });
    Ok(CompiledPlan(Plan {
        tags,
        masks,
        paths: paths.collect::<PyResult<_>>()?,
        vrs: vrs.collect::<PyResult<_>>()?,
        privates: privates.collect::<PyResult<_>>()?,
        creators,
        texts: profile.texts,
        patterns: patterns.collect::<PyResult<_>>()?,
        pattern: profile.pattern.as_deref().map(regex).transpose()?,
        certain: profile.certain.as_deref().map(regex).transpose()?,
        known: known.collect(),
        plain: profile.plain.into_iter().collect(),
        mapping: profile.mapping.into_iter().map(|(kind, original, new)| ((kind, original), new)).collect(),
        key: Keyed::new(&profile.key).ok_or_else(|| PyValueError::new_err("the key cannot be used"))?,
        oldest: profile.oldest,
        keep_uids: profile.keep_uids,
        temporal: profile.temporal,
        method: profile.method,
        codes: profile.codes,
        version: profile.version,
    }))
}

fn input(given: InputArgument) -> Input {
    match given {
        InputArgument::Path(path) => Input::Path(path),
        InputArgument::Bytes(bytes) => Input::Bytes(bytes),
    }
}

/// `(code, message, exception)`
fn failure(py: Python<'_>, error: Option<&Error>, name: &str) -> Option<PyErr> {
    error.map(|error| errors::raise(py, error, name))
}

/// What `function` makes of the originals of one file.
fn envelopes(function: &Py<PyAny>, originals: &[u8], syntax: &str) -> CoreResult<Vec<Vec<u8>>> {
    Python::attach(|py| {
        let made = function.call1(py, (PyBytes::new(py, originals), syntax))?;
        made.extract::<Vec<Vec<u8>>>(py)
    })
    .map_err(|error| Error::new(Kind::Unsupported, "envelope", format!("the originals cannot be encrypted: {error}")))
}

/// De-identify `inputs` into `folder`: a row for each, `(output, existed, error, pairs, issues, bytes)`, and lines of what
/// was done, `(path, action, count, example)`.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
fn deidentify<'py>(
    py: Python<'py>,
    plan: &Bound<'py, CompiledPlan>,
    inputs: Vec<(String, InputArgument)>,
    folder: Option<PathBuf>,
    limits: LimitsArgument,
    threads: usize,
    pairs: bool,
    examples: bool,
    seal: Option<Py<PyAny>>,
) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
    let (names, inputs): (Vec<_>, Vec<_>) = inputs.into_iter().map(|(name, given)| (name, input(given))).unzip();
    let plan = plan.get();
    let (found, summary) = py.detach(|| {
        let sealed =
            seal.as_ref().map(|function| move |originals: &[u8], syntax: &str| envelopes(function, originals, syntax));
        let seal: Option<&Seal<'_>> = match &sealed {
            Some(function) => Some(function),
            None => None,
        };
        let settings =
            Settings { plan: &plan.0, folder: folder.as_deref(), limits: limits.0, threads, pairs, examples, seal };
        batch::run(&inputs, &settings)
    });
    let rows = PyList::empty(py);
    for (row, name) in found.into_iter().zip(names) {
        let pairs: Vec<_> = row
            .pairs
            .into_iter()
            .map(|((kind, original), new)| (kind, PyBytes::new(py, &original), PyBytes::new(py, &new)))
            .collect();
        let issues: Vec<_> = row.issues.iter().map(|issue| (issue.code, issue.message.clone())).collect();
        let error = failure(py, row.error.as_ref(), &name);
        rows.append((row.output, row.existed, error, pairs, issues, row.bytes))?;
    }
    let lines = PyList::empty(py);
    for line in summary.lines() {
        lines.append((line.path, line.action.number(), line.count, PyBytes::new(py, &line.example)))?;
    }
    Ok((rows, lines))
}

/// Note what `inputs` tell of their patients; those that cannot be read tell nothing.
#[pyfunction]
fn deidentify_learn(
    py: Python<'_>,
    plan: &Bound<'_, CompiledPlan>,
    inputs: Vec<InputArgument>,
    limits: LimitsArgument,
) -> Originals {
    let plan = plan.get();
    let inputs: Vec<Input> = inputs.into_iter().map(input).collect();
    py.detach(|| {
        let mut known = residual::Originals::default();
        for each in &inputs {
            let _unreadable = match each {
                Input::Path(path) => {
                    file::open(path).and_then(|mut window| residual::learn(&mut window, &plan.0, limits.0, &mut known))
                }
                Input::Bytes(bytes) => residual::learn(&mut Slice::new(bytes), &plan.0, limits.0, &mut known),
            };
        }
        Originals(known)
    })
}

/// Look for what may be left: for each input `(error, [(kind, path, value)])`.
#[pyfunction]
fn deidentify_check<'py>(
    py: Python<'py>,
    plan: &Bound<'py, CompiledPlan>,
    patterns: Vec<String>,
    originals: &Bound<'py, Originals>,
    inputs: Vec<(String, InputArgument)>,
    limits: LimitsArgument,
) -> PyResult<Bound<'py, PyList>> {
    let patterns = patterns.iter().map(|text| regex(text)).collect::<PyResult<Vec<_>>>()?;
    let (plan, known) = (plan.get(), originals.get());
    let (names, inputs): (Vec<_>, Vec<_>) = inputs.into_iter().map(|(name, given)| (name, input(given))).unzip();
    let found: Vec<CoreResult<Vec<Finding>>> = py.detach(|| {
        let look = |each: &Input| match each {
            Input::Path(path) => file::open(path)
                .and_then(|mut window| residual::check(&mut window, &plan.0, &patterns, &known.0, limits.0)),
            Input::Bytes(bytes) => residual::check(&mut Slice::new(bytes), &plan.0, &patterns, &known.0, limits.0),
        };
        inputs.iter().map(look).collect()
    });
    let rows = PyList::empty(py);
    for (result, name) in found.into_iter().zip(names) {
        let error = failure(py, result.as_ref().err(), &name);
        let findings: Vec<_> = result
            .unwrap_or_default()
            .into_iter()
            .map(|finding| (finding.kind, finding.path, PyBytes::new(py, &finding.value)))
            .collect();
        rows.append((error, findings))?;
    }
    Ok(rows)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<CompiledPlan>()?;
    module.add_class::<Originals>()?;
    module.add_function(wrap_pyfunction!(deidentify_plan, module)?)?;
    module.add_function(wrap_pyfunction!(deidentify, module)?)?;
    module.add_function(wrap_pyfunction!(deidentify_learn, module)?)?;
    module.add_function(wrap_pyfunction!(deidentify_check, module)?)
}
