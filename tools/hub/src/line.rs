//! Whose line a request came over (ADR 16).
//! Promises: having an [`OfTerminal`] tells that a key which this hub knows for that terminal signed this very request, and
//! that the terminal is not revoked.
//! Must not know: what is asked for.

use axum::http::HeaderMap;
use gate_core::json;
use gate_core::line::{LineRequest, SIGNATURE_HEADER, TERMINAL_HEADER};
use gate_core::query::TerminalNumber;

use crate::store::terminals::{KeyUse, Standing, keys, standing};
use crate::store::{Readers, StoreFault};

/// A request in a terminal's own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfTerminal(TerminalNumber);

impl OfTerminal {
    /// Which.
    #[must_use]
    pub fn terminal(self) -> TerminalNumber {
        self.0
    }
}

/// Why a request is nobody's.
#[derive(Debug, thiserror::Error)]
pub enum LineStranger {
    /// No such terminal, no signature, or another key's.
    #[error("not signed by a line of this hub's")]
    Unknown,
    /// It was one of ours.
    #[error("this terminal was revoked")]
    Revoked,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// What a request says of itself, believed by nobody.
#[must_use]
pub fn alleged(headers: &HeaderMap) -> Option<(TerminalNumber, [u8; 64])> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let terminal = TerminalNumber::new(text(TERMINAL_HEADER)?.parse().ok()?)?;
    Some((terminal, json::hex(text(SIGNATURE_HEADER)?)?))
}

/// Whose request it is.
///
/// # Errors
/// [`LineStranger`].
pub fn identify(
    readers: &Readers,
    headers: &HeaderMap,
    (method, path, body): (&str, &str, &[u8]),
) -> Result<OfTerminal, LineStranger> {
    let (terminal, signature) = alleged(headers).ok_or(LineStranger::Unknown)?;
    let (stands, known) =
        readers.read(|db| Ok((standing(db, terminal)?, keys(db, terminal, KeyUse::Line)?)))?;
    match stands {
        Standing::Unknown => return Err(LineStranger::Unknown),
        Standing::Revoked => return Err(LineStranger::Revoked),
        Standing::Enrolled => {}
    }
    let request = LineRequest { terminal, method, path, body };
    let signed = known.iter().any(|key| request.verify(key, &signature).is_ok());
    if signed { Ok(OfTerminal(terminal)) } else { Err(LineStranger::Unknown) }
}
