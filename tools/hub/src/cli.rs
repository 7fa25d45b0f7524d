//! What can be said to `gate-hub`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// 天府闸机 Tianfu Gate: the hub.
///
/// Serves what the authority published to terminals, and takes their sealed records. It can open none of them.
#[derive(Parser)]
#[command(name = "gate-hub", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve. The first time, make whatever is missing: keys, a certificate, an empty database
    Serve(Serve),
    /// Take what sticks brought, verified as over a line, and put acknowledgements there. Beside a hub that serves, or without.
    /// Ends with 1 if something was not taken
    Take(Take),
    /// Put the published repositories into the province's object store (DIR/objects), the timestamps last
    Publish {
        #[command(flatten)]
        data: Data,
        /// The folder that holds trust/ and status/, if not DIR/repository
        #[arg(long, value_name = "FOLDER")]
        from: Option<PathBuf>,
        #[command(flatten)]
        by: By,
    },
    /// Show a code, once, with which a terminal makes itself known
    Invite {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        terminal: Terminal,
        /// How long the code serves: a week at most. It ends earlier with the next code of this terminal, or with `revoke`
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(..=168))]
        hours: u64,
        #[command(flatten)]
        by: By,
    },
    /// Make a terminal known that has no line, by the keys that `gate enrol` printed
    Enrol {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        terminal: Terminal,
        /// The device key, 64 hexadecimal digits
        #[arg(long, value_name = "HEX")]
        device: String,
        /// The record key, 64 hexadecimal digits
        #[arg(long, value_name = "HEX")]
        record: String,
        #[command(flatten)]
        by: By,
    },
    /// Take a terminal's keys and its open codes away: from now on nothing is taken from it
    Revoke {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        terminal: Terminal,
        /// The keys of its lines alone: for a carrier that was opened. Its device and record keys stay good
        #[arg(long)]
        line: bool,
        #[command(flatten)]
        by: By,
    },
    /// Let a person look at the fleet: shows a passphrase and a secret for one-time codes, once
    Person {
        #[command(flatten)]
        data: Data,
        /// Who
        #[arg(long)]
        name: String,
        /// A viewer looks; an administrator also invites terminals and settles doubts
        #[arg(long, default_value = "viewer", value_name = "viewer|administrator")]
        role: String,
        /// Take this person away instead: their sessions end
        #[arg(long, conflicts_with = "role")]
        remove: bool,
        #[command(flatten)]
        by: By,
    },
    /// List the terminals and their device keys, for the desk
    Terminals(Data),
    /// Tell the audit log, the oldest line first: who did what, when
    Audit {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        within: Within,
        /// Of this person alone; `login` for logins of nobody known
        #[arg(long, value_name = "NAME")]
        who: Option<String>,
    },
    /// Tell the alarms, the oldest first
    Alarms {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        within: Within,
        /// Over this terminal alone
        #[arg(long, value_name = "N")]
        terminal: Option<u32>,
    },
    /// List the places of which two rows were brought: from there on a journal is not acknowledged. Then those that were settled
    Doubts(Data),
    /// Say which of two rows is the journal's: the chain goes on with it. The others stay, and count no more
    SettleDoubt(SettleDoubt),
    /// Take such a word back: the row is in doubt again, as are later ones of that journal that were settled
    ReopenDoubt(ReopenDoubt),
    /// List rows that are missing before rows that wait
    Gaps(Data),
    /// Say that rows are lost for ever: the terminal's later ones are acknowledged from now on
    AcceptGap {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        terminal: Terminal,
        /// The journal, as `gaps` shows it
        #[arg(long, value_name = "HEX")]
        journal: String,
        /// The last row that is lost, as `gaps` shows it
        #[arg(long, value_name = "N")]
        through: u64,
        #[command(flatten)]
        by: By,
    },
    /// Write the batches that a terminal brought into a new folder: for the desk's `gate-sign open --records`
    Records {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        terminal: Terminal,
        /// The folder, which is not there yet
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        #[command(flatten)]
        by: By,
    },
    /// Strike a terminal's counters of a day out; what it says again counts again
    Strike {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        terminal: Terminal,
        /// The day, in days since 1970
        #[arg(long, value_name = "N")]
        day: u32,
        #[command(flatten)]
        by: By,
    },
    /// After the database was put back from a copy: say so, before terminals let go what it lost
    Restored {
        #[command(flatten)]
        data: Data,
        #[command(flatten)]
        by: By,
    },
}

#[derive(Args)]
pub(crate) struct Data {
    /// The hub's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// The database, if not DIR/hub.db: postgres://USER[:PASSWORD]@HOST/DATABASE. As one line in DIR/store (mode 0600) it is so for
    /// every command; TLS, of the authority in DIR/store.pem, wherever the server is not this machine
    #[arg(long, value_name = "URL")]
    pub(crate) store: Option<String>,
}

#[derive(Args)]
pub(crate) struct Terminal {
    /// The terminal's number
    #[arg(long = "terminal", value_name = "N")]
    pub(crate) number: u32,
}

#[derive(Args)]
pub(crate) struct SettleDoubt {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(flatten)]
    pub(crate) terminal: Terminal,
    /// The journal, as `doubts` shows it
    #[arg(long, value_name = "HEX")]
    pub(crate) journal: String,
    /// The place, as `doubts` shows it
    #[arg(long, value_name = "N")]
    pub(crate) row: u64,
    /// The row that is the journal's, as `doubts` shows it
    #[arg(long, value_name = "HEX")]
    pub(crate) hash: String,
    /// Why: for the audit log
    #[arg(long, value_name = "WORDS")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) by: By,
}

#[derive(Args)]
pub(crate) struct ReopenDoubt {
    #[command(flatten)]
    pub(crate) data: Data,
    #[command(flatten)]
    pub(crate) terminal: Terminal,
    /// The journal, as `doubts` shows it
    #[arg(long, value_name = "HEX")]
    pub(crate) journal: String,
    /// The place, as `doubts` shows it
    #[arg(long, value_name = "N")]
    pub(crate) row: u64,
    /// Why: for the audit log
    #[arg(long, value_name = "WORDS")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) by: By,
}

#[derive(Args)]
pub(crate) struct Within {
    /// From this day of UTC+8 on, or this time: 2026-11-20, 2026-11-20T20:15:00+08:00
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// To the end of this day, or to this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

#[derive(Args)]
pub(crate) struct By {
    /// Who does this: for the audit log
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
}

#[derive(Args)]
pub(crate) struct Words {
    /// The number that the key set gives this hub's key for acknowledgements: 8 hexadecimal digits
    #[arg(long, value_name = "KID")]
    pub(crate) acknowledges_as: Option<String>,
}

#[derive(Args)]
pub(crate) struct Limit {
    /// What one terminal may bring in a day, in MiB
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub(crate) day_mib: u64,
    /// Journals that one terminal may begin in a day
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) day_journals: u32,
}

#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    pub(crate) listen: SocketAddr,
    /// Where a collector reads `/metrics`, in plain HTTP: an address of this machine alone. Nowhere if it is left out
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Names of this hub, for the certificate that it makes for itself
    #[arg(long, value_name = "NAME", default_values_t = ["localhost".to_owned(), "127.0.0.1".to_owned()])]
    pub(crate) name: Vec<String>,
    /// A certificate of the province's: PEM chain and PEM key
    #[arg(long, num_args = 2, value_names = ["CHAIN", "KEY"])]
    pub(crate) tls: Option<Vec<PathBuf>>,
    /// Batches and accounts under way at most, of 64 KiB at most: who comes then is asked to come again
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub(crate) queue: usize,
    /// Connections of one address at once; more where a province's own TLS stands in front
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) each: usize,
    #[command(flatten)]
    pub(crate) words: Words,
    #[command(flatten)]
    pub(crate) limit: Limit,
}

#[derive(Args)]
pub(crate) struct Take {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The folder that `gate-field return` fills
    #[arg(long, value_name = "RECORDS")]
    pub(crate) from: PathBuf,
    #[command(flatten)]
    pub(crate) words: Words,
    #[command(flatten)]
    pub(crate) limit: Limit,
    #[command(flatten)]
    pub(crate) by: By,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_has_arguments_of_its_own_names() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_code_serves_a_week_at_most() {
        let invite = |hours| {
            Cli::try_parse_from([
                "gate-hub",
                "invite",
                "--data",
                "HUB",
                "--terminal",
                "7",
                "--by",
                "测试员",
                "--hours",
                hours,
            ])
        };
        assert!(invite("168").is_ok());
        for more in ["169", "18446744073709551615"] {
            assert!(invite(more).is_err(), "{more}");
        }
    }
}
