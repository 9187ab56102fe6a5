#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use super::*;

const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const EXPLICIT: &str = "1.2.840.10008.1.2.1";

/// A peer whose bytes come in given portions; between two of them a read would wait.
struct Peer {
    portions: VecDeque<Vec<u8>>,
    answers: Vec<u8>,
    waited: bool,
}

impl Peer {
    fn new(portions: Vec<Vec<u8>>) -> Self {
        Self { portions: portions.into(), answers: Vec::new(), waited: false }
    }
}

impl Read for Peer {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let Some(front) = self.portions.front_mut() else { return Ok(0) };
        let count = front.len().min(to.len());
        to[..count].copy_from_slice(&front[..count]);
        front.drain(..count);
        if front.is_empty() {
            self.portions.pop_front();
            self.waited = false;
        }
        Ok(count)
    }
}

impl Write for Peer {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.answers.extend_from_slice(from);
        Ok(from.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Peer {
    fn ready(&mut self) -> io::Result<bool> {
        // The first look at a portion finds nothing yet.
        let ready = self.waited;
        self.waited = true;
        Ok(ready)
    }

    fn patience(&mut self, _: Duration) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Default)]
struct Kept {
    batches: Vec<Vec<(String, Vec<u8>)>>,
}

impl Sink for Kept {
    fn keep(&mut self, batch: &[Received]) -> Vec<u16> {
        let read = |one: &Received| (one.sop_instance.clone(), std::fs::read(&one.path).unwrap());
        self.batches.push(batch.iter().map(read).collect());
        vec![SUCCESS; batch.len()]
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hounsfield-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn is_empty(&self) -> bool {
        std::fs::read_dir(&self.0).unwrap().next().is_none()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn policy(folder: &Folder) -> Policy {
    Policy {
        folder: folder.0.clone(),
        prefix: "one".into(),
        max_length: 1 << 16,
        peer_length: 0,
        object_bytes: 1 << 20,
        batch: 8,
        batch_bytes: 1 << 20,
        wait: Duration::from_secs(1),
        pdu_time: Duration::from_secs(5),
        sync: true,
        digest: true,
        implementation: "1.2.3".into(),
        version: "TEST".into(),
        calling: "MODALITY".into(),
    }
}

fn contexts() -> Vec<Accepted> {
    vec![
        Accepted { id: 1, abstract_syntax: CT.into(), syntax: EXPLICIT.into() },
        Accepted { id: 3, abstract_syntax: VERIFICATION.into(), syntax: EXPLICIT.into() },
    ]
}

fn store(message: u16, instance: &str, data: &[u8]) -> Vec<u8> {
    let command = Command {
        field: command::STORE,
        message,
        sop_class: CT.into(),
        sop_instance: instance.into(),
        has_data_set: true,
        ..Command::default()
    };
    let mut bytes = Vec::new();
    push_command(&mut bytes, 1, &command, 64);
    for (place, piece) in data.chunks(10).enumerate() {
        let last = (place + 1) * 10 >= data.len();
        bytes.extend(pdu::start(pdu::DATA, piece.len() as u32 + 6));
        bytes.extend((piece.len() as u32 + 2).to_be_bytes());
        bytes.extend([1, if last { 2 } else { 0 }]);
        bytes.extend(piece);
    }
    bytes
}

fn statuses(answers: &[u8]) -> Vec<(u16, u16)> {
    let mut rest = answers;
    let mut found = Vec::new();
    while let Some((head, after)) = rest.split_first_chunk::<6>() {
        let (kind, length) = pdu::header(*head);
        if kind == pdu::DATA {
            let answer = command::parse(&after[6..length as usize]).unwrap();
            found.push((answer.answers, answer.status));
        }
        rest = &after[length as usize..];
    }
    found
}

fn run(name: &str, portions: Vec<Vec<u8>>) -> (Outcome, Kept, Vec<(u16, u16)>, Vec<u8>) {
    let folder = Folder::new(name);
    let (mut peer, mut sink) = (Peer::new(portions), Kept::default());
    let outcome = serve(&mut peer, &contexts(), &policy(&folder), &mut sink);
    assert!(folder.is_empty(), "nothing may be left that was not kept");
    let known = statuses(&peer.answers);
    (outcome, sink, known, peer.answers)
}

#[test]
fn what_comes_without_waiting_is_kept_and_answered_together() {
    let portion = [store(1, "1.1", b"first data set"), store(2, "1.2", b"second"), pdu::RELEASE_PDU.to_vec()].concat();
    let (outcome, sink, answers, raw) = run("together", vec![portion]);
    assert_eq!((outcome.end, outcome.stored, outcome.error), (Some(End::Released), 2, None));
    assert_eq!(answers, [(1, SUCCESS), (2, SUCCESS)]);
    assert_eq!(sink.batches.len(), 1);
    assert!(sink.batches[0][0].1.ends_with(b"first data set"));
    assert_eq!(&sink.batches[0][0].1[128..132], b"DICM");
    assert!(raw.ends_with(&pdu::RELEASED_PDU));
}

#[test]
fn a_complete_object_is_answered_before_the_next_one_is_waited_for() {
    let second = store(2, "1.2", b"second");
    let (head, tail) = second.split_at(second.len() - 3);
    let first = [store(1, "1.1", b"first").as_slice(), head].concat();
    let (outcome, sink, answers, _) = run("before", vec![first, tail.to_vec(), pdu::RELEASE_PDU.to_vec()]);
    assert_eq!((outcome.stored, sink.batches.len()), (2, 2));
    assert_eq!(answers, [(1, SUCCESS), (2, SUCCESS)]);
}

#[test]
fn an_abort_in_the_middle_leaves_nothing_of_that_object() {
    let second = store(2, "1.2", b"second data set, longer than one value");
    let cut = second.len() - 18;
    let portion = [store(1, "1.1", b"first").as_slice(), &second[..cut], &pdu::abort(Abort::Unspecified)].concat();
    let (outcome, sink, answers, _) = run("abort", vec![portion]);
    assert_eq!(outcome.stored, 1);
    assert_eq!(sink.batches.concat().len(), 1);
    assert_eq!(answers, [(1, SUCCESS)]);
}

#[test]
fn a_path_is_no_instance() {
    for instance in ["..", "/etc/x", "1..2", "", "1.2.a", &"1".repeat(65)] {
        let portion = [store(1, instance, b"data"), pdu::RELEASE_PDU.to_vec()].concat();
        let (outcome, sink, answers, _) = run("path", vec![portion]);
        assert_eq!((outcome.refused, answers), (1, vec![(1, INVALID_INSTANCE)]), "{instance}");
        assert!(sink.batches.is_empty());
    }
}

#[test]
fn what_breaks_the_protocol_is_aborted_and_keeps_what_was_complete() {
    let good = store(1, "1.1", b"first");
    let long = [pdu::start(pdu::DATA, u32::MAX).to_vec(), vec![0; 32]].concat();
    let passing = [pdu::start(pdu::DATA, 10).to_vec(), vec![0, 0, 0, 200, 1, 3, 0, 0, 0, 0]].concat();
    let context = [pdu::start(pdu::DATA, 6).to_vec(), vec![0, 0, 0, 2, 99, 2]].concat();
    let data_first = [pdu::start(pdu::DATA, 8).to_vec(), vec![0, 0, 0, 4, 1, 2, 7, 7]].concat();
    let again = [pdu::start(pdu::REQUEST, 4).to_vec(), vec![0; 4]].concat();
    let unknown = pdu::start(0x2A, 0).to_vec();
    for (bad, code, reason) in [
        (long, "pdu-length", Abort::InvalidParameter),
        (passing, "pdv-length", Abort::InvalidParameter),
        (context, "pdu-unexpected", Abort::Unexpected),
        (data_first, "pdu-unexpected", Abort::Unexpected),
        (again, "pdu-unexpected", Abort::Unexpected),
        (unknown, "pdu-type", Abort::Unrecognized),
    ] {
        let (outcome, sink, _, raw) = run("broken", vec![[good.clone(), bad].concat()]);
        assert_eq!((outcome.stored, outcome.error.unwrap().code), (1, code));
        assert_eq!(sink.batches.len(), 1);
        assert!(raw.ends_with(&pdu::abort(reason)), "{code}");
    }
}

#[test]
fn an_object_past_the_limit_is_refused_and_the_next_one_kept() {
    let large = store(1, "1.1", &vec![0; (1 << 20) + 1]);
    let portion = [large, store(2, "1.2", b"small"), pdu::RELEASE_PDU.to_vec()].concat();
    let (outcome, _, answers, _) = run("large", vec![portion]);
    assert_eq!((outcome.stored, outcome.refused), (1, 1));
    assert_eq!(answers, [(1, OUT_OF_RESOURCES), (2, SUCCESS)]);
}

#[test]
fn verification_is_answered() {
    let echo = Command { field: command::ECHO, message: 9, sop_class: VERIFICATION.into(), ..Command::default() };
    let mut portion = Vec::new();
    push_command(&mut portion, 3, &echo, 0);
    let (outcome, _, answers, _) = run("echo", vec![portion]);
    assert_eq!((outcome.end, answers), (Some(End::Closed), vec![(9, SUCCESS)]));
}
