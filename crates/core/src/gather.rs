//! Uncompressed frames of many files, read straight into one array (PS3.5 8.1.1).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::{Error, Kind, Result};
use crate::limits::Limits;
use crate::pixels::{locate, Input, Located};
use crate::samples::{prepare, Range, Samples};
use crate::tag::Tag;

/// One frame to read and where it goes.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Index of the file.
    pub file: usize,
    /// Frame within the file, from 0.
    pub frame: usize,
    /// Added to each sample, with wrap-around.
    pub offset: i64,
}

/// What all frames have in common.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Rows, Columns, Samples per Pixel, Bits Allocated: checked against each file.
    pub shape: [u16; 4],
    /// How samples are stored; byte order is found out for each file.
    pub samples: Samples,
    /// Threads to use.
    pub threads: usize,
    /// Missing bytes are filled with this and reported, instead of being an error.
    pub fill: Option<u8>,
}

impl Layout {
    /// Bytes of one frame.
    #[must_use]
    pub fn frame_bytes(&self) -> u64 {
        let [rows, columns, samples, _] = self.shape.map(u64::from);
        rows * columns * samples * self.samples.width as u64
    }
}

/// What came of one job.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Least and greatest stored value.
    pub range: Range,
    /// What is missing, where that is tolerated.
    pub missing: Option<Error>,
    /// The file has a Modality LUT Sequence.
    pub modality_lut: bool,
}

/// A failure and the file that it is about.
#[derive(Debug)]
pub struct Failure {
    /// Index of the file; `None` where it concerns all.
    pub file: Option<usize>,
    /// What is wrong.
    pub error: Error,
}

struct Shared<'a> {
    inputs: &'a [Input],
    layout: Layout,
    limits: Limits,
    located: Vec<OnceLock<Result<Arc<Located>>>>,
}

/// Fill `out` with the frames of `jobs`, in their order.
///
/// # Errors
/// The first failure, in the order of the jobs, with the file it is about.
pub fn gather(
    inputs: &[Input],
    jobs: &[Job],
    layout: Layout,
    limits: Limits,
    out: &mut [u8],
) -> std::result::Result<Vec<Gathered>, Failure> {
    let located = inputs.iter().map(|_| OnceLock::new()).collect();
    gather_shared(&Shared { inputs, layout, limits, located }, jobs, out)
}

/// As [`gather`], of one file whose pixel data are found already.
///
/// # Errors
/// As [`gather`].
pub fn gather_located(
    input: &Input,
    located: &Arc<Located>,
    jobs: &[Job],
    layout: Layout,
    limits: Limits,
    out: &mut [u8],
) -> std::result::Result<Vec<Gathered>, Failure> {
    let checked = fitting(Arc::clone(located), layout);
    let shared = Shared { inputs: std::slice::from_ref(input), layout, limits, located: vec![OnceLock::from(checked)] };
    gather_shared(&shared, jobs, out)
}

fn gather_shared(shared: &Shared<'_>, jobs: &[Job], out: &mut [u8]) -> std::result::Result<Vec<Gathered>, Failure> {
    let layout = shared.layout;
    let size = usize::try_from(layout.frame_bytes()).unwrap_or(usize::MAX);
    if size == 0 || size.checked_mul(jobs.len()) != Some(out.len()) {
        let message = format!("{} frames of {size} bytes do not fill {} bytes", jobs.len(), out.len());
        return Err(Failure { file: None, error: Error::new(Kind::Unsupported, "array-size", message) });
    }
    let mut results: Vec<Option<std::result::Result<Gathered, Failure>>> = jobs.iter().map(|_| None).collect();
    let work = Mutex::new(jobs.iter().zip(out.chunks_exact_mut(size)).zip(results.iter_mut()));
    std::thread::scope(|scope| {
        for _ in 0..layout.threads.clamp(1, 64) {
            scope.spawn(|| {
                let mut last: Option<(usize, File)> = None;
                loop {
                    let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(((job, chunk), slot)) = next else { break };
                    *slot = Some(shared.one(*job, chunk, &mut last));
                }
            });
        }
    });
    results.into_iter().flatten().collect()
}

impl Shared<'_> {
    fn one(
        &self,
        job: Job,
        chunk: &mut [u8],
        last: &mut Option<(usize, File)>,
    ) -> std::result::Result<Gathered, Failure> {
        self.read(job, chunk, last).map_err(|error| Failure { file: Some(job.file), error })
    }

    fn read(&self, job: Job, chunk: &mut [u8], last: &mut Option<(usize, File)>) -> Result<Gathered> {
        let unknown = || Error::new(Kind::Unsupported, "array-size", "a job names no file");
        let input = self.inputs.get(job.file).ok_or_else(unknown)?;
        let slot = self.located.get(job.file).ok_or_else(unknown)?;
        let located = match slot.get_or_init(|| self.located(input)) {
            Ok(located) => located,
            Err(error) => return Err(error.clone()),
        };
        let missing = self.copy(job, input, located, chunk, last)?;
        let samples = Samples { big_endian: located.big_endian, ..self.layout.samples };
        let range = prepare(chunk, samples, job.offset);
        Ok(Gathered { range, missing, modality_lut: located.modality_lut })
    }

    fn located(&self, input: &Input) -> Result<Arc<Located>> {
        fitting(Arc::new(locate(input, self.limits)?), self.layout)
    }

    /// The bytes of one frame; what is missing, where that is tolerated.
    fn copy(
        &self,
        job: Job,
        input: &Input,
        located: &Located,
        chunk: &mut [u8],
        last: &mut Option<(usize, File)>,
    ) -> Result<Option<Error>> {
        let value = located.value.ok_or_else(|| Error::new(Kind::Malformed, "encapsulated", "encapsulated"))?;
        let skip = (job.frame as u64).saturating_mul(chunk.len() as u64);
        let left = value.length.saturating_sub(skip);
        let have = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
        let missing =
            (have < chunk.len()).then(|| short(job.frame, chunk.len(), have, located.tag, value.offset + skip));
        if let (Some(error), None) = (&missing, self.layout.fill) {
            return Err(error.clone());
        }
        let (filled, rest) = chunk.split_at_mut(have);
        rest.fill(self.layout.fill.unwrap_or(0));
        if located.big_endian && located.words && self.layout.samples.width == 1 {
            // Single bytes stand in pairs the wrong way round, and a frame of odd length shares a pair with the next.
            let start = skip & !1;
            let end = (skip.saturating_add(have as u64 + 1) & !1).min(value.length);
            let mut pairs = vec![0; usize::try_from(end.saturating_sub(start)).unwrap_or(0)];
            fetch(input, located, job.file, value.offset.saturating_add(start), &mut pairs, last)?;
            pairs.chunks_exact_mut(2).for_each(<[u8]>::reverse);
            let from = usize::try_from(skip - start).unwrap_or(0);
            if let Some(found) = pairs.get(from..from + have) {
                filled.copy_from_slice(found);
            }
        } else {
            fetch(input, located, job.file, value.offset.saturating_add(skip), filled, last)?;
        }
        Ok(missing)
    }
}

/// Refuse pixel data that are not what the layout says.
fn fitting(located: Arc<Located>, layout: Layout) -> Result<Arc<Located>> {
    if located.value.is_none() {
        return Err(Error::new(
            Kind::Malformed,
            "encapsulated",
            "the transfer syntax is not compressed, but the pixel data are encapsulated",
        )
        .at(located.tag, located.items.unwrap_or(0)));
    }
    let changed = located.shape.iter().zip(layout.shape).any(|(found, wanted)| {
        // Samples per Pixel may be left out where it is 1.
        found.is_some_and(|number| number != wanted)
    });
    if changed {
        return Err(Error::new(
            Kind::Malformed,
            "file-changed",
            "Rows, Columns, Samples per Pixel or Bits Allocated differ from what was scanned",
        ));
    }
    Ok(located)
}

/// The bytes at `offset`, of the file, of what it was inflated to, or of what was given.
fn fetch(
    input: &Input,
    located: &Located,
    index: usize,
    offset: u64,
    filled: &mut [u8],
    last: &mut Option<(usize, File)>,
) -> Result<()> {
    match (&located.inflated, input) {
        (Some(bytes), _) | (None, Input::Bytes(bytes)) => {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let found = bytes.get(start..start.saturating_add(filled.len())).unwrap_or_default();
            if found.len() == filled.len() {
                filled.copy_from_slice(found);
            }
        }
        (None, Input::Path(path)) => {
            if last.as_ref().is_none_or(|(open, _)| *open != index) {
                *last = Some((index, File::open(path)?));
            }
            if let Some((_, file)) = last {
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(filled)?;
            }
        }
    }
    Ok(())
}

fn short(frame: usize, wanted: usize, have: usize, tag: Option<Tag>, offset: u64) -> Error {
    let message = format!("frame {} needs {wanted} bytes, but the pixel data have only {have} of them", frame + 1);
    Error::new(Kind::Truncated, "pixels-truncated", message).at(tag.or(Some(Tag::PIXEL_DATA)), offset)
}
