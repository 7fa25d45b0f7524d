//! What is wrong with rows: such as never decide anything, contradict, or are written to mean more than they say.
//! Promises: every case of the policy's places is looked at; a row that no case reaches is told with what takes its cases.
//! Must not know: JSON, beyond the lists of one row.

use gate_core::case::{Case, DIMENSIONS};
use gate_core::policy::{Policy, each_case};
use serde_json::{Map, Value};

use super::check::Source;
use super::complaint::Complaint;
use crate::forms::{PolicyForm, RowForm};

/// What every case told of the rows.
struct Tally {
    /// By row: cases that it decides.
    decides: Vec<usize>,
    /// By row: cases that its columns hold for.
    holds: Vec<usize>,
    /// By row: for each row, how many of its cases that one decides.
    taken_by: Vec<Vec<usize>>,
    cases: usize,
}

/// What is wrong, and how many cases were looked at.
pub(super) fn complaints(source: &Source<'_>, form: &PolicyForm, policy: &Policy) -> (Vec<Complaint>, usize) {
    let tally = tally(form, policy);
    let last = form.rows.len() - 1;
    let unreached = (0..last).filter(|row| tally.decides[*row] == 0);
    let mut complaints: Vec<Complaint> =
        unreached.map(|row| unreached_row(source, form, (&tally, row))).collect();
    // The last row may be out of reach of every case that is known today; it is there for the others.
    if !form.rows[last].holds_always() {
        let found = "the last row has columns, so nothing decides what is left".to_owned();
        let remedy =
            "end with a row without columns: verdict assist, reason A42, advice staff_lane (DOMAIN §2)";
        complaints.push(source.at_row(last, "", found, remedy.into()));
    }
    (complaints, tally.cases)
}

fn tally(form: &PolicyForm, policy: &Policy) -> Tally {
    let count = form.rows.len();
    let columns: Vec<_> = form.rows.iter().map(RowForm::columns).collect();
    let mut tally = Tally {
        decides: vec![0; count],
        holds: vec![0; count],
        taken_by: vec![vec![0; count]; count],
        cases: 0,
    };
    for place in &form.places {
        each_case(*place, |case| tally.look(&columns, policy, case));
    }
    tally
}

impl Tally {
    fn look(&mut self, columns: &[[u16; DIMENSIONS]], policy: &Policy, case: &Case) {
        self.cases += 1;
        let Some((by, _)) = policy.decide(case) else { return };
        let by = usize::from(by.0) - 1;
        self.decides[by] += 1;
        let indices = case.indices();
        for (row, columns) in columns.iter().enumerate().skip(by) {
            if columns.iter().zip(indices).all(|(bits, index)| bits & 1 << index != 0) {
                self.holds[row] += 1;
                self.taken_by[row][by] += 1;
            }
        }
    }
}

fn unreached_row(source: &Source<'_>, form: &PolicyForm, (tally, row): (&Tally, usize)) -> Complaint {
    let (rows, of_row) = (&form.rows, &form.rows[row]);
    let twin = rows[..row].iter().position(|other| other.has_columns_of(of_row));
    let (found, remedy) = match twin {
        Some(twin) if rows[twin].says_what(of_row) => {
            (format!("repeats row {}", twin + 1), "take one of the two out".to_owned())
        }
        Some(twin) => (
            format!("contradicts row {}: the same columns, another answer", twin + 1),
            "keep the one that is meant".to_owned(),
        ),
        None if tally.holds[row] == 0 => (
            "no case can have these columns together".to_owned(),
            "check evidence, finding, source and test against each other, and place against \"places\""
                .to_owned(),
        ),
        None => {
            let takers: Vec<String> = (0..row)
                .filter(|by| tally.taken_by[row][*by] > 0)
                .map(|by| format!("row {} ({})", by + 1, tally.taken_by[row][by]))
                .collect();
            let found = format!(
                "is never reached: its {} cases are decided by {}",
                tally.holds[row],
                takers.join(", ")
            );
            (found, "move it before them, or take it out".to_owned())
        }
    };
    source.at_row(row, "", found, remedy)
}

/// Lists that say more, or less, than they seem to.
pub(super) fn list_complaints(source: &Source<'_>, row: usize) -> Vec<Complaint> {
    let columns: Map<String, Value> = serde_json::from_str(source.row(row)).unwrap_or_default();
    let wrong = columns.iter().filter_map(|(name, value)| {
        let values = value.as_array()?;
        let twice = values.iter().enumerate().find(|(at, value)| values[..*at].contains(value));
        let (found, remedy) = match twice {
            _ if values.is_empty() => (
                format!("an empty \"{name}\" holds for every value"),
                format!("take \"{name}\" out, or name values"),
            ),
            Some((_, value)) => (format!("{value} stands twice in \"{name}\""), "take one out".to_owned()),
            None => return None,
        };
        Some(source.at_row(row, name, found, remedy))
    });
    wrong.collect()
}

/// What the rows of a form are asked.
impl RowForm {
    /// Whether it has no columns.
    fn holds_always(&self) -> bool {
        self.columns() == [u16::MAX; DIMENSIONS]
    }

    fn has_columns_of(&self, other: &RowForm) -> bool {
        self.columns() == other.columns()
    }

    fn says_what(&self, other: &RowForm) -> bool {
        (self.verdict, &self.reason, self.advice) == (other.verdict, &other.reason, other.advice)
    }
}
