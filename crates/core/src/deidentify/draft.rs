//! A file that is written before it has its name: nobody sees half of it, whatever happens meanwhile.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file without a name where the system has such, or else one that is called a part.
pub struct Draft {
    pub file: File,
    part: Option<PathBuf>,
}

impl Draft {
    /// Begin one that is to be linked into `folder`; `part` is what it is called meanwhile, where it must have a name.
    pub fn new(folder: &Path, part: PathBuf) -> io::Result<Self> {
        if let Some(file) = unnamed(folder) {
            return Ok(Self { file, part: None });
        }
        let file = File::options().read(true).write(true).create_new(true).open(&part)?;
        Ok(Self { file, part: Some(part) })
    }

    /// The same file, from its beginning.
    pub fn begin(&mut self) -> io::Result<&mut File> {
        self.file.seek(SeekFrom::Start(0))?;
        Ok(&mut self.file)
    }

    /// Give it its name; unlike a rename, a link never replaces another file. Whether the name was free.
    pub fn link(&self, to: &Path) -> io::Result<bool> {
        let linked = match &self.part {
            None => link_unnamed(&self.file, to),
            Some(part) => fs::hard_link(part, to),
        };
        match linked {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(_) if !to.exists() => self.moved(to),
            Err(error) => Err(error),
        }
    }

    /// Where files have one name at most.
    fn moved(&self, to: &Path) -> io::Result<bool> {
        if let Some(part) = &self.part {
            return fs::rename(part, to).map(|()| true);
        }
        let mut from = &self.file;
        from.seek(SeekFrom::Start(0))?;
        let mut copy = File::create_new(to)?;
        let copied = io::copy(&mut from, &mut copy);
        if copied.is_err() {
            let _ = fs::remove_file(to);
        }
        copied.map(|_| true)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            let _ = fs::remove_file(part);
        }
    }
}

/// A file without a name, on the file system of a folder: making and removing a second name for each of thousands of
/// files is what threads otherwise wait for.
#[cfg(target_os = "linux")]
fn unnamed(folder: &Path) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt;

    let flags = i32::try_from(rustix::fs::OFlags::TMPFILE.bits()).ok()?;
    let file = File::options().read(true).write(true).custom_flags(flags).open(folder).ok()?;
    fs::symlink_metadata(place(&file)).ok().map(|_| file)
}

#[cfg(target_os = "linux")]
fn place(file: &File) -> String {
    use std::os::fd::AsRawFd;

    format!("/proc/self/fd/{}", file.as_raw_fd())
}

#[cfg(target_os = "linux")]
fn link_unnamed(file: &File, to: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD};

    Ok(rustix::fs::linkat(CWD, place(file), CWD, to, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_: &Path) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
fn link_unnamed(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("hounsfield-draft-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_draft_gets_a_name_and_replaces_nothing() {
        let folder = folder("names");
        for (number, unnamed) in [(1, true), (2, false)] {
            let part = folder.join(format!("{number}.part"));
            let mut draft = if unnamed {
                Draft::new(&folder, part.clone()).unwrap()
            } else {
                let file = File::options().read(true).write(true).create_new(true).open(&part).unwrap();
                Draft { file, part: Some(part.clone()) }
            };
            draft.file.write_all(b"abc").unwrap();
            let to = folder.join(format!("{number}.dcm"));
            assert!(draft.link(&to).unwrap());
            assert!(!draft.link(&to).unwrap());
            let mut text = String::new();
            draft.begin().unwrap().read_to_string(&mut text).unwrap();
            drop(draft);
            assert_eq!((text.as_str(), fs::read_to_string(&to).unwrap().as_str()), ("abc", "abc"));
            assert!(!part.exists());
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_draft_that_is_dropped_leaves_nothing() {
        let folder = folder("dropped");
        drop(Draft::new(&folder, folder.join("x.part")).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir_all(&folder).unwrap();
    }
}
