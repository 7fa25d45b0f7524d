//! Files that rot on a stick or in a spool: the next loading, the next visit heals them.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use gate_signing::repo::Content;
use gate_status::{RevocationsHead, RevokedCredential, write_revocations};
use gate_trust::refusal::Cause;
use gate_wire::cose::Kid;
use gate_wire::credential::CredentialId;

use super::land::in_force;
use super::visit::Desk;

/// More than a megabyte: what is smaller is hashed wherever it is looked at.
const REVOKED: u64 = 150_000;

/// A stick with a long file of revocations.
fn loaded() -> Desk {
    let mut desk = Desk::new();
    let mut all = desk.land.draw_up(&[]);
    let revocations = all.iter_mut().find(|one| one.name == "revocations.tfr").unwrap();
    let (version, as_of) = (revocations.version, revocations.issued);
    let head = RevocationsHead { version, as_of, credentials: 0, subjects: 0 };
    let revoked = |n: u64| RevokedCredential { kid: Kid([0, 0, 0, 9]), id: CredentialId(n.to_be_bytes()) };
    let mut bytes = Vec::new();
    write_revocations(&mut bytes, &head, &(0..REVOKED).map(revoked).collect::<Vec<_>>(), &[]).unwrap();
    revocations.content = Content::Bytes(bytes);
    desk.land.trust.bring_out(&all, desk.land.now);
    assert_eq!(desk.load().missing, Vec::<String>::new());
    desk
}

/// The file of revocations in a carrier's folder.
fn revocations(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder.join("trust/targets")).unwrap();
    files
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|it| it == "tfr"))
        .unwrap()
}

/// One byte in its middle; its length and its date stay.
fn rots(path: &Path) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let (about, mut byte) = (file.metadata().unwrap(), [0]);
    assert!(about.len() > 1 << 20);
    file.read_exact_at(&mut byte, about.len() / 2).unwrap();
    file.write_all_at(&[!byte[0]], about.len() / 2).unwrap();
    file.set_modified(about.modified().unwrap()).unwrap();
}

#[test]
fn a_large_file_that_rotted_on_the_stick_is_written_anew_when_it_is_loaded() {
    let desk = loaded();
    assert_eq!(desk.load().files, 0, "a whole stick is not written again");
    rots(&revocations(&desk.stick));
    let copied = desk.load();
    assert_eq!((copied.files, copied.missing), (1, Vec::new()));
    let (copied, report) = desk.visit();
    assert!(in_force(&report, "revocations").is_some(), "{copied:?}: {}", report.in_words());
}

#[test]
fn a_large_file_that_rotted_in_the_spool_comes_anew_with_the_next_visit() {
    let desk = loaded();
    desk.bring();
    rots(&revocations(&desk.land.to.spool));
    let report = desk.land.keep();
    let line = report.line("revocations").unwrap();
    assert_eq!(line.refused.as_ref().map(|one| one.cause), Some(Cause::Changed));
    let (copied, report) = desk.visit();
    assert!(in_force(&report, "revocations").is_some(), "{copied:?}: {}", report.in_words());
}
