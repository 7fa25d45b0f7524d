//! The journal record's plaintext: 192 bytes, always, whatever happened (DESIGN §5).
//! Promises: fixed size, so that a sealed row tells nothing by its length; one byte form; unused bytes are zero.
//! Must not know: what the codes of `gate_core` mean, how it is sealed, where it is kept.
//!
//! Layout, big-endian, offsets in bytes:
//! 0 format (1) · 1 kind · 2 clock · 3 direction · 4 at u64 · 12 uptime ms u64 · 20 place u32 · 24 lane u16 ·
//! 26 reason 3 · 29 verdict · 30 advice · 31 publicity · 32 case 12 · 44 policy row u16 · 46 uses u16 ·
//! 48 code: kid 4, id 8, issued u64, expires u64, kind, statement · 78 subject 12 · 90 document kind · 91 list answer ·
//! 92 list as-of u64 · 100 versions 6 x u32 · 124 temperature i16 · 126 staff 12 · 138 role · 139 act · 140 event ·
//! 141 detail 16 · 157 policy digest 8 · 165 zero up to 192.

use crate::cose::Kid;
use crate::credential::CredentialId;
use crate::time::{Millis, Timestamp};

/// Bytes of a record's plaintext.
pub const RECORD_BYTES: usize = 192;
/// Bytes of a policy's digest that a record holds.
pub const POLICY_DIGEST_BYTES: usize = 8;
const FORMAT: u8 = 1;
const USED: usize = 165;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// One person's attempt, with its verdict.
    Passage,
    /// An attendant opened.
    Opening,
    /// A member of staff logged in, was refused, or typed a document.
    Staff,
    /// A device event: fire, case, release, fault.
    Device,
}

impl RecordKind {
    const ALL: [RecordKind; 4] =
        [RecordKind::Passage, RecordKind::Opening, RecordKind::Staff, RecordKind::Device];

    /// The number in the layout, 1 to 4.
    pub fn code(self) -> u8 {
        match self {
            RecordKind::Passage => 1,
            RecordKind::Opening => 2,
            RecordKind::Staff => 3,
            RecordKind::Device => 4,
        }
    }
}

/// A proven code, as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRecorded {
    /// The signer's key.
    pub kid: Kid,
    /// Its own id.
    pub id: CredentialId,
    /// iat.
    pub issued: Timestamp,
    /// exp.
    pub expires: Timestamp,
    /// [`crate::credential::Kind::code`].
    pub kind: u8,
    /// What it states, as a code of `gate_core`.
    pub statement: u8,
}

/// Versions of the data that a verdict was based on; 0 where there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DataVersions {
    /// Key set.
    pub key_set: u32,
    /// Policy.
    pub policy: u32,
    /// Status list.
    pub list: u32,
    /// Revocations.
    pub revocations: u32,
    /// Places and risk levels.
    pub places: u32,
    /// Staff list.
    pub staff: u32,
}

/// One record, before it is sealed. `Debug` shows nothing about the person.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is about.
    pub kind: RecordKind,
    /// Best knowledge of the time.
    pub at: Timestamp,
    /// 1 confirmed, 0 not.
    pub clock: u8,
    /// Monotonic time since boot.
    pub uptime: Millis,
    /// Place number from signed data.
    pub place: u32,
    /// Lane number at the place.
    pub lane: u16,
    /// Codes of `gate_core`: direction of the lane, verdict letter (0: none), advice, publicity.
    pub direction: u8,
    /// `P`, `L`, `S`, `A`, or 0.
    pub verdict: u8,
    /// Advice.
    pub advice: u8,
    /// Publicity.
    pub publicity: u8,
    /// The reason's three characters, zero where there is no verdict.
    pub reason: [u8; 3],
    /// The case that policy decided, one code a column; zero where none did.
    pub case: [u8; 12],
    /// The policy row that decided, from 1; 0 where none did.
    pub row: u16,
    /// Uses of this credential or document here before this one.
    pub uses: u16,
    /// The proven code, if there was one.
    pub code: Option<CodeRecorded>,
    /// The subject, if known and ours; zero for another issuer's (DOMAIN §6).
    pub subject: [u8; 12],
    /// Kind of document, 0 without one.
    pub document: u8,
    /// The list's answer, as a code of `gate_core`.
    pub list_answer: u8,
    /// The list's as-of time; the epoch without a list.
    pub list_as_of: Timestamp,
    /// Data versions.
    pub versions: DataVersions,
    /// Tenths of a degree Celsius; `i16::MIN` where not measured.
    pub temperature: i16,
    /// Staff subject; zero without staff.
    pub staff: [u8; 12],
    /// Role code; 0 without staff.
    pub role: u8,
    /// What the attendant did, as a code of `gate_core`.
    pub act: u8,
    /// What happened to the device or to staff, as a code of `gate_core`.
    pub event: u8,
    /// Free bytes of the event, e.g. the record it refers to.
    pub detail: [u8; 16],
    /// The first bytes of the SHA-256 of the policy in force, so that no other text can be shown under its version
    /// (DOMAIN §17); zero where there was none.
    pub policy_digest: [u8; POLICY_DIGEST_BYTES],
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Written by another version.
    #[error("record format {found}, this version reads {FORMAT}")]
    ForeignFormat {
        /// The number found.
        found: u8,
    },
    /// A value outside its range.
    #[error("{what} is out of range")]
    OutOfRange {
        /// Which one.
        what: &'static str,
    },
    /// Unused bytes that are not zero.
    #[error("unused bytes are not zero")]
    UnusedBytes,
}

impl core::fmt::Debug for Record {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Record").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Record {
    /// A record of this kind and time in which nothing else is set.
    pub fn blank(kind: RecordKind, at: Timestamp, uptime: Millis) -> Record {
        Record {
            kind,
            at,
            clock: 0,
            uptime,
            place: 0,
            lane: 0,
            direction: 0,
            verdict: 0,
            advice: 0,
            publicity: 0,
            reason: [0; 3],
            case: [0; 12],
            row: 0,
            uses: 0,
            code: None,
            subject: [0; 12],
            document: 0,
            list_answer: 0,
            list_as_of: Timestamp::EPOCH,
            versions: DataVersions::default(),
            temperature: i16::MIN,
            staff: [0; 12],
            role: 0,
            act: 0,
            event: 0,
            detail: [0; 16],
            policy_digest: [0; POLICY_DIGEST_BYTES],
        }
    }

    /// The 192 bytes.
    pub fn encode(&self) -> [u8; RECORD_BYTES] {
        let mut writer = Writer { bytes: [0; RECORD_BYTES], at: 0 };
        writer.put(&[FORMAT, self.kind.code(), self.clock, self.direction]);
        writer.put(&self.at.unix().to_be_bytes());
        writer.put(&self.uptime.0.to_be_bytes());
        writer.put(&self.place.to_be_bytes());
        writer.put(&self.lane.to_be_bytes());
        writer.put(&self.reason);
        writer.put(&[self.verdict, self.advice, self.publicity]);
        writer.put(&self.case);
        writer.put(&self.row.to_be_bytes());
        writer.put(&self.uses.to_be_bytes());
        writer.put(&code_bytes(self.code));
        writer.put(&self.subject);
        writer.put(&[self.document, self.list_answer]);
        writer.put(&self.list_as_of.unix().to_be_bytes());
        let v = &self.versions;
        for version in [v.key_set, v.policy, v.list, v.revocations, v.places, v.staff] {
            writer.put(&version.to_be_bytes());
        }
        writer.put(&self.temperature.to_be_bytes());
        writer.put(&self.staff);
        writer.put(&[self.role, self.act, self.event]);
        writer.put(&self.detail);
        writer.put(&self.policy_digest);
        writer.bytes
    }

    /// Reads what [`Record::encode`] wrote.
    ///
    /// # Errors
    /// Another format, a value out of range, unused bytes that are not zero.
    pub fn decode(bytes: &[u8; RECORD_BYTES]) -> Result<Record, RecordError> {
        let mut reader = Reader { bytes, at: 0 };
        let [found, kind, clock, direction] = reader.take();
        if found != FORMAT {
            return Err(RecordError::ForeignFormat { found });
        }
        if bytes[USED..].iter().any(|&byte| byte != 0) {
            return Err(RecordError::UnusedBytes);
        }
        let kind = RecordKind::ALL.into_iter().find(|known| known.code() == kind);
        let kind = kind.ok_or(RecordError::OutOfRange { what: "kind" })?;
        // Fields are read in the order of the layout: a struct expression evaluates in the order written.
        let (at, uptime) = (reader.timestamp("at")?, Millis(reader.u64()));
        let mut record = Record { clock, direction, ..Record::blank(kind, at, uptime) };
        record.place = u32::from_be_bytes(reader.take());
        record.lane = reader.u16();
        record.reason = reader.take();
        [record.verdict, record.advice, record.publicity] = reader.take();
        record.case = reader.take();
        (record.row, record.uses) = (reader.u16(), reader.u16());
        record.code = reader.code()?;
        record.subject = reader.take();
        [record.document, record.list_answer] = reader.take();
        record.list_as_of = reader.timestamp("list as-of")?;
        record.versions = reader.versions();
        record.temperature = i16::from_be_bytes(reader.take());
        record.staff = reader.take();
        [record.role, record.act, record.event] = reader.take();
        record.detail = reader.take();
        record.policy_digest = reader.take();
        Ok(record)
    }
}

const CODE_BYTES: usize = 30;

fn code_bytes(code: Option<CodeRecorded>) -> [u8; CODE_BYTES] {
    let mut out = [0; CODE_BYTES];
    if let Some(code) = code {
        out[..4].copy_from_slice(&code.kid.0);
        out[4..12].copy_from_slice(&code.id.0);
        out[12..20].copy_from_slice(&code.issued.unix().to_be_bytes());
        out[20..28].copy_from_slice(&code.expires.unix().to_be_bytes());
        out[28] = code.kind;
        out[29] = code.statement;
    }
    out
}

struct Writer {
    bytes: [u8; RECORD_BYTES],
    at: usize,
}

impl Writer {
    /// The layout above adds up to [`USED`], so no field can run over the end.
    fn put(&mut self, field: &[u8]) {
        self.bytes[self.at..self.at + field.len()].copy_from_slice(field);
        self.at += field.len();
    }
}

struct Reader<'a> {
    bytes: &'a [u8; RECORD_BYTES],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let field = core::array::from_fn(|i| self.bytes[self.at + i]);
        self.at += N;
        field
    }

    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.take())
    }

    fn timestamp(&mut self, what: &'static str) -> Result<Timestamp, RecordError> {
        Timestamp::from_unix(self.u64()).ok_or(RecordError::OutOfRange { what })
    }

    fn code(&mut self) -> Result<Option<CodeRecorded>, RecordError> {
        let (kid, id) = (Kid(self.take()), CredentialId(self.take()));
        let (issued, expires) = (self.timestamp("issued")?, self.timestamp("expires")?);
        let [kind, statement] = self.take();
        Ok((kind != 0).then_some(CodeRecorded { kid, id, issued, expires, kind, statement }))
    }

    fn versions(&mut self) -> DataVersions {
        let mut next = || u32::from_be_bytes(self.take());
        DataVersions {
            key_set: next(),
            policy: next(),
            list: next(),
            revocations: next(),
            places: next(),
            staff: next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Record {
        let at = Timestamp::from_unix(1_795_190_400).unwrap();
        Record {
            clock: 1,
            place: 7,
            lane: 2,
            reason: *b"S01",
            verdict: b'S',
            case: *b"abcdefghijkl",
            row: 4,
            uses: 2,
            code: Some(CodeRecorded {
                kid: Kid(*b"sc01"),
                id: CredentialId([9; 8]),
                issued: at,
                expires: at.plus(900),
                kind: 1,
                statement: 2,
            }),
            subject: [3; 12],
            list_as_of: at.minus(60),
            versions: DataVersions { key_set: 1, policy: 2, list: 3, revocations: 4, places: 5, staff: 6 },
            temperature: -5,
            detail: [8; 16],
            policy_digest: [9; 8],
            ..Record::blank(RecordKind::Passage, at, Millis(123))
        }
    }

    #[test]
    fn decoding_undoes_encoding() {
        assert_eq!(Record::decode(&full().encode()).unwrap(), full());
        let blank = Record::blank(RecordKind::Device, Timestamp::EPOCH, Millis(0));
        assert_eq!(Record::decode(&blank.encode()).unwrap(), blank);
    }

    #[test]
    fn fields_stand_where_the_layout_says() {
        let bytes = full().encode();
        assert_eq!(&bytes[26..30], b"S01S");
        assert_eq!(&bytes[32..44], b"abcdefghijkl");
        assert_eq!(&bytes[48..52], b"sc01");
        assert_eq!(bytes[78..90], [3; 12]);
        assert_eq!(bytes[141..157], [8; 16]);
        assert_eq!(bytes[157..165], [9; 8]);
        assert!(bytes[USED..].iter().all(|&byte| byte == 0));
    }

    #[test]
    fn foreign_bytes_are_refused() {
        let with = |at: usize, byte: u8| {
            let mut bytes = full().encode();
            bytes[at] = byte;
            Record::decode(&bytes).unwrap_err()
        };
        assert_eq!(with(0, 2), RecordError::ForeignFormat { found: 2 });
        assert_eq!(with(1, 9), RecordError::OutOfRange { what: "kind" });
        assert_eq!(with(4, 0xFF), RecordError::OutOfRange { what: "at" });
        assert_eq!(with(191, 1), RecordError::UnusedBytes);
    }
}
