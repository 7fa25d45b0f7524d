//! A screen behind the kernel's display driver (DRM): two dumb buffers, of which one is shown while the other is drawn.
//!
//! Promises: nobody sees half a drawing, where the driver can flip pages; only what changed is drawn, in each of the two buffers;
//! a screen larger than the drawing has it in its middle; what is pulled out is opened anew. It waits for the screen's own
//! rhythm, a twentieth of a second at most, and belongs on a thread of its own ([`PanelThread`](crate::panel::PanelThread)).
//! It must not know: what is shown.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use drm::Device;
use drm::buffer::DrmFourcc;
use drm::control::dumbbuffer::DumbBuffer;
use drm::control::{Device as Control, Mode, PageFlipFlags, ResourceHandles, connector, crtc, framebuffer};
use gate_hal::DeviceFault;
use gate_hal::display::{Area, Pixels};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::OFlags;

use crate::framebuffer::{Depth, Layout};
use crate::panel::Panel;

/// How long a flip is waited for: longer than any picture lasts.
const FLIP: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// A card's first connected screen.
#[derive(Debug)]
pub struct DrmPanel {
    path: PathBuf,
    open: Option<Open>,
}

#[derive(Debug)]
struct Card(File);

impl AsFd for Card {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Device for Card {}
impl Control for Card {}

#[derive(Debug)]
struct Open {
    card: Card,
    screen: Screen,
    layout: Layout,
    sheets: [Sheet; 2],
    /// Which sheet is drawn next.
    back: usize,
}

/// A connected screen.
#[derive(Debug)]
struct Screen {
    connector: connector::Handle,
    crtc: crtc::Handle,
    mode: Mode,
}

/// One of the two pictures.
#[derive(Debug)]
struct Sheet {
    buffer: DumbBuffer,
    frame: framebuffer::Handle,
    /// Where it is older than the drawing.
    stale: Vec<Area>,
}

impl DrmPanel {
    /// The card at `path`, such as `/dev/dri/card0`. It may come later.
    #[must_use]
    pub fn new(path: &Path) -> DrmPanel {
        DrmPanel { path: path.to_owned(), open: None }
    }
}

impl Panel for DrmPanel {
    fn show(&mut self, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        let everywhere = [pixels.everywhere()];
        let (mut open, changed) = match self.open.take() {
            Some(open) => (open, pixels.changed),
            None => (Open::new(&self.path, (pixels.width, pixels.height))?, &everywhere[..]),
        };
        open.show(&pixels, changed).map_err(|_| DeviceFault::NotAnswering)?;
        self.open = Some(open);
        Ok(())
    }
}

impl Open {
    fn new(path: &Path, size: (usize, usize)) -> Result<Open, DeviceFault> {
        let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
        let file = File::options().read(true).write(true).custom_flags(flags).open(path);
        let card = Card(file.map_err(|_| DeviceFault::NotConnected)?);
        let screen = find(&card, size)?;
        Open::over(card, screen).map_err(|_| DeviceFault::Refusing)
    }

    fn over(card: Card, screen: Screen) -> std::io::Result<Open> {
        let (width, height) = screen.mode.size();
        let sheets = [sheet(&card, (width, height))?, sheet(&card, (width, height))?];
        let stride = drm::buffer::Buffer::pitch(&sheets[0].buffer) as usize;
        let layout = Layout { width: width.into(), height: height.into(), stride, depth: Depth::Bgrx };
        Ok(Open { card, screen, layout, sheets, back: 0 })
    }

    fn show(&mut self, pixels: &Pixels<'_>, changed: &[Area]) -> std::io::Result<()> {
        for sheet in &mut self.sheets {
            sheet.stale.extend_from_slice(changed);
        }
        let first = self.sheets.iter().all(|sheet| sheet.stale == [pixels.everywhere()]);
        let sheet = &mut self.sheets[self.back];
        let stale = std::mem::take(&mut sheet.stale);
        let mut map = self.card.map_dumb_buffer(&mut sheet.buffer)?;
        draw(pixels, &stale, self.layout, map.as_mut());
        drop(map);
        let frame = sheet.frame;
        if first || self.flip(frame).is_err() {
            // A driver that flips no pages, and the first picture, which sets the mode.
            let Screen { connector, crtc, mode } = self.screen;
            self.card.set_crtc(crtc, Some(frame), (0, 0), &[connector], Some(mode))?;
        }
        self.back = 1 - self.back;
        Ok(())
    }

    fn flip(&self, frame: framebuffer::Handle) -> std::io::Result<()> {
        self.card.page_flip(self.screen.crtc, frame, PageFlipFlags::EVENT, None)?;
        let mut asked = [PollFd::new(&self.card, PollFlags::IN)];
        // A driver that never says when it has flipped is not waited for.
        if poll(&mut asked, Some(&FLIP))? > 0 {
            self.card.receive_events()?.for_each(drop);
        }
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        for sheet in &self.sheets {
            let _ = self.card.destroy_framebuffer(sheet.frame);
            let _ = self.card.destroy_dumb_buffer(sheet.buffer);
        }
    }
}

/// Draws areas of a screen's pixels. What lies outside of the memory is left out: its size is the driver's word.
fn draw(pixels: &Pixels<'_>, areas: &[Area], layout: Layout, memory: &mut [u8]) {
    let mut bytes = Vec::new();
    for (start, run) in pixels.runs(areas) {
        for (start, row) in layout.rows(start, run, (pixels.width, pixels.height)) {
            bytes.clear();
            layout.depth.write(row, &mut bytes);
            if let Some(place) = memory.get_mut(start..start + bytes.len()) {
                place.copy_from_slice(&bytes);
            }
        }
    }
}

/// The first connected screen on which the drawing has room, in the mode that fits best.
fn find(card: &Card, size: (usize, usize)) -> Result<Screen, DeviceFault> {
    let resources = card.resource_handles().map_err(|_| DeviceFault::Refusing)?;
    let connectors = resources.connectors().iter().filter_map(|one| card.get_connector(*one, true).ok());
    let connected: Vec<connector::Info> =
        connectors.filter(|one| one.state() == connector::State::Connected).collect();
    if connected.is_empty() {
        return Err(DeviceFault::NotConnected);
    }
    let fitting = connected.iter().find_map(|connector| {
        let mode = fits(connector.modes(), size, Mode::size)?;
        let crtc = crtc_of(card, &resources, connector)?;
        Some(Screen { connector: connector.handle(), crtc, mode })
    });
    fitting.ok_or(DeviceFault::Refusing)
}

/// The mode of this size; else the smallest in which it has room.
fn fits<M: Copy>(modes: &[M], (width, height): (usize, usize), size: impl Fn(&M) -> (u16, u16)) -> Option<M> {
    let roomy = modes.iter().filter(|mode| {
        let (wide, high) = size(mode);
        usize::from(wide) >= width && usize::from(high) >= height
    });
    roomy
        .min_by_key(|mode| {
            let (wide, high) = size(mode);
            u32::from(wide) * u32::from(high)
        })
        .copied()
}

fn crtc_of(card: &Card, resources: &ResourceHandles, connector: &connector::Info) -> Option<crtc::Handle> {
    let used = connector.current_encoder().and_then(|encoder| card.get_encoder(encoder).ok()?.crtc());
    used.or_else(|| {
        let encoders = connector.encoders().iter().filter_map(|encoder| card.get_encoder(*encoder).ok());
        encoders.flat_map(|encoder| resources.filter_crtcs(encoder.possible_crtcs())).next()
    })
}

fn sheet(card: &Card, (width, height): (u16, u16)) -> std::io::Result<Sheet> {
    let buffer = card.create_dumb_buffer((width.into(), height.into()), DrmFourcc::Xrgb8888, 32)?;
    let frame = card.add_framebuffer(&buffer, 24, 32)?;
    Ok(Sheet { buffer, frame, stale: Vec::new() })
}

/// The sizes of a card's connected screens, for who sets it up.
///
/// # Errors
/// [`DeviceFault::NotConnected`] where there is no card, or nothing is connected to it; [`DeviceFault::Refusing`] for what is no
/// display.
pub fn screens(path: &Path) -> Result<Vec<(u16, u16)>, DeviceFault> {
    let file = File::options().read(true).write(true).open(path).map_err(|_| DeviceFault::NotConnected)?;
    let card = Card(file);
    let resources = card.resource_handles().map_err(|_| DeviceFault::Refusing)?;
    let connectors = resources.connectors().iter().filter_map(|one| card.get_connector(*one, false).ok());
    let connected = connectors.filter(|one| one.state() == connector::State::Connected);
    let sizes: Vec<_> = connected.filter_map(|one| one.modes().first().map(Mode::size)).collect();
    if sizes.is_empty() { Err(DeviceFault::NotConnected) } else { Ok(sizes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_drawn_and_a_drawing_lies_in_the_middle() {
        let layout = Layout { width: 4, height: 3, stride: 16, depth: Depth::Bgrx };
        let mut memory = vec![0xEE; 48];
        let rgb565 = [0xFFFF, 0];
        let pixels = Pixels { rgb565: &rgb565, width: 2, height: 1, changed: &[] };
        draw(&pixels, &[Area { x: 0, y: 0, width: 1, height: 1 }], layout, &mut memory);
        assert_eq!(memory[20..24], [255, 255, 255, 0]);
        assert_eq!(memory.iter().filter(|byte| **byte == 0xEE).count(), 44);
        draw(&pixels, &[pixels.everywhere()], layout, &mut memory[..22]);
    }

    #[test]
    fn the_mode_of_the_same_size_is_taken_and_else_the_smallest_with_room() {
        let modes = [(1920, 1080), (1280, 800), (800, 480)];
        let taken = |size| fits(&modes, size, |mode| *mode);
        assert_eq!(taken((1280, 800)), Some((1280, 800)));
        assert_eq!(taken((1024, 600)), Some((1280, 800)));
        assert_eq!(taken((1920, 1200)), None);
    }

    #[test]
    fn what_is_no_card_is_a_fault_and_asked_for_again() {
        let pixels = Pixels { rgb565: &[0], width: 1, height: 1, changed: &[] };
        for (path, fault) in
            [("/dev/null", DeviceFault::Refusing), ("/dev/dri/gate-no-card", DeviceFault::NotConnected)]
        {
            let mut panel = DrmPanel::new(Path::new(path));
            for _ in 0..2 {
                assert_eq!(panel.show(pixels), Err(fault), "{path}");
            }
            assert_eq!(screens(Path::new(path)), Err(fault), "{path}");
        }
    }
}
