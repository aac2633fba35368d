//! Named streams of random numbers. A number's name is (seed, replication, entity, attempt, purpose, place), and the
//! number is a function of its name alone, whatever else is drawn, in whatever order, by whatever thread. So a new
//! random draw never shifts an old one, and under the same seed two policies give the same attempt of the same entity
//! the same random numbers (common random numbers). This file knows nothing of Kubernetes: other modules define the
//! purposes and the entities.
//!
//! How a name becomes a number. ChaCha with 8 rounds is used as a function of a 256-bit key, a 64-bit stream and a
//! block number (rand_chacha's layout):
//!
//! - key: seed ‖ replication ‖ entity's name ‖ entity's member, each 64 bits, little-endian;
//! - stream: the attempt;
//! - blocks: four blocks are a *row* of 32 numbers of 64 bits; the number at place `n` of purpose `p` is the one at
//!   `p mod 32` of row `n + 2^32 (p div 32)`.
//!
//! A single number costs one block of its row. That block also holds the numbers of seven neighbouring purposes, and
//! most Pods need no other block. `rand_chacha` always computes four blocks, of which three would be wasted, so `block`
//! is our own; a property test holds it equal to `rand_chacha`.
//!
//! What comes from which crate. `rand_chacha` generates whole rows, for numbers that are drawn one after the other
//! ([`Stream`]). `rand` seeds it, maps bits to the unit interval ([`Open01`]), and gives the traits: a [`Stream`] is an
//! [`rand::Rng`], so shuffles and choices of `rand` can draw from a named stream too. `rand_distr` is left out on
//! purpose. Its samplers reject and redraw, so a draw uses an unknown number of bits; and they call the platform's `ln`
//! and `exp` as soon as any crate in the build turns on `num-traits/std`, which makes the last bits depend on the
//! machine. Variates are made by inversion over `libm` instead, in `model::distribution`.
//!
//! Invariant: the golden values in the tests never change. A change of one would change every saved simulation.

use rand::distr::{Distribution, Open01};
use rand::{Rng, SeedableRng, TryRng};
use rand_chacha::ChaCha8Rng;
use std::convert::Infallible;

/// Numbers of 64 bits in a row.
const ROW: usize = 32;
/// Numbers of 64 bits in a block.
const BLOCK: usize = 8;
/// Blocks in a row.
const BLOCKS: usize = ROW / BLOCK;

/// What a number is for. The first numbers for purposes below 32 share one row, so frequent purposes should be below
/// 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Purpose(pub u32);

/// What a number belongs to: something with a name that is the same in every run, never an arena index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Entity {
    name: u64,
    member: u64,
}

impl Entity {
    /// The entity with this name, in parts such as a namespace and a name. The parts are hashed with FNV-1a of 64
    /// bits (offset basis 0xcbf29ce484222325, prime 0x100000001b3), each followed by a zero byte.
    pub fn named(parts: &[&str]) -> Self {
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
        Entity { name: fnv1a(bytes), member: 0 }
    }

    /// One of the members of this entity, such as a Pod of a Job. Its name differs from the entity's own for every
    /// `number`.
    #[inline]
    pub const fn member(self, number: u32) -> Self {
        Entity { name: self.name, member: number as u64 + 1 }
    }
}

fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// All random numbers of one replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
    replication: u64,
}

impl Streams {
    /// The numbers of this replication under this seed.
    pub const fn new(seed: u64, replication: u64) -> Self {
        Streams { seed, replication }
    }

    /// The numbers of one attempt of an entity. Nothing is computed before a number is drawn.
    #[inline]
    pub fn draws(&self, entity: Entity, attempt: u64) -> Draws {
        let key = [self.seed, self.replication, entity.name, entity.member];
        Draws { key, attempt, first: [None; BLOCKS], other: None, row: None }
    }
}

/// The random numbers of one attempt of an entity, for every purpose.
#[derive(Clone, Debug)]
pub struct Draws {
    key: [u64; 4],
    attempt: u64,
    /// The blocks of the first row that have been computed.
    first: [Option<[u64; BLOCK]>; BLOCKS],
    /// The block that was computed last outside the first row, with its block number.
    other: Option<(u64, [u64; BLOCK])>,
    /// The current row of a stream, with its row number, so that a stream computes each row once.
    row: Option<(u64, [u64; ROW])>,
}

impl Draws {
    /// The first number for a purpose, uniform in the open interval (0, 1).
    #[inline]
    pub fn uniform(&mut self, purpose: Purpose) -> f64 {
        self.uniform_at(purpose, 0)
    }

    /// The number at a place (from 0) in the stream for a purpose, uniform in the open interval (0, 1).
    #[inline]
    pub fn uniform_at(&mut self, purpose: Purpose, place: u32) -> f64 {
        open01(self.bits_at(purpose, place))
    }

    /// The 64 random bits at a place (from 0) in the stream for a purpose.
    #[inline]
    pub fn bits_at(&mut self, purpose: Purpose, place: u32) -> u64 {
        let (row, column) = position(purpose, place);
        let (key, attempt) = (&self.key, self.attempt);
        let number = row * BLOCKS as u64 + (column / BLOCK) as u64;
        let numbers = match row {
            0 => self.first[column / BLOCK].get_or_insert_with(|| block(key, attempt, number)),
            _ => {
                let known = self.other.take().filter(|(kept, _)| *kept == number);
                &mut self.other.insert(known.unwrap_or_else(|| (number, block(key, attempt, number)))).1
            }
        };
        numbers[column % BLOCK]
    }

    /// The stream for a purpose from its beginning, for draws that need an unknown number of numbers.
    pub fn stream(&mut self, purpose: Purpose) -> Stream<'_> {
        Stream { draws: self, purpose, place: 0 }
    }

    fn row(&mut self, number: u64) -> &[u64; ROW] {
        let known = self.row.take().filter(|(kept, _)| *kept == number);
        let (key, attempt) = (&self.key, self.attempt);
        &self.row.insert(known.unwrap_or_else(|| (number, row(key, attempt, number)))).1
    }
}

/// The numbers for one purpose, one after the other, as a generator for `rand`.
#[derive(Debug)]
pub struct Stream<'a> {
    draws: &'a mut Draws,
    purpose: Purpose,
    place: u32,
}

impl Stream<'_> {
    /// The next number, uniform in the open interval (0, 1).
    pub fn uniform(&mut self) -> f64 {
        Open01.sample(self)
    }
}

impl TryRng for Stream<'_> {
    type Error = Infallible;

    /// The upper half of the next 64 bits.
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next_u64() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let (row, column) = position(self.purpose, self.place);
        let bits = self.draws.row(row)[column];
        // A purpose has 2^32 places. Wrapping around would silently repeat numbers.
        self.place = self.place.checked_add(1).expect("a stream has 2^32 numbers");
        Ok(bits)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// The row that holds a number, and the number's place in it.
#[inline]
fn position(purpose: Purpose, place: u32) -> (u64, usize) {
    (u64::from(purpose.0) / ROW as u64 * (1 << 32) + u64::from(place), purpose.0 as usize % ROW)
}

/// A block of ChaCha8. Source: D. J. Bernstein, "ChaCha, a variant of Salsa20", 2008, with a counter and a stream of 64
/// bits each, as in rand_chacha.
fn block(key: &[u64; 4], stream: u64, number: u64) -> [u64; BLOCK] {
    const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
    const DOUBLE_ROUNDS: usize = 4;
    let halves = |words: [u64; 2]| [words[0] as u32, (words[0] >> 32) as u32, words[1] as u32, (words[1] >> 32) as u32];
    let start = [CONSTANTS, halves([key[0], key[1]]), halves([key[2], key[3]]), halves([number, stream])];
    let mut state = start;
    for _ in 0..DOUBLE_ROUNDS {
        quarter_rounds(&mut state);
        // The second half of a double round works on diagonals, so they are moved into columns and back.
        let [a, b, c, d] = state;
        state = [a, [b[1], b[2], b[3], b[0]], [c[2], c[3], c[0], c[1]], [d[3], d[0], d[1], d[2]]];
        quarter_rounds(&mut state);
        let [a, b, c, d] = state;
        state = [a, [b[3], b[0], b[1], b[2]], [c[2], c[3], c[0], c[1]], [d[1], d[2], d[3], d[0]]];
    }
    let word = |n: usize| u64::from(state[n / 4][n % 4].wrapping_add(start[n / 4][n % 4]));
    std::array::from_fn(|n| word(2 * n) | word(2 * n + 1) << 32)
}

/// A quarter round on each of the four columns at once, by operations on whole rows.
#[inline]
fn quarter_rounds([a, b, c, d]: &mut [[u32; 4]; 4]) {
    #[inline(always)]
    fn step(sum: &mut [u32; 4], addend: &[u32; 4], mixed: &mut [u32; 4], turn: u32) {
        for n in 0..4 {
            sum[n] = sum[n].wrapping_add(addend[n]);
            mixed[n] = (mixed[n] ^ sum[n]).rotate_left(turn);
        }
    }
    step(a, b, d, 16);
    step(c, d, b, 12);
    step(a, b, d, 8);
    step(c, d, b, 7);
}

fn row(key: &[u64; 4], stream: u64, number: u64) -> [u64; ROW] {
    let mut seed = [0; 32];
    seed.chunks_exact_mut(8).zip(key).for_each(|(part, word)| part.copy_from_slice(&word.to_le_bytes()));
    let mut rng = ChaCha8Rng::from_seed(seed);
    rng.set_stream(stream);
    if number > 0 {
        rng.set_word_pos(u128::from(number) * 2 * ROW as u128);
    }
    std::array::from_fn(|_| rng.next_u64())
}

/// 64 bits as a number in the open interval (0, 1), as [`Open01`] maps them: an odd multiple of 2^-53. So neither 0 nor
/// 1 occurs, u and 1 − u are equally exact, and the mean is 1/2.
#[inline]
fn open01(bits: u64) -> f64 {
    Open01.sample(&mut Word(bits))
}

/// A generator that yields one number, already drawn: by this a distribution of `rand` maps it.
struct Word(u64);

impl TryRng for Word {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.0 >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
        unreachable!("a word is drawn as a whole")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::seq::SliceRandom;

    const RUN: Purpose = Purpose(4);

    fn job() -> Entity {
        Entity::named(&["default", "import"])
    }

    #[test]
    fn names_are_hashed_with_fnv_1a() {
        // Test vectors published with FNV (http://www.isthe.com/chongo/tech/comp/fnv/).
        let vectors: [(&str, u64); 3] =
            [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)];
        for (text, hash) in vectors {
            assert_eq!(fnv1a(text.bytes()), hash, "{text}");
        }
        assert_ne!(Entity::named(&["ab", "c"]), Entity::named(&["a", "bc"]));
    }

    #[test]
    fn the_numbers_never_change() {
        let mut draws = Streams::new(42, 7).draws(job().member(3), 2);
        let places = [(0, 0), (4, 0), (31, 0), (4, 1), (4, 1000), (32, 0), (36, 1)];
        let bits = places.map(|(purpose, place)| draws.bits_at(Purpose(purpose), place));
        assert_eq!(bits.map(|b| format!("{b:016x}")), GOLDEN);
    }

    const GOLDEN: [&str; 7] = [
        "c177a5633b423d40",
        "2d7892786f3c2ecb",
        "9c68729522517d77",
        "665b98672fb8e2cc",
        "511586bad94abed7",
        "91375b8021d55c80",
        "6681f85d6e18183f",
    ];

    #[test]
    fn the_first_row_is_chacha8_as_published() {
        // ChaCha8 with a key and a stream of zeros (draft-strombergson-chacha-test-vectors, TC1).
        let first = block(&[0; 4], 0, 0)[..2].iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
        assert_eq!(
            first,
            [0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6, 0x7f, 0x5b, 0xb8, 0xe8, 0x1f, 0x09, 0xa5, 0xa1]
        );
    }

    proptest! {
        #[test]
        fn blocks_are_those_of_rand_chacha(key: [u64; 4], stream: u64, number in 0_u64..1 << 37) {
            let blocks: Vec<u64> = (0..4).flat_map(|n| block(&key, stream, 4 * number + n)).collect();
            prop_assert_eq!(blocks, row(&key, stream, number));
        }
    }

    #[test]
    fn a_number_depends_on_nothing_but_its_name() {
        let mut a = Streams::new(1, 0).draws(job(), 1);
        let mut b = a.clone();
        let late = (a.uniform(Purpose(9)), a.uniform_at(RUN, 5), a.uniform(RUN));
        let (mut stream, mut fifth) = (b.stream(RUN), 0.0);
        (0..6).for_each(|_| fifth = stream.uniform());
        assert_eq!((b.uniform(Purpose(9)), fifth, b.uniform(RUN)), late);
    }

    #[test]
    fn every_part_of_the_name_counts() {
        let number = |seed, replication, entity, attempt, purpose, place| {
            Streams::new(seed, replication).draws(entity, attempt).bits_at(Purpose(purpose), place)
        };
        let mut numbers = vec![
            number(1, 0, job(), 1, 4, 0),
            number(2, 0, job(), 1, 4, 0),
            number(1, 1, job(), 1, 4, 0),
            number(1, 0, job().member(0), 1, 4, 0),
            number(1, 0, job().member(1), 1, 4, 0),
            number(1, 0, Entity::named(&["default", "other"]), 1, 4, 0),
            number(1, 0, job(), 2, 4, 0),
            number(1, 0, job(), 1, 5, 0),
            number(1, 0, job(), 1, 36, 0),
            number(1, 0, job(), 1, 4, 1),
        ];
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 10);
    }

    #[test]
    fn uniforms_are_inside_the_unit_interval() {
        let step = 1.0 / (1_u64 << 53) as f64;
        assert_eq!((open01(0), 1.0 - open01(u64::MAX)), (step, step));
        assert_eq!(open01(!0 << 63 | 1 << 11), 0.5 + step);
        // The mapping determines the golden values, so a new version of `rand` must not change it.
        for bits in block(&[8, 0, 1, 2], 3, 4) {
            assert_eq!(open01(bits), ((bits >> 11) | 1) as f64 * step);
        }
    }

    #[test]
    fn what_rand_offers_draws_from_a_named_stream() {
        let mut draws = Streams::new(3, 0).draws(job(), 1);
        let bits = [0, 1, 2].map(|place| draws.bits_at(RUN, place));
        let mut stream = draws.stream(RUN);
        let mut bytes = [0; 12];
        stream.fill_bytes(&mut bytes);
        assert_eq!((&bytes[..8], &bytes[8..]), (&bits[0].to_le_bytes()[..], &bits[1].to_le_bytes()[..4]));
        assert_eq!(stream.next_u32(), (bits[2] >> 32) as u32);
        let mut order: Vec<u32> = (0..100).collect();
        order.shuffle(&mut draws.stream(RUN));
        let mut again: Vec<u32> = (0..100).collect();
        again.shuffle(&mut draws.stream(RUN));
        assert_eq!(order, again);
        assert!(!order.is_sorted());
    }

    #[test]
    fn uniforms_fill_the_interval_evenly() {
        let streams = Streams::new(5, 0);
        let mut cells = [0_u32; 16];
        for member in 0..16_000 {
            cells[(streams.draws(job().member(member), 1).uniform(RUN) * 16.0) as usize] += 1;
        }
        // Chi-square with 15 degrees of freedom exceeds 37.7 with probability 0.001.
        let chi2: f64 = cells.iter().map(|&n| (f64::from(n) - 1000.0) * (f64::from(n) - 1000.0) / 1000.0).sum();
        assert!(chi2 < 37.7, "chi-square {chi2}");
    }
}
