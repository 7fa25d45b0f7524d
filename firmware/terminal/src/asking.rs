//! Where the passage process and the network carrier meet for an enrolment (docs/formats/enrolment.md).
//! Promises: what is asked is whole or not there, for the carriers' group alone; what an earlier run left is swept; nothing is read or
//! removed through a link below the folder.
//! Must not know: who asks, what an answer comes to.

use std::path::Path;

use gate_core::enrolment::{Answered, Asked, Came, FILE_NAME, LARGEST, NONCE_BYTES};
use gate_core::records::names::{ACKS, OUT};
use gate_files::{FileFault, Folder};

/// What no asking had before.
///
/// # Errors
/// If the system gives no randomness.
pub(crate) fn nonce() -> anyhow::Result<[u8; NONCE_BYTES]> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| anyhow::anyhow!("the system gives no randomness"))?;
    Ok(nonce)
}

/// Puts what is asked where the carrier, who is another user, finds it and can read it.
///
/// # Errors
/// [`FileFault`].
pub(crate) fn put(spool: &Path, asked: &Asked) -> Result<(), FileFault> {
    let out = Folder::make(spool)?.make_below(OUT)?;
    out.sweep_drafts(FILE_NAME)?;
    let mut draft = out.draft(FILE_NAME)?;
    draft.write(asked.document().as_bytes())?;
    draft.share_with_group()?;
    draft.settle(&out, FILE_NAME)
}

/// What the carrier has answered to the asking of this name.
pub(crate) fn answer(spool: &Path, id: &str) -> Option<Came> {
    let path = format!("{ACKS}/{FILE_NAME}");
    let bytes = Folder::open(spool).ok()??.small(&path, LARGEST as u64).ok()??;
    Answered::load(&bytes, id)
}

/// Takes back what was asked, and what a cut of the power left half written.
///
/// # Errors
/// [`FileFault`].
pub(crate) fn take_back(spool: &Path) -> Result<(), FileFault> {
    let Some(out) = Folder::open(spool)?.map(|spool| spool.below(OUT)).transpose()?.flatten() else {
        return Ok(());
    };
    out.sweep_drafts(FILE_NAME)?;
    out.remove(FILE_NAME)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use gate_core::enrolment::Invitation;
    use gate_core::query::TerminalNumber;

    use super::*;

    fn asked() -> Asked {
        let invitation = Invitation::of(TerminalNumber::new(7).unwrap(), "0123456789abcdef").unwrap();
        Asked::new(&invitation, [&[1; 32], &[2; 32]], &nonce().unwrap()).unwrap()
    }

    #[test]
    fn what_is_asked_is_the_groups_to_read_and_taken_back_with_what_was_left_half_written() {
        let spool = tempfile::tempdir().unwrap();
        put(spool.path(), &asked()).unwrap();
        let out = spool.path().join(OUT);
        let mode = fs::metadata(out.join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        fs::write(out.join(format!("{FILE_NAME}.1-2-3.part")), "half").unwrap();
        fs::write(out.join("000007.tfc"), "an account").unwrap();
        take_back(spool.path()).unwrap();
        let left: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["000007.tfc"]);
        take_back(&spool.path().join("none")).unwrap();
    }

    #[test]
    fn an_answer_is_a_small_file_to_this_asking_and_not_behind_a_link() {
        let (spool, asked) = (tempfile::tempdir().unwrap(), asked());
        let acks = spool.path().join(ACKS);
        assert_eq!(answer(spool.path(), asked.id()), None);
        fs::create_dir(&acks).unwrap();
        fs::write(acks.join(FILE_NAME), Answered::new(&asked, Came::Used).document()).unwrap();
        assert_eq!(answer(spool.path(), asked.id()), Some(Came::Used));
        assert_eq!(answer(spool.path(), "another"), None);
        fs::rename(&acks, spool.path().join("elsewhere")).unwrap();
        symlink(spool.path().join("elsewhere"), &acks).unwrap();
        assert_eq!(answer(spool.path(), asked.id()), None);
    }
}
