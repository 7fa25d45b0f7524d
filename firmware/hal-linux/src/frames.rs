//! A directory of pictures as camera: what `gate run` sees on a desk.
//!
//! Promises: pictures in the order of their names, one at every call; a file that is no picture is a fault once and
//! is skipped until it changes; a file that appears later, or is written anew, is taken up. A call loads one file from
//! disk and lists the directory when its list is done: it waits for the disk and for nothing else.
//! It must not know: what is in a picture.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use gate_hal::DeviceFault;
use gate_hal::camera::{Camera, CameraFrame};

use crate::picture::GreyPicture;

/// What happens when every picture was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playing {
    /// Begin again with the first name.
    Looping,
    /// Give only what is new.
    Once,
}

/// A directory whose pictures are the frames.
#[derive(Debug)]
pub struct FrameDirectory {
    path: PathBuf,
    playing: Playing,
    list: VecDeque<(OsString, Stamp)>,
    known: BTreeMap<OsString, (Stamp, Outcome)>,
    held: Option<GreyPicture>,
}

/// Tells one writing of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Given,
    NoPicture,
}

impl FrameDirectory {
    /// Files looked at in one directory; more are not seen.
    pub const MAX_FILES: usize = 10_000;

    /// The regular files of `path` whose names do not begin with a dot. It may appear later.
    #[must_use]
    pub fn new(path: &Path, playing: Playing) -> Self {
        let (list, known) = (VecDeque::new(), BTreeMap::new());
        Self { path: path.to_owned(), playing, list, known, held: None }
    }

    fn next(&mut self) -> Result<Option<GreyPicture>, DeviceFault> {
        if self.list.is_empty() {
            self.rescan()?;
        }
        let Some((name, stamp)) = self.list.pop_front() else { return Ok(None) };
        let picture = GreyPicture::load(&self.path.join(&name));
        let outcome = if picture.is_ok() { Outcome::Given } else { Outcome::NoPicture };
        self.known.insert(name, (stamp, outcome));
        picture.map(Some).map_err(|_| DeviceFault::NotAnswering)
    }

    fn rescan(&mut self) -> Result<(), DeviceFault> {
        let files = files_in(&self.path).map_err(|_| DeviceFault::NotConnected)?;
        // What was deleted is forgotten: the memory is as large as the directory at most.
        self.known.retain(|name, _| files.contains_key(name));
        self.list = files.into_iter().filter(|(name, stamp)| self.wants(name, *stamp)).collect();
        Ok(())
    }

    fn wants(&self, name: &OsString, stamp: Stamp) -> bool {
        match (self.known.get(name), self.playing) {
            (Some((known, Outcome::NoPicture)), _) | (Some((known, Outcome::Given)), Playing::Once) => {
                *known != stamp
            }
            (Some((_, Outcome::Given)), Playing::Looping) | (None, _) => true,
        }
    }
}

impl Camera for FrameDirectory {
    /// [`DeviceFault::NotConnected`] while there is no such directory, [`DeviceFault::NotAnswering`] once for a file
    /// that is no picture.
    fn frame(&mut self) -> Result<Option<CameraFrame<'_>>, DeviceFault> {
        self.held = self.next()?;
        Ok(self.held.as_ref().map(|picture| CameraFrame {
            pixels: &picture.pixels,
            width: picture.width,
            height: picture.height,
            stride: picture.width,
        }))
    }
}

/// The files in the order of their names. One that vanishes while we look is not there.
fn files_in(path: &Path) -> std::io::Result<BTreeMap<OsString, Stamp>> {
    let entries = std::fs::read_dir(path)?.take(FrameDirectory::MAX_FILES).flatten();
    Ok(entries.filter_map(|entry| stamped(&entry)).collect())
}

fn stamped(entry: &std::fs::DirEntry) -> Option<(OsString, Stamp)> {
    let name = entry.file_name();
    let about = std::fs::metadata(entry.path()).ok()?;
    let seen = about.is_file() && !name.as_encoded_bytes().starts_with(b".");
    seen.then(|| (name, Stamp { bytes: about.len(), modified: about.modified().ok() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of one grey pixel.
    fn write_shade(directory: &Path, name: &str, shade: u8) {
        let mut bytes = b"P5 1 1 255\n".to_vec();
        bytes.push(shade);
        std::fs::write(directory.join(name), bytes).unwrap();
    }

    fn shades(camera: &mut FrameDirectory, calls: usize) -> Vec<Result<Option<u8>, DeviceFault>> {
        (0..calls).map(|_| camera.frame().map(|frame| frame.map(|frame| frame.pixels[0]))).collect()
    }

    #[test]
    fn pictures_come_in_the_order_of_their_names_and_again() {
        let directory = tempfile::tempdir().unwrap();
        write_shade(directory.path(), "b.pgm", 2);
        write_shade(directory.path(), "a.pgm", 1);
        write_shade(directory.path(), ".hidden", 9);
        std::fs::create_dir(directory.path().join("c")).unwrap();
        let mut camera = FrameDirectory::new(directory.path(), Playing::Looping);
        assert_eq!(shades(&mut camera, 3), [Ok(Some(1)), Ok(Some(2)), Ok(Some(1))]);
    }

    #[test]
    fn played_once_only_what_is_new_is_given() {
        let directory = tempfile::tempdir().unwrap();
        write_shade(directory.path(), "b.pgm", 2);
        let mut camera = FrameDirectory::new(directory.path(), Playing::Once);
        assert_eq!(shades(&mut camera, 2), [Ok(Some(2)), Ok(None)]);
        write_shade(directory.path(), "a.pgm", 1);
        assert_eq!(shades(&mut camera, 2), [Ok(Some(1)), Ok(None)]);
    }

    #[test]
    fn a_file_that_is_no_picture_is_a_fault_once_until_it_changes() {
        for playing in [Playing::Looping, Playing::Once] {
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("a.pgm"), b"P5 1 1 ").unwrap();
            let mut camera = FrameDirectory::new(directory.path(), playing);
            assert_eq!(shades(&mut camera, 3), [Err(DeviceFault::NotAnswering), Ok(None), Ok(None)]);
            write_shade(directory.path(), "a.pgm", 5);
            assert_eq!(shades(&mut camera, 1), [Ok(Some(5))]);
        }
    }

    #[test]
    fn a_directory_that_is_not_there_is_a_fault_until_it_is() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("frames");
        let mut camera = FrameDirectory::new(&path, Playing::Looping);
        assert_eq!(shades(&mut camera, 1), [Err(DeviceFault::NotConnected)]);
        std::fs::create_dir(&path).unwrap();
        assert_eq!(shades(&mut camera, 1), [Ok(None)]);
        write_shade(&path, "a.pgm", 3);
        assert_eq!(shades(&mut camera, 1), [Ok(Some(3))]);
        std::fs::remove_dir_all(&path).unwrap();
        assert_eq!(shades(&mut camera, 1), [Err(DeviceFault::NotConnected)]);
    }
}
