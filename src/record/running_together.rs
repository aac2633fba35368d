//! How many Pods run at the same time: of all Jobs, and of groups of Jobs. Pods above the `parallelism` of their Job
//! are in [`super::overshoot`].

/// The number of running Pods, and its maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunningPods {
    now: u32,
    /// The greatest number so far.
    pub most: u32,
}

impl RunningPods {
    fn change(&mut self, by: i32) {
        self.now = self.now.checked_add_signed(by).expect("a Pod that stops was running");
        self.most = self.most.max(self.now);
    }
}

/// Running Pods of all Jobs, and by group.
#[derive(Clone, Debug, Default)]
pub(super) struct RunningTogether {
    pub all: RunningPods,
    pub groups: Vec<RunningPods>,
    /// The group of the Jobs that each CronJob creates.
    pub cronjobs: Vec<Option<u32>>,
}

impl RunningTogether {
    /// Forgets everything; keeps the allocated memory.
    pub fn clear(&mut self) {
        self.all = RunningPods::default();
        self.groups.clear();
        self.cronjobs.clear();
    }

    /// A Pod of a Job in this group starts (`by` is 1) or stops (`by` is −1) running.
    pub fn change(&mut self, group: Option<u32>, by: i32) {
        self.all.change(by);
        if let Some(group) = group {
            self.groups[group as usize].change(by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_of_all_is_not_the_most_of_one() {
        let mut together = RunningTogether { groups: vec![RunningPods::default(); 2], ..RunningTogether::default() };
        for (group, by) in [(Some(0), 1), (Some(1), 1), (None, 1), (Some(0), -1), (Some(1), 1), (Some(1), -1)] {
            together.change(group, by);
        }
        assert_eq!((together.all.most, together.groups[0].most, together.groups[1].most), (3, 1, 2));
    }
}
