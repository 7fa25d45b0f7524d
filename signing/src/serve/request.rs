//! What a platform may send: two closed forms of JSON.
//! Promises: a field that is unknown, missing, repeated or of another type is refused; everything has a longest length; the
//! number becomes a [`Document`] and the name its masked form here, and neither text outlives this call. No field of a form
//! is ever signed as it came.
//! Must not know: HTTP, who asks.

use core::fmt;

use gate_proof::digest::{Digest, hmac_sha256};
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use gate_wire::document::{Document, DocumentKind};
use gate_wire::name::MaskedName;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::refusal::Refusal;
use crate::kinds::kind_of;

/// The longest body: a form with every field at its longest, twice over.
pub const MAX_BODY_BYTES: usize = 2048;
const MAX_NAME_BYTES: usize = 256;
const MAX_NUMBER_BYTES: usize = 40;

/// The caller's name for one request, 8 to 64 of `A-Za-z0-9-`: asking twice with one is asking once.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct RequestId(String);

impl RequestId {
    fn new(text: String) -> Option<RequestId> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        // Eight to 64, and not a document number: a number as an id would stay in memory.
        let number = Document::parse(DocumentKind::ResidentId, &text).is_ok();
        ((8..=64).contains(&text.len()) && text.bytes().all(fits) && !number).then_some(RequestId(text))
    }

    #[cfg(test)]
    pub(crate) fn for_test(text: &str) -> RequestId {
        RequestId(text.into())
    }
}

/// A request, read.
pub(crate) struct Request {
    pub(crate) id: RequestId,
    pub(crate) kind: Kind,
    pub(crate) issuer: Option<Kid>,
    pub(crate) document: Document,
    pub(crate) name: MaskedName,
    /// Tells a repeat from another request with the same id.
    pub(crate) fingerprint: Digest,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({:?})", self.kind)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    request_id: String,
    kind: String,
    #[serde(default)]
    issuer: Option<String>,
    document: DocumentForm,
    name: Wiped,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentForm {
    kind: String,
    number: Wiped,
}

/// Text about a person.
struct Wiped(Zeroizing<String>);

impl<'de> Deserialize<'de> for Wiped {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Wiped(Zeroizing::new(text)))
    }
}

impl Request {
    /// Reads a body. `key` makes the fingerprint, so that it says nothing of a person to who does not hold it.
    ///
    /// # Errors
    /// [`Refusal::FitBody`], [`Refusal::MatchSchema`], [`Refusal::AllowKind`], [`Refusal::ReadNumber`],
    /// [`Refusal::MaskName`]; the error of the JSON reader, which can repeat a value, stays here.
    pub(crate) fn read(body: &[u8], key: &[u8; 32]) -> Result<Request, Refusal> {
        if body.len() > MAX_BODY_BYTES {
            return Err(Refusal::FitBody);
        }
        let form: Form = serde_json::from_slice(body).map_err(|_| Refusal::MatchSchema)?;
        let id = RequestId::new(form.request_id).ok_or(Refusal::MatchSchema)?;
        let issuer = form.issuer.map(|text| kid(&text).ok_or(Refusal::MatchSchema)).transpose()?;
        let kind = kind_of(&form.kind).ok_or(Refusal::AllowKind)?;
        Ok(Request {
            id,
            kind,
            issuer,
            document: document(&form.document)?,
            name: masked(&form.name)?,
            fingerprint: hmac_sha256(key, &[body]),
        })
    }
}

fn kid(text: &str) -> Option<Kid> {
    gate_core::json::hex(text).map(Kid)
}

fn document(form: &DocumentForm) -> Result<Document, Refusal> {
    let kind = DocumentKind::parse(&form.kind).map_err(|_| Refusal::MatchSchema)?;
    if form.number.0.len() > MAX_NUMBER_BYTES {
        return Err(Refusal::ReadNumber);
    }
    Document::parse(kind, &form.number.0).map_err(|_| Refusal::ReadNumber)
}

fn masked(name: &Wiped) -> Result<MaskedName, Refusal> {
    if name.0.len() > MAX_NAME_BYTES {
        return Err(Refusal::MaskName);
    }
    let masked = MaskedName::from_full(&name.0);
    if masked.is_none() { Err(Refusal::MaskName) } else { Ok(masked) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"request_id":"0123abcd-1","kind":"screen_code","document":{"kind":"resident-id","number":"510100194001010010"},"name":"测试甲"}"#;

    fn read(body: &str) -> Result<Request, Refusal> {
        Request::read(body.as_bytes(), &[1; 32])
    }

    fn changed(from: &str, to: &str) -> Refusal {
        assert!(GOOD.contains(from), "{from}");
        read(&GOOD.replacen(from, to, 1)).unwrap_err()
    }

    #[test]
    fn the_form_becomes_a_document_and_a_masked_name() {
        let request = read(GOOD).unwrap();
        assert_eq!((request.kind, request.issuer, request.name.as_str()), (Kind::ScreenCode, None, "测*甲"));
        let escaped = read(&GOOD.replace("测试甲", "\\u6d4b\\u8bd5\\u7532")).unwrap();
        assert_eq!(escaped.name.as_str(), "测*甲");
        let with_issuer =
            read(&GOOD.replace("\"document\"", "\"issuer\":\"73633032\",\"document\"")).unwrap();
        assert_eq!(with_issuer.issuer, Some(Kid(*b"sc02")));
        assert_ne!(with_issuer.fingerprint, request.fingerprint);
    }

    #[test]
    fn what_is_not_in_the_schema_is_refused_wherever_it_stands() {
        for field in [
            "\"colour\":\"green\"",
            "\"iat\":1",
            "\"exp\":9",
            "\"cti\":\"00\"",
            "\"payload\":\"0oRD\"",
            "\"subject\":\"00\"",
        ] {
            assert_eq!(
                changed("{\"request_id\"", &format!("{{{field},\"request_id\"")),
                Refusal::MatchSchema,
                "{field}"
            );
            assert_eq!(changed("{\"kind\"", &format!("{{{field},\"kind\"")), Refusal::MatchSchema, "{field}");
        }
        assert_eq!(
            changed("\"name\":\"测试甲\"", "\"name\":\"测试甲\",\"name\":\"测试乙\""),
            Refusal::MatchSchema
        );
        assert_eq!(changed(",\"name\":\"测试甲\"", ""), Refusal::MatchSchema);
        assert_eq!(changed("\"测试甲\"", "[\"测试甲\"]"), Refusal::MatchSchema);
        assert_eq!(changed("\"0123abcd-1\"", "\"0123\""), Refusal::MatchSchema);
        assert_eq!(changed("\"0123abcd-1\"", "\"0123 abcd\""), Refusal::MatchSchema);
        assert_eq!(
            changed("\"0123abcd-1\"", "\"510100194001010010\""),
            Refusal::MatchSchema,
            "no number as an id"
        );
        for not_json in
            ["", "null", "[]", "{", GOOD.trim_end_matches('}'), &format!("{GOOD}x"), &"[".repeat(2000)]
        {
            assert_eq!(read(not_json).unwrap_err(), Refusal::MatchSchema);
        }
    }

    #[test]
    fn every_value_has_an_end() {
        assert_eq!(changed("510100194001010010", "510100194001010011"), Refusal::ReadNumber);
        assert_eq!(changed("510100194001010010", &" ".repeat(1000)), Refusal::ReadNumber);
        assert_eq!(changed("测试甲", &"测".repeat(300)), Refusal::MaskName);
        assert_eq!(changed("测试甲", "\\u202e\\u0000"), Refusal::MaskName);
        assert_eq!(changed("screen_code", "TF1:"), Refusal::AllowKind);
        assert_eq!(changed("resident-id", "driving-licence"), Refusal::MatchSchema);
        let padded = format!("{GOOD}{}", " ".repeat(MAX_BODY_BYTES));
        assert_eq!(read(&padded).unwrap_err(), Refusal::FitBody);
        let longest = GOOD.replace("测试甲", &"\\u6d4b".repeat(85)).replace("0123abcd-1", &"a".repeat(64));
        assert!(longest.len() < MAX_BODY_BYTES && read(&longest).is_ok());
    }

    #[test]
    fn nothing_of_a_person_is_printed() {
        let said = format!("{:?}", read(GOOD).unwrap());
        assert_eq!(said, "Request(ScreenCode)");
    }
}
