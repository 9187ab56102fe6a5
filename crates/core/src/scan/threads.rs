//! The threads of a scan: they take runs of files in order, and may be only so far ahead of who takes the results.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ffi::OsString;
use std::fs::File;
use std::ops::Range;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, UNIX_EPOCH};

use crate::limits::Limits;
use crate::scan::archive::{is_archive, Archive};
use crate::scan::columns::Columns;
use crate::scan::pick::Picker;
use crate::scan::rows::{Chunk, Entry, Outcome, Place};
use crate::source::{Source, Window};
use crate::table::Counted;

/// Files in one chunk: large enough that taking turns costs nothing, small enough for a smooth progress bar.
const RUN: usize = 128;

/// Chunks that may wait to be taken.
const AHEAD: usize = 64;

/// What to scan.
#[derive(Debug)]
pub struct Job {
    /// The attributes to pick.
    pub columns: Columns,
    /// What each file may cost.
    pub limits: Limits,
    /// The files, in the order in which results are wanted.
    pub files: Vec<PathBuf>,
    /// Size and time of files that need not be read again while these are the same.
    pub known: HashMap<OsString, (u64, i64)>,
}

enum Task {
    Files(Range<usize>),
    Members(Arc<Archive>, Range<usize>),
}

#[derive(Default)]
struct State {
    tasks: VecDeque<Task>,
    /// Number of the first task in the queue.
    first: usize,
    finished: BTreeMap<usize, Chunk>,
    /// Number of the next chunk to be taken.
    taken: usize,
    over: bool,
}

struct Shared {
    job: Job,
    state: Mutex<State>,
    finished: Condvar,
    room: Condvar,
    stop: AtomicBool,
}

/// A scan under way.
pub struct Scanner {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

/// What [`Scanner::next`] has.
pub enum Next {
    /// Results.
    Chunk(Chunk),
    /// Nothing yet; ask again.
    Wait,
    /// All is done.
    Over,
}

impl Scanner {
    /// Start so many threads on a job.
    #[must_use]
    pub fn start(job: Job, threads: usize) -> Self {
        let count = job.files.len();
        let tasks = (0..count).step_by(RUN).map(|start| Task::Files(start..(start + RUN).min(count))).collect();
        let shared = Arc::new(Shared {
            job,
            state: Mutex::new(State { tasks, ..State::default() }),
            finished: Condvar::new(),
            room: Condvar::new(),
            stop: AtomicBool::new(false),
        });
        let workers = (0..threads.max(1))
            .map(|_| {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.work())
            })
            .collect();
        Self { shared, workers }
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.shared.job
    }

    /// The next chunk in order, waiting for it no longer than `patience`.
    #[must_use]
    pub fn next(&self, patience: Duration) -> Next {
        let shared = &self.shared;
        let mut state = shared.lock();
        let number = state.taken;
        if number == state.first + state.tasks.len() && state.finished.is_empty() {
            state.over = true;
            shared.room.notify_all();
            return Next::Over;
        }
        if !state.finished.contains_key(&number) {
            state = shared.finished.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner).0;
        }
        let Some(chunk) = state.finished.remove(&number) else { return Next::Wait };
        state.taken += 1;
        // Members come after all that was queued before, so that their order does not depend on which thread was faster.
        for entry in &chunk.entries {
            if let Outcome::Archive(archive) = &entry.outcome {
                let count = archive.len();
                let runs = (0..count).step_by(RUN).map(|start| start..(start + RUN).min(count));
                state.tasks.extend(runs.map(|run| Task::Members(Arc::clone(archive), run)));
            }
        }
        shared.room.notify_all();
        Next::Chunk(chunk)
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.lock().over = true;
        self.shared.room.notify_all();
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<(usize, Task)> {
        let mut state = self.lock();
        loop {
            if state.over {
                return None;
            }
            if state.first < state.taken + AHEAD {
                if let Some(task) = state.tasks.pop_front() {
                    state.first += 1;
                    return Some((state.first - 1, task));
                }
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self) {
        let picker = Picker::new(&self.job.columns, self.job.limits);
        let mut buffer = Vec::new();
        while let Some((number, task)) = self.take() {
            let mut chunk = Chunk::default();
            match task {
                Task::Files(run) => {
                    for index in run {
                        if self.stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let entry = self.file(index, &picker, &mut chunk, &mut buffer);
                        chunk.entries.push(entry);
                    }
                }
                Task::Members(archive, run) => {
                    for index in run {
                        if self.stop.load(Ordering::Relaxed) {
                            break;
                        }
                        archive.examine(index..index + 1, &picker, &mut chunk);
                    }
                }
            }
            self.lock().finished.insert(number, chunk);
            self.finished.notify_all();
        }
    }

    fn file(&self, index: usize, picker: &Picker<'_>, chunk: &mut Chunk, buffer: &mut Vec<u8>) -> Entry {
        let mut entry =
            Entry { place: Place::File(index), size: 0, modified: 0, outcome: Outcome::Unchanged, issues: Vec::new() };
        let looked = self.look(index, picker, chunk, buffer, &mut entry);
        match looked {
            Ok((outcome, issues)) => {
                entry.outcome = outcome;
                entry.issues = issues;
            }
            Err(error) => entry.outcome = Outcome::Unreadable(error.to_string()),
        }
        entry
    }

    fn look(
        &self,
        index: usize,
        picker: &Picker<'_>,
        chunk: &mut Chunk,
        buffer: &mut Vec<u8>,
        entry: &mut Entry,
    ) -> std::io::Result<(Outcome, Vec<Counted>)> {
        let Some(path) = self.job.files.get(index) else { return Ok((Outcome::Unchanged, Vec::new())) };
        let known = self.job.known.get(path.as_os_str()).copied();
        if known.is_some() {
            stamp(&std::fs::metadata(path)?, entry);
            if known == Some((entry.size, entry.modified)) {
                return Ok((Outcome::Unchanged, Vec::new()));
            }
        }
        let file = File::open(path)?;
        stamp(&file.metadata()?, entry);
        let mut window = Window::new(file, entry.size, std::mem::take(buffer));
        let start = window.bytes(0, 4).map_err(std::io::Error::other)?;
        if is_archive(start) && window.bytes(128, 4).is_ok_and(|prefix| prefix != b"DICM") {
            let (file, kept) = window.into_parts();
            *buffer = kept;
            let opened = catch_unwind(AssertUnwindSafe(|| {
                Archive::open(file, entry.size, index, entry.modified, self.job.limits)
            }));
            return Ok((opened.map_or_else(|_| crashed(), archive_outcome), Vec::new()));
        }
        let found = picker.pick(&mut window, chunk);
        *buffer = window.into_parts().1;
        Ok(found)
    }
}

fn archive_outcome(opened: Result<Archive, crate::error::Error>) -> Outcome {
    match opened {
        Ok(archive) => Outcome::Archive(Arc::new(archive)),
        Err(error) => Outcome::Broken(error.message),
    }
}

fn crashed() -> Outcome {
    Outcome::Broken("a ZIP archive that cannot be opened: its directory makes no sense".to_owned())
}

fn stamp(metadata: &std::fs::Metadata, entry: &mut Entry) {
    entry.size = metadata.len();
    let modified = metadata.modified().ok().and_then(|time| match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).ok(),
        Err(before) => i64::try_from(before.duration().as_nanos()).ok().map(|nanoseconds| -nanoseconds),
    });
    entry.modified = modified.unwrap_or(0);
}
