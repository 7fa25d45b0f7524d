//! What a lawful request asks for: one record by its query number, or those of a place and a time.
//! Promises: one spelling per selection, which approvals are about; a record either is selected or is not.
//! Must not know: rows, keys, approvals.

use core::fmt;

use gate_core::query::{QueryNumber, Sequence, TerminalNumber};
use gate_wire::record::Record;
use gate_wire::time::{Day, Timestamp};

/// Sequences that share one query number are this far apart.
const QUERY_PERIOD: u64 = 1 << 23;
/// The longest time asked for at once.
const DAYS_MOST: u64 = 31;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The record that a person read to 12345.
    Query {
        /// Its terminal.
        terminal: TerminalNumber,
        /// Its sequence, modulo 2^23.
        sequence: Sequence,
    },
    /// Every record of a place and a time, of one lane or all.
    Place {
        /// Place number.
        place: u32,
        /// Lane; `None` for every lane.
        lane: Option<u16>,
        /// The first second.
        from: Timestamp,
        /// The last second.
        to: Timestamp,
    },
}

/// Why a selection is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionRefused {
    /// Not eight characters of the alphabet.
    #[error(
        "a query number has 8 characters, digits and letters without I, L, O, U: as the screen showed it"
    )]
    ReadQuery,
    /// The end lies before the beginning.
    #[error("--to lies before --from")]
    OrderTimes,
    /// Too long a time for one request.
    #[error("at most {DAYS_MOST} days at once: a longer time needs a request of its own for each part")]
    BoundTime,
}

impl Selection {
    /// The record with this query number, as people say and write it.
    ///
    /// # Errors
    /// [`SelectionRefused::ReadQuery`].
    pub fn query(text: &str) -> Result<Selection, SelectionRefused> {
        let (terminal, sequence) = QueryNumber::parse(text).ok_or(SelectionRefused::ReadQuery)?;
        Ok(Selection::Query { terminal, sequence })
    }

    /// The records of a place from `from` to `to`, both included.
    ///
    /// # Errors
    /// [`SelectionRefused`].
    pub fn place(
        place: u32,
        lane: Option<u16>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Selection, SelectionRefused> {
        if to < from {
            return Err(SelectionRefused::OrderTimes);
        }
        if to.since(from) > DAYS_MOST * 86_400 {
            return Err(SelectionRefused::BoundTime);
        }
        Ok(Selection::Place { place, lane, from, to })
    }

    /// Whether a row of this sequence may be asked for, as far as can be told without opening it.
    pub fn may_be(&self, sequence: Sequence) -> Chance {
        match self {
            Selection::Query { sequence: asked, .. } if sequence.0 % QUERY_PERIOD != asked.0 => Chance::None,
            Selection::Query { .. } | Selection::Place { .. } => Chance::Some,
        }
    }

    /// The terminal asked for, where the request says so.
    pub fn terminal(&self) -> Option<TerminalNumber> {
        match self {
            Selection::Query { terminal, .. } => Some(*terminal),
            Selection::Place { .. } => None,
        }
    }

    /// The days asked for, UTC+8; `None` for every day.
    pub fn days(&self) -> Option<(Day, Day)> {
        match self {
            Selection::Query { .. } => None,
            Selection::Place { from, to, .. } => Some((from.civil_day(), to.civil_day())),
        }
    }

    /// Whether an opened record is asked for.
    pub fn selects(&self, record: &Record) -> Chance {
        let inside = match self {
            Selection::Query { .. } => true,
            Selection::Place { place, lane, from, to } => {
                record.place == *place
                    && lane.is_none_or(|lane| record.lane == lane)
                    && (*from..=*to).contains(&record.at)
            }
        };
        if inside { Chance::Some } else { Chance::None }
    }
}

/// Whether something can be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chance {
    /// It can.
    Some,
    /// It cannot.
    None,
}

/// The one spelling, which officers sign: `query 00R0-0001`, `place 1 lane 2 from … to …`.
impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selection::Query { terminal, sequence } => {
                let number = QueryNumber::new(*terminal, *sequence);
                let (head, tail) = number.as_str().split_at(4);
                write!(f, "query {head}-{tail}")
            }
            Selection::Place { place, lane, from, to } => {
                write!(f, "place {place}")?;
                if let Some(lane) = lane {
                    write!(f, " lane {lane}")?;
                }
                write!(f, " from {} to {}", Civil(*from), Civil(*to))
            }
        }
    }
}

/// A time as the rules count it: `2026-11-20T08:00:00+08:00`.
pub(crate) struct Civil(pub(crate) Timestamp);

impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((year, month, day), second) = (self.0.civil_day().ymd(), self.0.civil_second());
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gate_wire::record::RecordKind;
    use gate_wire::time::Millis;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(1_795_176_900 + seconds).unwrap()
    }

    fn record(place: u32, lane: u16, seconds: u64) -> Record {
        Record { place, lane, ..Record::blank(RecordKind::Passage, at(seconds), Millis(0)) }
    }

    #[test]
    fn a_query_number_is_read_as_people_say_it_and_spelled_one_way() {
        for said in ["000R0001", "000r-0001", "oooR 000l"] {
            assert_eq!(Selection::query(said).unwrap().to_string(), "query 000R-0001");
        }
        assert_eq!(Selection::query("000R001"), Err(SelectionRefused::ReadQuery));
        let asked = Selection::query("000R0001").unwrap();
        let chances = [1, 2, (1 << 23) + 1].map(|sequence| asked.may_be(Sequence(sequence)));
        assert_eq!(chances, [Chance::Some, Chance::None, Chance::Some]);
    }

    #[test]
    fn a_place_and_a_time_select_what_lies_inside_and_nothing_else() {
        let asked = Selection::place(1, Some(2), at(0), at(60)).unwrap();
        assert_eq!(
            asked.to_string(),
            "place 1 lane 2 from 2026-11-20T20:15:00+08:00 to 2026-11-20T20:16:00+08:00"
        );
        let every_lane = Selection::place(1, None, at(0), at(60)).unwrap();
        for (record, one, all) in [
            (record(1, 2, 0), Chance::Some, Chance::Some),
            (record(1, 2, 60), Chance::Some, Chance::Some),
            (record(1, 2, 61), Chance::None, Chance::None),
            (record(1, 1, 5), Chance::None, Chance::Some),
            (record(2, 2, 5), Chance::None, Chance::None),
        ] {
            assert_eq!((asked.selects(&record), every_lane.selects(&record)), (one, all));
        }
        assert_eq!(Selection::place(1, None, at(1), at(0)), Err(SelectionRefused::OrderTimes));
        assert_eq!(Selection::place(1, None, at(0), at(32 * 86_400)), Err(SelectionRefused::BoundTime));
    }
}
