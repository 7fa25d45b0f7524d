//! `gate-sign`: the authority's desk on the command line.
//! Promises: every refusal says what to do; nothing is half done; a demo desk says so on the error output, each time.
//! Must not know: anything the library does not tell it.

#[macro_use]
mod say;

mod access;
mod args;
mod automatic;
mod bulk;
mod confirm;
mod custody;
mod day_keys;
mod inspect;
mod issue;
mod keyset;
mod list_words;
mod log;
mod officer;
mod open;
mod output;
mod policy;
mod province;
mod repo;
mod revoke;
#[cfg(feature = "serve")]
mod serve;
mod sheets;
mod staff;
mod status;
mod terminal;
mod uses;

use std::alloc::System;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use zeroizing_alloc::ZeroAlloc;

/// Names, numbers and keys pass through buffers of many libraries: what is freed is wiped, whoever held it.
#[global_allocator]
static WIPED: ZeroAlloc<System> = ZeroAlloc(System);

/// The authority's desk of Tianfu Gate (天府闸机): a province's keys, what they sign, and what its terminals believe.
///
/// Keys live in files that a passphrase opens, in a PKCS#11 token, or (demos only) in plain files. Every use is in the log.
#[derive(Parser)]
#[command(name = "gate-sign", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a province; publish to a terminal's data directory
    #[command(subcommand)]
    Province(province::Command),
    /// The register of issuers: who may sign what, for how long
    #[command(subcommand)]
    Keyset(keyset::Command),
    /// Check a policy and read it aloud
    #[command(subcommand)]
    Policy(policy::Command),
    /// Build a status list from a table of people
    #[command(subcommand)]
    Status(status::Command),
    /// Where the keys live, and their passphrase
    #[command(subcommand)]
    Custody(custody::Command),
    /// The desk's log: every use of a key
    #[command(subcommand)]
    Log(log::Command),
    /// Officers: two of them approve what one person must not do alone
    #[command(subcommand)]
    Officer(officer::Command),
    /// Day keys: made ahead, destroyed when their records' retention ends
    #[command(subcommand)]
    DayKeys(day_keys::Command),
    Open(open::Arguments),
    /// Sign one credential (text, PNG, SVG), or one for every row of a table (--from)
    Issue(bulk::Issue),
    /// The staff list: who may log in at a lane
    #[command(subcommand)]
    Staff(staff::Command),
    /// The two repositories of signed data: drafts, signatures made apart, publication
    #[command(subcommand)]
    Repo(repo::Command),
    /// The terminals that were enrolled: whose signed batches are believed
    #[command(subcommand)]
    Terminal(terminal::Command),
    /// Revoke credentials by their ids, or everything of a person before a time
    #[command(subcommand)]
    Revoke(revoke::Command),
    /// Who may ask the screen-code service
    #[cfg(feature = "serve")]
    #[command(subcommand)]
    Operator(serve::OperatorCommand),
    /// The screen-code service: codes of 15 minutes for the platforms' back ends, and a phone page that shows them
    #[cfg(feature = "serve")]
    Serve(serve::Arguments),
}

fn main() -> ExitCode {
    say::until_unheard(run)
}

fn run() -> ExitCode {
    gate_signing::process::keep_files_private();
    if let Err(error) = gate_signing::process::keep_memory_private() {
        return args::tell(&error.into());
    }
    let matches = Cli::command().get_matches();
    if let Err(refused) = uses::admit(&Cli::command(), &matches) {
        return args::tell(&refused);
    }
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let done = match cli.command {
        Command::Province(command) => command.run(),
        Command::Keyset(command) => command.run(),
        Command::Policy(command) => command.run(),
        Command::Status(command) => return status::exit_code(command.run()),
        Command::Custody(command) => command.run(),
        Command::Log(command) => command.run(),
        Command::Officer(command) => command.run(),
        Command::DayKeys(command) => command.run(),
        Command::Open(arguments) => return status::exit_code(arguments.run()),
        Command::Issue(command) => return status::exit_code(command.run()),
        Command::Staff(command) => command.run(),
        Command::Repo(command) => command.run(),
        Command::Terminal(command) => command.run(),
        Command::Revoke(command) => return status::exit_code(command.run()),
        #[cfg(feature = "serve")]
        Command::Operator(command) => command.run(),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => arguments.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => args::tell(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The options, of this command and those under it, whose value is a public key.
    fn key_options(command: &clap::Command) -> Vec<clap::Arg> {
        let own = command.get_arguments().filter(|option| {
            option.get_value_names().is_some_and(|names| names.iter().any(|name| name.as_str() == "X"))
        });
        own.cloned().chain(command.get_subcommands().flat_map(key_options)).collect()
    }

    /// Base64url: one key in 64 begins with a hyphen.
    #[test]
    fn a_public_key_may_begin_with_a_hyphen() {
        let options = key_options(&Cli::command());
        assert!(options.len() >= 7, "{options:?}");
        for option in options {
            assert!(option.is_allow_hyphen_values_set(), "{option}");
        }
    }
}
