//! What people bring: documents, cards, credentials and pictures of them, out of a scenario's words.
//! Promises: the same words of one passage are the same credential; a bad one is bad in its one way.
//! Must not know: what a terminal answers.

use anyhow::{Context, Result, bail};
use gate_hal_linux::picture::GreyPicture;
use gate_proof::ed25519::SigningKey;
use gate_signing::demo::DemoProvince;
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::{Claim, IssueRequest};
use gate_signing::revocation::Revocation;
use gate_wire::cose::Kid;
use gate_wire::credential::{Certifier, Colour, Condition, Role, Statement, TestResult};
use gate_wire::document::Document;
use gate_wire::time::Timestamp;

use crate::forge::{self, Claims};
use crate::optics::{CodeView, Pose, Scene};
use crate::people::{EXPIRED, ForeignResident, Hongkonger, Person, VALID, passport};
use crate::sam::SyntheticCard;
use crate::script::{
    Card, CardKind, CheckDigit, Code, Fault, Issuer, Kind, Member, Says, Span, Validity, Who,
};

/// A key that no key set holds.
const STRANGER: [u8; 32] = *b"nobody ever published this key..";
const STRANGERS_KID: Kid = Kid(*b"xx99");
/// Serial numbers of the members of staff.
const STAFF: u16 = 901;
const MINUTE: Span = Span::of(60);
/// The pixels that a flat code may fill of the frame's height.
const FLAT: f32 = 440.0;

/// What one passage's people brought so far.
#[derive(Default)]
pub(crate) struct Wardrobe {
    codes: Vec<(Code, String)>,
}

impl Wardrobe {
    /// The text of a credential, issued at the first mention.
    pub(crate) fn text(
        &mut self,
        province: &mut DemoProvince,
        code: &Code,
        now: Timestamp,
    ) -> Result<String> {
        if let Some((_, text)) = self.codes.iter().find(|(known, _)| known == code) {
            return Ok(text.clone());
        }
        let (text, _) = made(province, code, now)?;
        self.codes.push((code.clone(), text.clone()));
        Ok(text)
    }

    /// Issues a credential that will be revoked.
    pub(crate) fn revocable(
        &mut self,
        province: &mut DemoProvince,
        code: &Code,
        now: Timestamp,
    ) -> Result<Revocation> {
        let (text, id) = made(province, code, now)?;
        self.codes.push((code.clone(), text));
        id.context("only what the desk issued can be revoked")
    }
}

/// Every document of somebody, the first one first.
pub(crate) fn documents(who: Who) -> Result<Vec<Document>> {
    let serial = who as u16;
    Ok(match who {
        Who::Foreigner => {
            let resident = ForeignResident::demo()?;
            vec![resident.new, resident.old]
        }
        Who::ForeignerByOldNumber => vec![ForeignResident::demo()?.old],
        Who::Hongkonger => {
            let resident = Hongkonger::demo()?;
            vec![resident.permit, resident.travel]
        }
        Who::HongkongerByTravelPermit => vec![Hongkonger::demo()?.travel],
        Who::Traveller => vec![passport()?],
        _ => vec![Person::new(serial)?.document],
    })
}

/// A card as it is laid on the reader.
pub(crate) fn card(card: &Card) -> Result<SyntheticCard> {
    let valid = match card.validity {
        Validity::Valid => VALID,
        Validity::Expired => EXPIRED,
    };
    match card.card {
        CardKind::Resident => {
            let mut person = Person::new(card.of as u16)?;
            if card.check_digit == CheckDigit::Wrong {
                let right = person.number.pop();
                person.number.push(if right == Some('0') { '1' } else { '0' });
            }
            person.card(valid)
        }
        CardKind::Permanent2017 => Ok(ForeignResident::demo()?.old_card),
        CardKind::Permanent2023 => Ok(ForeignResident::demo()?.new_card),
        CardKind::ResidencePermit => Ok(Hongkonger::demo()?.card),
    }
}

/// The document of a member of staff.
pub(crate) fn staff(member: Member) -> Result<Document> {
    Ok(Person::new(STAFF + member as u16)?.document)
}

/// What a member of staff may do.
pub(crate) fn role(member: Member) -> Role {
    match member {
        Member::Attendant | Member::Retired => Role::Attendant,
        Member::Technician => Role::Technician,
    }
}

/// A member's badge.
pub(crate) fn badge(province: &mut DemoProvince, member: Member, now: Timestamp) -> Result<String> {
    let request = IssueRequest {
        document: &staff(member)?,
        full_name: "测试员",
        claim: Claim::Badge(role(member)),
        issued: now.minus(86_400),
        life_s: 30 * 86_400,
    };
    Ok(province.issue(DemoIssuer::StaffOffice, &request)?.text)
}

/// What the camera sees of a credential: phones show screen codes, everything else is printed.
pub(crate) fn picture(kind: Kind, text: &str, scene: u64) -> Result<GreyPicture> {
    Ok(match kind {
        Kind::Screen => Scene::phone(text, scene)?,
        Kind::Paper | Kind::Test | Kind::Certificate => Scene::paper(text, scene)?,
    }
    .render())
}

/// A code of so many bytes, held flat and as large as the frame allows.
pub(crate) fn picture_of_bytes(count: usize, scene: u64) -> Result<GreyPicture> {
    let mut view = CodeView::of_bytes(&vec![b'7'; count])?;
    view.pose = Pose::facing((FLAT / (view.modules() + 8.0)).min(8.0));
    Ok(Scene::empty(scene).with(view).render())
}

fn made(province: &mut DemoProvince, code: &Code, now: Timestamp) -> Result<(String, Option<Revocation>)> {
    let document = documents(code.about)?.into_iter().next().context("everybody has a document")?;
    let issued = match code.age.unwrap_or(MINUTE).seconds {
        ahead @ ..0 => now.plus(ahead.unsigned_abs()),
        past => now.minus(past.unsigned_abs()),
    };
    let life_s = code.life.map_or(longest(code.kind()), Span::length);
    let (issuer, claim) = (issuer(code)?, claim(code, now)?);
    let claims = Claims { document: &document, statement: statement(claim, issued), issued, life_s };
    let stranger = SigningKey::from_seed(&STRANGER);
    let off_desk = match (issuer, code.fault) {
        (None, _) => forge::signed_by(province, &stranger, STRANGERS_KID, &claims)?,
        (Some(issuer), Fault::Forged) => forge::signed_by(province, &stranger, issuer.kid(), &claims)?,
        (Some(issuer), Fault::SignedOffDesk) => forge::signed(province, issuer.kid(), &claims)?,
        (Some(issuer), _) => {
            let life_s = u32::try_from(life_s).context("lives are shorter than a century")?;
            let request =
                IssueRequest { document: &document, full_name: name(code.about), claim, issued, life_s };
            let issued = province.issue(issuer, &request)?;
            return Ok((
                spoilt(code.fault, &issued.text)?,
                Some(Revocation::Credential(issued.kid, issued.id)),
            ));
        }
    };
    Ok((off_desk, None))
}

fn spoilt(fault: Fault, text: &str) -> Result<String> {
    match fault {
        Fault::None | Fault::SignedOffDesk | Fault::Forged | Fault::Revoked => Ok(text.to_owned()),
        Fault::Truncated => Ok(forge::truncated(text)),
        Fault::BitOfTextFlipped => forge::bit_of_text_flipped(text),
        Fault::SignedBitFlipped => forge::signed_bit_flipped(text),
        Fault::ForeignAlgorithm => forge::foreign_algorithm(text),
    }
}

/// `None` for a key that nobody knows.
fn issuer(code: &Code) -> Result<Option<DemoIssuer>> {
    Ok(match (code.by, code.kind(), code.says) {
        (Some(Issuer::Unknown), _, _) => None,
        (Some(Issuer::Ours), _, _) => Some(DemoIssuer::Province),
        (Some(Issuer::OursRetired), _, _) => Some(DemoIssuer::ProvinceRetired),
        (Some(Issuer::National), _, _) => Some(DemoIssuer::National),
        (Some(Issuer::OtherProvince), _, _) => Some(DemoIssuer::OtherProvince),
        (Some(Issuer::Laboratory), _, _) | (None, Kind::Test, _) => Some(DemoIssuer::Laboratory),
        (None, Kind::Certificate, Says::Medical) => Some(DemoIssuer::Medical),
        (None, Kind::Certificate, _) => Some(DemoIssuer::Community),
        (None, Kind::Screen, Says::NoAbnormality | Says::Abnormal) => Some(DemoIssuer::National),
        (None, Kind::Screen | Kind::Paper, _) => Some(DemoIssuer::Province),
    })
}

fn claim(code: &Code, now: Timestamp) -> Result<Claim> {
    Ok(match (code.kind(), code.says) {
        (Kind::Screen, says) => Claim::Screen(condition(says)?),
        (Kind::Paper, says) => Claim::Paper(condition(says)?),
        (Kind::Test, Says::Negative | Says::Positive) => {
            let sampled = code.sampled.context("a test needs `sampled`")?.before(now);
            let result =
                if code.says == Says::Negative { TestResult::Negative } else { TestResult::Positive };
            Claim::Test { sampled, result }
        }
        (Kind::Certificate, Says::Community) => Claim::Certificate(Certifier::Community),
        (Kind::Certificate, Says::Medical) => Claim::Certificate(Certifier::Medical),
        (kind, says) => bail!("a {kind:?} cannot say {says:?}"),
    })
}

fn condition(says: Says) -> Result<Condition> {
    Ok(match says {
        Says::Green => Condition::Colour(Colour::Green),
        Says::Yellow => Condition::Colour(Colour::Yellow),
        Says::Red => Condition::Colour(Colour::Red),
        Says::NoAbnormality => Condition::NoAbnormality,
        Says::Abnormal => Condition::Abnormal,
        other => bail!("a code cannot say {other:?}"),
    })
}

fn statement(claim: Claim, issued: Timestamp) -> Statement {
    match claim {
        Claim::Screen(condition) => Statement::Screen(condition),
        Claim::Paper(condition) => Statement::Paper(condition),
        Claim::Test { sampled, result } => {
            let minutes_since_sampling = u16::try_from(issued.since(sampled) / 60).unwrap_or(u16::MAX);
            Statement::Test { minutes_since_sampling, result }
        }
        Claim::Certificate(certifier) => Statement::Certificate(certifier),
        Claim::Badge(role) => Statement::Badge(role),
    }
}

fn longest(kind: Kind) -> u64 {
    match kind {
        Kind::Screen => 15 * 60,
        Kind::Paper | Kind::Test => 30 * 86_400,
        Kind::Certificate => 14 * 86_400,
    }
}

fn name(who: Who) -> &'static str {
    Person::new(who as u16).map_or("测试", |person| person.name)
}

impl Code {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.code
    }
}
