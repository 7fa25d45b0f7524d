//! What lies in the guest beside the programs: a terminal of the demo's province, enrolled, with its data, and what people hold up. Its
//! person tags cost what a real province's do.
//! Promises: invented people only; the journal and what a stick brings back are read as the authority reads them.
//! Must not know: the emulator.

mod evening;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use gate_proof::stretch::MemoryKib;
use gate_signing::demo::DemoProvince;
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::optics::Scene;
use gate_sim::people::{EXPIRED, Person, VALID};
use gate_sim::sam::SyntheticCard;
use gate_sim::stage::{Issue, LedgerRow, Setting, Stage, province_with_tags, rows_of, rows_of_batch};
use gate_wire::credential::{Colour, Condition};

/// Where a terminal's data are.
const HOME: &str = "var/lib/tianfu-gate";
/// Of the journal's disk.
const DISK_BYTES: u64 = 64 << 20;
/// The journal's files.
const JOURNAL: [&str; 3] = ["journal.db", "journal.db-wal", "reserve.bin"];
const JOURNAL_DISK: &str = "journal.img";
const EVENING_DISK: &str = "evening.img";
const PUBLISHED: &str = "published";
const PUBLISHED_LATER: &str = "published-later";
/// The longest that the demo's platform gives: runs that show codes are shorter.
const LIFE_S: u32 = 900;
/// Whose codes lie in the pictures' folder as `person-N.pgm`, each issued a little later than the one before, as people come.
pub(crate) const PEOPLE: std::ops::Range<u16> = 3..9;
const BETWEEN_S: i64 = 30;
/// And those before the whole board's camera; one from two minutes ahead is not taken yet.
const FILMED_S: i64 = 10;
/// A phone shows a code of about a minute ago.
const AGE_S: i64 = 60;
/// Codes of different people before the whole board's camera.
pub(crate) const CODES: u16 = 56;
/// Cards that are counted: what one more costs.
const CARDS: u16 = 6;
/// Moments of each, as a hand moves: not every one can be read.
const MOMENTS: u64 = 3;
/// The first of those people.
const FIRST: u16 = 20;

/// The world, on this machine's disk.
pub(crate) struct World {
    folder: tempfile::TempDir,
    province: DemoProvince,
}

impl World {
    /// A terminal's files, the configuration of the rig's board, and the pictures of its camera; so many strangers are in the list that the desk
    /// has published since.
    ///
    /// # Errors
    /// If they cannot be made.
    pub(crate) fn made(strangers: u64) -> Result<World> {
        let folder = tempfile::tempdir()?;
        let root = folder.path().join("root");
        let province = province_with_tags(MemoryKib::DEFAULT)?;
        let listed = std::iter::once(2)
            .chain(FIRST..FIRST + CARDS)
            .map(|nth| Ok((vec![province.subject(&Person::new(nth)?.document)?], Colour::Green)))
            .collect::<Result<_>>()?;
        let spool = Some(folder.path().join("spool"));
        let mut stage = Stage::new(Setting { listed, spool, ..Setting::default() }, province)?;
        pictures(&root.join(HOME), &mut stage)?;
        copy(&stage.directory().join("believed"), &root.join(HOME).join("believed"))?;
        disk_of(stage.directory(), &folder.path().join(JOURNAL_DISK))?;
        evening::prepare(&mut stage, folder.path(), &root.join(HOME), strangers)?;
        let board = root.join("etc/tianfu-gate");
        fs::create_dir_all(&board)?;
        fs::copy("tests/rig/gate.toml", board.join("gate.toml"))?;
        carrier(&root.join(HOME).join("pictures"))?;
        let Stage { province, .. } = stage;
        Ok(World { folder, province })
    }

    /// What is laid over the guest's root.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// Where the terminal's own files are in it.
    pub(crate) fn home(&self) -> PathBuf {
        self.root().join(HOME)
    }

    /// Puts a file of this machine into the guest.
    ///
    /// # Errors
    /// If it cannot be copied.
    pub(crate) fn bring(&self, file: &Path, place: &str) -> Result<()> {
        copy(file, &self.root().join(place))
    }

    /// Writes what is counted: the data, a frame with a code and one without, answers of a reader for cards of different people, the last two of
    /// them on no list.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub(crate) fn inputs(&self, folder: &Path) -> Result<()> {
        let home = self.root().join(HOME);
        copy(&home.join("believed/."), &folder.join("believed"))?;
        for frame in ["nobody.pgm", "phone.pgm"] {
            copy(&home.join("pictures").join(frame), &folder.join(frame))?;
        }
        for nth in 0..CARDS {
            let card = Person::new(FIRST + nth)?.card(VALID)?;
            fs::write(folder.join(format!("card-{nth}.hex")), card.hex())?;
        }
        for nth in 0..2 {
            let card = Person::new(FIRST + CARDS + nth)?.card(VALID)?;
            fs::write(folder.join(format!("unlisted-{nth}.hex")), card.hex())?;
        }
        Ok(())
    }

    /// A fresh copy of the journal's disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn disk(&self, copy: &Path) -> Result<PathBuf> {
        fs::copy(self.folder.path().join(JOURNAL_DISK), copy)?;
        Ok(copy.to_owned())
    }

    /// The same of a terminal that people came to, whose records wait for a carrier.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn disk_in_the_evening(&self, copy: &Path) -> Result<PathBuf> {
        fs::copy(self.folder.path().join(EVENING_DISK), copy)?;
        Ok(copy.to_owned())
    }

    /// What the desk has published since: the folder that sticks are loaded from.
    pub(crate) fn published(&self) -> PathBuf {
        self.folder.path().join(PUBLISHED)
    }

    /// What it has published a night later, where the list has strangers.
    pub(crate) fn published_later(&self) -> PathBuf {
        self.folder.path().join(PUBLISHED_LATER)
    }

    /// The card of a person whom the published list names, and the terminal's own does not yet.
    ///
    /// # Errors
    /// Never, for the demo.
    pub(crate) fn newcomers_card() -> Result<SyntheticCard> {
        evening::newcomer()?.card(VALID)
    }

    /// What a batch that came back holds, proven and opened.
    ///
    /// # Errors
    /// If it is not this terminal's, or was changed.
    pub(crate) fn rows_of_batch(&self, file: &Path) -> Result<Vec<LedgerRow>> {
        rows_of_batch(&fs::read(file)?, Setting::default().terminal, &self.province)
    }

    /// The card of the person that the desk knows nothing bad of.
    ///
    /// # Errors
    /// Never, for the demo.
    pub(crate) fn card() -> Result<SyntheticCard> {
        Person::new(2)?.card(VALID)
    }

    /// The card of another person, which ended years ago.
    ///
    /// # Errors
    /// Never, for the demo.
    pub(crate) fn expired_card() -> Result<SyntheticCard> {
        Person::new(PEOPLE.start)?.card(EXPIRED)
    }

    /// What the journal on this disk holds, proven and opened.
    ///
    /// # Errors
    /// If it cannot be read, or its chain is broken.
    pub(crate) fn rows(&self, disk: &Path) -> Result<Vec<LedgerRow>> {
        let folder = tempfile::tempdir()?;
        let repaired = Command::new("e2fsck").args(["-f", "-p"]).arg(disk).output()?;
        let said = String::from_utf8_lossy(&repaired.stdout);
        ensure!(repaired.status.code().is_some_and(|code| code < 4), "e2fsck: {said}");
        for name in JOURNAL {
            let to = folder.path().join(name);
            Command::new("debugfs")
                .arg("-R")
                .arg(format!("dump {name} {}", to.display()))
                .arg(disk)
                .output()?;
        }
        copy(&self.root().join(HOME).join("believed"), &folder.path().join("believed"))?;
        rows_of(folder.path(), &Setting::default(), &self.province)
    }
}

fn code_of(stage: &mut Stage, person: u16, age_s: i64) -> Result<String> {
    let claim = Claim::Screen(Condition::Colour(Colour::Green));
    let issue = Issue { claim, age_s, life_s: LIFE_S };
    Ok(stage.issue(DemoIssuer::Province, &Person::new(person)?, issue)?.text)
}

/// What people hold up, as rows of grey pixels for the camera of the whole board.
fn films(folder: &Path, stage: &mut Stage) -> Result<()> {
    for code in 0..CODES {
        // Fifty pulls take longer than a code lives.
        let text = code_of(stage, FIRST + code, AGE_S - FILMED_S * i64::from(code))?;
        let mut film = Vec::new();
        for moment in 0..MOMENTS {
            film.extend(Scene::phone(&text, u64::from(code) * MOMENTS + moment)?.render().pixels);
        }
        fs::write(folder.join(format!("code-{code}.grey")), film)?;
    }
    Ok(())
}

fn pictures(home: &Path, stage: &mut Stage) -> Result<()> {
    let code = code_of(stage, 1, AGE_S)?;
    let pictures = home.join("pictures");
    fs::create_dir_all(&pictures)?;
    fs::create_dir_all(home.join("frames"))?;
    picture(&pictures.join("nobody.pgm"), &Scene::empty(1))?;
    picture(&pictures.join("phone.pgm"), &Scene::phone(&code, 1)?)?;
    for person in PEOPLE {
        let later = BETWEEN_S * i64::from(person - PEOPLE.start);
        let code = code_of(stage, person, AGE_S - later)?;
        picture(&pictures.join(format!("person-{person}.pgm")), &Scene::phone(&code, u64::from(person))?)?;
    }
    films(&pictures, stage)
}

fn picture(file: &Path, scene: &Scene) -> Result<()> {
    let picture = scene.render();
    let mut bytes = format!("P5 {} {} 255\n", picture.width, picture.height).into_bytes();
    bytes.extend_from_slice(&picture.pixels);
    Ok(fs::write(file, bytes)?)
}

/// A carrier's configuration: of a hub that is not there.
fn carrier(folder: &Path) -> Result<()> {
    let authority = rcgen::generate_simple_self_signed(["hub.example".to_owned()])?;
    fs::write(folder.join("authority.pem"), authority.cert.pem())?;
    let sample = fs::read_to_string("assets/sync.toml")?;
    let there = format!("/{HOME}/pictures/authority.pem");
    fs::write(folder.join("sync.toml"), sample.replace("/etc/tianfu-gate/hub-authority.pem", &there))?;
    Ok(())
}

/// A disk with the journal of a terminal whose clock was right once.
fn disk_of(stage: &Path, image: &Path) -> Result<()> {
    let journal = tempfile::tempdir()?;
    for name in JOURNAL.iter().filter(|name| stage.join(name).exists()) {
        fs::copy(stage.join(name), journal.path().join(name))?;
    }
    fs::File::create(image)?.set_len(DISK_BYTES)?;
    let made = Command::new("mke2fs")
        .args(["-q", "-F", "-t", "ext4", "-d"])
        .args([journal.path(), image])
        .status()?;
    ensure!(made.success(), "mke2fs could not make the journal's disk");
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a folder lies in one")?)?;
    let copied = Command::new("cp").arg("-a").args([from, to]).status()?;
    ensure!(copied.success(), "cp could not copy {}", from.display());
    Ok(())
}
