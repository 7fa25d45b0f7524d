//! Operators: the platforms' back ends that may ask for codes, each with a token, kinds, issuers and a cap.
//! Promises: the file holds digests of tokens, never a token; a token has 256 random bits, so that a plain hash of it cannot
//! be turned back; comparing takes constant time; what is revoked stays in the file, so that its name is never given again.
//! Must not know: people, codes.
//!
//! A token is `tgs_<operator>_<43 characters of base64url>`. `operators.json`, mode 0600:
//!
//! | field | what |
//! |---|---|
//! | `format` | 1 |
//! | `operators[].id` | 2 to 32 of `a-z0-9-`, beginning with a letter |
//! | `.tokens[]` | `digest` (SHA-256, 64 hexadecimal digits), `until` (seconds since 1970); at most two |
//! | `.kinds[]` | names as in the key set; the service gives `screen_code` alone |
//! | `.issuers[]` | key ids, 8 hexadecimal digits; the first is used where a request names none |
//! | `.per_minute`, `.burst` | the cap |
//! | `.revoked` | since when, or absent |

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use gate_proof::digest::{Digest, sha256};
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::cap::Cap;
use super::refusal::Refusal;
use crate::kinds::{kind_of, kind_token};
use crate::spelling;
use crate::staging::{self, Readers};

/// A file of more is none of ours.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// The longest token text, in bytes.
const MAX_TOKEN_BYTES: usize = 4 + 32 + 1 + 43;
/// The new one, and the old one until every server of the operator has changed.
const TOKENS_MOST: usize = 2;
const PREFIX: &str = "tgs_";
const DOMAIN: &[u8] = b"tianfu-gate/operator-token/1";

/// An operator's name in the file, in tokens and in the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperatorId(String);

impl OperatorId {
    /// 2 to 32 characters of `a-z0-9-`, the first a letter, no seven digits in a row: so narrow that it can be no number
    /// of a person, and a name that the desk's log takes.
    #[must_use]
    pub fn new(text: &str) -> Option<OperatorId> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        let digits = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
        let good = begins && (2..=32).contains(&text.len()) && text.bytes().all(fits) && digits < 7;
        good.then(|| OperatorId(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token as it is shown once. Wiped when dropped; never printed by accident.
pub struct Token(Zeroizing<String>);

impl Token {
    fn random(id: &OperatorId, rng: &mut impl CryptoRng) -> Token {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *secret);
        Token(Zeroizing::new(format!("{PREFIX}{}_{}", id.0, &*Zeroizing::new(spelling::base64url(&secret)))))
    }

    /// The text, to be shown to the operator once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(<secret>)")
    }
}

/// What an operator may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Kinds it may ask for.
    pub kinds: Vec<Kind>,
    /// Issuers it may use; the first where a request names none.
    pub issuers: Vec<Kid>,
    /// How many.
    pub cap: Cap,
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Its name.
    pub id: OperatorId,
    /// What it may do.
    pub allowance: Allowance,
    /// Since when it may do nothing any more.
    pub revoked: Option<Timestamp>,
    tokens: Vec<KeptToken>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct KeptToken {
    digest: Digest,
    until: Timestamp,
}

impl Operator {
    /// Until when its newest token is good.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.tokens.iter().map(|token| token.until).max().unwrap_or(Timestamp::EPOCH)
    }
}

/// Why the file is not read or not changed.
#[derive(Debug, thiserror::Error)]
pub enum OperatorsRefused {
    /// Not readable or writable.
    #[error("{}", .path.display())]
    KeepFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others of this machine could put a token of their own into it.
    #[error("{} can be read or written by others, or is somebody else's: it must be its operator's own, mode 600", .0.display())]
    HideFile(PathBuf),
    /// Too large.
    #[error("{}: larger than {MAX_FILE_BYTES} bytes", .0.display())]
    FitFile(PathBuf),
    /// Not the JSON of the form.
    #[error("not a file of operators")]
    ReadJson(#[from] serde_json::Error),
    /// A value out of its range.
    #[error("operator {operator}: {what}")]
    AdmitField {
        /// Which entry, counted from 1.
        operator: usize,
        /// What it must be.
        what: &'static str,
    },
    /// The name was given before.
    #[error("there is or was an operator {}: a name is never given again", .0.as_str())]
    GiveName(OperatorId),
    /// No such operator.
    #[error("there is no operator {} that is not revoked", .0.as_str())]
    FindOperator(OperatorId),
}

/// The operators of a desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operators {
    all: Vec<Operator>,
}

impl Operators {
    /// The file at `path`.
    ///
    /// # Errors
    /// [`OperatorsRefused`].
    pub fn load(path: &Path) -> Result<Operators, OperatorsRefused> {
        let at = |source| OperatorsRefused::KeepFile { path: path.into(), source };
        let about = fs::metadata(path).map_err(at)?;
        if about.mode() & 0o077 != 0 || about.uid() != rustix::process::geteuid().as_raw() {
            return Err(OperatorsRefused::HideFile(path.into()));
        }
        if about.len() > MAX_FILE_BYTES {
            return Err(OperatorsRefused::FitFile(path.into()));
        }
        Operators::parse(&fs::read_to_string(path).map_err(at)?)
    }

    /// The file at `path`, or none yet.
    ///
    /// # Errors
    /// [`OperatorsRefused`].
    pub fn load_or_new(path: &Path) -> Result<Operators, OperatorsRefused> {
        if path.exists() { Operators::load(path) } else { Ok(Operators::default()) }
    }

    /// The operators of this text.
    ///
    /// # Errors
    /// [`OperatorsRefused`].
    pub fn parse(text: &str) -> Result<Operators, OperatorsRefused> {
        let file: FileForm = serde_json::from_str(text)?;
        if file.format != 1 {
            return Err(OperatorsRefused::AdmitField { operator: 0, what: "format must be 1" });
        }
        let admitted = file.operators.iter().zip(1..).map(|(form, number)| {
            form.admit().map_err(|what| OperatorsRefused::AdmitField { operator: number, what })
        });
        let all: Vec<Operator> = admitted.collect::<Result<_, _>>()?;
        match all.iter().enumerate().find(|(at, one)| all[..*at].iter().any(|other| other.id == one.id)) {
            Some((_, twice)) => Err(OperatorsRefused::GiveName(twice.id.clone())),
            None => Ok(Operators { all }),
        }
    }

    fn text(&self) -> Result<String, OperatorsRefused> {
        let operators = self.all.iter().map(OperatorForm::of).collect();
        Ok(serde_json::to_string_pretty(&FileForm { format: 1, operators })?)
    }

    /// The SHA-256 of the file as [`Operators::save`] writes it.
    ///
    /// # Errors
    /// [`OperatorsRefused`].
    pub fn digest(&self) -> Result<Digest, OperatorsRefused> {
        Ok(sha256(&[self.text()?.as_bytes()]))
    }

    /// Writes the file whole, for its owner alone.
    ///
    /// # Errors
    /// [`OperatorsRefused`].
    pub fn save(&self, path: &Path) -> Result<(), OperatorsRefused> {
        let text = self.text()?;
        staging::replace(path, text.as_bytes(), Readers::Owner)
            .map_err(|source| OperatorsRefused::KeepFile { path: path.into(), source })
    }

    /// Every one, revoked ones too.
    pub fn iter(&self) -> impl Iterator<Item = &Operator> {
        self.all.iter()
    }

    /// Admits an operator, whose first token is good until `until`.
    ///
    /// # Errors
    /// [`OperatorsRefused::GiveName`].
    pub fn add(
        &mut self,
        id: OperatorId,
        allowance: Allowance,
        until: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Token, OperatorsRefused> {
        if self.all.iter().any(|operator| operator.id == id) {
            return Err(OperatorsRefused::GiveName(id));
        }
        let (token, kept) = new_token(&id, until, rng);
        self.all.push(Operator { id, allowance, revoked: None, tokens: vec![kept] });
        Ok(token)
    }

    /// A new token, good until `until`; the one before ends at `end_of_old` at the latest, older ones are gone.
    ///
    /// # Errors
    /// [`OperatorsRefused::FindOperator`].
    pub fn rotate(
        &mut self,
        id: &OperatorId,
        (end_of_old, until): (Timestamp, Timestamp),
        rng: &mut impl CryptoRng,
    ) -> Result<Token, OperatorsRefused> {
        let operator = self.active_mut(id)?;
        let (token, kept) = new_token(id, until, rng);
        let mut last = operator.tokens.pop();
        last.iter_mut().for_each(|old| old.until = old.until.min(end_of_old));
        operator.tokens = last.into_iter().chain([kept]).collect();
        Ok(token)
    }

    /// Ends an operator, its tokens and its sessions.
    ///
    /// # Errors
    /// [`OperatorsRefused::FindOperator`].
    pub fn revoke(&mut self, id: &OperatorId, now: Timestamp) -> Result<(), OperatorsRefused> {
        let operator = self.active_mut(id)?;
        operator.revoked = Some(now);
        operator.tokens.clear();
        Ok(())
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// [`Refusal::KnowToken`], [`Refusal::UseTokenInTime`], [`Refusal::AdmitOperator`].
    pub fn prove(&self, token: &str, now: Timestamp) -> Result<&Operator, Refusal> {
        let (id, digest) = alleged(token).ok_or(Refusal::KnowToken)?;
        let operator = self.all.iter().find(|operator| operator.id == id).ok_or(Refusal::KnowToken)?;
        if operator.revoked.is_some() {
            return Err(Refusal::AdmitOperator);
        }
        let kept = operator.tokens.iter().find(|kept| kept.digest == digest).ok_or(Refusal::KnowToken)?;
        if now < kept.until { Ok(operator) } else { Err(Refusal::UseTokenInTime) }
    }

    /// An operator by name, unless it was revoked.
    ///
    /// # Errors
    /// [`Refusal::AdmitOperator`].
    pub fn active(&self, id: &OperatorId) -> Result<&Operator, Refusal> {
        let found = self.all.iter().find(|operator| operator.id == *id && operator.revoked.is_none());
        found.ok_or(Refusal::AdmitOperator)
    }

    fn active_mut(&mut self, id: &OperatorId) -> Result<&mut Operator, OperatorsRefused> {
        let found = self.all.iter_mut().find(|operator| operator.id == *id && operator.revoked.is_none());
        found.ok_or_else(|| OperatorsRefused::FindOperator(id.clone()))
    }
}

fn new_token(id: &OperatorId, until: Timestamp, rng: &mut impl CryptoRng) -> (Token, KeptToken) {
    let token = Token::random(id, rng);
    let kept = KeptToken { digest: digest_of(token.expose()), until };
    (token, kept)
}

fn digest_of(token: &str) -> Digest {
    sha256(&[DOMAIN, token.as_bytes()])
}

/// The name that a token carries, proven by nobody, and the token's digest.
fn alleged(token: &str) -> Option<(OperatorId, Digest)> {
    let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    (token.len() <= MAX_TOKEN_BYTES && secret.len() == 43).then_some(())?;
    Some((OperatorId::new(id)?, digest_of(token)))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    format: u8,
    operators: Vec<OperatorForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperatorForm {
    id: String,
    tokens: Vec<TokenForm>,
    kinds: Vec<String>,
    issuers: Vec<String>,
    per_minute: u32,
    burst: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenForm {
    digest: String,
    until: u64,
}

impl OperatorForm {
    fn of(operator: &Operator) -> OperatorForm {
        let token = |kept: &KeptToken| TokenForm {
            digest: spelling::hex(kept.digest.as_bytes()),
            until: kept.until.unix(),
        };
        let Allowance { kinds, issuers, cap } = &operator.allowance;
        OperatorForm {
            id: operator.id.0.clone(),
            tokens: operator.tokens.iter().map(token).collect(),
            kinds: kinds.iter().map(|kind| kind_token(*kind).into()).collect(),
            issuers: issuers.iter().map(|kid| spelling::hex(&kid.0)).collect(),
            per_minute: cap.per_minute(),
            burst: cap.burst(),
            revoked: operator.revoked.map(Timestamp::unix),
        }
    }

    fn admit(&self) -> Result<Operator, &'static str> {
        let time = |seconds| Timestamp::from_unix(seconds).ok_or("a time lies beyond the year 9999");
        let kinds = self.kinds.iter().map(|kind| kind_of(kind).ok_or("no such kind"));
        let kid =
            |text: &String| gate_core::json::hex(text).map(Kid).ok_or("an issuer is 8 hexadecimal digits");
        let token = |form: &TokenForm| {
            let digest = gate_core::json::hex(&form.digest).ok_or("a digest is 64 hexadecimal digits")?;
            Ok::<_, &'static str>(KeptToken { digest: Digest(digest), until: time(form.until)? })
        };
        if self.tokens.len() > TOKENS_MOST {
            return Err("at most two tokens");
        }
        Ok(Operator {
            id: OperatorId::new(&self.id).ok_or("an id has 2 to 32 of a-z, 0-9 and -, the first a letter")?,
            allowance: Allowance {
                kinds: kinds.collect::<Result<_, _>>()?,
                issuers: self.issuers.iter().map(kid).collect::<Result<_, _>>()?,
                cap: Cap::new(self.per_minute, self.burst).ok_or("per_minute and burst are 1 to 600000")?,
            },
            revoked: self.revoked.map(time).transpose()?,
            tokens: self.tokens.iter().map(token).collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests;
