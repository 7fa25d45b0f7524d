//! Who works at a desk: the operator, the clock, and who is asked for passphrases.
//! Promises: a real desk is not opened without an operator's name.
//! Must not know: keys, files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_proof::digest::Digest;
use rand_core::CryptoRng;

use super::DeskError;
use crate::custody::{NobodyToAsk, Prompt};
use crate::log::entry::Operator;
use crate::log::{Clock, Log, Start};
use crate::spelling;

/// What a demo's log calls an operator who gave no name.
const DEMO_OPERATOR: &str = "demo";

/// Who works.
#[derive(Clone)]
pub struct Access {
    /// The operator's short name; a demo can do without.
    pub operator: Option<Operator>,
    /// The desk's clock: the log's times.
    pub clock: Clock,
    /// Who is asked for passphrases and PINs.
    pub prompt: Arc<dyn Prompt>,
}

impl Access {
    /// For demos: nobody's name, the system's clock, nobody to ask.
    #[must_use]
    pub fn demo() -> Access {
        Access { operator: None, clock: Clock::System, prompt: Arc::new(NobodyToAsk) }
    }

    pub(crate) fn log(
        &self,
        directory: &Path,
        origin: Digest,
        nature: Demo,
        start: Start,
    ) -> Result<Log, DeskError> {
        let unnamed = if nature == Demo::Yes { Operator::parse(DEMO_OPERATOR) } else { None };
        let operator = self.operator.clone().or(unnamed).ok_or(DeskError::NameOperator)?;
        Ok(Log::new(directory, origin, operator, self.clock, start))
    }
}

/// Where a new desk's keys are to live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustodyChoice {
    /// Plain files: demos only.
    Plain,
    /// Files that a passphrase opens.
    Age,
    /// Root and issuers in a token; all others in files that a passphrase opens.
    Token(TokenAddress),
}

/// How a token is found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenAddress {
    /// The PKCS#11 module, a shared library that is loaded at run time.
    pub module: PathBuf,
    /// The token's label.
    pub label: String,
    /// What this desk's objects in the token are named with: several desks may share a token.
    pub prefix: String,
}

impl TokenAddress {
    /// Of a new desk: its objects are named by region and eight random digits, so that two desks of one province, or an
    /// interrupted founding, never meet in a token.
    pub fn for_new_desk(
        (module, label): (PathBuf, String),
        region: Region,
        rng: &mut impl CryptoRng,
    ) -> TokenAddress {
        let mut random = [0; 4];
        rng.fill_bytes(&mut random);
        let prefix = format!("tianfu-gate {} {}", region.as_str(), spelling::hex(&random));
        TokenAddress { module, label, prefix }
    }
}
