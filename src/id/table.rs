//! A vector by arena index, for things that are few and never forgotten. Things that come and go in large numbers
//! belong in an [`Arena`](super::Arena).

use super::ArenaKey;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A table of `T` by key `K`, with indexes from 0.
#[derive(Clone, Debug)]
pub struct Table<K, T> {
    items: Vec<T>,
    key: PhantomData<K>,
}

impl<K, T> Default for Table<K, T> {
    fn default() -> Self {
        Table { items: Vec::new(), key: PhantomData }
    }
}

impl<K: ArenaKey, T> Table<K, T> {
    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Removes all items, so that indexes start at 0 again; keeps the memory.
    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// Adds an item at the next index and returns its key.
    pub fn push(&mut self, item: T) -> K {
        self.items.push(item);
        K::from_ix(self.items.len() - 1)
    }

    /// The item of a key. If it does not exist yet, default items are added up to it.
    pub fn reach(&mut self, key: K) -> &mut T
    where
        T: Default,
    {
        if self.items.len() <= key.ix() {
            self.items.resize_with(key.ix() + 1, T::default);
        }
        &mut self.items[key.ix()]
    }

    /// The item of a key, if there is one.
    pub fn get(&self, key: K) -> Option<&T> {
        self.items.get(key.ix())
    }

    /// The item of a key, if there is one.
    pub fn get_mut(&mut self, key: K) -> Option<&mut T> {
        self.items.get_mut(key.ix())
    }

    /// The items, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// The items with their keys, in order.
    pub fn entries(&self) -> impl Iterator<Item = (K, &T)> {
        self.items.iter().enumerate().map(|(ix, item)| (K::from_ix(ix), item))
    }
}

impl<K: ArenaKey, T> Index<K> for Table<K, T> {
    type Output = T;

    fn index(&self, key: K) -> &T {
        &self.items[key.ix()]
    }
}

impl<K: ArenaKey, T> IndexMut<K> for Table<K, T> {
    fn index_mut(&mut self, key: K) -> &mut T {
        &mut self.items[key.ix()]
    }
}

impl<'a, K, T> IntoIterator for &'a Table<K, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}
