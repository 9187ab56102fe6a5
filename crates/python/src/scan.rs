//! `scan`: rows for the catalog, read ahead by the core's threads.

use std::collections::HashMap;
use std::ffi::OsString;
use std::hash::RandomState;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use hounsfield_core::limits::Limits;
use hounsfield_core::scan::folder::{walk, Found};
use hounsfield_core::scan::pick::Picker;
use hounsfield_core::scan::value::Value;
use hounsfield_core::scan::{shared, Cell, Chunk, Columns, Entry, Instance, Job, Next, Outcome, Place, Scanner};
use hounsfield_core::source::Slice;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::errors;
use crate::limits::LimitsArgument;

/// How long to wait between two looks at whether the user wants to stop.
const PATIENCE: Duration = Duration::from_millis(100);

type Known = HashMap<OsString, (u64, i64)>;

/// A scan: first `find`, then `next_batch` until it gives `None`.
#[pyclass(module = "hounsfield._core")]
pub struct Scan {
    roots: Vec<PathBuf>,
    limits: Limits,
    threads: usize,
    pending: Option<(Columns, Known)>,
    scanner: Option<Scanner>,
    rows: Rows,
}

/// Turns chunks into tuples and numbers them.
struct Rows {
    file: i64,
    context: i64,
    /// Numbers of the shared values met so far, by their raw bytes.
    contexts: HashMap<Box<[u8]>, i64, RandomState>,
    latest: (Vec<u8>, i64),
    repeated: Vec<Repeated>,
    archive: Option<(usize, Py<PyAny>)>,
    words: HashMap<&'static str, Py<PyString>>,
}

/// The last value of a column and its object: neighbors often agree.
#[derive(Default)]
struct Repeated {
    text: String,
    number: Option<Cell>,
    object: Option<Py<PyAny>>,
}

/// The lists of one batch.
struct Lists<'py> {
    files: Bound<'py, PyList>,
    instances: Bound<'py, PyList>,
    contexts: Bound<'py, PyList>,
    issues: Bound<'py, PyList>,
    changed: Bound<'py, PyList>,
}

impl<'py> Lists<'py> {
    fn new(py: Python<'py>) -> Self {
        Self {
            files: PyList::empty(py),
            instances: PyList::empty(py),
            contexts: PyList::empty(py),
            issues: PyList::empty(py),
            changed: PyList::empty(py),
        }
    }

    /// What the caller gets after this many more files.
    fn after(self, py: Python<'py>, done: usize) -> PyResult<Bound<'py, PyTuple>> {
        (done, self.files, self.instances, self.contexts, self.issues, self.changed).into_pyobject(py)
    }
}

#[pymethods]
impl Scan {
    /// `columns` are keywords, shared ones and own ones; `known` gives size and time of files that need not be read while these are the same;
    /// `first` is the number for the first file and the first context.
    #[new]
    #[pyo3(signature = (roots, columns, *, limits, known, first, threads))]
    fn new(
        py: Python<'_>,
        roots: Vec<PathBuf>,
        columns: (Vec<String>, Vec<String>),
        limits: LimitsArgument,
        known: Known,
        first: (i64, i64),
        threads: usize,
    ) -> PyResult<Self> {
        let shared: Vec<&str> = columns.0.iter().map(String::as_str).collect();
        let own: Vec<&str> = columns.1.iter().map(String::as_str).collect();
        let columns = Columns::new(&shared, &own).map_err(|error| errors::raise(py, &error, ""))?;
        let rows = Rows {
            file: first.0,
            context: first.1,
            contexts: HashMap::with_hasher(RandomState::new()),
            latest: (Vec::new(), 0),
            repeated: own.iter().map(|_| Repeated::default()).collect(),
            archive: None,
            words: HashMap::new(),
        };
        Ok(Self { roots, limits: limits.0, threads, pending: Some((columns, known)), scanner: None, rows })
    }

    /// Walk the folders and start reading: the number of files, `(path, reason)` of what could not be looked into and of
    /// what was passed over, and the known files that are gone.
    fn find<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let Some((columns, known)) = self.pending.take() else {
            return Err(PyRuntimeError::new_err("find() was called before"));
        };
        let found = self.walk(py)?;
        let gone = PyList::empty(py);
        for path in known.keys() {
            let path = Path::new(path);
            let there = found.files.binary_search_by(|file| file.as_os_str().cmp(path.as_os_str())).is_ok();
            if !there && !found.unreadable.iter().any(|(folder, _)| path.starts_with(folder)) {
                gone.append(path_object(py, path))?;
            }
        }
        let reasons = |list: Vec<(PathBuf, String)>| {
            PyList::new(py, list.into_iter().map(|(path, reason)| (path_object(py, &path), reason)))
        };
        let count = found.files.len();
        let result = (count, reasons(found.unreadable)?, reasons(found.passed)?, gone).into_pyobject(py)?;
        let job = Job { columns, limits: self.limits, files: found.files, known };
        self.scanner = Some(Scanner::start(job, self.threads));
        Ok(result)
    }

    /// `(files done, file rows, instance rows, new context rows, issue rows, known files that were read again)`.
    fn next_batch<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let Some(scanner) = &self.scanner else {
            return Err(PyRuntimeError::new_err("find() comes first"));
        };
        let chunk = loop {
            match py.detach(|| scanner.next(PATIENCE)) {
                Next::Chunk(chunk) => break chunk,
                Next::Wait => py.check_signals()?,
                Next::Over => return Ok(None),
            }
        };
        Ok(Some(self.rows.batch(py, scanner.job(), &chunk)?))
    }

    /// The rows for a file that was encrypted and is here in clear: `member` names it in its envelope `path`.
    fn opened<'py>(
        &mut self,
        py: Python<'py>,
        path: Py<PyAny>,
        member: &str,
        modified: i64,
        data: &[u8],
    ) -> PyResult<Bound<'py, PyTuple>> {
        let Some(scanner) = &self.scanner else {
            return Err(PyRuntimeError::new_err("find() comes first"));
        };
        let job = scanner.job();
        let mut chunk = Chunk::default();
        let mut source = Slice::new(data);
        let (outcome, issues) = Picker::new(&job.columns, job.limits).pick(&mut source, &mut chunk);
        let place = Place::Member(0, member.to_owned());
        let entry = Entry { place, size: data.len() as u64, modified, outcome, issues };
        let lists = Lists::new(py);
        self.rows.row(py, job, &chunk, &entry, (path, Some(member)), &lists)?;
        lists.after(py, 0)
    }

    /// Stop the threads.
    fn close(&mut self, py: Python<'_>) {
        let scanner = self.scanner.take();
        py.detach(|| drop(scanner));
    }
}

impl Scan {
    fn walk(&self, py: Python<'_>) -> PyResult<Found> {
        let stop = Arc::new(AtomicBool::new(false));
        let (roots, threads, flag) = (self.roots.clone(), self.threads, Arc::clone(&stop));
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || sender.send(walk(&roots, threads, &flag)));
        let receiver = std::sync::Mutex::new(receiver);
        loop {
            match py.detach(|| receiver.lock().ok().map(|found| found.recv_timeout(PATIENCE))) {
                Some(Ok(found)) => return Ok(found),
                Some(Err(std::sync::mpsc::RecvTimeoutError::Timeout)) => {
                    if let Err(interrupt) = py.check_signals() {
                        stop.store(true, Ordering::Relaxed);
                        return Err(interrupt);
                    }
                }
                _ => return Err(PyRuntimeError::new_err("the folders could not be walked")),
            }
        }
    }
}

/// A path as text, or as bytes where it is no valid text.
fn path_object(py: Python<'_>, path: &Path) -> Py<PyAny> {
    match path.to_str() {
        Some(text) => PyString::new(py, text).into_any().unbind(),
        None => PyBytes::new(py, path.as_os_str().as_encoded_bytes()).into_any().unbind(),
    }
}

impl Rows {
    fn batch<'py>(&mut self, py: Python<'py>, job: &Job, chunk: &Chunk) -> PyResult<Bound<'py, PyTuple>> {
        let lists = Lists::new(py);
        let mut done = 0;
        for entry in &chunk.entries {
            done += usize::from(matches!(entry.place, Place::File(_)));
            self.entry(py, job, chunk, entry, &lists)?;
        }
        lists.after(py, done)
    }

    fn entry(&mut self, py: Python<'_>, job: &Job, chunk: &Chunk, entry: &Entry, lists: &Lists<'_>) -> PyResult<()> {
        if matches!(entry.outcome, Outcome::Unchanged) {
            return Ok(());
        }
        match &entry.place {
            Place::File(index) => {
                let Some(path) = job.files.get(*index) else { return Ok(()) };
                let object = path_object(py, path);
                if job.known.contains_key(path.as_os_str()) {
                    lists.changed.append(&object)?;
                }
                self.row(py, job, chunk, entry, (object, None), lists)
            }
            Place::Member(index, name) => {
                let object = self.archive(py, job, *index);
                self.row(py, job, chunk, entry, (object, Some(name)), lists)
            }
        }
    }

    fn row(
        &mut self,
        py: Python<'_>,
        job: &Job,
        chunk: &Chunk,
        entry: &Entry,
        (path, member): (Py<PyAny>, Option<&str>),
        lists: &Lists<'_>,
    ) -> PyResult<()> {
        let (status, reason) = match &entry.outcome {
            Outcome::Unchanged => return Ok(()),
            Outcome::Instance(_) => ("dicom", None),
            Outcome::Directory => ("dicomdir", None),
            Outcome::Archive(_) => ("archive", None),
            Outcome::Locked(reason) => ("encrypted", Some(reason)),
            Outcome::Other(reason) => ("other", Some(reason)),
            Outcome::Broken(reason) => ("broken", Some(reason)),
            Outcome::Unreadable(reason) => ("unreadable", Some(reason)),
        };
        let id = self.file;
        self.file += 1;
        let status = self.words.entry(status).or_insert_with(|| PyString::intern(py, status).unbind());
        lists.files.append((id, path, member, entry.size, entry.modified, &*status, reason))?;
        for counted in &entry.issues {
            let error = &counted.error;
            let tag = error.tag.map(|tag| tag.0);
            lists.issues.append((id, error.code, error.message.as_str(), tag, error.offset, counted.count))?;
        }
        if let Outcome::Instance(instance) = &entry.outcome {
            lists.instances.append(self.instance(py, job, chunk, instance, id, lists)?)?;
        }
        Ok(())
    }

    fn archive(&mut self, py: Python<'_>, job: &Job, index: usize) -> Py<PyAny> {
        if let Some((_, object)) = self.archive.as_ref().filter(|(known, _)| *known == index) {
            return object.clone_ref(py);
        }
        let object = job.files.get(index).map_or_else(|| py.None(), |path| path_object(py, path));
        self.archive = Some((index, object.clone_ref(py)));
        object
    }

    fn instance<'py>(
        &mut self,
        py: Python<'py>,
        job: &Job,
        chunk: &Chunk,
        instance: &Instance,
        id: i64,
        lists: &Lists<'_>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let context = self.context(py, job, chunk.key(instance), lists)?;
        let cells = chunk.own(instance, self.repeated.len());
        let mut values = Vec::with_capacity(cells.len() + 3);
        values.push(id.into_pyobject(py)?.into_any());
        values.push(context.into_pyobject(py)?.into_any());
        values.push(instance.pixels.into_pyobject(py)?.into_any());
        for (cell, last) in cells.iter().zip(&mut self.repeated) {
            values.push(last.object(py, chunk, cell));
        }
        PyTuple::new(py, values)
    }

    /// The number of these shared values; new ones are listed.
    fn context(&mut self, py: Python<'_>, job: &Job, key: &[u8], lists: &Lists<'_>) -> PyResult<i64> {
        if self.latest.0 == key {
            return Ok(self.latest.1);
        }
        let id = if let Some(id) = self.contexts.get(key) {
            *id
        } else {
            let id = self.context;
            self.context += 1;
            self.contexts.insert(key.into(), id);
            let columns = &job.columns;
            let mut values = Vec::with_capacity(columns.shared() + 1);
            values.push(id.into_pyobject(py)?.into_any());
            for value in shared(key, columns) {
                values.push(match value {
                    None => py.None().into_bound(py),
                    Some(Value::Integer(number)) => PyInt::new(py, number).into_any(),
                    Some(Value::Real(number)) => PyFloat::new(py, number).into_any(),
                    Some(Value::Text(text)) => PyString::new(py, &text).into_any(),
                    Some(Value::Foreign(bytes)) => PyBytes::new(py, bytes).into_any(),
                });
            }
            lists.contexts.append(PyTuple::new(py, values)?)?;
            id
        };
        self.latest.0.clear();
        self.latest.0.extend_from_slice(key);
        self.latest.1 = id;
        Ok(id)
    }
}

impl Repeated {
    fn object<'py>(&mut self, py: Python<'py>, chunk: &Chunk, cell: &Cell) -> Bound<'py, PyAny> {
        let same = match cell {
            Cell::Nothing => return py.None().into_bound(py),
            Cell::Text(range) => self.number.is_none() && self.text == chunk.text(range),
            number => self.number.as_ref() == Some(number),
        };
        if let Some(object) = self.object.as_ref().filter(|_| same) {
            return object.bind(py).clone();
        }
        let object = match cell {
            Cell::Nothing => py.None().into_bound(py),
            Cell::Integer(number) => PyInt::new(py, *number).into_any(),
            Cell::Real(number) => PyFloat::new(py, *number).into_any(),
            Cell::Text(range) => PyString::new(py, chunk.text(range)).into_any(),
        };
        if let Cell::Text(range) = cell {
            self.text.clear();
            self.text.push_str(chunk.text(range));
            self.number = None;
        } else {
            self.number = Some(cell.clone());
        }
        self.object = Some(object.clone().unbind());
        object
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Scan>()
}
