//! `gate-sign keyset`: the register of issuers.

use clap::{ArgGroup, Args, Subcommand};
use gate_core::keyset::{Holder, Region};
use gate_proof::ed25519::PublicKey;
use gate_signing::desk::Desk;
use gate_signing::kinds::kind_of;
use gate_signing::log::entry::{Entry, Operation};
use gate_signing::register::{Life, Terms, in_words, public_key};
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use gate_wire::time::Timestamp;

use crate::args::{DeskArguments, kid, life, randomness, shown, time};

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the issuers in words
    Show(Show),
    /// Admit an issuer, by its public key or with a new key made at this desk
    Add(Box<Add>),
    /// What is not published yet, against what was published last, in words
    Diff(Show),
    /// Name an issuer for this desk's own words: an office, never a person
    Name(Name),
    /// Make the longest life of a kind shorter; what was issued for longer goes to the attendant
    Shorten(Shorten),
    /// End a key: what it signed before stays good
    Retire(Retire),
    /// Void what a stolen key signed from a time on. Thieves backdate: choose a time before the theft
    Revoke(Revoke),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    desk: DeskArguments,
}

/// See the help texts.
#[derive(Args)]
#[command(group = ArgGroup::new("key").required(true))]
pub(crate) struct Add {
    #[command(flatten)]
    desk: DeskArguments,
    /// The key's id, unique in the key set
    #[arg(long, value_parser = kid)]
    kid: Kid,
    /// Where the issuer is responsible: 110000; 000000 is the national platform
    #[arg(long, value_parser = region)]
    region: Region,
    /// province, national, laboratory, community, medical or staff_office; hub for a key that acknowledges records, without
    /// --kind. Places and terminals sign nothing
    #[arg(long, value_parser = holder)]
    holder: Holder,
    /// A kind with its longest life, may be repeated: screen_code=15m, paper_code=30d, nucleic_acid_test=30d,
    /// certificate=14d, staff_badge=30d
    #[arg(long = "kind", value_name = "KIND=LIFE", value_parser = kind_life)]
    kinds: Vec<(Kind, u32)>,
    /// What people call it: 成都市卫健委
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// In force from, RFC 3339; else from now on
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// In force until, RFC 3339; else open
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// The issuer's Ed25519 public key, base64url without padding (43 characters)
    #[arg(long, value_name = "X", value_parser = key, allow_hyphen_values = true, group = "key")]
    public_key: Option<PublicKey>,
    /// Make the key here, for an issuer of this province; its private half stays at this desk
    #[arg(long, group = "key")]
    make: bool,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Name {
    #[command(flatten)]
    desk: DeskArguments,
    /// The key's id
    #[arg(long, value_parser = kid)]
    kid: Kid,
    /// What people call it
    name: String,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Shorten {
    #[command(flatten)]
    desk: DeskArguments,
    /// The key's id
    #[arg(long, value_parser = kid)]
    kid: Kid,
    /// A kind with its new longest life: paper_code=14d
    #[arg(long, value_name = "KIND=LIFE", value_parser = kind_life)]
    kind: (Kind, u32),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Retire {
    #[command(flatten)]
    desk: DeskArguments,
    /// The key's id
    #[arg(long, value_parser = kid)]
    kid: Kid,
    /// Its end, RFC 3339; else now
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    desk: DeskArguments,
    /// The key's id
    #[arg(long, value_parser = kid)]
    kid: Kid,
    /// Codes issued from then on are void, RFC 3339; not ahead of now
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Timestamp,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Show(arguments) => arguments.run(),
            Command::Add(arguments) => arguments.run(),
            Command::Diff(arguments) => arguments.diff(),
            Command::Name(arguments) => arguments.run(),
            Command::Shorten(arguments) => arguments.run(),
            Command::Retire(arguments) => arguments.run(),
            Command::Revoke(arguments) => arguments.run(),
        }
    }
}

impl Show {
    fn run(self) -> anyhow::Result<()> {
        let (desk, now) = (self.desk.open()?, self.desk.now()?);
        let keys = desk.province.key_set()?;
        println!(
            "{} issuers of province {}, at {}:",
            keys.keys().len(),
            keys.province().as_str(),
            shown(now)
        );
        for key in keys.keys() {
            println!("  {}; now {:?}", in_words(key), key.force_at(now));
            if let Some(life) = desk.province.register().life(key.kid()) {
                println!("      {}", life_in_words(&life));
            }
        }
        Ok(())
    }
}

impl Show {
    fn diff(self) -> anyhow::Result<()> {
        let desk = self.desk.open()?;
        let review = desk.review()?;
        match (review.since, review.key_set.is_empty()) {
            (None, _) => println!("nothing was published yet（尚未发布）"),
            (Some(since), true) => {
                println!("the key set is that of generation {since}（与第 {since} 代相同）")
            }
            (Some(since), false) => println!("since generation {since}（自第 {since} 代以来）:"),
        }
        for told in &review.key_set {
            println!("{}\n    {}", told.zh, told.en);
        }
        Ok(())
    }
}

impl Name {
    fn run(self) -> anyhow::Result<()> {
        let mut desk = self.desk.open()?;
        desk.province.register_mut().name(self.kid, &self.name)?;
        desk.save()?;
        println!("named; names stay at this desk");
        Ok(())
    }
}

impl Shorten {
    fn run(self) -> anyhow::Result<()> {
        let mut desk = self.desk.open()?;
        let (kind, longest_s) = self.kind;
        desk.province.register_mut().shorten(self.kid, kind, longest_s)?;
        keep(&mut desk)
    }
}

/// Keeps a changed register, the log first, and says what is not published yet.
fn keep(desk: &mut Desk) -> anyhow::Result<()> {
    desk.admit_state()?;
    desk.log().note(&Entry::of(Operation::KeySetChange))?;
    desk.save()?;
    for told in desk.review()?.key_set {
        println!("{}\n    {}", told.zh, told.en);
    }
    println!("in force at terminals after `gate-sign province publish`");
    Ok(())
}

impl Add {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let terms = Terms {
            kid: self.kid,
            region: self.region,
            holder: self.holder,
            kinds: self.kinds,
            from: self.from.unwrap_or(now),
            until: self.until,
        };
        match &self.public_key {
            Some(key) => desk.province.register_mut().add(key, &terms)?,
            None => desk.province.make_issuer(&terms, &mut randomness())?,
        }
        if let Some(name) = &self.name {
            desk.province.register_mut().name(self.kid, name)?;
        }
        keep(&mut desk)
    }
}

impl Retire {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let until = self.until.unwrap_or(now);
        desk.province.register_mut().retire(self.kid, until)?;
        println!("retired at {}: older codes stay good", shown(until));
        keep(&mut desk)
    }
}

impl Revoke {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        desk.province.register_mut().revoke(self.kid, self.from, now)?;
        let in_force = desk.province.register().life(self.kid).and_then(|life| life.void_from);
        match in_force {
            Some(earlier) if earlier < self.from => println!(
                "codes issued from {} on are void already, and stay void: nothing changed",
                shown(earlier)
            ),
            _ => println!("revoked: codes issued from {} on are void; publish at once", shown(self.from)),
        }
        keep(&mut desk)
    }
}

fn life_in_words(life: &Life) -> String {
    let until = life.until.map_or("open".into(), |end| format!("until {}", shown(end)));
    let void = life.void_from.map(|cutoff| format!(", VOID from {}", shown(cutoff))).unwrap_or_default();
    format!("from {} {until}{void}", shown(life.from))
}

fn region(text: &str) -> Result<Region, String> {
    Region::parse(text).ok_or_else(|| "six digits: 110000".into())
}

fn holder(text: &str) -> Result<Holder, String> {
    Ok(match text {
        "province" => Holder::Province,
        "national" => Holder::National,
        "laboratory" => Holder::Laboratory,
        "community" => Holder::Community,
        "medical" => Holder::Medical,
        "staff_office" => Holder::StaffOffice,
        "place" => Holder::Place,
        "hub" => Holder::Hub,
        "terminal" => Holder::Terminal,
        _ => return Err("province, national, laboratory, community, medical or staff_office".into()),
    })
}

fn kind_life(text: &str) -> Result<(Kind, u32), String> {
    let (kind, longest) = text.split_once('=').ok_or("write KIND=LIFE: screen_code=15m")?;
    let kind =
        kind_of(kind).ok_or("screen_code, paper_code, nucleic_acid_test, certificate or staff_badge")?;
    Ok((kind, life(longest)?))
}

fn key(text: &str) -> Result<PublicKey, String> {
    public_key(text).ok_or_else(|| "43 characters of base64url; weak keys are refused".into())
}
