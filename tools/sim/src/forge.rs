//! Bad credentials, made outside the desk: the desk itself signs none.
//! Promises: each is bad in the one way that it says.
//! Must not know: what a terminal answers.

use anyhow::{Context, Result};
use gate_core::alleged::Room;
use gate_proof::cose::{Aad, sign};
use gate_proof::ed25519::SigningKey;
use gate_signing::demo::DemoProvince;
use gate_signing::key_name::KeyName;
use gate_wire::base45;
use gate_wire::cose::Kid;
use gate_wire::credential::{Credential, CredentialId, Statement};
use gate_wire::document::Document;
use gate_wire::name::MaskedName;
use gate_wire::time::Timestamp;

/// Claims that no desk would sign.
#[derive(Clone, Copy, Debug)]
pub struct Claims<'a> {
    /// About whom.
    pub document: &'a Document,
    /// What is stated.
    pub statement: Statement,
    /// iat.
    pub issued: Timestamp,
    /// Seconds from issue to expiry.
    pub life_s: u64,
}

/// Signs claims with the private half of a demo issuer, whatever they say.
///
/// # Errors
/// If the issuer's key is not in the demo.
pub fn signed(province: &DemoProvince, kid: Kid, claims: &Claims<'_>) -> Result<String> {
    let seed = province.key_seed(KeyName::Issuer(kid)).context("the demo holds this issuer's key")?;
    signed_by(province, &SigningKey::from_seed(&seed), kid, claims)
}

/// Signs claims with any key, under any key id.
///
/// # Errors
/// If the person tag cannot be made.
pub fn signed_by(province: &DemoProvince, key: &SigningKey, kid: Kid, claims: &Claims<'_>) -> Result<String> {
    let id = CredentialId(claims.issued.unix().to_be_bytes());
    let subject = province.subject(claims.document)?;
    let credential = Credential {
        id,
        issued: claims.issued,
        expires: claims.issued.plus(claims.life_s),
        subject: province.blinded(&subject, kid, id),
        statement: claims.statement,
        name: MaskedName::from_full("测试甲"),
    };
    text(&sign::<160>(key, kid, Aad::Credential, &credential.encode()?)?)
}

/// The text of envelope bytes.
///
/// # Errors
/// If they are longer than any text that is looked into.
pub fn text(bytes: &[u8]) -> Result<String> {
    let mut text = heapless::Vec::<u8, 512>::from_slice(b"TF1:").map_err(|_| anyhow::anyhow!("no room"))?;
    base45::encode(bytes, &mut text)?;
    Ok(String::from_utf8(text.to_vec())?)
}

/// The envelope bytes of a text.
///
/// # Errors
/// If it is none.
pub fn bytes(text: &str) -> Result<Room> {
    Ok(base45::decode(text.strip_prefix("TF1:").context("a credential's text begins with TF1:")?.as_bytes())?)
}

/// The text that ends early: two thirds of it.
pub fn truncated(text: &str) -> String {
    text.chars().take(text.len() * 2 / 3).collect()
}

/// The text with bit 5 of one capital letter flipped: a small letter is no character of Base45 (RFC 9285).
///
/// # Errors
/// If there is no capital letter to flip.
pub fn bit_of_text_flipped(text: &str) -> Result<String> {
    let place = text.bytes().enumerate().skip(20).find(|(_, byte)| byte.is_ascii_uppercase());
    let (place, _) = place.context("a credential's text has capital letters")?;
    let flip = |(at, byte): (usize, u8)| char::from(if at == place { byte ^ 0x20 } else { byte });
    Ok(text.bytes().enumerate().map(flip).collect())
}

/// The same credential with one bit within its signed claims flipped.
///
/// # Errors
/// If the text is no credential's.
pub fn signed_bit_flipped(original: &str) -> Result<String> {
    changed(original, SIGNED_BYTE, |byte| byte ^ 1)
}

/// The same credential, but its protected header says ES256 (-7, RFC 9053) in place of EdDSA (-8).
///
/// # Errors
/// If the text is no credential's.
pub fn foreign_algorithm(original: &str) -> Result<String> {
    let envelope = bytes(original)?;
    let header = envelope.windows(2).position(|pair| pair == [ALG_LABEL, EDDSA]);
    changed(original, header.context("a credential's header says EdDSA")? + 1, |_| ES256)
}

/// Well inside the claims: the envelope's head is shorter, and the signature is the last 64 bytes.
const SIGNED_BYTE: usize = 30;
/// CBOR: label 1 of the header, and the negative integers -8 and -7.
const ALG_LABEL: u8 = 0x01;
const EDDSA: u8 = 0x27;
const ES256: u8 = 0x26;

fn changed(original: &str, at: usize, change: impl FnOnce(u8) -> u8) -> Result<String> {
    let mut envelope = bytes(original)?;
    let byte = envelope.get_mut(at).context("a credential is longer than that")?;
    *byte = change(*byte);
    text(&envelope)
}
