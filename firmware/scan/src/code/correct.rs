//! Reed-Solomon correction with erasures over GF(256), x^8 + x^4 + x^3 + x^2 + 1 (ISO/IEC 18004:2015 §7.5.2, Annex B).
//!
//! Source of the method: Berlekamp and Massey with erasures after Forney 1965; when it fails, the least sure
//! codewords are erased, some more at each try (generalised minimum distance decoding, Forney 1966).
//! Our own because rqrr's takes neither erasures nor doubt. Promises: a block is a codeword or is refused; after
//! erasing, at least [`KEPT`] checks stay for detection.
//! Bounds: blocks of at most 255, [`TRIES`] tries a block. Must not know: where a block comes from.

use std::sync::LazyLock;

/// Checks that no erasure may use up.
const KEPT: usize = 4;

/// Tries with erasures.
const TRIES: usize = 6;

struct Field {
    exp: [u8; 512],
    log: [u16; 256],
}

static FIELD: LazyLock<Field> = LazyLock::new(|| {
    let mut field = Field { exp: [0; 512], log: [0; 256] };
    let mut x = 1u16;
    for n in 0..255u16 {
        field.exp[usize::from(n)] = x as u8;
        field.exp[usize::from(n) + 255] = x as u8;
        field.log[usize::from(x)] = n;
        x <<= 1;
        if x > 255 {
            x ^= 0x11D;
        }
    }
    field
});

impl Field {
    #[inline]
    fn mul(&self, a: u8, b: u8) -> u8 {
        if a == 0 || b == 0 {
            return 0;
        }
        self.exp[usize::from(self.log[usize::from(a)] + self.log[usize::from(b)])]
    }

    fn div(&self, a: u8, b: u8) -> u8 {
        if a == 0 || b == 0 {
            return 0;
        }
        self.exp[usize::from(self.log[usize::from(a)] + 255 - self.log[usize::from(b)])]
    }

    /// The value of a polynomial, lowest power first.
    fn eval(&self, poly: &[u8], x: u8) -> u8 {
        poly.iter().rev().fold(0, |sum, c| self.mul(sum, x) ^ c)
    }
}

/// What a correction rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ground {
    /// The codewords alone.
    Plain,
    /// Codewords erased because they were unsure.
    Doubt,
}

/// Corrects `block` in place; `doubts` says how unsure each codeword is (higher is less sure). `power` as in
/// `Split::power`. `None`, and the block unchanged, when it cannot be corrected.
pub(crate) fn correct(block: &mut [u8], doubts: &[f32], checks: usize, power: usize) -> Option<Ground> {
    let syndromes = syndromes(block, checks);
    if syndromes.iter().all(|s| *s == 0) || repair(block, &syndromes, &[], power) {
        return Some(Ground::Plain);
    }
    let mut order: Vec<usize> = (0..block.len()).collect();
    order.sort_by(|a, b| doubts[*b].total_cmp(&doubts[*a]));
    let most = power.saturating_sub(KEPT);
    let any = (1..=TRIES).any(|n| {
        let erased = most * n / TRIES;
        erased > 0 && repair(block, &syndromes, &order[..erased.min(order.len())], power)
    });
    any.then_some(Ground::Doubt)
}

fn syndromes(block: &[u8], checks: usize) -> Vec<u8> {
    let field = &*FIELD;
    (0..checks)
        .map(|n| {
            let log = n as u16;
            block.iter().fold(0u8, |sum, c| {
                let raised =
                    if sum == 0 { 0 } else { field.exp[usize::from(field.log[usize::from(sum)] + log)] };
                raised ^ c
            })
        })
        .collect()
}

/// One try: erasures at `erased` places of the block.
fn repair(block: &mut [u8], syndromes: &[u8], erased: &[usize], power: usize) -> bool {
    let field = &*FIELD;
    let last = block.len() - 1;
    let mut locator = vec![1u8];
    for place in erased {
        locator = times(&locator, &[1, field.exp[last - place]]);
    }
    let Some(locator) = berlekamp(syndromes, locator, erased.len()) else { return false };
    let roots = locator.len() - 1;
    // Errors count twice and erasures once; after erasing, what is left over must still tell chance from truth:
    // a wrong word passes four spare checks once in 2^32 tries.
    let spare = if erased.is_empty() { 0 } else { KEPT };
    if 2 * roots + spare > power + erased.len() {
        return false;
    }
    let evaluator: Vec<u8> = times(syndromes, &locator).into_iter().take(syndromes.len()).collect();
    let derivative: Vec<u8> =
        locator.iter().skip(1).enumerate().map(|(n, c)| if n % 2 == 0 { *c } else { 0 }).collect();
    let mut fixes = Vec::with_capacity(roots);
    for place in 0..block.len() {
        let inverse = field.exp[(255 - (last - place)) % 255];
        if field.eval(&locator, inverse) == 0 {
            let below = field.eval(&derivative, inverse);
            if below == 0 {
                return false;
            }
            let value = field.mul(field.exp[last - place], field.div(field.eval(&evaluator, inverse), below));
            fixes.push((place, value));
        }
    }
    if fixes.len() != roots {
        return false;
    }
    fixes.iter().for_each(|(place, value)| block[*place] ^= value);
    if self::syndromes(block, syndromes.len()).iter().all(|s| *s == 0) {
        return true;
    }
    fixes.iter().for_each(|(place, value)| block[*place] ^= value);
    false
}

/// The locator of errors and erasures, lowest power first, without leading zeros.
fn berlekamp(syndromes: &[u8], start: Vec<u8>, erased: usize) -> Option<Vec<u8>> {
    let field = &*FIELD;
    let (mut locator, mut before) = (start.clone(), start);
    let mut length = erased;
    for n in erased..syndromes.len() {
        before.insert(0, 0);
        let delta =
            locator.iter().take(n + 1).enumerate().fold(0, |d, (k, c)| d ^ field.mul(*c, syndromes[n - k]));
        if delta == 0 {
            continue;
        }
        let scaled: Vec<u8> = before.iter().map(|c| field.mul(*c, delta)).collect();
        let next = plus(&locator, &scaled);
        if 2 * length <= n + erased {
            length = n + 1 + erased - length;
            before = locator.iter().map(|c| field.div(*c, delta)).collect();
        }
        locator = next;
    }
    while locator.last() == Some(&0) {
        locator.pop();
    }
    (locator.len() == length + 1).then_some(locator)
}

fn plus(a: &[u8], b: &[u8]) -> Vec<u8> {
    (0..a.len().max(b.len())).map(|n| a.get(n).unwrap_or(&0) ^ b.get(n).unwrap_or(&0)).collect()
}

fn times(a: &[u8], b: &[u8]) -> Vec<u8> {
    let field = &*FIELD;
    let mut product = vec![0; a.len() + b.len() - 1];
    for (n, x) in a.iter().enumerate() {
        for (m, y) in b.iter().enumerate() {
            product[n + m] ^= field.mul(*x, *y);
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The block of data and the remainder by the generator polynomial (§7.5.2).
    fn encoded(data: &[u8], checks: usize) -> Vec<u8> {
        let field = &*FIELD;
        let generator = (0..checks).fold(vec![1u8], |g, n| times(&g, &[1, field.exp[n]]));
        let mut rest: Vec<u8> = data.iter().copied().chain(std::iter::repeat_n(0, checks)).collect();
        for n in 0..data.len() {
            let lead = rest[n];
            generator.iter().enumerate().for_each(|(k, g)| rest[n + k] ^= field.mul(*g, lead));
        }
        data.iter().copied().chain(rest[data.len()..].iter().copied()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn errors_up_to_half_the_checks_are_corrected(
            data in proptest::collection::vec(any::<u8>(), 10..100),
            places in proptest::collection::hash_set(0usize..110, 0..8),
            flip in 1u8..,
        ) {
            let good = encoded(&data, 16);
            let mut block = good.clone();
            places.iter().filter(|p| **p < good.len()).for_each(|p| block[*p] ^= flip);
            prop_assert_eq!(correct(&mut block, &vec![0.0; good.len()], 16, 16), Some(Ground::Plain));
            prop_assert_eq!(block, good);
        }

        #[test]
        fn errors_that_are_known_to_be_unsure_may_be_more(
            data in proptest::collection::vec(any::<u8>(), 40..100),
            flip in 1u8..,
        ) {
            let good = encoded(&data, 20);
            let (mut block, mut doubts) = (good.clone(), vec![0.0; good.len()]);
            (5..19).for_each(|p| { block[p * 2] ^= flip; doubts[p * 2] = 1.0; });
            prop_assert_eq!(correct(&mut block, &doubts, 20, 20), Some(Ground::Doubt));
            prop_assert_eq!(block, good);
        }

        #[test]
        fn any_bytes_are_corrected_to_a_codeword_or_left_alone(
            mut block in proptest::collection::vec(any::<u8>(), 30..255),
            checks in 7usize..30,
        ) {
            let before = block.clone();
            if correct(&mut block, &vec![0.5; before.len()], checks, checks).is_some() {
                prop_assert!(syndromes(&block, checks).iter().all(|s| *s == 0));
            } else {
                prop_assert_eq!(block, before);
            }
        }
    }
}
