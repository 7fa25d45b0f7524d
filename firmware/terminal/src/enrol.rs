//! `gate enrol`: a terminal's own keys, made where they stay.
//! Promises: what is printed is public; keys that are there are never replaced: records and envelopes hang on them.
//! Must not know: what the desk does with it. On a board with a secure element the keys come from there.

use std::fs::{DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::Context;
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::SigningKey;
use gate_proof::seal::OpeningKey;
use zeroize::Zeroizing;

use crate::secrets::FILE_NAME;

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
    let mut file = file.with_context(|| format!("making {}", path.display()))?;
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
    writeln!(out, "terminal {}", terminal.value())?;
    writeln!(out, "device {}", *hex(OpeningKey::from_seed(&device).sealing_key().as_bytes()))?;
    writeln!(out, "record {}", *hex(SigningKey::from_seed(&record).public_key().as_bytes()))?;
    writeln!(
        out,
        "next, at the desk: gate-sign province publish --terminal N --device HEX --out {}",
        directory.display()
    )?;
    Ok(())
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
