//! Chance that repeats itself: a generator of numbers that only its seed decides.

use crate::bench::people::mix;

/// A sequence of numbers.
#[derive(Clone, Debug)]
pub(super) struct Dice {
    seed: u64,
    rolls: u64,
}

impl Dice {
    /// The sequence of `seed`; `stream` tells several of one seed apart.
    pub const fn new(seed: u64, stream: u64) -> Self {
        Self {
            seed: mix(seed ^ mix(stream)),
            rolls: 0,
        }
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.rolls += 1;
        mix(self.seed ^ self.rolls.rotate_left(17))
    }

    /// The next number, below `below` (0 if that is 0).
    pub fn below(&mut self, below: u64) -> u64 {
        self.roll() % below.max(1)
    }

    /// An index into something of this length.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap_or(u64::MAX))).unwrap_or(0)
    }

    /// A UUID, of the form that random ones have.
    pub fn uuid(&mut self) -> uuid::Uuid {
        let number = u128::from(self.roll()) << 64 | u128::from(self.roll());
        uuid::Builder::from_random_bytes(number.to_be_bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_and_streams_differ() {
        let rolls = |seed, stream| {
            let mut dice = Dice::new(seed, stream);
            [dice.roll(), dice.roll(), dice.below(10), dice.below(0)]
        };
        assert_eq!(rolls(1, 0), rolls(1, 0));
        assert_ne!(rolls(1, 0), rolls(2, 0));
        assert_ne!(rolls(1, 0), rolls(1, 1));
        assert_eq!(rolls(7, 7)[3], 0);
        assert_eq!(Dice::new(3, 1).uuid().get_version_num(), 4);
    }
}
