//! `gate-sign issue`: one credential, from a closed schema.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use gate_signing::code::Code;
use gate_signing::desk::Desk;
use gate_signing::desk::against_list::{Contradiction, contradiction};
use gate_signing::issue::{Claim, IssueRequest};
use gate_signing::key_name::KeyName;
use gate_signing::log::entry::{Entry, Operation};
use gate_signing::register::short_kid;
use gate_signing::revocation::void_number;
use gate_wire::cose::Kid;
use gate_wire::credential::{Certifier, Colour, Condition, Role, TestResult};
use gate_wire::document::Document;
use gate_wire::time::Timestamp;

use crate::args::{DeskArguments, PersonArguments, kid, life, randomness, shown, time};
use crate::output;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// A screen code: minutes of life
    Screen(Coloured),
    /// A paper code, 离线码, for people without a phone
    Paper(Coloured),
    /// A nucleic-acid test certificate
    Test(Test),
    /// A community's or a medical institution's certificate
    Certificate(Certificate),
    /// A staff badge; good for nothing until its holder is on the staff list (`gate-sign staff add`) with a PIN
    Badge(Badge),
}

/// What every credential needs.
#[derive(Args)]
pub(crate) struct Common {
    #[command(flatten)]
    desk: DeskArguments,
    #[command(flatten)]
    person: PersonArguments,
    /// The issuer's key; else the first one at this desk that may give it
    #[arg(long, value_parser = kid)]
    kid: Option<Kid>,
    #[command(flatten)]
    list: ListArguments,
    /// How long it is good: 15m, 30d; at most what the issuer may give
    #[arg(long, value_parser = life)]
    life: Option<u32>,
    /// The time of issue, RFC 3339, not in the future; else now
    #[arg(long, value_name = "TIME", value_parser = time)]
    issued: Option<Timestamp>,
    /// Write the code as a PNG
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    /// Pixels a module in the PNG, 1 to 64
    #[arg(long, value_name = "PIXELS", default_value_t = 8)]
    scale: u32,
    /// Write the code as an SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the code's text; without any of the three it goes to standard output
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
}

/// The list that colours are held to.
#[derive(Args)]
pub(crate) struct ListArguments {
    /// The list built last, where it is not at its place in the desk
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
    /// Sign a colour although the desk's own list says another, has no such person, or cannot be asked: the log has a line of it
    #[arg(long)]
    pub(crate) against_list: bool,
}

/// A code that states a condition.
#[derive(Args)]
pub(crate) struct Coloured {
    #[command(flatten)]
    common: Common,
    /// What it states; the two words are the national platform's
    #[arg(long)]
    colour: ConditionArgument,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Test {
    #[command(flatten)]
    common: Common,
    /// When the sample was taken, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = time)]
    sampled: Timestamp,
    /// Its outcome
    #[arg(long)]
    result: ResultArgument,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Certificate {
    #[command(flatten)]
    common: Common,
    /// Who certifies
    #[arg(long)]
    by: CertifierArgument,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Badge {
    #[command(flatten)]
    common: Common,
    /// What its holder may do
    #[arg(long)]
    role: RoleArgument,
}

#[derive(Clone, Copy, ValueEnum)]
enum ConditionArgument {
    Green,
    Yellow,
    Red,
    /// 未见异常
    NoAbnormality,
    /// The national page's "abnormal"
    Abnormal,
}

#[derive(Clone, Copy, ValueEnum)]
enum ResultArgument {
    Negative,
    Positive,
}

#[derive(Clone, Copy, ValueEnum)]
enum CertifierArgument {
    Community,
    Medical,
}

/// What a member of staff may do.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RoleArgument {
    /// 工作人员: at the lane
    Attendant,
    /// 维护人员: syncs and repairs
    Technician,
    /// 审计人员: reads
    Auditor,
}

impl From<RoleArgument> for Role {
    fn from(argument: RoleArgument) -> Role {
        match argument {
            RoleArgument::Attendant => Role::Attendant,
            RoleArgument::Technician => Role::Technician,
            RoleArgument::Auditor => Role::Auditor,
        }
    }
}

impl From<ConditionArgument> for Condition {
    fn from(argument: ConditionArgument) -> Condition {
        match argument {
            ConditionArgument::Green => Condition::Colour(Colour::Green),
            ConditionArgument::Yellow => Condition::Colour(Colour::Yellow),
            ConditionArgument::Red => Condition::Colour(Colour::Red),
            ConditionArgument::NoAbnormality => Condition::NoAbnormality,
            ConditionArgument::Abnormal => Condition::Abnormal,
        }
    }
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Screen(code) => code.common.issue(Claim::Screen(code.colour.into()), 900),
            Command::Paper(code) => code.common.issue(Claim::Paper(code.colour.into()), 30 * 86_400),
            Command::Test(test) => {
                let result = match test.result {
                    ResultArgument::Negative => TestResult::Negative,
                    ResultArgument::Positive => TestResult::Positive,
                };
                test.common.issue(Claim::Test { sampled: test.sampled, result }, 30 * 86_400)
            }
            Command::Certificate(certificate) => {
                let by = match certificate.by {
                    CertifierArgument::Community => Certifier::Community,
                    CertifierArgument::Medical => Certifier::Medical,
                };
                certificate.common.issue(Claim::Certificate(by), 14 * 86_400)
            }
            Command::Badge(badge) => badge.common.issue(Claim::Badge(badge.role.into()), 30 * 86_400),
        }
    }
}

impl Common {
    fn issue(self, claim: Claim, usual_life_s: u32) -> anyhow::Result<()> {
        let (desk, now, someone) = (self.desk.open()?, self.desk.now()?, self.person.read()?);
        let issued = self.issued.unwrap_or(now);
        let request = IssueRequest {
            document: &someone.document,
            full_name: &someone.full_name,
            claim,
            issued,
            life_s: self.life.unwrap_or(usual_life_s),
        };
        let kid = self.kid.map_or_else(|| desk.province.issuer_for(claim, issued), Ok)?;
        self.hold_to_list(&desk, (kid, claim), &someone.document)?;
        let credential = desk.province.issue(kid, &request, now, &mut randomness())?;
        let code = Code::of(&credential.text)?;
        self.write(&code, &credential.text)?;
        eprintln!(
            "id {}, void no. {} {} (revoke by it), good until {}, {} bytes, {} x {} modules",
            credential.id_in_hex(),
            short_kid(credential.kid),
            void_number(credential.kid, credential.id),
            shown(credential.expires),
            credential.bytes.len(),
            code.modules(),
            code.modules()
        );
        Ok(())
    }

    /// What the desk signs by hand is what its own list says; the service never signs anything else. Only this province's
    /// issuers are held to it: nobody states a colour from our list in another's name.
    fn hold_to_list(
        &self,
        desk: &Desk,
        (kid, claim): (Kid, Claim),
        document: &Document,
    ) -> anyhow::Result<()> {
        let keys = desk.province.key_set()?;
        if keys.find(kid).is_none_or(|key| !key.region().same_province(desk.province.region())) {
            return Ok(());
        }
        let against = match claim {
            Claim::Screen(_) | Claim::Paper(_) => self.against(desk, claim, document),
            Claim::Test { .. } | Claim::Certificate(_) | Claim::Badge(_) => Ok(None),
        };
        match against {
            Ok(None) => Ok(()),
            _ if self.list.against_list => {
                let key = Some(KeyName::Issuer(kid));
                desk.log().note(&Entry { key, ..Entry::of(Operation::IssueAgainstList) })?;
                Ok(())
            }
            Ok(Some((Contradiction::Other(colour), as_of))) => bail!(
                "the desk's list says {colour:?} of this person as of {}: nothing was signed. If the list is wrong, correct it; to sign all the same give --against-list, and the log has a line of it（名单为另一颜色，未签发）",
                shown(as_of)
            ),
            Ok(Some((Contradiction::Unlisted, as_of))) => bail!(
                "the desk's list of everybody, as of {}, does not have this person: no colour is known, and nothing was signed. Take the person into the list; to sign all the same give --against-list, and the log has a line of it（名单中无此人，未签发）",
                shown(as_of)
            ),
            Err(error) => Err(error.context(
                "the desk's list cannot be asked, and nothing was signed; build it again, or give --against-list",
            )),
        }
    }

    fn against(
        &self,
        desk: &Desk,
        claim: Claim,
        document: &Document,
    ) -> anyhow::Result<Option<(Contradiction, Timestamp)>> {
        let Some(list) = desk.held_list(self.list.list.as_deref())? else { return Ok(None) };
        let subject = desk.province.subject(document)?;
        let found = contradiction(&list, claim, &subject).context("the list is damaged")?;
        Ok(found.map(|found| (found, list.state().as_of)))
    }

    fn write(&self, code: &Code, text: &str) -> anyhow::Result<()> {
        if let Some(path) = &self.png {
            output::write_new(path, &code.png(self.scale)?)?;
        }
        if let Some(path) = &self.svg {
            output::write_new(path, code.svg().as_bytes())?;
        }
        if let Some(path) = &self.text {
            output::write_new(path, text.as_bytes())?;
        }
        if self.png.is_none() && self.svg.is_none() && self.text.is_none() {
            println!("{text}");
        }
        Ok(())
    }
}
