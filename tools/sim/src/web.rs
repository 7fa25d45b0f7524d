//! The virtual terminal: the real loop on a page of this machine's own browser.
//! Promises: loopback only; every address carries a random token, every request is checked for host and origin; the
//! page shows what the terminal drew, told and sealed, never something made up for it.
//! Must not know: which verdict is right.
//!
//! One thread owns the terminal (`theatre`) and turns it in real time; the server hands it [`Command`]s and shows
//! its newest `view::View`.

mod command;
mod door;
mod guest;
mod routes;
mod slot;
mod theatre;
mod view;
mod why;

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command as Process, Stdio};
use std::sync::mpsc;

use anyhow::{Context, Result};
use gate_terminal::voice::{Hours, Voices};
use gate_ui::Manner;

pub use command::Command;

use door::Door;

/// Whether the page is opened in this machine's browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// It is, where there is one.
    Open,
    /// It is not: its address is printed only.
    Leave,
}

/// What the terminal says aloud, and how loud.
#[derive(Clone, Debug)]
pub struct Speech {
    /// Words after the tones.
    pub voices: Voices,
    /// The volume of each hour.
    pub hours: Hours,
}

impl Speech {
    /// Tones alone, at the volumes that a terminal comes with.
    ///
    /// # Errors
    /// Never: they are a text of our own.
    pub fn usual() -> Result<Speech> {
        let hours = Hours::parse(Hours::USUAL).context("the usual volumes are 24 digits")?;
        Ok(Speech { voices: Voices::default(), hours })
    }
}

/// Serves the virtual terminal on 127.0.0.1 until the process is ended. Port 0 takes any free one.
///
/// # Errors
/// If the port is taken, or the terminal does not start.
pub fn serve(port: u16, browser: Browser, speech: Speech, manner: Manner) -> Result<()> {
    let opened = VirtualTerminal::open(port)?.speaking(speech).looking(manner);
    announce(opened.address())?;
    if browser == Browser::Open {
        open(opened.address());
    }
    opened.run()
}

/// A virtual terminal whose address is known and whose page is not served yet.
pub struct VirtualTerminal {
    listener: TcpListener,
    door: Door,
    address: String,
    speech: Speech,
    manner: Manner,
}

impl std::fmt::Debug for VirtualTerminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VirtualTerminal")
            .field("port", &self.listener.local_addr().ok())
            .finish_non_exhaustive()
    }
}

impl VirtualTerminal {
    /// Takes a port of 127.0.0.1; 0 is any free one.
    ///
    /// # Errors
    /// If it is taken.
    pub fn open(port: u16) -> Result<VirtualTerminal> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("port {port} of 127.0.0.1 is taken: give another with --port, or none")
        })?;
        let door = Door::new(listener.local_addr()?.port())?;
        let address = door.address();
        Ok(VirtualTerminal { listener, door, address, speech: Speech::usual()?, manner: Manner::HOUSE })
    }

    /// The same with this to say.
    #[must_use]
    pub fn speaking(self, speech: Speech) -> VirtualTerminal {
        VirtualTerminal { speech, ..self }
    }

    /// The same with screens of this look.
    #[must_use]
    pub fn looking(self, manner: Manner) -> VirtualTerminal {
        VirtualTerminal { manner, ..self }
    }

    /// The page's address, token included.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Turns the terminal and serves its page until the process is ended.
    ///
    /// # Errors
    /// If the terminal does not start, or ends.
    pub fn run(self) -> Result<()> {
        let (commands, orders) = mpsc::sync_channel(64);
        let (stagehand, audience) = view::pair();
        let theatre = std::thread::Builder::new().name("terminal".into());
        let (Speech { voices, hours }, manner) = (self.speech, self.manner);
        let theatre = theatre.spawn(move || theatre::run(&orders, &stagehand, hours, manner))?;
        let house = routes::House { commands, audience, voices: voices.into() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(routes::serve(self.listener, self.door, house))?;
        theatre.join().unwrap_or_else(|_| anyhow::bail!("the terminal's thread has ended by a panic"))
    }
}

fn announce(address: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "天府闸机 · 虚拟终端 virtual terminal\n\n  {address}\n")?;
    writeln!(out, "本机浏览器打开以上网址；Ctrl+C 结束。")?;
    writeln!(
        out,
        "Open the address in a browser on this machine; Ctrl+C ends it. Without a browser: --headless."
    )?;
    Ok(())
}

/// Asks the desktop to open the page; where there is none, the printed address is enough.
fn open(address: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut opener = Process::new(opener);
    opener.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    drop(opener.spawn());
}
