//! The key set: the issuers' public keys with what each may sign (DESIGN §5; a profile of RFC 7517 and RFC 8037).
//! Promises: only admitted keys, each with an owner that may hold it; no place, hub or terminal gives colours (DOMAIN §5).
//! Must not know: how the document came here, nor whether it is the newest (`gate-trust`).

use base64ct::{Base64UrlUnpadded, Encoding};
use gate_proof::ed25519::{KeyRefused, PublicKey};
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use gate_wire::time::Timestamp;
use heapless::Vec;
use serde::Deserialize;

use crate::case::IssuerClass;
use crate::json::{self, JsonError};

/// Most keys in a set.
pub const MAX_KEYS: usize = 40;

/// A region by GB/T 2260: six ASCII digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Region([u8; 6]);

impl Region {
    /// `None` unless six digits.
    pub fn parse(text: &str) -> Option<Region> {
        let digits: [u8; 6] = text.as_bytes().try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(Region(digits))
    }

    /// Whether both lie in one province: the first two digits agree.
    pub fn same_province(self, other: Region) -> bool {
        self.0[..2] == other.0[..2]
    }

    /// The six digits.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or("??????")
    }
}

/// The national platform's region.
pub const NATION: Region = Region(*b"000000");

/// Who holds a key; decides what it may ever sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A province's platform: colours, on screen and on paper.
    Province,
    /// The national platform: screen codes.
    National,
    /// A laboratory: test certificates.
    Laboratory,
    /// A community office: certificates.
    Community,
    /// A medical institution: certificates and tests.
    Medical,
    /// The authority's staff office: badges.
    StaffOffice,
    /// A place: no credential at all (DOMAIN §5).
    Place,
    /// A hub: no credential at all.
    Hub,
    /// A terminal: no credential at all.
    Terminal,
}

impl Holder {
    /// The kinds that such a holder may ever be allowed.
    pub fn may_sign(self, kind: Kind) -> Allowed {
        let allowed: &[Kind] = match self {
            Holder::Province => &[Kind::ScreenCode, Kind::PaperCode],
            Holder::National => &[Kind::ScreenCode],
            Holder::Laboratory => &[Kind::NucleicAcidTest],
            Holder::Community => &[Kind::Certificate],
            Holder::Medical => &[Kind::Certificate, Kind::NucleicAcidTest],
            Holder::StaffOffice => &[Kind::StaffBadge],
            Holder::Place | Holder::Hub | Holder::Terminal => &[],
        };
        if allowed.contains(&kind) { Allowed::Yes } else { Allowed::No }
    }
}

/// Whether something is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Credentials, of the kinds that its entry names.
    Credentials,
    /// Acknowledgements of records: a hub's key, and nothing else (DESIGN §5).
    Acknowledgements,
}

impl Purpose {
    /// As `use` in the document.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Credentials => "credential",
            Purpose::Acknowledgements => "acknowledgement",
        }
    }

    fn parse(name: &str) -> Option<Purpose> {
        [Purpose::Credentials, Purpose::Acknowledgements].into_iter().find(|known| known.name() == name)
    }
}

/// One issuer's key. Having one tells: its document was admitted and its holder may hold it.
#[derive(Clone, Debug)]
pub struct IssuerKey {
    kid: Kid,
    key: PublicKey,
    purpose: Purpose,
    region: Region,
    holder: Holder,
    class: IssuerClass,
    longest: Vec<(Kind, u32), 5>,
    from: Timestamp,
    until: Option<Timestamp>,
    void_from: Option<Timestamp>,
}

impl IssuerKey {
    /// Its id.
    pub fn kid(&self) -> Kid {
        self.kid
    }

    /// The key.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The issuer's region; `000000` is the national platform.
    pub fn region(&self) -> Region {
        self.region
    }

    /// Its holder.
    pub fn holder(&self) -> Holder {
        self.holder
    }

    /// Ours, the national platform's, or another province's.
    pub fn class(&self) -> IssuerClass {
        self.class
    }

    /// What it is for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Longest life in seconds of a credential of this kind; `None` if it may not sign the kind.
    pub fn longest_life(&self, kind: Kind) -> Option<u32> {
        self.longest.iter().find(|(known, _)| *known == kind).map(|(_, seconds)| *seconds)
    }

    /// When it begins.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// When it ends, if that is said.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// From which issue time on it is void, if it was revoked.
    pub fn void_from(&self) -> Option<Timestamp> {
        self.void_from
    }

    /// What this key's signature is worth on something issued then.
    pub fn force_at(&self, issued: Timestamp) -> Force {
        if self.void_from.is_some_and(|cutoff| issued >= cutoff) {
            Force::Revoked
        } else if issued < self.from || self.until.is_some_and(|end| issued >= end) {
            Force::OutsideLife
        } else {
            Force::InForce
        }
    }
}

/// Whether a key was in force at an issue time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// It was.
    InForce,
    /// Before its beginning or after its end: older codes of a retired key stay good.
    OutsideLife,
    /// At or after the cut-off of a stolen key.
    Revoked,
}

/// The issuers' keys in force.
#[derive(Clone, Debug)]
pub struct KeySet {
    version: u32,
    issued: Timestamp,
    province: Region,
    keys: Vec<IssuerKey, MAX_KEYS>,
}

/// Why a key set is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// The document cannot be read.
    #[error("the key set cannot be read")]
    Json(#[from] JsonError),
    /// Written for another version.
    #[error("key set format {found}, this version reads 1")]
    ForeignFormat {
        /// The number found.
        found: u8,
    },
    /// A field of entry `entry` (from 0) is out of range.
    #[error("key {entry}: {what} is not valid")]
    OutOfRange {
        /// Which entry.
        entry: usize,
        /// Which field.
        what: &'static str,
    },
    /// The set's own province or issue time is not valid.
    #[error("the key set's {what} is not valid")]
    BadHeader {
        /// Which field.
        what: &'static str,
    },
    /// The key itself is refused.
    #[error("key {entry}: {cause}")]
    KeyRefused {
        /// Which entry.
        entry: usize,
        /// Why.
        cause: KeyRefused,
    },
    /// A kind that this holder may never sign (DOMAIN §5).
    #[error("key {entry}: a {holder:?} may not sign {kind:?} (DOMAIN §5)")]
    HolderMayNotSign {
        /// Which entry.
        entry: usize,
        /// The holder.
        holder: Holder,
        /// The kind.
        kind: Kind,
    },
    /// A city or county of this province with colours of its own (DOMAIN §5).
    #[error("key {entry}: only the province itself gives its colours, no part of it (DOMAIN §5)")]
    SecondCode {
        /// Which entry.
        entry: usize,
        /// The city or county.
        region: Region,
    },
    /// A life that no issuer may give ([`longest_of`]).
    #[error("key {entry}: {kind:?} may live {ceiling_s} s at most, not {longest_s} s (DOMAIN §7)")]
    LivesTooLong {
        /// Which entry.
        entry: usize,
        /// Of what.
        kind: Kind,
        /// As it stands in the entry, in seconds.
        longest_s: u32,
        /// The most, in seconds.
        ceiling_s: u32,
    },
    /// Two entries with one id or one key.
    #[error("key {entry} repeats the id or the key of an earlier one")]
    Repeated {
        /// The later entry.
        entry: usize,
    },
}

/// The longest life in seconds that any issuer of this class may be given for a kind, whatever a key set says. A screen code:
/// 15 minutes for ours and the national platform (DOMAIN §7: the picture of one is good for no longer), a day for another
/// province's, whose rule we do not make. Test certificates: 30 days, the most days that a policy counts. Our default for the
/// others: paper codes and certificates 90 days, badges a year.
pub fn longest_of(kind: Kind, class: IssuerClass) -> u32 {
    const DAY_S: u32 = 86_400;
    match (kind, class) {
        (Kind::ScreenCode, IssuerClass::Ours | IssuerClass::National) => 15 * 60,
        (Kind::ScreenCode, IssuerClass::Mutual) => DAY_S,
        (Kind::PaperCode | Kind::Certificate, _) => 90 * DAY_S,
        (Kind::NucleicAcidTest, _) => 30 * DAY_S,
        (Kind::StaffBadge, _) => 366 * DAY_S,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySetDocument<'a> {
    format: u8,
    version: u32,
    issued: u64,
    province: &'a str,
    #[serde(borrow)]
    keys: Vec<KeyDocument<'a>, MAX_KEYS>,
}

/// One JWK of the profile: `kty` OKP, `crv` Ed25519, `use` credential or acknowledgement.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyDocument<'a> {
    kty: &'a str,
    crv: &'a str,
    #[serde(rename = "use")]
    purpose: &'a str,
    kid: &'a str,
    x: &'a str,
    region: &'a str,
    holder: Holder,
    kinds: Vec<KindDocument, 5>,
    from: u64,
    #[serde(default)]
    until: Option<u64>,
    #[serde(default)]
    void_from: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindDocument {
    kind: KindToken,
    longest_s: u32,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindToken {
    ScreenCode,
    PaperCode,
    NucleicAcidTest,
    Certificate,
    StaffBadge,
}

impl From<KindToken> for Kind {
    fn from(token: KindToken) -> Kind {
        match token {
            KindToken::ScreenCode => Kind::ScreenCode,
            KindToken::PaperCode => Kind::PaperCode,
            KindToken::NucleicAcidTest => Kind::NucleicAcidTest,
            KindToken::Certificate => Kind::Certificate,
            KindToken::StaffBadge => Kind::StaffBadge,
        }
    }
}

impl KeySet {
    /// Reads and admits a key set.
    ///
    /// # Errors
    /// [`KeySetError`]; one bad key refuses the set, so that a half-read set is never in force.
    pub fn load(bytes: &[u8]) -> Result<KeySet, KeySetError> {
        let document: KeySetDocument<'_> = json::read(bytes)?;
        if document.format != 1 {
            return Err(KeySetError::ForeignFormat { found: document.format });
        }
        let province = Region::parse(document.province).ok_or(KeySetError::BadHeader { what: "province" })?;
        let issued =
            Timestamp::from_unix(document.issued).ok_or(KeySetError::BadHeader { what: "issued" })?;
        let mut set = KeySet { version: document.version, issued, province, keys: Vec::new() };
        for (entry, key) in document.keys.iter().enumerate() {
            set.admit(entry, key)?;
        }
        Ok(set)
    }

    fn admit(&mut self, entry: usize, document: &KeyDocument<'_>) -> Result<(), KeySetError> {
        let key = admitted_key(entry, document, self.province)?;
        if self.keys.iter().any(|known| known.kid == key.kid || known.key.as_bytes() == key.key.as_bytes()) {
            return Err(KeySetError::Repeated { entry });
        }
        self.keys.push(key).map_err(|_| KeySetError::OutOfRange { entry, what: "count" })
    }

    /// The key with this id.
    pub fn find(&self, kid: Kid) -> Option<&IssuerKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// The key with this id, if acknowledgements of records are what it is for.
    pub fn acknowledger(&self, kid: Kid) -> Option<&IssuerKey> {
        self.find(kid).filter(|key| key.purpose == Purpose::Acknowledgements)
    }

    /// Its version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// When it was issued.
    pub fn issued(&self) -> Timestamp {
        self.issued
    }

    /// Whose set it is.
    pub fn province(&self) -> Region {
        self.province
    }

    /// Its keys.
    pub fn keys(&self) -> &[IssuerKey] {
        &self.keys
    }
}

fn admitted_key(
    entry: usize,
    document: &KeyDocument<'_>,
    province: Region,
) -> Result<IssuerKey, KeySetError> {
    let bad = |what| KeySetError::OutOfRange { entry, what };
    for (what, found, expected) in [("kty", document.kty, "OKP"), ("crv", document.crv, "Ed25519")] {
        if found != expected {
            return Err(bad(what));
        }
    }
    let purpose = Purpose::parse(document.purpose).ok_or(bad("use"))?;
    if purpose == Purpose::Acknowledgements && (document.holder != Holder::Hub || !document.kinds.is_empty())
    {
        return Err(bad("use"));
    }
    let mut x = [0; 32];
    let decoded = Base64UrlUnpadded::decode(document.x, &mut x).map(<[u8]>::len);
    if decoded != Ok(x.len()) {
        return Err(bad("x"));
    }
    let key = PublicKey::admit(&x).map_err(|cause| KeySetError::KeyRefused { entry, cause })?;
    let region = Region::parse(document.region).ok_or(bad("region"))?;
    if (document.holder == Holder::National) != (region == NATION) {
        return Err(bad("region"));
    }
    if document.holder == Holder::Province && region.same_province(province) && region != province {
        return Err(KeySetError::SecondCode { entry, region });
    }
    let class = class(document.holder, region, province);
    let time = |seconds, what| Timestamp::from_unix(seconds).ok_or(bad(what));
    Ok(IssuerKey {
        kid: Kid(json::hex(document.kid).ok_or(bad("kid"))?),
        key,
        purpose,
        region,
        holder: document.holder,
        class,
        longest: longest_lives(entry, document, class)?,
        from: time(document.from, "from")?,
        until: document.until.map(|end| time(end, "until")).transpose()?,
        void_from: document.void_from.map(|cutoff| time(cutoff, "void_from")).transpose()?,
    })
}

fn longest_lives(
    entry: usize,
    document: &KeyDocument<'_>,
    class: IssuerClass,
) -> Result<Vec<(Kind, u32), 5>, KeySetError> {
    let mut longest = Vec::new();
    for allowed in &document.kinds {
        let kind = Kind::from(allowed.kind);
        if document.holder.may_sign(kind) == Allowed::No {
            return Err(KeySetError::HolderMayNotSign { entry, holder: document.holder, kind });
        }
        if allowed.longest_s == 0 || longest.iter().any(|(known, _)| *known == kind) {
            return Err(KeySetError::OutOfRange { entry, what: "kinds" });
        }
        let (longest_s, ceiling_s) = (allowed.longest_s, longest_of(kind, class));
        if longest_s > ceiling_s {
            return Err(KeySetError::LivesTooLong { entry, kind, longest_s, ceiling_s });
        }
        longest
            .push((kind, allowed.longest_s))
            .map_err(|_| KeySetError::OutOfRange { entry, what: "kinds" })?;
    }
    Ok(longest)
}

fn class(holder: Holder, region: Region, province: Region) -> IssuerClass {
    match holder {
        Holder::National => IssuerClass::National,
        _ if region.same_province(province) => IssuerClass::Ours,
        _ => IssuerClass::Mutual,
    }
}

#[cfg(test)]
mod tests;
