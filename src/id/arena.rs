//! A table by arena index that can forget items: it releases their memory, and never uses an index twice. Its owner
//! decides which items are over.
//!
//! Invariants: a forgotten item reads as a blank and is never written again; all pages but the last are full, or
//! forgotten as a whole.

use super::ArenaKey;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// The number of items per page. Memory is released page by page.
const PAGE: usize = 1024;

/// A table of `T` by key `K`, with indexes from 0. Keys of another type do not compile: a Pod cannot be looked up among
/// Jobs.
#[derive(Clone, Debug)]
pub struct Arena<K, T> {
    /// A page is empty if all of its items are forgotten.
    pages: Vec<Vec<T>>,
    /// Which items of each page are forgotten.
    forgotten: Vec<Marks>,
    len: usize,
    /// How many items are kept.
    kept: usize,
    blank: T,
    /// Empty pages whose memory will be reused.
    spare: Vec<Vec<T>>,
    key: PhantomData<K>,
}

impl<K, T: Default> Default for Arena<K, T> {
    fn default() -> Self {
        let (pages, forgotten, spare) = (Vec::new(), Vec::new(), Vec::new());
        Arena { pages, forgotten, len: 0, kept: 0, blank: T::default(), spare, key: PhantomData }
    }
}

/// A mark for each item of a page, and how many are set.
#[derive(Clone, Debug)]
struct Marks {
    bits: [u64; PAGE / 64],
    count: usize,
}

impl Marks {
    const NONE: Marks = Marks { bits: [0; PAGE / 64], count: 0 };

    fn has(&self, at: usize) -> bool {
        self.bits[at / 64] >> (at % 64) & 1 == 1
    }

    fn set(&mut self, at: usize) {
        self.bits[at / 64] |= 1 << (at % 64);
        self.count += 1;
    }
}

impl<K: ArenaKey, T: Default + Clone> Arena<K, T> {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many items were ever added, including forgotten ones.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// How many items are kept.
    #[inline]
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Whether no item was ever added.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The key that the next pushed item will get.
    #[inline]
    pub fn next_key(&self) -> K {
        K::from_ix(self.len)
    }

    /// How many items occupy memory: those that are kept, and forgotten ones that share a page with them.
    pub fn footprint(&self) -> usize {
        self.pages.iter().map(Vec::len).sum()
    }

    /// Removes all items, so that indexes start at 0 again; keeps the memory.
    pub fn clear(&mut self) {
        for page in &mut self.pages {
            page.clear();
        }
        self.spare.extend(self.pages.drain(..).filter(|page| page.capacity() > 0).rev());
        self.forgotten.clear();
        (self.len, self.kept) = (0, 0);
    }

    /// Replaces every item by a blank; forgotten items stay forgotten.
    pub fn blank(&mut self) {
        self.pages.iter_mut().flatten().for_each(|item| *item = T::default());
    }

    /// Whether nothing is forgotten.
    pub fn is_whole(&self) -> bool {
        self.forgotten.iter().all(|marks| marks.count == 0)
    }

    /// Adds an item at the next index and returns its key.
    #[inline]
    pub fn push(&mut self, item: T) -> K {
        let key = self.next_key();
        if self.len.is_multiple_of(PAGE) {
            self.pages.push(self.spare.pop().unwrap_or_default());
            self.forgotten.push(Marks::NONE);
        }
        self.len += 1;
        self.kept += 1;
        let page = self.pages.last_mut().expect("the first item of a page has made the page");
        debug_assert_eq!(page.len(), key.ix() % PAGE, "all pages but the last are full");
        page.push(item);
        key
    }

    /// The item of a key. If it does not exist yet, blanks are added up to it.
    #[inline]
    pub fn reach(&mut self, key: K) -> &mut T {
        if self.len <= key.ix() {
            self.add_blanks(key);
        }
        &mut self[key]
    }

    #[inline(never)]
    fn add_blanks(&mut self, key: K) {
        while self.len <= key.ix() {
            self.push(T::default());
        }
    }

    /// The item of a key, or a blank if it was forgotten; `None` if there never was one.
    #[inline]
    pub fn get(&self, key: K) -> Option<&T> {
        let ix = key.ix();
        match self.pages.get(ix / PAGE).and_then(|page| page.get(ix % PAGE)) {
            None if ix < self.len => Some(&self.blank),
            item => item,
        }
    }

    /// The item of a key, if there is one.
    #[inline]
    pub fn get_mut(&mut self, key: K) -> Option<&mut T> {
        let ix = key.ix();
        self.pages.get_mut(ix / PAGE)?.get_mut(ix % PAGE)
    }

    /// Whether there is an item of this key that has not been forgotten.
    pub fn is_kept(&self, key: K) -> bool {
        self.keeps(key.ix())
    }

    fn keeps(&self, ix: usize) -> bool {
        ix < self.len && !self.forgotten[ix / PAGE].has(ix % PAGE)
    }

    /// Forgets the item of a key and returns it; a blank if it was forgotten already or never existed.
    pub fn forget(&mut self, key: K) -> T {
        let ix = key.ix();
        if ix >= self.len {
            self.reach(key);
        }
        if !self.keeps(ix) {
            return T::default();
        }
        let (page, marks) = (&mut self.pages[ix / PAGE], &mut self.forgotten[ix / PAGE]);
        marks.set(ix % PAGE);
        self.kept -= 1;
        let item = std::mem::replace(&mut page[ix % PAGE], self.blank.clone());
        if marks.count == PAGE {
            let mut page = std::mem::take(page);
            page.clear();
            self.spare.push(page);
        }
        item
    }

    /// The kept items, in order.
    pub fn iter(&self) -> Iter<'_, K, T> {
        Iter { arena: self, at: 0 }
    }

    /// The kept items with their keys, in order.
    pub fn entries(&self) -> impl Iterator<Item = (K, &T)> {
        let mut items = self.iter();
        std::iter::from_fn(move || items.next().map(|item| (K::from_ix(items.at - 1), item)))
    }

    /// Calls a function with each kept item, in order.
    pub fn for_each_mut(&mut self, mut f: impl FnMut(&mut T)) {
        for (page, marks) in self.pages.iter_mut().zip(&self.forgotten) {
            page.iter_mut().enumerate().filter(|(at, _)| !marks.has(*at)).for_each(|(_, item)| f(item));
        }
    }

    #[cold]
    fn missing(&self, ix: usize) -> &T {
        assert!(ix < self.len, "index {ix} of {}", self.len);
        &self.blank
    }
}

impl<K: ArenaKey, T: Default + Clone> Index<K> for Arena<K, T> {
    type Output = T;

    #[inline]
    fn index(&self, key: K) -> &T {
        let ix = key.ix();
        match self.pages.get(ix / PAGE).and_then(|page| page.get(ix % PAGE)) {
            Some(item) => item,
            None => self.missing(ix),
        }
    }
}

impl<K: ArenaKey, T: Default + Clone> IndexMut<K> for Arena<K, T> {
    #[inline]
    fn index_mut(&mut self, key: K) -> &mut T {
        let ix = key.ix();
        debug_assert!(self.keeps(ix), "item {ix} was forgotten");
        &mut self.pages[ix / PAGE][ix % PAGE]
    }
}

/// Iterates over the kept items, in order.
#[derive(Clone, Debug)]
pub struct Iter<'a, K, T> {
    arena: &'a Arena<K, T>,
    at: usize,
}

impl<'a, K: ArenaKey, T: Default + Clone> Iterator for Iter<'a, K, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        while self.at < self.arena.len {
            let at = self.at;
            match self.arena.forgotten[at / PAGE].count == PAGE {
                true => self.at = (at / PAGE + 1) * PAGE,
                false => self.at += 1,
            }
            if self.arena.keeps(at) {
                return self.arena.get(K::from_ix(at));
            }
        }
        None
    }
}

impl<'a, K: ArenaKey, T: Default + Clone> IntoIterator for &'a Arena<K, T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, K, T>;

    fn into_iter(self) -> Iter<'a, K, T> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PodId;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn id(ix: usize) -> PodId {
        PodId::from_ix(ix)
    }

    #[test]
    fn memory_is_used_again() {
        let mut arena = Arena::<PodId, usize>::new();
        for n in 0..50 * PAGE {
            arena.push(n + 1);
            if n >= 10 {
                assert_eq!(arena.forget(id(n - 10)), n - 9);
            }
            assert!(arena.footprint() <= 2 * PAGE);
        }
        assert_eq!((arena.len(), arena.iter().count()), (50 * PAGE, 10));
        assert_eq!((arena[id(0)], arena.get(id(0)), arena.get(id(50 * PAGE))), (0, Some(&0), None));
        assert!(arena.spare.len() <= 1);
        arena.clear();
        assert_eq!((arena.len(), arena.get(id(0))), (0, None));
    }

    #[test]
    #[should_panic = "index 3 of 3"]
    fn there_is_no_blank_beyond_the_end() {
        let mut arena = Arena::<PodId, u8>::new();
        arena.reach(id(2));
        let _ = arena[id(3)];
    }

    proptest! {
        /// The arena behaves like a map from indexes to items, with blanks where nothing is kept.
        #[test]
        fn is_a_map(steps in proptest::collection::vec((0..4u8, 0..3_000usize), 0..4_000)) {
            let (mut arena, mut map, mut next) = (Arena::<PodId, usize>::new(), BTreeMap::new(), 0);
            for (step, ix) in steps {
                match step {
                    0 => {
                        arena.push(ix);
                        map.insert(next, ix);
                    }
                    1 if ix >= next || map.contains_key(&ix) => {
                        map.extend((next..=ix).map(|n| (n, 0)));
                        *arena.reach(id(ix)) = 7;
                        map.insert(ix, 7);
                    }
                    1 => {}
                    _ => {
                        map.extend((next..=ix).map(|n| (n, 0)));
                        prop_assert_eq!(arena.forget(id(ix)), map.remove(&ix).unwrap_or_default());
                    }
                }
                next = arena.len();
                prop_assert_eq!(arena.is_kept(id(ix)), map.contains_key(&ix));
                prop_assert_eq!(arena.get(id(ix)).copied().unwrap_or_default(), map.get(&ix).copied().unwrap_or_default());
            }
            prop_assert!(arena.entries().map(|(key, &item)| (key.ix(), item)).eq(map));
        }
    }
}
