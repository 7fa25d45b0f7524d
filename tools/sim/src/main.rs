//! `gate-sim`.
fn main() {}
