//! `gate enrol`: a terminal's own keys, made where they stay. `gate ask`: the carrier is asked to make them known to the hub.
//! Promises: what is printed is public; keys that are there are never replaced: records and envelopes hang on them; the hub's code goes
//! no further than this process.
//! Must not know: what the desk does with it. On a board with a secure element the keys come from there.

use std::fs::{DirBuilder, File};
use std::io::{BufRead, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, ensure};
use gate_core::enrolment::{Asked, Invitation};
use gate_core::fingerprint::Fingerprint;
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::SigningKey;
use gate_proof::seal::OpeningKey;
use zeroize::Zeroizing;

use crate::asking;
use crate::secrets::{self, FILE_NAME};

/// Bytes of a line with a code, at most.
const LINE_MOST: usize = 64;

/// Makes the keys of `terminal` in the data directory and says the public halves.
///
/// # Errors
/// If there are keys already, or the file cannot be written.
pub fn run(directory: &Path, terminal: u32, out: &mut impl Write) -> anyhow::Result<()> {
    let terminal = TerminalNumber::new(terminal).context("a terminal's number is 0 to 131071")?;
    let [device, record, uses] = [seed()?, seed()?, seed()?];
    let path = directory.join(FILE_NAME);
    DirBuilder::new().recursive(true).mode(0o755).create(directory)?;
    let file = File::options().write(true).create_new(true).mode(0o600).open(&path);
    let mut file = file.with_context(|| {
        format!(
            "making {}: if it is there, this terminal has its keys; new ones are made after a revocation alone, as the hub's manual says",
            path.display()
        )
    })?;
    let mut text = Zeroizing::new(String::with_capacity(512));
    *text += &format!(
        "{{\"format\":2,\"terminal\":{},\"device_key_seed\":\"{}\",\"record_key_seed\":\"{}\",\"use_key\":\"{}\"}}\n",
        terminal.value(),
        *hex(&device),
        *hex(&record),
        *hex(&uses)
    );
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    File::open(directory)?.sync_all()?;
    let device = OpeningKey::from_seed(&device);
    let (device, record) = (device.sealing_key(), SigningKey::from_seed(&record).public_key());
    writeln!(out, "terminal {}", terminal.value())?;
    writeln!(out, "device {}", *hex(device.as_bytes()))?;
    writeln!(out, "fingerprint {}", Fingerprint::of(device.as_bytes(), record.as_bytes()))?;
    writeln!(out, "record {}", *hex(record.as_bytes()))?;
    writeln!(
        out,
        "next, at the desk: gate-sign province publish --terminal N --device HEX --out {}",
        directory.display()
    )?;
    Ok(())
}

/// Asks the carrier to make this terminal known to the hub, with the code that the hub showed: its letters, or all of its QR code.
/// It comes over standard input: what is on a command line every user of the machine can read.
///
/// # Errors
/// If it is no code, or another terminal's; if there are no keys yet, or the folder cannot be written.
pub fn ask(directory: &Path, spool: &Path, code: &mut impl BufRead) -> anyhow::Result<()> {
    let own = secrets::own_keys(directory)?;
    let mut line = Zeroizing::new(String::with_capacity(LINE_MOST));
    code.by_ref().take(LINE_MOST as u64).read_line(&mut line)?;
    let said = line.trim();
    let invitation = Invitation::parse(said.as_bytes()).or_else(|| Invitation::of(own.terminal, said));
    let invitation = invitation.context("the hub's code is 16 letters and digits, or TFE1:NUMBER:CODE")?;
    ensure!(
        invitation.terminal == own.terminal,
        "the code is for terminal {}, this is terminal {}",
        invitation.terminal.value(),
        own.terminal.value()
    );
    let record = SigningKey::from_seed(&own.record_seed).public_key();
    let device = own.device.sealing_key();
    let asked = Asked::new(&invitation, [device.as_bytes(), record.as_bytes()], &asking::nonce()?)?;
    asking::put(spool, &asked).with_context(|| format!("asking in {}", spool.display()))
}

fn seed() -> anyhow::Result<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).context("the system gives no randomness")?;
    Ok(seed)
}

fn hex(bytes: &[u8; 32]) -> Zeroizing<String> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Zeroizing::new(String::with_capacity(64));
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from(DIGITS[usize::from(nibble)]));
        }
    }
    text
}
