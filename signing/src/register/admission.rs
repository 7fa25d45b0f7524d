//! What the register refuses, said so that it can be mended: what DOMAIN §5, §6 and §7 forbid, and slips of the keyboard.
//! Promises: whatever the terminal's loader would refuse of an entry's terms is refused here first, with its clause, and
//! entries are called by their ids; times and lives are in words.
//! Must not know: files, private keys.

use gate_core::case::IssuerClass;
use gate_core::keyset::{Allowed, Holder, KeySetError, MAX_KEYS, NATION, Region, longest_of};
use gate_proof::ed25519::PublicKey;
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use gate_wire::time::Timestamp;

use super::diff::{duration, kind_in_words, shown};
use super::{Register, Terms, kid_in_words};
use crate::spelling;

/// Why the register was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterRefused {
    /// A holder that gives no codes of this kind.
    #[error("a {holder:?} may not sign {kind:?} (DOMAIN §5; 暂行办法第四条：各地各部门不得自行设置或运营其他疫情防控码): {}", instead(*holder))]
    GiveKind {
        /// The holder.
        holder: Holder,
        /// What it was to sign.
        kind: Kind,
    },
    /// A city or county of this province with a code of its own.
    #[error("{} lies in this province, and only the province gives its colours: one code for all (DOMAIN §5; 暂行办法第四条：全省范围内一码通行): let the province's platform sign, or admit it as community or medical for certificates", region.as_str())]
    RunSecondCode {
        /// The city or county.
        region: Region,
    },
    /// The national platform of a province, or a province that is the nation.
    #[error("the national platform is --holder national with --region 000000, and nobody else is (DOMAIN §6): not a {holder:?} of {}", region.as_str())]
    PlaceNation {
        /// The holder.
        holder: Holder,
        /// Its region.
        region: Region,
    },
    /// A key that would sign nothing.
    #[error("say what this key signs, with --kind; only a hub's key, which acknowledges records, has none")]
    NameKinds,
    /// A life that no issuer of its class may give.
    #[error("{} live {} at most{}, not {}: write e.g. {}", kind_in_words(*kind).1, duration(*ceiling_s).1, clause(*kind, *class), duration(*longest_s).1, example(*kind))]
    OutliveRules {
        /// Of what.
        kind: Kind,
        /// Whose.
        class: IssuerClass,
        /// Asked for, in seconds.
        longest_s: u32,
        /// The most, in seconds.
        ceiling_s: u32,
    },
    /// A key that would never be in force.
    #[error("this key would end {} before it begins {}: it would never be in force; look at --from and --until", shown(*until), shown(*from))]
    EndBeforeBeginning {
        /// Its beginning.
        from: Timestamp,
        /// Its end.
        until: Timestamp,
    },
    /// There is no room.
    #[error(
        "the key set has {MAX_KEYS} keys, and terminals take no more: publish first (repo draft-trust, or province publish), whereby keys leave whose last code expired a week ago; then retire what is not used any more（密钥集已满 {MAX_KEYS} 把：先发布一次，最后一张码到期满一周的密钥随之移出；再停用不用的密钥）"
    )]
    Crowd,
    /// The id is taken.
    #[error("the register has {} already, and an id is never given twice: choose another --kid", kid_in_words(*.0))]
    RepeatId(Kid),
    /// The public key is there.
    #[error("this public key is in the register already, as {}: one key has one entry", kid_in_words(*.0))]
    RepeatKey(Kid),
    /// A longest life is made shorter, never longer: a longer life is a new key.
    #[error("with this key {} live {} at most; a life is only ever made shorter: for a longer one add a new key", kind_in_words(*kind).1, duration(*longest_s).1)]
    LengthenLife {
        /// Of what.
        kind: Kind,
        /// As it is.
        longest_s: u32,
    },
    /// A life of nothing is no life.
    #[error("{} cannot live 0 s: to end what this key signs, retire it", kind_in_words(*kind).1)]
    ShortenToNothing {
        /// Of what.
        kind: Kind,
    },
    /// The key may not sign this kind.
    #[error("this key does not sign {kind:?}; `gate-sign keyset show` says what it signs")]
    FindKind {
        /// Which.
        kind: Kind,
    },
    /// No name.
    #[error("a name has 1 to 30 characters, none of them a control character or a digit row of seven")]
    NameIssuer,
    /// The terminal's loader would refuse the result.
    #[error("the key set would be refused by every terminal")]
    LoadBack(#[from] KeySetError),
    /// No such entry.
    #[error("the register has no issuer {}; `gate-sign keyset show` lists them", kid_in_words(*.0))]
    FindIssuer(Kid),
    /// An end is brought forward, never put off: a longer life is a new key.
    #[error("the key already ends at {}; an end is never put off: add a new key", shown(*end))]
    PutOffEnd {
        /// The end in force.
        end: Timestamp,
    },
    /// A cut-off that is still to come leaves the thief at work until then.
    #[error("{} is still ahead: the thief would go on until then. Give a time before the theft; thieves backdate", shown(*cutoff))]
    RevokeAhead {
        /// The time given.
        cutoff: Timestamp,
    },
    /// A private key of somebody else at this desk.
    #[error("this desk makes keys for issuers of this province only, not for a {holder:?} of {}: whoever held it here could sign in their name. Take their public key: --public-key (DOMAIN §6)", region.as_str())]
    MakeForOthers {
        /// The holder.
        holder: Holder,
        /// Its region.
        region: Region,
    },
}

impl Register {
    /// What the rules forbid, said with what to do instead; the loader would refuse it without.
    pub(super) fn admit(&self, key: &PublicKey, terms: &Terms) -> Result<(), RegisterRefused> {
        self.admit_holder(terms)?;
        self.admit_lives(terms)?;
        if let Some(until) = terms.until.filter(|until| *until <= terms.from) {
            return Err(RegisterRefused::EndBeforeBeginning { from: terms.from, until });
        }
        self.admit_new(key, terms.kid)
    }

    fn admit_holder(&self, terms: &Terms) -> Result<(), RegisterRefused> {
        let (holder, region) = (terms.holder, terms.region);
        let wrong = terms.kinds.iter().find(|(kind, _)| holder.may_sign(*kind) == Allowed::No);
        if let Some((kind, _)) = wrong {
            return Err(RegisterRefused::GiveKind { holder, kind: *kind });
        }
        if terms.kinds.is_empty() && holder != Holder::Hub {
            return Err(RegisterRefused::NameKinds);
        }
        if (holder == Holder::National) != (region == NATION) {
            return Err(RegisterRefused::PlaceNation { holder, region });
        }
        let part = self.covers(region) && region.as_str() != self.province;
        match holder {
            Holder::Province if part => Err(RegisterRefused::RunSecondCode { region }),
            _ => Ok(()),
        }
    }

    fn admit_lives(&self, terms: &Terms) -> Result<(), RegisterRefused> {
        let class = match terms.holder {
            Holder::National => IssuerClass::National,
            _ if self.covers(terms.region) => IssuerClass::Ours,
            _ => IssuerClass::Mutual,
        };
        for &(kind, longest_s) in &terms.kinds {
            let ceiling_s = longest_of(kind, class);
            if longest_s > ceiling_s {
                return Err(RegisterRefused::OutliveRules { kind, class, longest_s, ceiling_s });
            }
            if longest_s == 0 {
                return Err(RegisterRefused::ShortenToNothing { kind });
            }
        }
        Ok(())
    }

    fn admit_new(&self, key: &PublicKey, kid: Kid) -> Result<(), RegisterRefused> {
        let (id, x) = (spelling::hex(&kid.0), spelling::base64url(key.as_bytes()));
        if self.ever().any(|known| known.kid == id) {
            return Err(RegisterRefused::RepeatId(kid));
        }
        let twin = self.ever().find(|known| known.x == x);
        match twin.and_then(|known| gate_core::json::hex(&known.kid)) {
            Some(known) => Err(RegisterRefused::RepeatKey(Kid(known))),
            None => Ok(()),
        }
    }

    /// Refuses to make a key here for an issuer that is not this province's: its private half would lie at this desk.
    pub(crate) fn admit_making(&self, terms: &Terms) -> Result<(), RegisterRefused> {
        let (holder, region) = (terms.holder, terms.region);
        match self.covers(region) && holder != Holder::National {
            true => Ok(()),
            false => Err(RegisterRefused::MakeForOthers { holder, region }),
        }
    }

    fn covers(&self, region: Region) -> bool {
        Region::parse(&self.province).is_some_and(|ours| ours.same_province(region))
    }
}

/// Where a ceiling is from.
fn clause(kind: Kind, class: IssuerClass) -> &'static str {
    match (kind, class) {
        (Kind::ScreenCode, IssuerClass::Mutual) => " even of another province",
        (Kind::ScreenCode, _) => {
            " (DOMAIN §7: ours and the national page's code; a picture of one is good as long)"
        }
        (Kind::NucleicAcidTest, _) => " (DOMAIN §3: policy counts days of a test, never more)",
        _ => " (DOMAIN §8: colours change, and paper does not)",
    }
}

fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::ScreenCode => "screen_code=15m",
        Kind::PaperCode => "paper_code=30d",
        Kind::NucleicAcidTest => "nucleic_acid_test=30d",
        Kind::Certificate => "certificate=14d",
        Kind::StaffBadge => "staff_badge=30d",
    }
}

/// What a holder that gives no codes does instead.
fn instead(holder: Holder) -> &'static str {
    match holder {
        Holder::Place | Holder::Hub | Holder::Terminal => {
            "people show the province's code there; a place's own 场所码 stands in places.json, and needs no key"
        }
        Holder::National => "the national platform gives screen codes; paper codes come from the province",
        Holder::Province => {
            "tests come from laboratories, certificates from communities and medical institutions"
        }
        Holder::Laboratory | Holder::Community | Holder::Medical | Holder::StaffOffice => {
            "colours come from the province's platform alone; a laboratory signs tests, a community certificates, a medical institution both, the staff office badges"
        }
    }
}

#[cfg(test)]
mod tests;
