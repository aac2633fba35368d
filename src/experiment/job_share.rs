//! Shares of Jobs, or of the starts of CronJobs, such as "in what share of the nights is it done by six". They are
//! counted within replications, while the records of Jobs exist: [`Outcome`]s do not distinguish Jobs.
//!
//! Invariant: whether an item counts never depends on its course, except that only a Job that is over has an end. So
//! what is due within a time counts if virtual time goes on until then.

use super::goal::{GoalEvent, Measure, Measured};
use super::outcome::{JobEnd, Outcome};
use super::setup::Setup;
use crate::cron::Location;
use crate::record::{CronRecord, Fate, JobRecord};
use crate::time::{SimDuration, SimTime, WallClock};
use std::sync::Arc;

const DAY: i64 = 86_400;

/// Something that happens to a Job or to a start of a CronJob, or does not.
#[derive(Clone, Debug, PartialEq)]
pub enum JobEvent {
    /// It ends in this way, for this reason, or with such a number. Jobs that are over count.
    Happens(GoalEvent),
    /// It is Complete, or has ended, within this time after its creation or, for a CronJob, after the scheduled time.
    /// Jobs count, or starts that were due, whether made or not.
    Within {
        /// Whether only Complete counts.
        complete: bool,
        /// The time.
        span: SimDuration,
    },
    /// It is Complete when the clock shows this time for the first time after its creation or the scheduled time.
    DoneBy(TimeOfDay),
    /// It takes longer than this from its creation.
    LongerThan(SimDuration),
}

/// A time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    /// Seconds since midnight.
    pub seconds: i64,
    /// The time zone; `None` for that of the CronJob, or UTC.
    pub zone: Option<Arc<str>>,
}

/// A requested share: of which Jobs, and of what.
#[derive(Clone, Debug, PartialEq)]
pub struct JobShare {
    /// The series of Jobs; `None` for all.
    pub series: Option<usize>,
    /// What happens.
    pub event: JobEvent,
}

/// The counts of a share in one replication.
#[derive(Clone, Debug, PartialEq)]
pub struct CountedShare {
    /// The share.
    pub share: JobShare,
    /// Jobs or starts to which the event happened.
    pub hits: u64,
    /// All that count.
    pub items: u64,
}

/// A share in the present replication.
#[derive(Clone, Debug)]
struct ShareOfReplication {
    /// What counts in any case.
    counted: CountedShare,
    /// The hits and items that count too if the replication turns out not to be cut.
    if_whole: [u64; 2],
}

/// Counts shares in replications of a setup.
#[derive(Clone, Debug, Default)]
pub(super) struct ShareCounter {
    counts: Vec<ShareOfReplication>,
    /// The zones of the CronJobs, by their position in the setup, and those that times name.
    zones: Vec<Location>,
    named: Vec<(Arc<str>, Location)>,
}

/// When a replication began, and until when it could go on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Horizon {
    pub clock: WallClock,
    pub start: SimTime,
    pub end: SimTime,
    /// Whether more would have happened.
    pub is_cut: bool,
}

impl ShareCounter {
    /// A counter of the shares in these measures.
    pub fn of<'m>(setup: &Setup, measures: impl Iterator<Item = &'m Measure>) -> Self {
        let mut counter = ShareCounter::default();
        for measure in measures {
            let Measured::Share(event) = &measure.what else { continue };
            let share = JobShare { series: measure.series, event: event.clone() };
            if let JobEvent::DoneBy(TimeOfDay { zone: Some(zone), .. }) = event {
                counter.named.extend(Location::load(zone).ok().map(|location| (zone.clone(), location)));
            }
            if !counter.counts.iter().any(|of| of.counted.share == share) {
                let counted = CountedShare { share, hits: 0, items: 0 };
                counter.counts.push(ShareOfReplication { counted, if_whole: [0; 2] });
            }
        }
        if !counter.counts.is_empty() {
            let zone = |name: Option<&str>| Location::load(name.unwrap_or("UTC")).unwrap_or_else(|_| Location::utc());
            counter.zones = setup.cronjobs.iter().map(|c| zone(c.object.time_zone.as_deref())).collect();
        }
        counter
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Whether it needs to know about starts that were not made.
    pub fn needs_starts(&self) -> bool {
        self.counts.iter().any(|of| of.counted.share.event.is_of_starts())
    }

    /// A new replication begins.
    pub fn restart(&mut self) {
        for ShareOfReplication { counted, if_whole } in &mut self.counts {
            (counted.hits, counted.items, *if_whole) = (0, 0, [0; 2]);
        }
    }

    /// Counts a Job of a series, as recorded until the horizon or until it was gone. Of a Job that is gone before the end
    /// it may not be known yet whether the replication is cut: then the horizon says that it is, and
    /// [`ShareCounter::counts`] corrects that.
    pub fn add(&mut self, job: &JobRecord, series: Option<usize>, horizon: Horizon) {
        let Some(created) = job.created else { return };
        let (zones, named) = (&self.zones, &self.named);
        let is_of = |share: &JobShare| share.series.is_none() || share.series == series;
        let counts = self.counts.iter_mut().filter(|of| is_of(&of.counted.share));
        for ShareOfReplication { counted, if_whole } in counts {
            let from = match job.owner {
                Some((_, scheduled)) if counted.share.event.is_of_starts() => {
                    match scheduled.map(|unix| horizon.clock.at(unix)).filter(|due| *due >= horizon.start) {
                        Some(due) => due,
                        None => continue,
                    }
                }
                _ => created,
            };
            let zone = job.owner.and_then(|(cronjob, _)| zones.get(cronjob.ix()));
            let event = &counted.share.event;
            let deadline = event.deadline(from, horizon.clock, zone, named);
            if let Some(happened) = event.happened(job, deadline, horizon) {
                counted.hits += u64::from(happened);
                counted.items += 1;
            } else if let Some(happened) = event.happened(job, deadline, Horizon { is_cut: false, ..horizon }) {
                *if_whole = [if_whole[0] + u64::from(happened), if_whole[1] + 1];
            }
        }
    }

    /// Counts the starts of a CronJob that were not made.
    pub fn add_starts(&mut self, cronjob: &CronRecord, (place, series): (usize, usize), horizon: Horizon) {
        let (zones, named) = (&self.zones, &self.named);
        let of_starts = |c: &&mut CountedShare| {
            c.share.event.is_of_starts() && (c.share.series.is_none() || c.share.series == Some(series))
        };
        for counted in self.counts.iter_mut().map(|of| &mut of.counted).filter(of_starts) {
            for start in cronjob.starts.iter().filter(|start| !matches!(start.fate, Fate::Started(..))) {
                let deadline = counted.share.event.deadline(start.due, horizon.clock, zones.get(place), named);
                let is_known = deadline.is_none_or(|deadline| deadline <= horizon.end);
                counted.items += u64::from(start.due >= horizon.start && is_known);
            }
        }
    }

    /// The counts of a replication that was cut, or was not.
    pub fn counts(&self, is_cut: bool) -> Vec<CountedShare> {
        let of_share = |ShareOfReplication { counted, if_whole }: &ShareOfReplication| {
            let [hits, items] = if is_cut { [0; 2] } else { *if_whole };
            CountedShare { share: counted.share.clone(), hits: counted.hits + hits, items: counted.items + items }
        };
        self.counts.iter().map(of_share).collect()
    }
}

impl JobEvent {
    /// Whether, for CronJobs, it is about the starts that were due and not about the Jobs that were created.
    fn is_of_starts(&self) -> bool {
        matches!(self, JobEvent::Within { .. } | JobEvent::DoneBy(_))
    }

    /// When it is decided, if that is a fixed instant.
    fn deadline(
        &self,
        from: SimTime,
        clock: WallClock,
        zone: Option<&Location>,
        named: &[(Arc<str>, Location)],
    ) -> Option<SimTime> {
        match self {
            JobEvent::Happens(_) => None,
            JobEvent::Within { span, .. } | JobEvent::LongerThan(span) => Some(from + *span),
            JobEvent::DoneBy(time) => {
                let own = named.iter().find(|(name, _)| Some(name) == time.zone.as_ref()).map(|(_, zone)| zone);
                let utc = Location::utc();
                Some(clock.at(time.next_after(clock.unix(from), own.or(zone).unwrap_or(&utc))))
            }
        }
    }

    /// Whether it happened to a Job; `None` if the Job does not count.
    fn happened(&self, job: &JobRecord, deadline: Option<SimTime>, horizon: Horizon) -> Option<bool> {
        if horizon.is_cut && deadline.is_some_and(|deadline| deadline > horizon.end) {
            return None;
        }
        let ended_by = |t: Option<SimTime>| t.zip(deadline).is_some_and(|(t, deadline)| t <= deadline);
        let outcome = || Outcome::of(job, horizon.end);
        match self {
            JobEvent::Happens(event) => {
                let is_open = horizon.is_cut && !job.is_over() && *event != GoalEvent::End(JobEnd::Unfinished);
                (!is_open).then(|| event.happened(&outcome()))
            }
            JobEvent::Within { complete: false, .. } => Some(ended_by(job.finished)),
            JobEvent::Within { .. } | JobEvent::DoneBy(_) => {
                Some(ended_by(job.finished) && outcome().end == JobEnd::Complete)
            }
            JobEvent::LongerThan(_) => Some(!ended_by(job.finished.or(job.gone))),
        }
    }
}

impl TimeOfDay {
    /// The first instant after `unix` at which the clock of a zone shows the time; both in seconds since the Unix
    /// epoch.
    fn next_after(&self, unix: i64, zone: &Location) -> i64 {
        let local = unix + zone.segment(unix).offset;
        let midnight = local - local.rem_euclid(DAY);
        // Today's time may be over. Tomorrow's may be, too, where a change of the clock comes in between; that of the
        // day after is not.
        let days = (0..=2).map(|day| zone.instant(midnight + day * DAY + self.seconds));
        let mut later = days.filter(|instant| *instant > unix);
        later.next().unwrap_or(unix + DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_met_at_its_instant_and_known_at_the_end() {
        let at = |seconds| SimTime::ZERO + SimDuration::from_secs(seconds);
        let mut job = JobRecord::default();
        (job.created, job.finished) = (Some(at(0)), Some(at(60)));
        let event = JobEvent::Within { complete: false, span: SimDuration::from_secs(60) };
        let horizon = |end| Horizon { clock: WallClock::starting_at(0), start: at(0), end: at(end), is_cut: true };
        assert_eq!(event.happened(&job, Some(at(60)), horizon(60)), Some(true));
        assert_eq!(event.happened(&job, Some(at(59)), horizon(60)), Some(false));
        assert_eq!(event.happened(&job, Some(at(61)), horizon(60)), None);
    }

    #[test]
    fn a_time_of_day_comes_next_on_the_clock_of_its_zone() {
        let six = TimeOfDay { seconds: 6 * 3_600, zone: None };
        let berlin = Location::load("Europe/Berlin").expect("it is a zone");
        // 2026-10-24T00:00:00Z, a day before the clock goes back.
        let day = 1_792_800_000;
        for (zone, at, next) in [
            (Location::utc(), day, day + 6 * 3_600),
            (Location::utc(), day + 6 * 3_600, day + 30 * 3_600),
            (Location::utc(), day + 22 * 3_600, day + 30 * 3_600),
            (berlin.clone(), day, day + 4 * 3_600),
            (berlin.clone(), day + 5 * 3_600, day + 29 * 3_600),
        ] {
            assert_eq!(six.next_after(at, &zone), next, "{} {at}", zone.name());
        }
    }

    /// A Job that is gone is counted before it is known whether the replication is cut.
    #[test]
    fn a_job_that_is_gone_counts_as_one_that_is_kept() {
        let at = |seconds| SimTime::ZERO + SimDuration::from_secs(seconds);
        let horizon = |is_cut| Horizon { clock: WallClock::starting_at(0), start: at(0), end: at(50), is_cut };
        let event = JobEvent::Within { complete: false, span: SimDuration::from_secs(60) };
        let counted = CountedShare { share: JobShare { series: None, event }, hits: 0, items: 0 };
        let counter =
            ShareCounter { counts: vec![ShareOfReplication { counted, if_whole: [0; 2] }], ..ShareCounter::default() };
        let mut ended = JobRecord::default();
        (ended.created, ended.finished) = (Some(at(20)), Some(at(30)));
        for is_cut in [true, false] {
            let (mut kept, mut gone) = (counter.clone(), counter.clone());
            kept.add(&ended, None, horizon(is_cut));
            gone.add(&ended, None, horizon(true));
            let numbers =
                |counter: ShareCounter| counter.counts(is_cut).iter().map(|c| (c.hits, c.items)).collect::<Vec<_>>();
            let expected = if is_cut { [(0, 0)] } else { [(1, 1)] };
            assert_eq!((numbers(kept), numbers(gone)), (expected.to_vec(), expected.to_vec()), "cut: {is_cut}");
        }
    }

    /// A time is known once it lies within the run, or if nothing comes after the run.
    #[test]
    fn what_a_run_that_is_cut_off_does_not_show_is_not_known() {
        let at = |seconds| SimTime::ZERO + SimDuration::from_secs(seconds);
        let horizon = |is_cut| Horizon { clock: WallClock::starting_at(0), start: at(0), end: at(50), is_cut };
        let mut open = JobRecord::default();
        (open.created, open.replaced) = (Some(at(0)), false);
        let within = JobEvent::Within { complete: false, span: SimDuration::from_secs(60) };
        assert_eq!(within.happened(&open, Some(at(60)), horizon(true)), None);
        assert_eq!(within.happened(&open, Some(at(60)), horizon(false)), Some(false));
        let end = |end| JobEvent::Happens(GoalEvent::End(end));
        assert_eq!(end(JobEnd::Failed).happened(&open, None, horizon(true)), None);
        assert_eq!(end(JobEnd::Unfinished).happened(&open, None, horizon(true)), Some(true));
        // A Job that was deleted lasted until then.
        let mut deleted = open.clone();
        deleted.gone = Some(at(30));
        let longer = JobEvent::LongerThan(SimDuration::from_secs(40));
        assert_eq!(longer.happened(&deleted, Some(at(40)), horizon(true)), Some(false));
        assert_eq!(longer.happened(&open, Some(at(40)), horizon(true)), Some(true));
    }

    #[test]
    fn starts_count_from_the_beginning_of_the_run_to_the_last_whose_deadline_lies_within_it() {
        use crate::id::CronJobId;
        use crate::record::{SkipReason, Start};
        let at = |seconds| SimTime::ZERO + SimDuration::from_secs(seconds);
        let horizon = |end| Horizon { clock: WallClock::starting_at(0), start: at(10), end: at(end), is_cut: true };
        let event = JobEvent::Within { complete: false, span: SimDuration::from_secs(60) };
        let share = JobShare { series: None, event };
        let counted = CountedShare { share, hits: 0, items: 0 };
        let counts = vec![ShareOfReplication { counted, if_whole: [0; 2] }];
        let counter = || ShareCounter { counts: counts.clone(), ..ShareCounter::default() };
        for (due, items) in [(9, 0), (10, 1)] {
            let mut counter = counter();
            let mut job = JobRecord::default();
            (job.created, job.finished, job.owner) = (Some(at(11)), Some(at(20)), Some((CronJobId(0), Some(due))));
            counter.add(&job, None, horizon(200));
            assert_eq!(
                (counter.counts[0].counted.hits, counter.counts[0].counted.items),
                (items, items),
                "due at {due}"
            );
        }
        for (end, items) in [(69, 0), (70, 1)] {
            let mut counter = counter();
            let mut cronjob = CronRecord::new("default", "nightly", true);
            cronjob.starts.push(Start { due: at(10), fate: Fate::Skipped(SkipReason::Active) });
            counter.add_starts(&cronjob, (0, 0), horizon(end));
            assert_eq!((counter.counts[0].counted.hits, counter.counts[0].counted.items), (0, items), "until {end}");
        }
    }
}
