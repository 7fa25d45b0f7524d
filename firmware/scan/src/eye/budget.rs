//! Counted work: what one look may spend on attempts to read, so that no picture can stop the queue.
//!
//! Promises: the count falls, and rises only by [`Budget::earn`]; when it is spent, every further attempt is refused. The unit is one sampled
//! pixel (some 20 to 30 instructions with what hangs on it). Never wall time: the same frame gives the same answer.
//! Must not know: who spends.

/// What is left of a look's work.
#[derive(Debug)]
pub(crate) struct Budget {
    left: u32,
    spent: u64,
}

impl Budget {
    pub(crate) fn new(samples: u32) -> Self {
        Self { left: samples, spent: 0 }
    }

    /// Takes `samples` from what is left; false, and nothing left, when that is more than there is.
    pub(crate) fn spend(&mut self, samples: usize) -> bool {
        let cost = u32::try_from(samples).unwrap_or(u32::MAX);
        let enough = self.left >= cost;
        self.spent += u64::from(cost.min(self.left));
        self.left = self.left.saturating_sub(cost);
        enough
    }

    /// Whether nothing is left: a refusal takes the rest.
    pub(crate) fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// What was taken so far.
    pub(crate) fn spent(&self) -> u64 {
        self.spent
    }

    /// Adds to what is left: a symbol read has paid for the next.
    pub(crate) fn earn(&mut self, samples: u32) {
        self.left = self.left.saturating_add(samples);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone_and_debts_are_not_made() {
        let mut budget = Budget::new(10);
        assert!(budget.spend(10));
        assert!(!budget.spend(1) && budget.is_spent());
        assert!(!Budget::new(5).spend(usize::MAX));
    }
}
