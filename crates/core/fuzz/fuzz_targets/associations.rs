//! Any bytes from a peer: association requests, command sets, and an association that receives. Nothing may panic, hang
//! or grow without bound, what is handed over lies in the folder, and nothing is left there.
#![no_main]

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use hounsfield_core::dimse::receive::{is_uid, serve, Accepted, Policy, Received, Sink, SUCCESS};
use hounsfield_core::dimse::transport::Transport;
use hounsfield_core::dimse::{associate, command, pdu, VERIFICATION};
use libfuzzer_sys::fuzz_target;

struct Peer<'a> {
    bytes: &'a [u8],
    answered: usize,
    looks: usize,
}

impl Read for Peer<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        // Portions of many sizes, by what the bytes say.
        let most = self.bytes.first().map_or(0, |byte| usize::from(*byte) * 16 + 1);
        let count = most.min(to.len()).min(self.bytes.len());
        to[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        Ok(count)
    }
}

impl Write for Peer<'_> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.answered += from.len();
        Ok(from.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Peer<'_> {
    fn ready(&mut self) -> io::Result<bool> {
        self.looks += 1;
        Ok(self.looks % 3 != 0)
    }

    fn patience(&mut self, _: Duration) -> io::Result<()> {
        Ok(())
    }
}

struct Kept<'a>(&'a PathBuf);

impl Sink for Kept<'_> {
    fn keep(&mut self, batch: &[Received]) -> Vec<u16> {
        for one in batch {
            assert!(is_uid(&one.sop_instance));
            assert_eq!(one.path.parent(), Some(self.0.as_path()));
            assert_eq!(std::fs::metadata(&one.path).unwrap().len(), one.bytes);
        }
        vec![SUCCESS; batch.len()]
    }
}

fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let path = std::env::temp_dir().join(format!("hounsfield-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        path
    })
}

fuzz_target!(|data: &[u8]| {
    if let Ok(found) = associate::parse(data) {
        let _ = associate::build(pdu::REQUEST, &found);
    }
    let _ = command::parse(data);
    let contexts = [
        Accepted { id: 1, abstract_syntax: "1.2".into(), syntax: "1.2.840.10008.1.2.1".into() },
        Accepted { id: 3, abstract_syntax: VERIFICATION.into(), syntax: "1.2.840.10008.1.2".into() },
    ];
    let policy = Policy {
        folder: folder().clone(),
        prefix: "fuzz".into(),
        max_length: 1 << 16,
        peer_length: 128,
        object_bytes: 1 << 16,
        batch: 3,
        batch_bytes: 1 << 16,
        wait: Duration::from_secs(1),
        pdu_time: Duration::from_secs(10),
        sync: false,
        digest: true,
        implementation: "1.2.3".into(),
        version: "FUZZ".into(),
        calling: "FUZZ".into(),
    };
    let mut peer = Peer { bytes: data, answered: 0, looks: 0 };
    let outcome = serve(&mut peer, &contexts, &policy, &mut Kept(folder()));
    assert!(outcome.end.is_some() || outcome.error.is_some());
    assert!(peer.answered <= 1024 + data.len() * 64);
    assert!(std::fs::read_dir(folder()).unwrap().next().is_none());
});
