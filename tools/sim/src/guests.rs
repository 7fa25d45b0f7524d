//! The people beside the virtual terminal: who they are, what they bring, what should happen.
//! Promises: written in the words of scenarios, so that a test can play every one of them as the tour is played.
//! Must not know: pages, what a terminal answers.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::script::{Outcome, Passage, Step, Surroundings, Word};

const TEXT: &str = include_str!("../../../assets/demo/guests.toml");

/// The guests and the world that they come to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guests {
    /// Who is listed.
    pub world: Surroundings,
    /// The people.
    pub guest: Vec<Guest>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// Its name: small letters, digits and hyphens.
    pub id: String,
    /// What they bring, in one word.
    pub group: Group,
    /// The colour of their sign on the page; not what they get.
    pub colour: Sign,
    /// Who comes.
    pub who: String,
    /// What they bring, in Chinese.
    pub zh: String,
    /// What they bring, in English.
    pub en: String,
    /// What they do, the first step by themselves.
    pub steps: Vec<Step>,
    /// What must come of it.
    pub expected: Word,
    /// What more must come of it.
    #[serde(default)]
    pub and: Outcome,
}

/// What is brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// A phone.
    Phone,
    /// A sheet of paper.
    Paper,
    /// A card.
    Card,
    /// A badge, or something for the attendant.
    Staff,
}

/// The colour of a guest's sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// 绿.
    Green,
    /// 黄.
    Yellow,
    /// 红.
    Red,
    /// None.
    Grey,
}

impl Guests {
    /// The guests of the demo.
    ///
    /// # Errors
    /// With the line, if the file is not in the vocabulary.
    pub fn demo() -> Result<Guests> {
        let guests: Guests = toml::from_str(TEXT).context("in assets/demo/guests.toml")?;
        for guest in &guests.guest {
            ensure!(!guest.steps.is_empty(), "guest `{}` does nothing: `steps` is empty", guest.id);
        }
        Ok(guests)
    }

    /// The guest of this name.
    pub fn find(&self, id: &str) -> Option<&Guest> {
        self.guest.iter().find(|guest| guest.id == id)
    }

    /// Every guest as a passage of its own, as the tour plays it.
    pub fn passages(&self) -> Vec<Passage> {
        let passage = |guest: &Guest| Passage {
            id: guest.id.clone(),
            who: guest.who.clone(),
            shows: guest.zh.clone(),
            world: self.world.clone(),
            steps: guest.steps.clone(),
            expected: guest.expected,
            and: guest.and.clone(),
        };
        self.guest.iter().map(passage).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tour::{Pictures, play_one};

    #[test]
    fn every_guest_gets_what_the_page_says() {
        let guests = Guests::demo().unwrap();
        assert!(guests.guest.len() >= 20);
        for passage in guests.passages() {
            let played = play_one(&passage, Pictures::Dropped);
            assert_eq!(played.missed, Vec::<String>::new(), "{}", passage.id);
        }
    }

    #[test]
    fn no_two_guests_share_a_name() {
        let guests = Guests::demo().unwrap();
        let mut names: Vec<_> = guests.guest.iter().map(|guest| &guest.id).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), guests.guest.len());
    }
}
