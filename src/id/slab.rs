//! A list whose places are used again: for things of which there are few at a time, and many in a run. Who puts a thing in
//! keeps its place; nothing here knows whether a place is in use.

/// Things of type `T` by their place.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    items: Vec<T>,
    /// Places that are used again, the latest first.
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { items: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Empties it; keeps the memory.
    pub fn clear(&mut self) {
        self.items.clear();
        self.free.clear();
    }

    /// Puts a thing in; gives its place.
    #[inline]
    pub fn insert(&mut self, item: T) -> u32 {
        if let Some(place) = self.free.pop() {
            self.items[place as usize] = item;
            return place;
        }
        self.items.push(item);
        self.items.len() as u32 - 1
    }

    /// Gives up a place; what stands there stays until the place is used again.
    #[inline]
    pub fn give_up(&mut self, place: u32) {
        assert!((place as usize) < self.items.len(), "place {place} of {}", self.items.len());
        assert!(self.free.len() < self.items.len(), "more places are given up than there are");
        self.free.push(place);
    }

    /// What stands at a place, if there ever was such a place.
    #[inline]
    pub fn get(&self, place: u32) -> Option<&T> {
        self.items.get(place as usize)
    }

    /// The same, to be changed.
    #[inline]
    pub fn get_mut(&mut self, place: u32) -> Option<&mut T> {
        self.items.get_mut(place as usize)
    }

    /// What stands at every place, those that were given up included.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.items.iter_mut()
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, place: u32) -> &T {
        &self.items[place as usize]
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, place: u32) -> &mut T {
        &mut self.items[place as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_used_again() {
        let mut slab = Slab::default();
        let places = ['a', 'b', 'c'].map(|item| slab.insert(item));
        slab.give_up(places[1]);
        assert_eq!((slab.insert('d'), slab.insert('e')), (places[1], 3));
        assert_eq!(String::from_iter(slab.iter_mut().map(|item| *item)), "adce");
        slab.clear();
        assert_eq!(slab.get(0), None);
        assert_eq!((slab.insert('f'), slab[0]), (0, 'f'));
    }
}
