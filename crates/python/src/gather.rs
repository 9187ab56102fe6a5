//! `gather` and `frames`: pixel data of many files into one array, and where compressed frames lie.

use hounsfield_core::frames as divided;
use hounsfield_core::gather::{self as gathering, Job, Layout};
use hounsfield_core::pixels::{Extent, Input};
use hounsfield_core::samples::Samples;
use numpy::PyReadwriteArray1;
use pyo3::prelude::*;

use crate::errors;
use crate::input::InputArgument;
use crate::limits::LimitsArgument;

/// What all frames have in common.
#[derive(FromPyObject)]
struct LayoutArgument {
    rows: u16,
    columns: u16,
    samples: u16,
    bits_allocated: u16,
    bits_stored: u32,
    high_bit: u32,
    signed: bool,
    float: bool,
    planar: bool,
}

impl LayoutArgument {
    fn layout(&self, threads: usize, fill: Option<u8>) -> Layout {
        let samples = Samples {
            width: usize::from(self.bits_allocated / 8),
            signed: self.signed,
            float: self.float,
            bits_stored: self.bits_stored,
            high_bit: self.high_bit,
            planes: if self.planar { usize::from(self.samples) } else { 1 },
            big_endian: false,
        };
        let shape = [self.rows, self.columns, self.samples, self.bits_allocated];
        Layout { shape, samples, threads, fill }
    }
}

type Issue = (String, String, Option<u32>, Option<u64>, u64);
type Outcome = (Option<(i64, i64)>, bool, Option<Issue>);

/// Read frames of many files into `out`. `jobs` are `(file, frame, offset)`, in the order of `out`.
#[pyfunction]
#[pyo3(signature = (inputs, names, jobs, layout, out, limits, threads, fill))]
#[allow(clippy::too_many_arguments)]
fn gather(
    py: Python<'_>,
    inputs: Vec<InputArgument>,
    names: Vec<String>,
    jobs: Vec<(usize, usize, i64)>,
    layout: LayoutArgument,
    mut out: PyReadwriteArray1<'_, u8>,
    limits: LimitsArgument,
    threads: usize,
    fill: Option<u8>,
) -> PyResult<Vec<Outcome>> {
    let inputs: Vec<Input> = inputs.into_iter().map(Input::from).collect();
    let jobs: Vec<Job> = jobs.into_iter().map(|(file, frame, offset)| Job { file, frame, offset }).collect();
    let layout = layout.layout(threads, fill);
    let slice = out.as_slice_mut()?;
    let gathered = py.detach(|| gathering::gather(&inputs, &jobs, layout, limits.0, slice));
    let gathered = gathered.map_err(|failure| {
        let place = failure.file.and_then(|index| names.get(index)).map_or("", String::as_str);
        errors::raise(py, &failure.error, place)
    })?;
    let issue = |error: hounsfield_core::error::Error| {
        (error.code.to_owned(), error.message, error.tag.map(|tag| tag.0), error.offset, 1)
    };
    Ok(gathered.into_iter().map(|one| (one.range, one.modality_lut, one.missing.map(issue))).collect())
}

type Extents = Vec<Vec<(u64, u64)>>;

/// `(offset, length)` of the fragments of each of `count` frames, and whether the file has a Modality LUT Sequence.
#[pyfunction]
fn frames(
    py: Python<'_>,
    input: InputArgument,
    name: &str,
    count: usize,
    limits: LimitsArgument,
) -> PyResult<(Extents, bool)> {
    let input = Input::from(input);
    let found =
        py.detach(|| divided::frames(&input, count, limits.0)).map_err(|error| errors::raise(py, &error, name))?;
    let plain = |frame: Vec<Extent>| frame.into_iter().map(|extent| (extent.offset, extent.length)).collect();
    Ok((found.frames.into_iter().map(plain).collect(), found.modality_lut))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(gather, module)?)?;
    module.add_function(wrap_pyfunction!(frames, module)?)
}
