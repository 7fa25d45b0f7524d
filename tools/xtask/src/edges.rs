//! `cargo xtask deps`: the dependency table of ARCHITECTURE.md, held against the manifests.
//! Promises: the table is the documentation and the rule at once; an edge that is not in it fails, a crate without a row too.
//! Must not know: why an edge is allowed.
//!
//! The table is the one whose header row begins with `| crate | of ours |`; cells are comma-separated, `-` is none.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

const HEADER: &str = "| crate | of ours | third-party |";
const PREFIX: &str = "gate-";

#[derive(Debug, Default)]
struct Edges {
    ours: BTreeSet<String>,
    others: BTreeSet<String>,
}

/// Checks every crate of the workspace.
///
/// # Errors
/// With every edge that the table does not allow.
pub(crate) fn check() -> anyhow::Result<()> {
    let text = std::fs::read_to_string("ARCHITECTURE.md").context("run this from the workspace's root")?;
    let allowed = table(&text)?;
    let found = manifests()?;
    let mut wrong = Vec::new();
    for (name, edges) in &found {
        match allowed.get(name) {
            Some(row) => wrong.extend(surplus(name, edges, row)),
            None => wrong.push(format!("{name} has no row in the table of ARCHITECTURE.md")),
        }
    }
    for name in allowed.keys().filter(|name| !found.contains_key(*name)) {
        wrong.push(format!("{name} has a row in ARCHITECTURE.md, but there is no such crate"));
    }
    ensure!(wrong.is_empty(), "crate edges that ARCHITECTURE.md does not allow:\n  {}", wrong.join("\n  "));
    println!(
        "{} crates, {} edges between them, all allowed",
        found.len(),
        found.values().map(|e| e.ours.len()).sum::<usize>()
    );
    Ok(())
}

fn surplus(name: &str, found: &Edges, allowed: &Edges) -> Vec<String> {
    let ours = found.ours.difference(&allowed.ours).map(|other| format!("{name} -> {other}"));
    let others =
        found.others.difference(&allowed.others).map(|other| format!("{name} -> {other} (third-party)"));
    ours.chain(others).collect()
}

fn table(text: &str) -> anyhow::Result<BTreeMap<String, Edges>> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(HEADER)).skip(2);
    let mut rows = BTreeMap::new();
    for line in lines.by_ref().take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, ours, others] = cells[..] else { bail!("not three cells: {line}") };
        let edges = Edges { ours: names(ours), others: names(others) };
        rows.insert(name.trim_matches('`').to_owned(), edges);
    }
    ensure!(!rows.is_empty(), "ARCHITECTURE.md has no table that begins with `{HEADER}`");
    Ok(rows)
}

fn names(cell: &str) -> BTreeSet<String> {
    cell.split(',').map(|name| name.trim().trim_matches('`').to_owned()).filter(|name| name != "-").collect()
}

/// Normal dependencies of each member; what only tests use is free, but for one rule: the terminal never sees `sim`.
fn manifests() -> anyhow::Result<BTreeMap<String, Edges>> {
    let output =
        Command::new(env!("CARGO")).args(["metadata", "--format-version", "1", "--no-deps"]).output()?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo metadata names packages")?;
    packages.iter().map(|package| Ok((short(&package["name"])?, edges(package)?))).collect()
}

fn edges(package: &Value) -> anyhow::Result<Edges> {
    let mut edges = Edges::default();
    for dependency in package["dependencies"].as_array().context("a package has dependencies")? {
        if dependency["kind"] == "dev" {
            continue;
        }
        let name = dependency["name"].as_str().context("a dependency has a name")?;
        match name.strip_prefix(PREFIX) {
            Some(ours) => edges.ours.insert(ours.to_owned()),
            None => edges.others.insert(name.to_owned()),
        };
    }
    Ok(edges)
}

fn short(name: &Value) -> anyhow::Result<String> {
    let name = name.as_str().context("a package has a name")?;
    Ok(name.strip_prefix(PREFIX).unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "text\n\n| crate | of ours | third-party |\n|---|---|---|\n| `wire` | - | `minicbor`, `heapless` |\n| `core` | `wire` | - |\n\n| other | table |\n";

    #[test]
    fn the_table_is_read_up_to_its_end() {
        let rows = table(TABLE).unwrap();
        assert_eq!(rows.keys().collect::<Vec<_>>(), ["core", "wire"]);
        assert!(rows["wire"].others.contains("heapless") && rows["wire"].ours.is_empty());
    }

    #[test]
    fn an_edge_that_no_row_allows_is_named() {
        let rows = table(TABLE).unwrap();
        let found = Edges { ours: names("wire, store"), others: names("rusqlite") };
        assert_eq!(
            surplus("core", &found, &rows["core"]),
            ["core -> store", "core -> rusqlite (third-party)"]
        );
    }
}
