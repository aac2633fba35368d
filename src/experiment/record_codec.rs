//! Records of replications as bytes, exactly: the numbers are whole, as they are in memory, whereas the saved result
//! has seconds as floats. Parts of an experiment use this format; one version of jobsim writes and reads it, and it is
//! not for exchange.
//!
//! Invariant: reading returns what was written. The compiler requires each field, both for writing and for reading.

use super::batch::{EndCounts, SharedUse, StageTimes, StartCounts};
use super::job_share::CountedShare;
use super::node_use::{NodeUse, PoolUse};
use super::outcome::{Excess, ExcessByCause, JobEnd, Outcome, OvershootRecord, Replication, SeriesOutcome};
use super::path_times::PathTimes;
use crate::api::JobReason;
use crate::record::{Failures, PendingTimes, RequestCounts};
use crate::time::SimDuration;
use std::sync::Arc;

/// A value that can be written as bytes and read back.
pub(super) trait Exact: Sized {
    /// Appends the value.
    fn write(&self, out: &mut Vec<u8>);
    /// Takes the value from the front; `None` if the bytes are invalid.
    fn read(from: &mut &[u8]) -> Option<Self>;
}

/// Seven bits per byte, lowest first; the eighth bit says that more follow (LEB128). Most numbers of a record are
/// small.
impl Exact for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, rest) = from.split_first()?;
            *from = rest;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

impl Exact for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        u64::from(*self).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        u64::read(from)?.try_into().ok()
    }
}

impl Exact for bool {
    fn write(&self, out: &mut Vec<u8>) {
        u64::from(*self).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        match u64::read(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// Nanoseconds, with the sign in the lowest bit (ZigZag), so that small negative spans are short, too.
impl Exact for SimDuration {
    fn write(&self, out: &mut Vec<u8>) {
        let nanos = self.as_nanos();
        ((nanos << 1 ^ nanos >> 63) as u64).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let folded = u64::read(from)?;
        Some(SimDuration::from_nanos((folded >> 1) as i64 ^ -((folded & 1) as i64)))
    }
}

impl<T: Exact> Exact for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.is_some().write(out);
        self.iter().for_each(|value| value.write(out));
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some(if bool::read(from)? { Some(T::read(from)?) } else { None })
    }
}

impl<T: Exact> Exact for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u64).write(out);
        self.iter().for_each(|value| value.write(out));
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        // Nothing is reserved for the length that is read: damaged bytes may claim any.
        (0..u64::read(from)?).map(|_| T::read(from)).collect()
    }
}

impl<T: Exact, const N: usize> Exact for [T; N] {
    fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|value| value.write(out));
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let values: Option<Vec<T>> = (0..N).map(|_| T::read(from)).collect();
        values?.try_into().ok()
    }
}

impl Exact for String {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u64).write(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(u64::read(from)?).ok()?;
        let (text, rest) = from.split_at_checked(length)?;
        *from = rest;
        String::from_utf8(text.to_vec()).ok()
    }
}

impl Exact for JobEnd {
    fn write(&self, out: &mut Vec<u8>) {
        (*self as u64).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        JobEnd::ALL.get(usize::try_from(u64::read(from)?).ok()?).copied()
    }
}

/// The position in the list of reasons. A reason that is not in the list (an empty one, or one that a user wrote) is
/// read back as the empty one; no outcome has such a reason.
impl Exact for JobReason {
    fn write(&self, out: &mut Vec<u8>) {
        let place = JobReason::ALL.iter().position(|known| known == self).unwrap_or(JobReason::ALL.len());
        (place as u64).write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let place = usize::try_from(u64::read(from)?).ok()?;
        let beyond = (place == JobReason::ALL.len()).then_some(JobReason::Empty);
        JobReason::ALL.get(place).copied().or(beyond)
    }
}

impl Exact for PendingTimes {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Exact::read(from).map(PendingTimes)
    }
}

/// Structures, field by field.
macro_rules! exact {
    ($($name:ident: $($field:ident)+;)+) => {$(
        impl Exact for $name {
            fn write(&self, out: &mut Vec<u8>) {
                let $name { $($field),+ } = self;
                $($field.write(out);)+
            }

            fn read(from: &mut &[u8]) -> Option<Self> {
                Some($name { $($field: Exact::read(from)?),+ })
            }
        }
    )+};
}

exact! {
    Outcome: jobs end reason duration first_running all_created all_running pods_created pods_succeeded pods_failed
        pods_deleted pods_removed retries container_restarts most_running most_running_in_job pod_time wasted_pod_time
        backoff_waits backoff_wait longest_backoff overshoot failures requests throttle_wait syncs_failed actions_refused
        ends starts shared path nodes;
    OvershootRecord: total pod_time by_cause above;
    ExcessByCause: replacement_beside_terminating scale_down suspended job_ends controller_restart stale_cache;
    Excess: episodes time most;
    Failures: application disruption admission ignored;
    RequestCounts: create_pod patch_pod delete_pod update_status event delete_job;
    EndCounts: complete failed deleted unfinished longest;
    StartCounts: due started delayed skipped_active skipped_suspended skipped_controllers_down skipped_deadline
        skipped_refused skipped_late replaced too_many_missed median_delay longest_delay overlap most_at_once;
    SharedUse: slots span slot_time room_wait longest_room_wait queueing throttled held_up queue_time
        longest_queue_time stages;
    StageTimes: running starting room throttle backoff suspended controller;
    PathTimes: running lost starting restart room throttle backoff suspended controller;
    NodeUse: node_time cost idle_cost nodes_started most_nodes first_node cpu_requested memory_requested fragmentation
        pending longest_pending pending_by unschedulable preempted evicted taint_evicted lost reclaimed;
    PoolUse: name nodes node_time cost idle_cost;
}

/// Appends a record, without its number and the names of its series, which the experiment knows.
pub(super) fn write_record(record: &Replication, out: &mut Vec<u8>) {
    let Replication { replication: _, all, series, pools, cut, shares } = record;
    all.write(out);
    (series.len() as u64).write(out);
    series.iter().for_each(|SeriesOutcome { job: _, outcome }| outcome.write(out));
    pools.write(out);
    cut.write(out);
    for CountedShare { share: _, hits, items } in shares {
        hits.write(out);
        items.write(out);
    }
}

/// Takes a record from the front. `names` are those of the series, and `shares` what is counted in each replication.
pub(super) fn read_record(
    from: &mut &[u8],
    replication: u32,
    names: &[Arc<str>],
    shares: &[CountedShare],
) -> Option<Replication> {
    let all = Outcome::read(from)?;
    let count = usize::try_from(u64::read(from)?).ok().filter(|count| *count == 0 || *count == names.len())?;
    let named = |job: &Arc<str>| Some(SeriesOutcome { job: job.clone(), outcome: Outcome::read(from)? });
    let series = names[..count].iter().map(named).collect::<Option<Vec<_>>>()?;
    let (pools, cut) = (Exact::read(from)?, Exact::read(from)?);
    let mut counted = |known: &CountedShare| {
        let (hits, items) = (Exact::read(from)?, Exact::read(from)?);
        (hits <= items).then(|| CountedShare { share: known.share.clone(), hits, items })
    };
    let shares = shares.iter().map(&mut counted).collect::<Option<Vec<_>>>()?;
    Some(Replication { replication, all, series, pools, cut, shares })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_read_as_they_were_written(n: u64, span: i64, list: Vec<Option<u32>>, text: String) {
            let mut bytes = Vec::new();
            n.write(&mut bytes);
            SimDuration::from_nanos(span).write(&mut bytes);
            list.write(&mut bytes);
            text.write(&mut bytes);
            let mut from = &bytes[..];
            prop_assert_eq!(u64::read(&mut from), Some(n));
            prop_assert_eq!(SimDuration::read(&mut from), Some(SimDuration::from_nanos(span)));
            prop_assert_eq!(Vec::<Option<u32>>::read(&mut from), Some(list));
            prop_assert_eq!(String::read(&mut from), Some(text));
            prop_assert!(from.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut from = &bytes[..];
            let _ = read_record(&mut from, 0, &[], &[]);
        }
    }

    #[test]
    fn a_record_keeps_what_seconds_as_floats_would_lose() {
        let mut record = Replication { replication: 7, cut: true, ..Replication::default() };
        record.all.pod_time = SimDuration::from_nanos((1 << 53) + 1);
        record.all.reason = Some(JobReason::ALL[3]);
        record.all.overshoot.above = vec![SimDuration::from_nanos(5), SimDuration::from_nanos(-1)];
        record.series = vec![SeriesOutcome { job: "a".into(), outcome: record.all.clone() }];
        record.pools = vec![PoolUse { name: "spot".to_owned(), cost: u64::MAX, ..PoolUse::default() }];
        let mut bytes = Vec::new();
        write_record(&record, &mut bytes);
        let read = |mut from: &[u8]| read_record(&mut from, 7, &["a".into()], &[]).filter(|_| from.is_empty());
        assert_eq!(read(&bytes), Some(record));
        assert!((0..bytes.len()).all(|length| read(&bytes[..length]).is_none()), "what is cut off is no record");
    }
}
