//! People who do not exist, as many as wanted: for measuring.
//! Promises: the same seed gives the same people; half of a seed's numbers belong to nobody.
//! Must not know: lists.

use gate_proof::digest::sha256;
use gate_proof::subject::Subject;
use gate_wire::credential::Colour;

use crate::build::Person;

/// A synthetic population: 99.5 % green, 0.4 % yellow, 0.1 % red; one in a thousand has two numbers.
#[derive(Clone, Copy, Debug)]
pub struct Synthetic {
    /// People.
    pub people: u64,
    /// Of which world.
    pub seed: u64,
}

impl Synthetic {
    /// Everybody.
    pub fn people(self) -> impl Iterator<Item = Person> {
        (0..self.people).map(move |n| self.person(n))
    }

    /// Person `n`.
    #[must_use]
    pub fn person(&self, n: u64) -> Person {
        let mut subjects = vec![self.number(2 * n)];
        if n % 1000 == 7 {
            subjects.push(self.number(2 * n + 1));
        }
        Person { line: n, subjects, colour: Self::colour(n) }
    }

    /// Number `n`: even ones are first numbers, odd ones nobody's or second ones.
    #[must_use]
    pub fn number(&self, n: u64) -> Subject {
        let digest = sha256(&[b"synthetic", &self.seed.to_be_bytes(), &n.to_be_bytes()]);
        let [a, b, c, d, e, f, g, h, i, j, k, l, ..] = digest.0;
        Subject::from_bytes([a, b, c, d, e, f, g, h, i, j, k, l])
    }

    /// The colour of person `n`.
    #[must_use]
    pub fn colour(n: u64) -> Colour {
        match n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 & 0x3FF {
            0 => Colour::Red,
            1..=4 => Colour::Yellow,
            _ => Colour::Green,
        }
    }
}
