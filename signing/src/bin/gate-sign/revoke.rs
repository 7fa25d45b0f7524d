//! `gate-sign revoke`: one credential, or all of one person before a time.

use anyhow::Context;
use clap::Args;
use gate_wire::credential::CredentialId;
use gate_wire::time::Timestamp;

use crate::args::{DeskArguments, first_line_person, shown, time};

/// See the help texts.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    desk: DeskArguments,
    /// The credential's id, 16 hexadecimal digits, as `gate-sign issue` printed it
    #[arg(value_parser = id, required_unless_present = "all_before")]
    id: Option<CredentialId>,
    /// Void everything of one person issued before this time, RFC 3339; the person comes from --person
    #[arg(long, value_name = "TIME", value_parser = time, requires = "person", conflicts_with = "id")]
    all_before: Option<Timestamp>,
    /// A file (or - for standard input) with one line KIND,NUMBER
    #[arg(long, value_name = "FILE", requires = "all_before")]
    person: Option<std::path::PathBuf>,
}

impl Arguments {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut desk = self.desk.open()?;
        match (self.id, self.all_before) {
            (Some(id), _) => {
                desk.province.revocations_mut().revoke(id)?;
                println!("revoked; void at terminals after `gate-sign province publish`");
            }
            (None, before) => {
                let before = before.context("give an id, or --all-before with --person")?;
                let someone = first_line_person(&self.person.unwrap_or_default())?;
                let subject = desk.province.subject(&someone.document)?;
                desk.province.revocations_mut().void_before(&subject, before)?;
                println!(
                    "everything issued to this person before {} is void after publishing",
                    shown(before)
                );
            }
        }
        desk.save()?;
        Ok(())
    }
}

fn id(text: &str) -> Result<CredentialId, String> {
    let bytes = gate_core::json::hex(text).map(CredentialId);
    bytes.ok_or_else(|| "16 lower-case hexadecimal digits".into())
}
