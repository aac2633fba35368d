//! A table by arena index that can forget: the memory of what is over is used again, though no index ever is. It does not
//! know what is over; whoever does says so.
//!
//! Invariants: what was forgotten reads as a blank, and is not written any more; all pages but the last are full, or
//! forgotten as a whole.

use std::ops::{Index, IndexMut};

/// How many items lie side by side: memory is given back by the page.
const PAGE: usize = 1024;

/// A table of `T`, from index 0 on.
#[derive(Clone, Debug, Default)]
pub struct Arena<T> {
    /// A page that is forgotten as a whole is empty.
    pages: Vec<Vec<T>>,
    /// Which items of a page are forgotten.
    forgotten: Vec<Marks>,
    len: usize,
    blank: T,
    /// Pages that are used again.
    spare: Vec<Vec<T>>,
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

impl<T: Default + Clone> Arena<T> {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many indexes there are, those of forgotten items too.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there never was an item.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many items there is memory for: those that are kept, and those that share a page with them.
    pub fn footprint(&self) -> usize {
        self.pages.iter().map(Vec::len).sum()
    }

    /// Empties it, for indexes from 0 on; keeps the memory.
    pub fn clear(&mut self) {
        for page in &mut self.pages {
            page.clear();
        }
        self.spare.extend(self.pages.drain(..).filter(|page| page.capacity() > 0).rev());
        self.forgotten.clear();
        self.len = 0;
    }

    /// Puts a blank in the place of every item; forgotten ones stay so.
    pub fn blank(&mut self) {
        self.pages.iter_mut().flatten().for_each(|item| *item = T::default());
    }

    /// Whether nothing is forgotten.
    pub fn is_whole(&self) -> bool {
        self.forgotten.iter().all(|marks| marks.count == 0)
    }

    /// Adds an item at the next index.
    #[inline]
    pub fn push(&mut self, item: T) {
        if self.len.is_multiple_of(PAGE) {
            self.pages.push(self.spare.pop().unwrap_or_default());
            self.forgotten.push(Marks::NONE);
        }
        self.len += 1;
        if let Some(page) = self.pages.last_mut() {
            page.push(item);
        }
    }

    /// The item at an index, with blanks up to it where there was none.
    #[inline]
    pub fn reach(&mut self, ix: usize) -> &mut T {
        while self.len <= ix {
            self.push(T::default());
        }
        &mut self[ix]
    }

    /// The item at an index, a blank if it was forgotten; `None` if there never was one.
    #[inline]
    pub fn get(&self, ix: usize) -> Option<&T> {
        match self.pages.get(ix / PAGE).and_then(|page| page.get(ix % PAGE)) {
            None if ix < self.len => Some(&self.blank),
            item => item,
        }
    }

    /// The item at an index, if it is kept.
    #[inline]
    pub fn get_mut(&mut self, ix: usize) -> Option<&mut T> {
        self.pages.get_mut(ix / PAGE)?.get_mut(ix % PAGE)
    }

    /// Whether there is an item at an index that was not forgotten.
    pub fn is_kept(&self, ix: usize) -> bool {
        ix < self.len && !self.forgotten[ix / PAGE].has(ix % PAGE)
    }

    /// Forgets the item at an index, and gives it; a blank if it was forgotten already.
    pub fn forget(&mut self, ix: usize) -> T {
        if ix >= self.len {
            self.reach(ix);
        }
        if !self.is_kept(ix) {
            return T::default();
        }
        let (page, marks) = (&mut self.pages[ix / PAGE], &mut self.forgotten[ix / PAGE]);
        marks.set(ix % PAGE);
        let item = std::mem::replace(&mut page[ix % PAGE], self.blank.clone());
        if marks.count == PAGE {
            let mut page = std::mem::take(page);
            page.clear();
            self.spare.push(page);
        }
        item
    }

    /// Items that are kept, in order.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { arena: self, at: 0 }
    }

    /// Items that are kept and their indexes, in order.
    pub fn entries(&self) -> impl Iterator<Item = (usize, &T)> {
        let mut items = self.iter();
        std::iter::from_fn(move || items.next().map(|item| (items.at - 1, item)))
    }

    /// Does something with each item that is kept, in order.
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

impl<T: Default + Clone> Index<usize> for Arena<T> {
    type Output = T;

    #[inline]
    fn index(&self, ix: usize) -> &T {
        match self.pages.get(ix / PAGE).and_then(|page| page.get(ix % PAGE)) {
            Some(item) => item,
            None => self.missing(ix),
        }
    }
}

impl<T: Default + Clone> IndexMut<usize> for Arena<T> {
    #[inline]
    fn index_mut(&mut self, ix: usize) -> &mut T {
        debug_assert!(self.is_kept(ix), "item {ix} was forgotten");
        &mut self.pages[ix / PAGE][ix % PAGE]
    }
}

/// Items that are kept, in order.
#[derive(Clone, Debug)]
pub struct Iter<'a, T> {
    arena: &'a Arena<T>,
    at: usize,
}

impl<'a, T: Default + Clone> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        while self.at < self.arena.len {
            let at = self.at;
            match self.arena.forgotten[at / PAGE].count == PAGE {
                true => self.at = (at / PAGE + 1) * PAGE,
                false => self.at += 1,
            }
            if self.arena.is_kept(at) {
                return self.arena.get(at);
            }
        }
        None
    }
}

impl<'a, T: Default + Clone> IntoIterator for &'a Arena<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn memory_is_used_again() {
        let mut arena = Arena::new();
        for n in 0..50 * PAGE {
            arena.push(n + 1);
            if n >= 10 {
                assert_eq!(arena.forget(n - 10), n - 9);
            }
            assert!(arena.footprint() <= 2 * PAGE);
        }
        assert_eq!((arena.len(), arena.iter().count()), (50 * PAGE, 10));
        assert_eq!((arena[0], arena.get(0), arena.get(50 * PAGE)), (0, Some(&0), None));
        assert!(arena.spare.len() <= 1);
        arena.clear();
        assert_eq!((arena.len(), arena.get(0)), (0, None));
    }

    #[test]
    #[should_panic = "index 3 of 3"]
    fn there_is_no_blank_beyond_the_end() {
        let mut arena = Arena::<u8>::new();
        arena.reach(2);
        let _ = arena[3];
    }

    proptest! {
        /// It is a map from indexes to items, blank where nothing is kept.
        #[test]
        fn is_a_map(steps in proptest::collection::vec((0..4u8, 0..3_000usize), 0..4_000)) {
            let (mut arena, mut map, mut next) = (Arena::<usize>::new(), BTreeMap::new(), 0);
            for (step, ix) in steps {
                match step {
                    0 => {
                        arena.push(ix);
                        map.insert(next, ix);
                    }
                    1 if ix >= next || map.contains_key(&ix) => {
                        map.extend((next..=ix).map(|n| (n, 0)));
                        *arena.reach(ix) = 7;
                        map.insert(ix, 7);
                    }
                    1 => {}
                    _ => {
                        map.extend((next..=ix).map(|n| (n, 0)));
                        prop_assert_eq!(arena.forget(ix), map.remove(&ix).unwrap_or_default());
                    }
                }
                next = arena.len();
                prop_assert_eq!(arena.is_kept(ix), map.contains_key(&ix));
                prop_assert_eq!(arena.get(ix).copied().unwrap_or_default(), map.get(&ix).copied().unwrap_or_default());
            }
            prop_assert!(arena.entries().map(|(n, &item)| (n, item)).eq(map));
        }
    }
}
