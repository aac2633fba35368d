//! Jobs that a CronJob had created before virtual time begins: they are linked to it, and summarized with its other
//! Jobs.

use super::resolve::{Jobs, Resolver};
use crate::experiment::PlannedCronJob;
use std::collections::HashSet;

impl Resolver<'_> {
    /// Links Jobs to the CronJobs that control them, and reports Jobs that are missing.
    pub(super) fn link_owners(&mut self) {
        let jobs = &mut self.jobs;
        for (job, owner) in &jobs.owners {
            let is_it = |c: &PlannedCronJob| (&c.object.namespace, &c.object.name) == (&owner.0, &owner.1);
            // Without its CronJob it is an ordinary Job.
            jobs.planned[*job].owner = jobs.cronjobs.iter().position(is_it);
        }
        let of_cronjob = |owner: usize| jobs.cronjobs[owner].series;
        jobs.planned.iter_mut().for_each(|job| job.series = job.owner.map_or(job.series, of_cronjob));
        drop_empty_series(jobs);
        let there = jobs.planned.iter().filter_map(|job| Some((job.owner?, job.object.name.as_str())));
        let there: HashSet<(usize, &str)> = there.collect();
        for (n, cronjob) in jobs.cronjobs.iter().enumerate() {
            let Some(status) = &cronjob.status else { continue };
            for name in status.active.iter().filter(|name| !there.contains(&(n, name.as_str()))) {
                let of = &cronjob.object.name;
                let what =
                    format!("Job {name}, which is active by the status of CronJob {of}, is not among what was read");
                jobs.manifests.notices.push(format!("{what}: it is taken to be gone (read cronjobs,jobs together)"));
            }
        }
    }
}

/// Drops the names of series that no longer have a Job of their own, and renumbers the others.
fn drop_empty_series(jobs: &mut Jobs) {
    let mut places = vec![None; jobs.series.len()];
    let used = jobs.planned.iter().map(|job| job.series).chain(jobs.cronjobs.iter().map(|cronjob| cronjob.series));
    used.for_each(|series| places[series] = Some(0));
    places.iter_mut().flatten().enumerate().for_each(|(n, place)| *place = n);
    let mut is_used = places.iter().map(Option::is_some);
    jobs.series.retain(|_| is_used.next().unwrap_or(false));
    let now = |series: &mut usize| *series = places[*series].unwrap_or(*series);
    jobs.planned.iter_mut().for_each(|job| now(&mut job.series));
    jobs.cronjobs.iter_mut().for_each(|cronjob| now(&mut cronjob.series));
}
