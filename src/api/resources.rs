//! Amounts of resources in whole units, as the scheduler counts them: what Pods request and what nodes offer. The
//! written form is [`super::Quantity`].

use std::cmp::Ordering;
use std::fmt;
use std::ops::{AddAssign, SubAssign};
use std::sync::Arc;

/// Amounts by resource; a resource that is not listed counts as 0.
#[doc(alias = "Resource")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Resources {
    /// Thousandths of a CPU.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Bytes.
    pub ephemeral_storage: i64,
    /// Extended resources such as GPUs, and huge pages: ordered by name, never 0.
    pub scalar: Vec<(Arc<str>, i64)>,
}

impl Resources {
    /// The amount of an extended resource.
    pub fn scalar(&self, name: &str) -> i64 {
        self.scalar.iter().find(|(n, _)| **n == *name).map_or(0, |&(_, amount)| amount)
    }

    /// Adds to an extended resource.
    pub fn add_scalar(&mut self, name: &Arc<str>, amount: i64) {
        match self.scalar.binary_search_by(|(n, _)| n.cmp(name)) {
            Ok(at) => {
                self.scalar[at].1 = self.scalar[at].1.saturating_add(amount);
                if self.scalar[at].1 == 0 {
                    self.scalar.remove(at);
                }
            }
            Err(at) if amount != 0 => self.scalar.insert(at, (name.clone(), amount)),
            Err(_) => {}
        }
    }

    /// Raises each amount to that of `other` where it is lower.
    pub fn raise_to(&mut self, other: &Resources) {
        self.milli_cpu = self.milli_cpu.max(other.milli_cpu);
        self.memory = self.memory.max(other.memory);
        self.ephemeral_storage = self.ephemeral_storage.max(other.ephemeral_storage);
        for (name, amount) in &other.scalar {
            let missing = amount.saturating_sub(self.scalar(name));
            if missing > 0 {
                self.add_scalar(name, missing);
            }
        }
    }

    /// Whether all amounts are zero.
    pub fn is_zero(&self) -> bool {
        self.milli_cpu == 0 && self.memory == 0 && self.ephemeral_storage == 0 && self.scalar.is_empty()
    }
}

impl AddAssign<&Resources> for Resources {
    fn add_assign(&mut self, other: &Resources) {
        self.milli_cpu = self.milli_cpu.saturating_add(other.milli_cpu);
        self.memory = self.memory.saturating_add(other.memory);
        self.ephemeral_storage = self.ephemeral_storage.saturating_add(other.ephemeral_storage);
        other.scalar.iter().for_each(|(name, amount)| self.add_scalar(name, *amount));
    }
}

impl SubAssign<&Resources> for Resources {
    fn sub_assign(&mut self, other: &Resources) {
        self.milli_cpu -= other.milli_cpu;
        self.memory -= other.memory;
        self.ephemeral_storage -= other.ephemeral_storage;
        other.scalar.iter().for_each(|(name, amount)| self.add_scalar(name, -*amount));
    }
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cpu {}m, memory {}", self.milli_cpu, self.memory)?;
        if self.ephemeral_storage.cmp(&0) != Ordering::Equal {
            write!(f, ", ephemeral-storage {}", self.ephemeral_storage)?;
        }
        self.scalar.iter().try_for_each(|(name, amount)| write!(f, ", {name} {amount}"))
    }
}
