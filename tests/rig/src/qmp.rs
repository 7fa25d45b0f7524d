//! The emulator's own socket (QMP): JSON lines, a command and its answer.
//! Promises: events between are kept by name; a refusal is an error with the emulator's words.
//! Must not know: what runs in the guest.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::patience::{PATIENCE, until_connected};

/// An open conversation.
pub(crate) struct Qmp {
    lines: BufReader<UnixStream>,
    /// Events that came between, by name.
    events: Vec<String>,
}

impl Qmp {
    /// Greets the emulator at this socket.
    ///
    /// # Errors
    /// If it does not answer.
    pub(crate) fn at(socket: &Path) -> Result<Qmp> {
        let stream = until_connected(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut qmp = Qmp { lines: BufReader::new(stream), events: Vec::new() };
        qmp.line().context("the emulator's greeting")?;
        qmp.ask("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Gives a command.
    ///
    /// # Errors
    /// If the emulator refuses it, or says nothing.
    pub(crate) fn ask(&mut self, command: &str, arguments: Value) -> Result<Value> {
        let request = json!({ "execute": command, "arguments": arguments });
        writeln!(self.lines.get_mut(), "{request}").context("asking the emulator")?;
        loop {
            let mut answer = self.line()?;
            if let Some(error) = answer.get("error") {
                bail!("{command}: {error}");
            }
            if let Some(given) = answer.get_mut("return") {
                return Ok(given.take());
            }
        }
    }

    /// Waits for an event of this name, if none has come yet.
    ///
    /// # Errors
    /// If none comes.
    pub(crate) fn event(&mut self, name: &str) -> Result<()> {
        while !self.events.iter().any(|event| event == name) {
            self.line().with_context(|| format!("waiting for {name}"))?;
        }
        self.events.clear();
        Ok(())
    }

    fn line(&mut self) -> Result<Value> {
        let mut line = String::new();
        let length = self.lines.read_line(&mut line).context("listening to the emulator")?;
        if length == 0 {
            bail!("the emulator has ended");
        }
        let value: Value = serde_json::from_str(&line)?;
        self.events.extend(value.get("event").and_then(Value::as_str).map(str::to_owned));
        Ok(value)
    }
}
