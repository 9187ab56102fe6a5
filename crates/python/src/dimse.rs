//! `dimse_*`: storage associations over connections that Python opened or accepted.

use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use hounsfield_core::dimse::associate::{self, Associate, Context};
use hounsfield_core::dimse::pdu;
use hounsfield_core::dimse::receive::{self, Accepted, End, Policy, Received, Sink, PROCESSING_FAILURE};
use hounsfield_core::dimse::send::{self, Answer, Outgoing, Pace, Sent};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;

/// Number, SOP class, transfer syntaxes, result.
type ContextRow = (u8, String, Vec<String>, u8);
/// A received object as Python sees it.
type ReceivedRow = (PathBuf, String, String, String, u64, Option<[u8; 32]>, Option<(String, u16)>);

/// Path, class, instance, context, and the move it is part of.
type OutgoingRow = (PathBuf, String, String, u8, Option<(String, u16)>);
/// How it ended, objects stored and refused, bytes, code and words of what went wrong.
type OutcomeRow = (Option<&'static str>, u64, u64, u64, Option<(String, String)>);

/// An association request or its answer.
#[pyclass(module = "hounsfield._core", get_all, from_py_object)]
#[derive(Clone)]
pub struct AssociatePdu {
    protocol: u16,
    called: String,
    calling: String,
    application: String,
    contexts: Vec<ContextRow>,
    max_length: u32,
    implementation: String,
    version: String,
    window: Option<(u16, u16)>,
    others: Vec<u8>,
}

#[pymethods]
impl AssociatePdu {
    #[new]
    #[pyo3(signature = (called, calling, contexts, *, max_length, implementation, version, window=None))]
    fn new(
        called: String,
        calling: String,
        contexts: Vec<ContextRow>,
        max_length: u32,
        implementation: String,
        version: String,
        window: Option<(u16, u16)>,
    ) -> Self {
        Self {
            protocol: 1,
            called,
            calling,
            application: String::new(),
            contexts,
            max_length,
            implementation,
            version,
            window,
            others: Vec::new(),
        }
    }

    /// Read the content of an association PDU, without the six bytes before it.
    #[staticmethod]
    fn parse(py: Python<'_>, content: &[u8]) -> PyResult<Self> {
        associate::parse(content).map(Self::from).map_err(|error| errors::raise(py, &error, ""))
    }

    /// The whole PDU: a request or, with `answer`, an acceptance.
    fn build<'py>(&self, py: Python<'py>, answer: bool) -> PyResult<Bound<'py, PyBytes>> {
        let kind = if answer { pdu::ACCEPT } else { pdu::REQUEST };
        let built = associate::build(kind, &self.clone().into()).map_err(|error| errors::raise(py, &error, ""))?;
        Ok(PyBytes::new(py, &built))
    }
}

impl From<Associate> for AssociatePdu {
    fn from(from: Associate) -> Self {
        let row = |one: Context| (one.id, one.abstract_syntax, one.transfer_syntaxes, one.result);
        Self {
            protocol: from.protocol,
            called: from.called,
            calling: from.calling,
            application: from.application,
            contexts: from.contexts.into_iter().map(row).collect(),
            max_length: from.max_length,
            implementation: from.implementation,
            version: from.version,
            window: from.window,
            others: from.others,
        }
    }
}

impl From<AssociatePdu> for Associate {
    fn from(from: AssociatePdu) -> Self {
        let context = |(id, abstract_syntax, transfer_syntaxes, result)| Context {
            id,
            abstract_syntax,
            transfer_syntaxes,
            result,
        };
        Self {
            protocol: from.protocol,
            called: from.called,
            calling: from.calling,
            application: from.application,
            contexts: from.contexts.into_iter().map(context).collect(),
            max_length: from.max_length,
            implementation: from.implementation,
            version: from.version,
            window: from.window,
            others: from.others,
        }
    }
}

/// Take over a connection that Python has detached (`socket.detach()`); it is closed when the stream is dropped.
#[cfg(unix)]
#[allow(unsafe_code)]
fn connection(descriptor: i64) -> PyResult<TcpStream> {
    use std::os::fd::FromRawFd;
    let descriptor = i32::try_from(descriptor).ok().filter(|number| *number >= 0);
    let descriptor = descriptor.ok_or_else(|| PyValueError::new_err("no descriptor of a connection"))?;
    // SAFETY: `socket.detach()` gives the only owner of an open descriptor away, to this stream.
    let stream = unsafe { TcpStream::from_raw_fd(descriptor) };
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(windows)]
#[allow(unsafe_code)]
fn connection(descriptor: i64) -> PyResult<TcpStream> {
    use std::os::windows::io::FromRawSocket;
    let descriptor = u64::try_from(descriptor).map_err(|_| PyValueError::new_err("no descriptor of a connection"))?;
    // SAFETY: `socket.detach()` gives the only owner of an open socket away, to this stream.
    let stream = unsafe { TcpStream::from_raw_socket(descriptor) };
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// What may be said of a received object, and what a peer may cost.
#[pyclass(module = "hounsfield._core")]
pub struct ReceivePolicy(Policy);

#[pymethods]
impl ReceivePolicy {
    #[new]
    #[pyo3(signature = (folder, prefix, *, calling, max_length, peer_length, object_bytes, batch, batch_bytes, wait,
        pdu_time, sync, digest, implementation, version))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        folder: PathBuf,
        prefix: String,
        calling: String,
        max_length: u32,
        peer_length: u32,
        object_bytes: u64,
        batch: usize,
        batch_bytes: u64,
        wait: f64,
        pdu_time: f64,
        sync: bool,
        digest: bool,
        implementation: String,
        version: String,
    ) -> PyResult<Self> {
        Ok(Self(Policy {
            folder,
            prefix,
            max_length,
            peer_length,
            object_bytes,
            batch,
            batch_bytes,
            wait: seconds(wait)?,
            pdu_time: seconds(pdu_time)?,
            sync,
            digest,
            implementation,
            version,
            calling,
        }))
    }
}

fn seconds(number: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(number).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// Hands complete objects to Python; what its function raises is raised when the association has ended.
struct Keeper<'a> {
    keep: &'a Py<PyAny>,
    raised: Option<PyErr>,
}

impl Sink for Keeper<'_> {
    fn keep(&mut self, batch: &[Received]) -> Vec<u16> {
        let rows: Vec<ReceivedRow> = batch.iter().map(row).collect();
        let answer = Python::attach(|py| self.keep.call1(py, (rows,))?.extract::<Vec<u16>>(py));
        answer.unwrap_or_else(|error| {
            self.raised.get_or_insert(error);
            vec![PROCESSING_FAILURE; batch.len()]
        })
    }
}

fn row(one: &Received) -> ReceivedRow {
    (
        one.path.clone(),
        one.sop_class.clone(),
        one.sop_instance.clone(),
        one.syntax.clone(),
        one.bytes,
        one.digest,
        one.originator.clone(),
    )
}

/// Receive on an accepted association until it ends: how it ended, objects stored and refused, bytes, and what went wrong.
#[pyfunction]
fn dimse_receive(
    py: Python<'_>,
    descriptor: i64,
    contexts: Vec<(u8, String, String)>,
    policy: &ReceivePolicy,
    keep: Py<PyAny>,
) -> PyResult<OutcomeRow> {
    let mut stream = connection(descriptor)?;
    let contexts: Vec<Accepted> =
        contexts.into_iter().map(|(id, abstract_syntax, syntax)| Accepted { id, abstract_syntax, syntax }).collect();
    let policy = policy.0.clone();
    let mut keeper = Keeper { keep: &keep, raised: None };
    let outcome = py.detach(|| receive::serve(&mut stream, &contexts, &policy, &mut keeper));
    if let Some(error) = keeper.raised {
        return Err(error);
    }
    let end = outcome.end.map(|end| match end {
        End::Released => "released",
        End::Aborted => "aborted",
        End::Closed => "closed",
    });
    let error = outcome.error.map(|error| (error.code.to_owned(), error.to_string()));
    Ok((end, outcome.stored, outcome.refused, outcome.bytes, error))
}

/// The side that sends: one association.
#[pyclass(module = "hounsfield._core")]
pub struct StorageUser {
    stream: Option<TcpStream>,
}

#[pymethods]
impl StorageUser {
    /// Take over a detached connection.
    #[new]
    fn new(descriptor: i64) -> PyResult<Self> {
        Ok(Self { stream: Some(connection(descriptor)?) })
    }

    /// Ask for the association: "accepted" with the answer, or "rejected" or "aborted" with the numbers given.
    fn request(
        &mut self,
        py: Python<'_>,
        proposal: AssociatePdu,
        wait: f64,
    ) -> PyResult<(&'static str, Option<AssociatePdu>, Vec<u8>)> {
        let wait = seconds(wait)?;
        let proposal: Associate = proposal.into();
        let stream = open(&mut self.stream)?;
        let answer = py
            .detach(|| send::request(stream, &proposal, wait))
            .map_err(|error| errors::raise(py, &error, &proposal.called))?;
        Ok(match answer {
            Answer::Accepted(accepted) => ("accepted", Some((*accepted).into()), Vec::new()),
            Answer::Rejected(result, source, reason) => ("rejected", None, vec![result, source, reason]),
            Answer::Aborted(source, reason) => ("aborted", None, vec![source, reason]),
        })
    }

    /// Send files; `told` gets the place of each, its status and comment, or code and words of what kept it from being sent.
    fn send(
        &mut self,
        py: Python<'_>,
        objects: Vec<OutgoingRow>,
        peer_length: u32,
        window: usize,
        told: Py<PyAny>,
    ) -> PyResult<()> {
        let objects: Vec<Outgoing> = objects
            .into_iter()
            .map(|(path, sop_class, sop_instance, context, originator)| Outgoing {
                path,
                sop_class,
                sop_instance,
                context,
                originator,
            })
            .collect();
        let stream = open(&mut self.stream)?;
        let mut raised = None;
        let mut tell = |place: usize, sent: Sent| {
            let (status, words) = match sent {
                Ok((status, comment)) => (Some(status), (String::new(), comment)),
                Err(error) => (None, (error.code.to_owned(), error.to_string())),
            };
            let answered = Python::attach(|py| told.call1(py, (place, status, words)));
            answered.map_err(|error| raised.get_or_insert(error)).is_ok()
        };
        let done = py.detach(|| send::send(stream, &objects, Pace { peer_length, window }, &mut tell));
        if let Some(error) = raised {
            return Err(error);
        }
        done.map_err(|error| errors::raise(py, &error, ""))
    }

    /// Release the association and close the connection.
    fn release(&mut self, py: Python<'_>) -> PyResult<()> {
        let mut stream = self.stream.take();
        let stream = open(&mut stream)?;
        py.detach(|| send::release(stream)).map_err(|error| errors::raise(py, &error, ""))
    }

    /// Abort the association and close the connection.
    fn abort(&mut self) {
        if let Some(mut stream) = self.stream.take() {
            // The peer may be gone; it has nothing left to learn. Source 0: the user of the service.
            let _ = std::io::Write::write_all(&mut stream, &[pdu::ABORT, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
        }
    }
}

fn open(stream: &mut Option<TcpStream>) -> PyResult<&mut TcpStream> {
    stream.as_mut().ok_or_else(|| PyValueError::new_err("the association has ended"))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<AssociatePdu>()?;
    module.add_class::<ReceivePolicy>()?;
    module.add_class::<StorageUser>()?;
    module.add_function(wrap_pyfunction!(dimse_receive, module)?)
}
