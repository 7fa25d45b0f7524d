//! The rig's hand in the guest: a shell on a virtio console (tests/rig/guest/usr/lib/rig/shell).
//! Promises: one command, one answer with its end.
//! Must not know: what a command does.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::patience::{BOOT, PATIENCE, until_connected};

/// What every answer ends with, and its code.
const END: &str = "@@ ";

/// An open shell.
pub(crate) struct Shell {
    lines: BufReader<UnixStream>,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// Its output, both streams.
    pub(crate) text: String,
    /// Its end; 0 is well.
    pub(crate) code: i32,
}

impl Shell {
    /// The shell behind this socket, once the guest has started it.
    ///
    /// # Errors
    /// If it never comes.
    pub(crate) fn at(socket: &Path) -> Result<Shell> {
        let stream = until_connected(socket)?;
        let mut shell = Shell { lines: BufReader::new(stream) };
        shell.ready()?;
        Ok(shell)
    }

    /// Waits until the guest has started it, once more after a reset.
    ///
    /// # Errors
    /// If it never does.
    pub(crate) fn ready(&mut self) -> Result<()> {
        self.lines.get_ref().set_read_timeout(Some(BOOT))?;
        while self.line().context("waiting for the guest's shell")?.trim_end() != "@@ ready" {}
        Ok(self.lines.get_ref().set_read_timeout(Some(PATIENCE))?)
    }

    /// Runs a command, which is one line.
    ///
    /// # Errors
    /// If the guest does not answer.
    pub(crate) fn run(&mut self, command: &str) -> Result<Said> {
        self.send(command)?;
        let mut text = String::new();
        loop {
            let line = self.line().with_context(|| format!("in the guest: {command}"))?;
            if let Some(code) = line.strip_prefix(END) {
                return Ok(Said { text, code: code.trim().parse()? });
            }
            text.push_str(&line);
        }
    }

    /// Gives a command that nobody lives to answer.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn send(&mut self, command: &str) -> Result<()> {
        ensure!(!command.contains('\n'), "one line is one command");
        writeln!(self.lines.get_mut(), "{command}").context("writing to the guest's shell")
    }

    /// Whether a command ends well.
    ///
    /// # Errors
    /// If the guest does not answer.
    pub(crate) fn holds(&mut self, command: &str) -> Result<bool> {
        Ok(self.run(command)?.code == 0)
    }

    /// Runs a command that must end well.
    ///
    /// # Errors
    /// With what it said, if it does not.
    pub(crate) fn must(&mut self, command: &str) -> Result<String> {
        let said = self.run(command)?;
        ensure!(said.code == 0, "in the guest: {command}: {}", said.text.trim());
        Ok(said.text.trim().to_owned())
    }

    fn line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        let length = self.lines.read_until(b'\n', &mut line)?;
        ensure!(length > 0, "the guest has gone");
        Ok(String::from_utf8_lossy(&line).replace('\r', ""))
    }
}
