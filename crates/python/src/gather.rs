//! `gather`: pixel data of many files into one array. `FrameIndex`: the frames of one file, by their number.

use hounsfield_core::error::Error;
use hounsfield_core::frames::Index;
use hounsfield_core::gather::{self as gathering, Job, Layout};
use hounsfield_core::limits::Limits;
use hounsfield_core::pixels::Input;
use hounsfield_core::samples::Samples;
use numpy::PyReadwriteArray1;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

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
    outcomes(Ok(gathered))
}

fn issue(error: Error) -> Issue {
    (error.code.to_owned(), error.message, error.tag.map(|tag| tag.0), error.offset, 1)
}

fn outcomes(gathered: PyResult<Vec<gathering::Gathered>>) -> PyResult<Vec<Outcome>> {
    Ok(gathered?.into_iter().map(|one| (one.range, one.modality_lut, one.missing.map(issue))).collect())
}

/// The pixel data of one file, found once; frames are told apart when they are asked for.
#[pyclass(frozen)]
struct FrameIndex {
    index: Index,
    name: String,
    limits: Limits,
}

#[pymethods]
impl FrameIndex {
    #[new]
    fn new(py: Python<'_>, input: InputArgument, name: String, count: usize, limits: LimitsArgument) -> PyResult<Self> {
        let input = Input::from(input);
        let opened = py.detach(|| Index::open(input, count, limits.0));
        let index = opened.map_err(|error| errors::raise(py, &error, &name))?;
        Ok(Self { index, name, limits: limits.0 })
    }

    /// Frames are sequences of fragments.
    #[getter]
    fn encapsulated(&self) -> bool {
        self.index.is_encapsulated()
    }

    /// Bytes of the pixel data that are there, where they are not encapsulated.
    #[getter]
    fn length(&self) -> u64 {
        self.index.located().value.map_or(0, |value| value.length)
    }

    /// The tag of the pixel data.
    #[getter]
    fn tag(&self) -> u32 {
        self.index.located().tag.map_or(0, |tag| tag.0)
    }

    #[getter]
    fn modality_lut(&self) -> bool {
        self.index.located().modality_lut
    }

    /// `(code, message, tag, offset, count)` of what is wrong with the offset table.
    #[getter]
    fn note(&self) -> Option<Issue> {
        self.index.note().map(|error| issue(error.clone()))
    }

    /// `(offset, length)` of the fragments of a frame.
    fn extents(&self, py: Python<'_>, frame: usize) -> PyResult<Vec<(u64, u64)>> {
        let found = py.detach(|| self.index.extents(frame)).map_err(|error| errors::raise(py, &error, &self.name))?;
        Ok(found.into_iter().map(|extent| (extent.offset, extent.length)).collect())
    }

    /// The bytes of a frame, its fragments joined.
    fn read<'py>(&self, py: Python<'py>, frame: usize) -> PyResult<Bound<'py, PyBytes>> {
        let found = py.detach(|| self.index.read(frame)).map_err(|error| errors::raise(py, &error, &self.name))?;
        Ok(PyBytes::new(py, &found))
    }

    /// Bytes of pixel data that are not encapsulated, little endian for samples of `width` bytes; fewer where they end.
    fn raw<'py>(&self, py: Python<'py>, start: u64, length: usize, width: usize) -> PyResult<Bound<'py, PyBytes>> {
        let found = py
            .detach(|| self.index.raw(start, length, width))
            .map_err(|error| errors::raise(py, &error, &self.name))?;
        Ok(PyBytes::new(py, &found))
    }

    /// As the function `gather`, of frames of this file.
    #[pyo3(signature = (frames, layout, out, threads, fill))]
    fn gather(
        &self,
        py: Python<'_>,
        frames: Vec<usize>,
        layout: LayoutArgument,
        mut out: PyReadwriteArray1<'_, u8>,
        threads: usize,
        fill: Option<u8>,
    ) -> PyResult<Vec<Outcome>> {
        let jobs: Vec<Job> = frames.into_iter().map(|frame| Job { file: 0, frame, offset: 0 }).collect();
        let layout = layout.layout(threads, fill);
        let slice = out.as_slice_mut()?;
        let (input, located) = (self.index.input(), self.index.located());
        let gathered = py.detach(|| gathering::gather_located(input, located, &jobs, layout, self.limits, slice));
        outcomes(gathered.map_err(|failure| errors::raise(py, &failure.error, &self.name)))
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(gather, module)?)?;
    module.add_class::<FrameIndex>()
}
