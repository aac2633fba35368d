//! Which Jobs pending actions refer to other than by name, so that none of them is forgotten before. There may be as
//! many actions as Jobs, so they are counted by what they refer to; only those about Jobs of one CronJob by their number
//! are searched.

use super::JobRef;
use crate::id::{CronJobId, JobId};
use crate::world::store::Store;
use std::collections::{BTreeMap, HashMap};

/// How many pending actions refer to what.
#[derive(Debug, Default)]
pub(super) struct JobReferences {
    jobs: HashMap<JobId, u32>,
    /// By the Job's number among those that the CronJob has owned.
    created: HashMap<CronJobId, BTreeMap<u32, u32>>,
    /// Which Job that will be depends on how many of the earlier ones a schedule has created.
    scheduled: HashMap<CronJobId, u32>,
}

impl JobReferences {
    /// Forgets all; keeps the memory.
    pub fn clear(&mut self) {
        let JobReferences { jobs, created, scheduled } = self;
        jobs.clear();
        created.clear();
        scheduled.clear();
    }

    /// An action will be done.
    pub fn add(&mut self, job: &JobRef) {
        if let Some(count) = self.count_of(job) {
            *count += 1;
        }
    }

    /// It is done.
    pub fn remove(&mut self, job: &JobRef) {
        let Some(count) = self.count_of(job) else { return };
        *count = count.checked_sub(1).expect("each reference is removed once");
        if *count > 0 {
            return;
        }
        match *job {
            JobRef::Id(job) => {
                self.jobs.remove(&job);
            }
            JobRef::Created(cronjob, n) => {
                self.created.entry(cronjob).or_default().remove(&n);
            }
            JobRef::NameOfScheduled(cronjob, _) => {
                self.scheduled.remove(&cronjob);
            }
            JobRef::Named(_) => {}
        }
    }

    fn count_of(&mut self, job: &JobRef) -> Option<&mut u32> {
        Some(match *job {
            JobRef::Id(job) => self.jobs.entry(job).or_default(),
            JobRef::Created(cronjob, n) => self.created.entry(cronjob).or_default().entry(n).or_default(),
            JobRef::NameOfScheduled(cronjob, _) => self.scheduled.entry(cronjob).or_default(),
            JobRef::Named(_) => return None,
        })
    }

    /// Whether a pending action refers to this Job.
    pub fn have(&self, store: &Store, id: JobId) -> bool {
        let is_of_owner = store.jobs[id].owner.is_some_and(|owner| {
            let mut numbers = self.created.get(&owner).into_iter().flat_map(BTreeMap::keys);
            self.scheduled.contains_key(&owner) || numbers.any(|&n| store.nth_job_of(owner, n) == Some(id))
        });
        is_of_owner || self.jobs.contains_key(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_holds_until_its_last_action_is_done() {
        let mut references = JobReferences::default();
        let (job, cronjob) = (JobId(3), CronJobId(1));
        let all = [
            JobRef::Id(job),
            JobRef::Id(job),
            JobRef::Named("a".into()),
            JobRef::Created(cronjob, 4),
            JobRef::NameOfScheduled(cronjob, 2),
            JobRef::NameOfScheduled(cronjob, 9),
        ];
        all.iter().for_each(|one| references.add(one));
        references.remove(&all[0]);
        references.remove(&all[4]);
        assert_eq!((references.jobs.get(&job), references.scheduled.get(&cronjob)), (Some(&1), Some(&1)));
        all[1..].iter().filter(|one| **one != all[4]).for_each(|one| references.remove(one));
        assert!(
            references.jobs.is_empty() && references.scheduled.is_empty() && references.created[&cronjob].is_empty()
        );
    }
}
