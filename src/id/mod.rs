//! Arena indices: small copies that stand for objects, and the tables that they lead into. They are not names: names are
//! made when shown.

mod arena;

pub use arena::Arena;

/// A Job's place in the world's arena of Jobs, in order of creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u32);

/// A Pod's place in the world's arena of Pods, in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodId(pub u32);

/// A CronJob's place in the world's arena of CronJobs, in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CronJobId(pub u32);

impl CronJobId {
    /// The index into the arena.
    #[inline]
    pub fn ix(self) -> usize {
        self.0 as usize
    }
}

impl JobId {
    /// The index into the arena.
    #[inline]
    pub fn ix(self) -> usize {
        self.0 as usize
    }
}

impl PodId {
    /// The index into the arena.
    #[inline]
    pub fn ix(self) -> usize {
        self.0 as usize
    }
}
