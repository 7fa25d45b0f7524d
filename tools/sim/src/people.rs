//! Invented people of the demo: region 510100, names 测试甲 and on. Nobody here exists.
//! Promises: check digits are right, numbers are made from a serial, so that two people never share one.
//! Must not know: what happens to them.

use anyhow::{Context, Result};
use gate_wire::document::{Document, DocumentKind};

use crate::sam::{SyntheticCard, checked_15, checked_18};

/// An invented person.
#[derive(Clone, Debug)]
pub struct Person {
    /// Full name, as a desk would type it.
    pub name: &'static str,
    /// The number of the resident ID card.
    pub number: String,
    /// The same as a document.
    pub document: Document,
}

/// Validity of the cards of the demo: issued long ago, good for long.
pub const VALID: (&str, &str) = ("20150101", "20350101");
/// A card that ended in 2024.
pub const EXPIRED: (&str, &str) = ("20040101", "20240101");

const NAMES: [&str; 10] =
    ["测试甲", "测试乙", "测试丙", "测试丁", "测试戊", "测试己", "测试庚", "测试辛", "测试壬", "测试癸"];

impl Person {
    /// The person of this serial number, 0 to 999.
    ///
    /// # Errors
    /// Never for such a number: the digits are made to be right.
    pub fn new(serial: u16) -> Result<Person> {
        let body = format!("5101001940{:02}{:02}{:03}", 1 + serial / 28 % 12, 1 + serial % 28, serial % 1000);
        let number = checked_18(&body).context("seventeen digits have a check digit")?;
        let document = Document::parse(DocumentKind::ResidentId, &number)?;
        Ok(Person { name: NAMES[usize::from(serial) % NAMES.len()], number, document })
    }

    /// Their resident ID card.
    ///
    /// # Errors
    /// If the dates are none.
    pub fn card(&self, valid: (&str, &str)) -> Result<SyntheticCard> {
        SyntheticCard::resident(self.name, &self.number, valid)
    }
}

/// A person with a permanent-resident card of 2023 and the number of the card of 2017 (DOMAIN §13).
#[derive(Clone, Debug)]
pub struct ForeignResident {
    /// The new card.
    pub new_card: SyntheticCard,
    /// The old card.
    pub old_card: SyntheticCard,
    /// Its number.
    pub new: Document,
    /// The old number.
    pub old: Document,
}

impl ForeignResident {
    /// The one of the demo.
    ///
    /// # Errors
    /// Never: the numbers are made to be right.
    pub fn demo() -> Result<ForeignResident> {
        let new = checked_18("95184019500303003").context("seventeen digits have a check digit")?;
        let old = checked_15("USA51005003030").context("fourteen characters have a check digit")?;
        let valid = ("20231201", "20331130");
        let new_card =
            SyntheticCard::permanent_2023(("测试丙", "TESTER, CHARLIE"), &new, ("USA", "000"), valid)?;
        let names = ("TESTER, CHARLIE", "测试丙");
        let old_card = SyntheticCard::permanent_2017(names, &old, "19500303", ("20170616", "20270615"))?;
        Ok(ForeignResident {
            new_card,
            old_card,
            new: Document::parse(DocumentKind::PermanentResident2023, &new)?,
            old: Document::parse(DocumentKind::PermanentResident2017, &old)?,
        })
    }
}

/// A resident of Hong Kong with a residence permit and the number of the travel permit (DOMAIN §13).
#[derive(Clone, Debug)]
pub struct Hongkonger {
    /// The card.
    pub card: SyntheticCard,
    /// Its number.
    pub permit: Document,
    /// The travel permit's number, which the card tells too.
    pub travel: Document,
}

impl Hongkonger {
    /// The one of the demo.
    ///
    /// # Errors
    /// Never: the numbers are made to be right.
    pub fn demo() -> Result<Hongkonger> {
        let permit = checked_18("81000019500202002").context("seventeen digits have a check digit")?;
        let travel = "H12345678";
        Ok(Hongkonger {
            card: SyntheticCard::residence_permit("测试乙", &permit, travel, VALID)?,
            permit: Document::parse(DocumentKind::HmtResidencePermit, &permit)?,
            travel: Document::parse(DocumentKind::HmtTravelPermit, travel)?,
        })
    }
}

/// The passport of the demo's traveller.
pub const PASSPORT: &str = "E12345678";

/// The traveller's passport as a document.
///
/// # Errors
/// Never: the number is one.
pub fn passport() -> Result<Document> {
    Ok(Document::parse(DocumentKind::Passport, PASSPORT)?)
}
