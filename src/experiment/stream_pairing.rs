//! Pairs the random streams of two setups. Setups are compared under common random numbers, and random numbers are
//! named after Jobs. Jobs with other names in the second setup are paired by position and take the names of the first
//! for their random numbers. Nothing else about a Job changes.

use super::setup::Setup;
use crate::model::StreamAliases;
use std::sync::Arc;

/// How the Jobs of a setup were paired with those of another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairing {
    /// Series that use the random draws of a series with another name: the own name, and the other.
    pub by_place: Vec<(String, String)>,
    /// Series without a partner, which have random draws of their own.
    pub alone: Vec<String>,
}

impl Setup {
    /// Takes over the seed of another setup and the random streams of its Jobs: by name, or by position if they differ.
    pub fn pair_streams(&mut self, base: &Setup) -> Pairing {
        self.seed = base.seed;
        let mut pairing = Pairing::default();
        let mut aliases = StreamAliases::default();
        for (place, other) in self.partners(base).into_iter().enumerate() {
            let Some(other) = other else {
                pairing.alone.push(self.series[place].to_string());
                continue;
            };
            if self.series[place] != base.series[other] {
                pairing.by_place.push((self.series[place].to_string(), base.series[other].to_string()));
            }
            for (own, its) in jobs(self, place).zip(jobs(base, other)).filter(|(own, its)| own != its) {
                aliases.jobs.insert(own, its);
            }
            for (own, its) in cronjobs(self, place).zip(cronjobs(base, other)).filter(|(own, its)| own != its) {
                aliases.cronjobs.insert(own, its);
            }
            let process =
                base.arrivals.iter().find(|a| series_of(base, a.jobs.start) == Some(other)).map(|a| a.process);
            let own = self.arrivals.iter().position(|a| series_of(self, a.jobs.start) == Some(place));
            if let (Some(own), Some(process)) = (own, process) {
                self.arrivals[own].process = process;
            }
        }
        self.stream_aliases = Arc::new(aliases);
        pairing
    }

    /// The partner of each series in another setup: the one with the same name, or else the next one of the same kind
    /// that has no namesake. Each partner is used once.
    fn partners(&self, base: &Setup) -> Vec<Option<usize>> {
        let mut free: Vec<usize> = (0..base.series.len()).collect();
        let mut take = |fits: &dyn Fn(usize) -> bool| free.iter().position(|&o| fits(o)).map(|at| free.remove(at));
        let kind = |setup: &Setup, series| setup.cronjobs.iter().any(|cronjob| cronjob.series == series);
        let alike = |own: usize, other: usize| kind(self, own) == kind(base, other);
        let places = 0..self.series.len();
        let mut namesake = |own: usize| take(&|o| base.series[o] == self.series[own] && alike(own, o));
        let mut partners: Vec<Option<usize>> = places.map(&mut namesake).collect();
        for (own, partner) in partners.iter_mut().enumerate().filter(|(_, partner)| partner.is_none()) {
            *partner = take(&|other| alike(own, other));
        }
        partners
    }
}

/// Namespaces and names of the Jobs of a series.
fn jobs(setup: &Setup, series: usize) -> impl Iterator<Item = (String, String)> {
    let of_series = setup.jobs.iter().filter(move |job| job.series == series);
    of_series.map(|job| (job.object.namespace.clone(), job.object.name.clone()))
}

/// Namespaces and names of the CronJobs of a series.
fn cronjobs(setup: &Setup, series: usize) -> impl Iterator<Item = (String, String)> {
    let of_series = setup.cronjobs.iter().filter(move |cronjob| cronjob.series == series);
    of_series.map(|cronjob| (cronjob.object.namespace.clone(), cronjob.object.name.clone()))
}

fn series_of(setup: &Setup, job: usize) -> Option<usize> {
    setup.jobs.get(job).map(|job| job.series)
}
