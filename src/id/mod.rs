//! Arena indices: small values that stand for objects, and the tables that they index. Names are made only when objects
//! are shown.

mod arena;
mod slab;
mod table;

pub use arena::Arena;
pub use slab::Slab;
pub use table::Table;

/// A key of an [`Arena`] or a [`Table`]: an index whose type says what it is an index of.
pub trait ArenaKey: Copy {
    /// The key with this index.
    fn from_ix(ix: usize) -> Self;

    /// The index.
    fn ix(self) -> usize;
}

/// Makes a type a key of arenas. `ix` is an inherent method too, so that callers need no import.
macro_rules! arena_key {
    ($key:ident) => {
        impl $key {
            /// The index into the arena.
            #[inline]
            pub fn ix(self) -> usize {
                self.0 as usize
            }
        }

        impl ArenaKey for $key {
            #[inline]
            fn from_ix(ix: usize) -> Self {
                debug_assert!(u32::try_from(ix).is_ok(), "an arena holds at most 2^32 objects");
                $key(ix as u32)
            }

            #[inline]
            fn ix(self) -> usize {
                self.0 as usize
            }
        }
    };
}

/// A Job's place in the world's arena of Jobs, in order of creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u32);

/// A Pod's place in the world's arena of Pods, in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodId(pub u32);

/// A CronJob's place in the world's arena of CronJobs, in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CronJobId(pub u32);

/// A node's place in the world's table of nodes, in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// What Pods' specs say about scheduling. Pods with equal specs share one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodSpecId(pub u32);

/// The text with which the creation of a Pod was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefusalId(pub u32);

arena_key!(RefusalId);
arena_key!(JobId);
arena_key!(PodId);
arena_key!(CronJobId);
arena_key!(NodeId);
arena_key!(PodSpecId);
