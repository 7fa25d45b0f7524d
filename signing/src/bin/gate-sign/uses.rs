//! What each command does with the files and directories that it is given, in one place, looked at before any command runs.
//! Promises: nothing is written into a desk's directory, nor into one that holds the desk; a new file is new; no two names of
//! one command stand for one file where one of them is written.
//! Must not know: what commands write.
//!
//! A new option that takes a path and has no line here fails a test, and in a program built all the same it is refused.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::ArgMatches;

use crate::output;

/// What a command does with a path that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// The desk that it works at.
    Desk,
    /// Reads it.
    Read,
    /// Founds a desk there.
    Found,
    /// Makes a file or a directory that is not there yet.
    New,
    /// Writes a file, perhaps in place of an earlier one of its kind.
    File,
    /// Writes files into a directory.
    Directory,
}

/// A path as it was given.
struct Given {
    path: PathBuf,
    of: Use,
}

/// Refuses paths that the command must not write.
pub(crate) fn admit(command: &clap::Command, matches: &ArgMatches) -> anyhow::Result<()> {
    let given = given(command, matches)?;
    let desk = given.iter().find(|one| one.of == Use::Desk).map(|one| one.path.as_path());
    for (at, one) in given.iter().enumerate() {
        let path = one.path.as_path();
        match one.of {
            Use::Desk | Use::Read => continue,
            Use::Found => output::outside_of_desks(&output::folder_of(path))?,
            Use::New => output::admit_new(path)?,
            Use::File => output::outside_of_desks(path)?,
            Use::Directory => {
                output::outside_of_desks(path)?;
                desk.map_or(Ok(()), |desk| output::admit_without(path, desk))?;
            }
        }
        let (before, after) = given.split_at(at);
        let others = before.iter().chain(after.iter().skip(1)).filter(|other| other.of != Use::Desk);
        output::admit_apart(path, &others.map(|other| other.path.as_path()).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Every path on the command line, with what it is for.
fn given(command: &clap::Command, matches: &ArgMatches) -> anyhow::Result<Vec<Given>> {
    let (mut command, mut matches, mut name) = (command, matches, String::new());
    let mut given = Vec::new();
    loop {
        for option in command.get_arguments().filter(|option| is_path(option)) {
            let id = option.get_id().as_str();
            let of = use_of(&name, id).with_context(|| format!("{name}: what is {id} for?"))?;
            let paths = matches.try_get_many::<PathBuf>(id)?.into_iter().flatten();
            given.extend(paths.map(|path| Given { path: path.clone(), of }));
        }
        let Some((word, inner)) = matches.subcommand() else { return Ok(given) };
        let Some(next) = command.find_subcommand(word) else { bail!("{name} has no command {word}") };
        (command, matches, name) = (next, inner, format!("{name} {word}").trim_start().to_owned());
    }
}

/// Whether an option's values are paths.
fn is_path(option: &clap::Arg) -> bool {
    option.get_value_parser().type_id() == std::any::TypeId::of::<PathBuf>()
}

/// What a command does with the path of this option; nothing for an option that is not listed.
fn use_of(command: &str, id: &str) -> Option<Use> {
    Some(match (command, id) {
        ("province new", "dir") => Use::Found,
        (_, "dir") => Use::Desk,
        ("province publish" | "repo publish" | "status ladder", "out") => Use::Directory,
        ("status build", "out") => Use::File,
        (_, "out" | "png" | "svg" | "text" | "pdf" | "write_request") => Use::New,
        (_, "rejects" | "tags") => Use::File,
        ("operator list" | "serve", "operators") => Use::Read,
        ("operator add" | "operator rotate" | "operator revoke", "operators") => Use::File,
        ("repo show", "repo") => Use::Read,
        (_, "ledger") => Use::File,
        (_, "repo") => Use::Directory,
        _ if READ.contains(&id) => Use::Read,
        _ => return None,
    })
}

/// Options that are read, whichever command takes them.
const READ: [&str; 32] = [
    "after",
    "approval",
    "base",
    "believed",
    "changes",
    "delta",
    "deltas",
    "file",
    "files",
    "font",
    "from",
    "head",
    "key",
    "list",
    "new",
    "new_passphrase_file",
    "old",
    "passphrase_file",
    "people",
    "person",
    "pin_file",
    "policy",
    "records",
    "request",
    "rules",
    "snapshot_key",
    "status",
    "terminals",
    "timestamp_key",
    "tls",
    "token_module",
    "token_pin_file",
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use clap::CommandFactory;

    use super::*;
    use crate::Cli;

    /// Every option with paths, of this command and those under it, with the words that lead there.
    fn options(command: &clap::Command, words: &[String]) -> Vec<(Vec<String>, clap::Arg)> {
        let own = command.get_arguments().filter(|option| is_path(option));
        let mut all: Vec<_> = own.map(|option| (words.to_vec(), option.clone())).collect();
        for inner in command.get_subcommands() {
            let words = [words, &[inner.get_name().to_owned()]].concat();
            all.extend(options(inner, &words));
        }
        all
    }

    fn every_option() -> Vec<(Vec<String>, clap::Arg)> {
        options(&Cli::command(), &[])
    }

    fn written() -> impl Iterator<Item = (Vec<String>, clap::Arg, Use)> {
        every_option().into_iter().filter_map(|(words, option)| {
            let of = use_of(&words.join(" "), option.get_id().as_str())?;
            (!matches!(of, Use::Desk | Use::Read)).then_some((words, option, of))
        })
    }

    /// What the check says of a command line, whatever else the command lacks.
    fn checked(words: &[String], more: &[(&str, &Path)]) -> anyhow::Result<()> {
        let mut line = vec!["gate-sign".to_owned()];
        line.extend(words.iter().cloned());
        for (option, path) in more {
            line.extend([format!("--{option}"), path.display().to_string()]);
        }
        let command = Cli::command().ignore_errors(true);
        let matches = command.clone().try_get_matches_from(line).unwrap();
        admit(&command, &matches)
    }

    /// A folder with a desk in it, beside other things.
    fn office() -> tempfile::TempDir {
        let office = tempfile::tempdir().unwrap();
        fs::create_dir_all(office.path().join("desk/keys")).unwrap();
        fs::write(office.path().join("desk/province.json"), "{}").unwrap();
        fs::create_dir(office.path().join("elsewhere")).unwrap();
        office
    }

    fn takes_dir(words: &[String]) -> bool {
        every_option().iter().any(|(of, option)| of == words && option.get_id() == "dir")
    }

    #[test]
    fn every_option_that_takes_a_path_says_what_it_does_with_it() {
        let all = every_option();
        assert!(all.len() > 100, "{}", all.len());
        for (words, option) in all {
            let of = use_of(&words.join(" "), option.get_id().as_str());
            assert!(of.is_some(), "{words:?} {option}: is it read or written?");
        }
    }

    #[test]
    fn nothing_that_any_command_writes_lies_in_a_desk() {
        let office = office();
        for (words, option, of) in written() {
            let name = option.get_long().unwrap();
            for place in ["desk/keys", "desk/new", "desk/keys/new/newer", "elsewhere/no/../../desk/new"] {
                let path = office.path().join(place);
                if of == Use::New && path.exists() {
                    continue;
                }
                let told = checked(&words, &[(name, &path)]).unwrap_err().to_string();
                assert!(told.contains("lies in the desk's directory"), "{words:?} --{name} {place}: {told}");
            }
            let outside = office.path().join("elsewhere/new");
            assert!(checked(&words, &[(name, &outside)]).is_ok(), "{words:?} --{name}");
        }
    }

    #[test]
    fn no_command_fills_a_directory_that_is_a_desk_or_holds_it() {
        let office = office();
        let (desk, link) = (office.path().join("desk"), office.path().join("link"));
        std::os::unix::fs::symlink(&desk, &link).unwrap();
        for (words, option, _) in written().filter(|(_, _, of)| *of == Use::Directory) {
            let name = option.get_long().unwrap();
            for path in [&desk, &link] {
                assert!(checked(&words, &[(name, path)]).is_err(), "{words:?} --{name} {}", path.display());
            }
            if takes_dir(&words) {
                let told = checked(&words, &[("dir", &desk), (name, office.path())]).unwrap_err().to_string();
                assert!(told.contains("holds the desk's directory"), "{words:?} --{name}: {told}");
            }
        }
    }

    #[test]
    fn a_medium_that_a_desk_links_to_is_a_part_of_the_desk() {
        let office = office();
        std::os::unix::fs::symlink(office.path().join("elsewhere"), office.path().join("desk/wrap")).unwrap();
        let (desk, medium) = (office.path().join("desk"), office.path().join("elsewhere"));
        let words = ["province".to_owned(), "publish".to_owned()];
        for path in [medium.join("data"), medium, desk.join("wrap/data")] {
            assert!(checked(&words, &[("dir", &desk), ("out", &path)]).is_err(), "{}", path.display());
        }
    }

    #[test]
    fn no_two_names_of_a_command_stand_for_one_file_that_is_written() {
        let office = office();
        let (one, twin) = (office.path().join("elsewhere/one"), office.path().join("desk/../elsewhere/one"));
        for (words, option, _) in written() {
            let own = option.get_long().unwrap();
            let others =
                every_option().into_iter().filter(|(of, other)| *of == words && other.get_id() != "dir");
            for other in others.filter_map(|(_, other)| other.get_long().map(str::to_owned)) {
                if other != own {
                    let told = checked(&words, &[(own, &one), (&other, &twin)]).unwrap_err().to_string();
                    assert!(told.contains("would be written over"), "{words:?} --{own} --{other}: {told}");
                }
            }
        }
    }
}
