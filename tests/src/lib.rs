//! Journeys, vectors and golden screens of the whole product.

/// A test lacks a tool, and says so: people without the tool read SKIPPED with the test's name.
///
/// # Panics
/// Where [`may_lack`] does.
pub fn skip(test: &str, lacks: &str) {
    may_lack(lacks);
    println!("SKIPPED {test}: no {lacks}");
}

/// A test may go without this tool.
///
/// # Panics
/// Where CI runs (`CI=true`): `.ci/run` installed it, and a test that does nothing for want of it would hide a failure.
pub fn may_lack(tool: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "CI lacks {tool}, which tools/ci installs");
}
