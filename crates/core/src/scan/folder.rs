//! The files below some folders: walked by several threads, given in the order of their names.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// What a walk found.
#[derive(Debug, Default)]
pub struct Found {
    /// Regular files, sorted.
    pub files: Vec<PathBuf>,
    /// What could not be looked into, and why; sorted.
    pub unreadable: Vec<(PathBuf, String)>,
    /// Links to what is found without them, links that lead nowhere, pipes, devices and sockets, and why they are passed over.
    pub passed: Vec<(PathBuf, String)>,
}

#[derive(Default)]
struct Pile {
    folders: Vec<PathBuf>,
    busy: usize,
}

struct Walk<'a> {
    pile: Mutex<Pile>,
    news: Condvar,
    stop: &'a AtomicBool,
}

/// One folder: its own files, links and problems.
#[derive(Default)]
struct Listing {
    files: Vec<(PathBuf, Vec<OsString>)>,
    links: Vec<PathBuf>,
    found: Found,
}

/// Walk `roots` (files or folders). Each file is found once, however many links lead to it.
///
/// Only a broken-off walk (`stop`) gives less than everything.
#[must_use]
pub fn walk(roots: &[PathBuf], threads: usize, stop: &AtomicBool) -> Found {
    let mut found = Found::default();
    let mut covered: Vec<PathBuf> = Vec::new();
    let mut single: HashSet<PathBuf> = HashSet::new();
    let mut links = Vec::new();
    for root in outermost(roots) {
        match fs::canonicalize(&root).and_then(|real| Ok((fs::metadata(&real)?, real))) {
            Err(error) => found.unreadable.push((root, error.to_string())),
            Ok((metadata, real)) if metadata.is_dir() => {
                if !covered.iter().any(|known| real.starts_with(known)) {
                    descend(root, threads, stop, &mut found, &mut links);
                    covered.push(real);
                }
            }
            Ok((metadata, real)) if metadata.is_file() => {
                if !covered.iter().any(|known| real.starts_with(known)) && single.insert(real) {
                    found.files.push(root);
                }
            }
            Ok(_) => found.passed.push((root, "neither a file nor a folder".to_owned())),
        }
    }
    // A link may lead to a folder with further links.
    while !links.is_empty() && !stop.load(Ordering::Relaxed) {
        links.sort();
        for link in std::mem::take(&mut links) {
            follow(link, threads, stop, &mut found, &mut covered, &mut single, &mut links);
        }
    }
    found.files.sort_unstable_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
    found.files.dedup();
    found.unreadable.sort();
    found.passed.sort();
    found
}

/// Without those that lie in another one, shortest first.
fn outermost(roots: &[PathBuf]) -> Vec<PathBuf> {
    let mut kept: Vec<PathBuf> = Vec::new();
    let mut sorted = roots.to_vec();
    sorted.sort_by_key(|root| root.components().count());
    for root in sorted {
        if !kept.iter().any(|known| root.starts_with(known)) {
            kept.push(root);
        }
    }
    kept
}

fn follow(
    link: PathBuf,
    threads: usize,
    stop: &AtomicBool,
    found: &mut Found,
    covered: &mut Vec<PathBuf>,
    single: &mut HashSet<PathBuf>,
    links: &mut Vec<PathBuf>,
) {
    match fs::canonicalize(&link).and_then(|real| Ok((fs::metadata(&real)?, real))) {
        Err(error) => found.passed.push((link, format!("a link that leads nowhere: {error}"))),
        Ok((_, real)) if covered.iter().any(|known| real.starts_with(known)) => {
            found.passed.push((link, "a link to something that is scanned anyway".to_owned()));
        }
        Ok((metadata, real)) if metadata.is_dir() => {
            descend(link, threads, stop, found, links);
            covered.push(real);
        }
        Ok((metadata, real)) if metadata.is_file() => {
            if single.insert(real) {
                found.files.push(link);
            } else {
                found.passed.push((link, "a link to something that is scanned anyway".to_owned()));
            }
        }
        Ok(_) => found.passed.push((link, "neither a file nor a folder".to_owned())),
    }
}

/// Everything below one folder, links aside.
fn descend(root: PathBuf, threads: usize, stop: &AtomicBool, found: &mut Found, links: &mut Vec<PathBuf>) {
    let walk = Walk { pile: Mutex::new(Pile { folders: vec![root], busy: 0 }), news: Condvar::new(), stop };
    let listings: Vec<Listing> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(|| walk.work())).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
    });
    for mut listing in listings {
        for (folder, names) in listing.files {
            found.files.extend(names.into_iter().map(|name| folder.join(name)));
        }
        links.append(&mut listing.links);
        found.unreadable.append(&mut listing.found.unreadable);
        found.passed.append(&mut listing.found.passed);
    }
}

impl Walk<'_> {
    fn work(&self) -> Listing {
        let mut listing = Listing::default();
        while let Some(folder) = self.take() {
            let below = list(&folder, &mut listing, self.stop);
            let mut pile = self.pile.lock().unwrap_or_else(PoisonError::into_inner);
            pile.folders.extend(below);
            pile.busy -= 1;
            drop(pile);
            self.news.notify_all();
        }
        listing
    }

    /// The next folder; `None` once all are done.
    fn take(&self) -> Option<PathBuf> {
        let mut pile = self.pile.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(folder) = pile.folders.pop() {
                pile.busy += 1;
                return Some(folder);
            }
            if pile.busy == 0 {
                return None;
            }
            pile = self.news.wait(pile).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn list(folder: &Path, listing: &mut Listing, stop: &AtomicBool) -> Vec<PathBuf> {
    let mut below = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            listing.found.unreadable.push((folder.to_path_buf(), error.to_string()));
            return below;
        }
    };
    let mut names = Vec::new();
    for entry in entries {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let kind = entry.and_then(|entry| Ok((entry.file_type()?, entry.file_name())));
        match kind {
            Err(error) => listing.found.unreadable.push((folder.to_path_buf(), error.to_string())),
            Ok((kind, name)) if kind.is_file() => names.push(name),
            Ok((kind, name)) if kind.is_dir() => below.push(folder.join(name)),
            Ok((kind, name)) if kind.is_symlink() => listing.links.push(folder.join(name)),
            Ok((_, name)) => {
                listing.found.passed.push((folder.join(name), "neither a file nor a folder".to_owned()));
            }
        }
    }
    listing.files.push((folder.to_path_buf(), names));
    below
}
