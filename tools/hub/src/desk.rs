//! What people do at the hub, one command each: told on the screen, and in the audit log.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use gate_core::json;
use gate_core::query::TerminalNumber;
use gate_core::records::JournalId;
use gate_hub::files::{Readers, place};
use gate_hub::invitation::{Invitation, letters};
use gate_hub::publish;
use gate_hub::store::given;
use gate_hub::store::log::{Deed, audit};
use gate_hub::store::people::{self, Role, Secrets};
use gate_hub::store::records::settle::{self, Gap};
use gate_hub::store::terminals::{self, Standing};
use gate_hub::store::{Db, StoreFault, accounts, records};
use gate_hub::take;
use gate_hub::{hex, now};
use gate_proof::ed25519::PublicKey;
use totp_rs::Secret;

use crate::cli::{By, Data, Take, Terminal};
use crate::is_the_newest;

mod doubts;
mod log;
pub(crate) use self::doubts::doubts;
pub(crate) use self::log::{alarms, audit as audit_log};

fn open(data: &Data) -> anyhow::Result<Db> {
    Ok(data.store(&data.folder()?)?.open()?)
}

/// All of it, with its line in the audit log, or nothing.
fn change<T>(data: &Data, what: impl FnOnce(&Db) -> Result<T, StoreFault>) -> anyhow::Result<T> {
    Ok(open(data)?.change(what)?)
}

impl Terminal {
    fn number(&self) -> anyhow::Result<TerminalNumber> {
        TerminalNumber::new(self.number).context("a terminal's number is 0 to 131071")
    }
}

/// A person's or an officer's name, for a log that people read.
fn plain(name: &str) -> anyhow::Result<&str> {
    let plain = !name.is_empty() && name.chars().count() <= 40 && !name.contains(char::is_control);
    ensure!(plain, "a name has 1 to 40 letters");
    Ok(name)
}

impl Take {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let folder = self.data.folder()?;
        let mut db = self.data.store(&folder)?.open()?;
        is_the_newest(&folder, records::epoch(&db)?)?;
        let acknowledger = self.words.acknowledger(&folder)?;
        let (acknowledger, quota) = (acknowledger.as_ref(), self.limit.quota());
        let take = take::Take { folder: &self.from, acknowledger, quota, by: plain(&self.by.by)? };
        let brought = take.run(&mut db, now())?;
        println!(
            "batches: {} new, {} known, {} that disagree; accounts: {}; acknowledgements: {}",
            brought.kept, brought.known, brought.doubted, brought.accounts, brought.acknowledgements
        );
        brought.left.iter().for_each(|(name, left)| println!("not taken: {name}: {left}"));
        let unread = "no file that `gate-field return` writes, or its disk cannot be read";
        brought.unread.iter().for_each(|name| println!("not taken: {name}: {unread}"));
        let all = brought.left.is_empty() && brought.unread.is_empty() && brought.doubted == 0;
        Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

pub(crate) fn invite(data: &Data, terminal: &Terminal, hours: u64, by: &By) -> anyhow::Result<()> {
    let (terminal, by) = (terminal.number()?, (plain(&by.by)?, now()));
    let (invitation, until) = (Invitation::new(terminal)?, now().plus(hours.saturating_mul(3600)));
    change(data, |db| terminals::invite(db, (terminal, &invitation.key), until, by))?;
    println!("{}", invitation.code);
    print!("{}", invitation.drawn());
    Ok(())
}

pub(crate) fn enrol(
    data: &Data,
    terminal: &Terminal,
    (device, record): (&str, &str),
    by: &By,
) -> anyhow::Result<()> {
    let (terminal, by) = (terminal.number()?, (plain(&by.by)?, now()));
    let device = json::hex::<32>(device).filter(|key| *key != [0; 32]).context("--device is no key")?;
    let record = json::hex(record).and_then(|key| PublicKey::admit(&key).ok());
    let record = record.context("--record is no key")?;
    let known = change(data, |db| terminals::enrol_by_hand(db, terminal, (&device, &record), by))?;
    ensure!(
        known,
        "a key of these was revoked, and the terminal must make new ones; or it is another terminal's: compare the numbers with \
         `gate-hub terminals`"
    );
    println!("terminal {} enrolled", terminal.value());
    Ok(())
}

pub(crate) fn revoke(data: &Data, terminal: &Terminal, by: &By) -> anyhow::Result<()> {
    let (terminal, by) = (terminal.number()?, plain(&by.by)?);
    let taken = change(data, |db| terminals::revoke(db, terminal, (by, now())))?;
    ensure!(taken, "this terminal is not enrolled, and no code of it is open");
    println!("terminal {} revoked: no key and no open code of it serves any more", terminal.value());
    Ok(())
}

pub(crate) fn revoke_lines(data: &Data, terminal: &Terminal, by: &By) -> anyhow::Result<()> {
    let (terminal, by) = (terminal.number()?, plain(&by.by)?);
    let taken = change(data, |db| terminals::revoke_lines(db, terminal, (by, now())))?;
    ensure!(taken, "this terminal has no line");
    println!(
        "lines of terminal {} revoked: remove line.key there, let gate-sync make a new one, and show a new code",
        terminal.value()
    );
    Ok(())
}

pub(crate) fn person(data: &Data, name: &str, role: &str, by: &By) -> anyhow::Result<()> {
    let (name, role) = (plain(name)?, Role::parse(role).context("--role is viewer or administrator")?);
    let (by, passphrase, mut totp) = ((plain(&by.by)?, now()), letters::<20>()?, [0; 20]);
    getrandom::fill(&mut totp).context("the system gives no randomness")?;
    let secrets = Secrets { passphrase: &passphrase, totp: &totp };
    change(data, |db| people::add(db, (name, role), secrets, by))?;
    println!("passphrase {passphrase}");
    println!("one-time codes {}", Secret::from(totp.as_slice()).to_base32());
    Ok(())
}

pub(crate) fn remove(data: &Data, name: &str, by: &By) -> anyhow::Result<()> {
    let by = (plain(&by.by)?, now());
    ensure!(change(data, |db| people::remove(db, name, by))?, "nobody of this name");
    println!("{name} was taken away");
    Ok(())
}

pub(crate) fn list(data: &Data) -> anyhow::Result<()> {
    for one in terminals::all(&open(data)?)? {
        let standing = if one.standing == Standing::Enrolled { "enrolled" } else { "revoked" };
        let keys = one.device.zip(one.check_number());
        let keys = keys.map_or_else(String::new, |(device, check)| format!("{} {check}", hex(&device)));
        println!("{} {standing} {} {keys}", one.number, one.since);
    }
    Ok(())
}

fn in_words(gap: &Gap) -> String {
    let journal = hex(&gap.journal.0);
    let (first, last, waiting) = (gap.first, gap.last, gap.waiting);
    format!("terminal {} journal {journal} lacks {first} to {last}; {waiting} wait", gap.terminal.value())
}

pub(crate) fn records(data: &Data, terminal: &Terminal, out: &Path, by: &By) -> anyhow::Result<()> {
    let (terminal, by) = (terminal.number()?, (plain(&by.by)?, now()));
    let mut db = open(data)?;
    fs::DirBuilder::new().mode(0o700).create(out).with_context(|| out.display().to_string())?;
    db.change(|db| given::note(db, terminal, by))?;
    let (mut last, mut count) = (0, 0_u64);
    loop {
        let batches = given::after(&db, terminal, last)?;
        let Some((newest, _)) = batches.last() else { break };
        last = *newest;
        for (number, bytes) in &batches {
            let name = format!("{:06}-{number:012}.tfb", terminal.value());
            place(&out.join(name), bytes, Readers::Owner)?;
            count += 1;
        }
    }
    println!("{count} batches of terminal {} in {}", terminal.value(), out.display());
    Ok(())
}

pub(crate) fn gaps(data: &Data) -> anyhow::Result<()> {
    settle::gaps(&open(data)?)?.iter().for_each(|gap| println!("{}", in_words(gap)));
    Ok(())
}

pub(crate) fn accept_gap(
    data: &Data,
    terminal: &Terminal,
    (journal, through): (&str, u64),
    by: &By,
) -> anyhow::Result<()> {
    let journal = json::hex(journal).map(JournalId).context("--journal takes 32 hexadecimal digits")?;
    let (terminal, by) = (terminal.number()?, (plain(&by.by)?, now()));
    let gap = change(data, |db| settle::settle(db, (terminal, &journal), through, by))??;
    println!("lost, by your word: {}", in_words(&gap));
    Ok(())
}

pub(crate) fn strike(data: &Data, terminal: &Terminal, day: u32, by: &By) -> anyhow::Result<()> {
    let (of, by) = ((terminal.number()?, day), (plain(&by.by)?, now()));
    let struck = change(data, |db| accounts::strike(db, of, by))?;
    println!("{struck} counters struck out");
    Ok(())
}

pub(crate) fn restored(data: &Data, by: &By) -> anyhow::Result<()> {
    let (folder, by) = (data.folder()?, plain(&by.by)?);
    let mut db = data.store(&folder)?.open_to_restore()?;
    let epoch = records::next_epoch(&db, folder.epoch()?, now())?;
    // Outside first: a cut in between leaves a hub that says nothing until this is said again.
    folder.note_epoch(epoch)?;
    db.change(|db| records::restored(db, epoch, by, now()))?;
    println!("epoch {epoch}");
    eprintln!(
        "all enrolment codes have ended: show new ones. Terminals that were revoked and people who were removed since the copy was made \
         are back: say `revoke` and `person --remove` again"
    );
    Ok(())
}

pub(crate) fn publish(data: &Data, from: Option<&Path>, by: &By) -> anyhow::Result<()> {
    let (folder, by) = (data.folder()?, plain(&by.by)?);
    let objects = data.objects(&folder)?.context("there is no object store: HUB/objects names it")?;
    let from = from.map_or_else(|| folder.repository(), Path::to_path_buf);
    let published = publish::publish(&from, &objects)?;
    let (written, here) = (published.written, published.here);
    change(data, |db| audit(db, (by, now()), Deed::Publish, &[&written, &here]))?;
    println!("published: {written} files sent, {here} were there");
    Ok(())
}
