//! The kubelet's restart back-off: how long a container that exited is held back before it is restarted, as in
//! Kubernetes v1.37 (`pkg/kubelet`, Backoff in `client-go/util/flowcontrol`). This is the arithmetic alone;
//! `restart_schedule` says when the kubelet next syncs the Pod of a waiting container.
//!
//! The rules. There is an entry per container and image: a delay, and the time of the last restart. A container that
//! exited at F is held back until F + delay. When it is restarted, its delay is doubled (up to the longest), or set to
//! the first delay if there is no valid entry; so the first restart is immediate. An entry is not valid for an exit
//! more than ten minutes after the last restart. The kubelet's housekeeping removes such entries, even while the
//! container waits, which then lets it start early.
//!
//! Not modelled: entries of other containers of the Pod (each has its own [`RestartBackoff`]); a restarted kubelet,
//! which has no entries ([`RestartBackoff::new`] again).

use crate::release::MODELLED;
use crate::time::{SimDuration, SimTime};
use smallvec::SmallVec;

/// An entry older than this is not valid, however long the longest delay is.
pub const FORGOTTEN_AFTER: SimDuration = SimDuration::from_secs(600);

/// How often the kubelet's housekeeping removes old entries.
pub const HOUSEKEEPING_PERIOD: SimDuration = SimDuration::from_secs(2);

/// The first and the longest delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// The delay after the second exit.
    pub initial: SimDuration,
    /// The longest delay.
    pub max: SimDuration,
}

impl Default for Delays {
    /// The delays of a kubelet with the default configuration: 10 s and 300 s.
    fn default() -> Self {
        CrashLoopSettings::default().delays()
    }
}

/// The settings that determine a kubelet's delays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrashLoopSettings {
    /// Feature gate KubeletCrashLoopBackOffMax, on by default.
    pub max_gate: bool,
    /// Feature gate ReduceDefaultCrashLoopBackOffDecay, off by default.
    pub reduced_gate: bool,
    /// `crashLoopBackOff.maxContainerRestartPeriod`; it has an effect only with the first gate.
    pub max_container_restart_period: Option<SimDuration>,
}

impl Default for CrashLoopSettings {
    fn default() -> Self {
        CrashLoopSettings { max_gate: true, reduced_gate: false, max_container_restart_period: None }
    }
}

impl CrashLoopSettings {
    /// The delays of a kubelet with these settings. With the first gate, an absent setting defaults to 300 s, which
    /// takes precedence over the other gate's 60 s.
    pub fn delays(self) -> Delays {
        let seconds = SimDuration::from_secs;
        let usual = MODELLED.kubelet;
        let (initial, otherwise) = match self.reduced_gate {
            true => (seconds(1), seconds(60)),
            false => (usual.restart_backoff, usual.max_restart_backoff),
        };
        let configured = self.max_container_restart_period.unwrap_or(usual.max_restart_backoff);
        let max = if self.max_gate { configured } else { otherwise };
        Delays { initial: initial.min(max), max }
    }
}

/// The image of a container. Restarts with another image have an entry of their own.
pub type Image = u32;

/// What the kubelet knows of a container's last restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RestartEntry {
    image: Image,
    delay: SimDuration,
    restarted: SimTime,
}

/// How long a container that exited is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The delay, counted from the exit; zero if it is not held back.
    pub delay: SimDuration,
    /// The first instant at which it may start again. It is earlier than the end of the delay if housekeeping removes
    /// the entry.
    pub allowed: SimTime,
}

/// The restart back-off of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartBackoff {
    delays: Delays,
    /// Any time at which housekeeping runs; `None` if entries are never removed (which no kubelet does).
    housekeeping: Option<SimTime>,
    entries: SmallVec<[RestartEntry; 1]>,
}

impl RestartBackoff {
    /// A container that never exited. Housekeeping runs at `housekeeping` and every [`HOUSEKEEPING_PERIOD`] before and
    /// after.
    pub fn new(delays: Delays, housekeeping: Option<SimTime>) -> Self {
        RestartBackoff { delays, housekeeping, entries: SmallVec::new() }
    }

    /// A container that has been restarted this often, the last time at `last`. Its housekeeping is unknown and left
    /// out.
    pub fn after(delays: Delays, restarts: u32, last: SimTime) -> Self {
        let mut backoff = RestartBackoff::new(delays, None);
        backoff.had_restarted(0, restarts, last);
        backoff
    }

    /// A container, of which nothing was known, had been restarted so often, the last time at `last`.
    pub fn had_restarted(&mut self, image: Image, restarts: u32, last: SimTime) {
        if restarts > 0 {
            let (initial, max) = (self.delays.initial, self.delays.max);
            let delay = (1..restarts.min(64)).fold(initial, |delay, _| delay.doubled().min(max));
            self.entries.push(RestartEntry { image, delay, restarted: last });
        }
    }

    /// The container exited at `at`.
    pub fn exited(&self, image: Image, at: SimTime) -> Held {
        let Some(entry) = self.counting(image, at) else { return Held { delay: SimDuration::ZERO, allowed: at } };
        let over = at + entry.delay;
        let allowed = self.dropped(entry).map_or(over, |dropped| dropped.min(over));
        Held { delay: entry.delay, allowed }
    }

    /// The container that exited at `exited` is restarted at `now`, which must not be earlier than allowed.
    pub fn restarted(&mut self, image: Image, exited: SimTime, now: SimTime) {
        let known = self.counting(image, exited).filter(|entry| self.dropped(entry).is_none_or(|at| now < at));
        let delay = known.map_or(self.delays.initial, |entry| entry.delay.doubled().min(self.delays.max));
        self.entries.retain(|entry| entry.image != image);
        self.entries.push(RestartEntry { image, delay, restarted: now });
    }

    /// The entry that is valid for an exit at `at`.
    fn counting(&self, image: Image, at: SimTime) -> Option<&RestartEntry> {
        let entry = self.entries.iter().find(|entry| entry.image == image)?;
        let forgotten = at - entry.restarted > FORGOTTEN_AFTER;
        let dropped = self.dropped(entry).is_some_and(|dropped| dropped <= at);
        (!forgotten && !dropped).then_some(entry)
    }

    /// When housekeeping removes an entry: at its first run after the entry became older than [`FORGOTTEN_AFTER`].
    fn dropped(&self, entry: &RestartEntry) -> Option<SimTime> {
        let old = entry.restarted + FORGOTTEN_AFTER + SimDuration::TICK;
        Some(next_beat(self.housekeeping?, HOUSEKEEPING_PERIOD, old))
    }
}

/// The first of the instants `beat` + n × `period` that is not before `now`.
pub(super) fn next_beat(beat: SimTime, period: SimDuration, now: SimTime) -> SimTime {
    let (since, period) = ((now - beat).as_nanos(), period.as_nanos());
    let late = since.rem_euclid(period);
    if late == 0 { now } else { now + SimDuration::from_nanos(period - late) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    /// How long each restart is held back if every run lasts one second.
    fn delays_of(settings: CrashLoopSettings, restarts: usize) -> Vec<i64> {
        let mut backoff = RestartBackoff::new(settings.delays(), Some(s(1)));
        let mut start = s(0);
        let mut delays = Vec::new();
        for _ in 0..restarts {
            let exit = start + SimDuration::from_secs(1);
            let held = backoff.exited(0, exit);
            delays.push((held.allowed - exit).as_nanos() / 1_000_000_000);
            backoff.restarted(0, exit, held.allowed);
            start = held.allowed;
        }
        delays
    }

    #[test]
    fn the_variants() {
        let default = CrashLoopSettings::default();
        let max = |seconds| Some(SimDuration::from_secs(seconds));
        let cases = [
            (default, [0, 10, 20, 40, 80, 160, 300, 300]),
            (CrashLoopSettings { max_gate: false, ..default }, [0, 10, 20, 40, 80, 160, 300, 300]),
            (CrashLoopSettings { max_container_restart_period: max(60), ..default }, [0, 10, 20, 40, 60, 60, 60, 60]),
            (CrashLoopSettings { max_container_restart_period: max(5), ..default }, [0, 5, 5, 5, 5, 5, 5, 5]),
            (CrashLoopSettings { reduced_gate: true, ..default }, [0, 1, 2, 4, 8, 16, 32, 64]),
            (
                CrashLoopSettings { reduced_gate: true, max_container_restart_period: max(60), ..default },
                [0, 1, 2, 4, 8, 16, 32, 60],
            ),
            (CrashLoopSettings { reduced_gate: true, max_gate: false, ..default }, [0, 1, 2, 4, 8, 16, 32, 60]),
        ];
        for (settings, delays) in cases {
            assert_eq!(delays_of(settings, 8), delays, "{settings:?}");
        }
    }

    #[test]
    fn ten_minutes_are_not_enough_and_a_bit_more_is() {
        for (ran, delay) in [(600_000, 10_000), (600_001, 0)] {
            let mut backoff = RestartBackoff::new(Delays::default(), None);
            backoff.restarted(0, s(0), s(0));
            let exit = s(0) + SimDuration::from_millis(ran);
            assert_eq!(backoff.exited(0, exit).delay, SimDuration::from_millis(delay), "{ran}");
        }
    }

    #[test]
    fn housekeeping_lets_a_waiting_container_through() {
        let mut backoff = RestartBackoff::new(Delays::default(), Some(s(1)));
        for _ in 0..6 {
            backoff.restarted(0, s(0), s(0));
        }
        // Held back for 300 s from 500 s on, but housekeeping removes the entry of the restart at 0 s at 601 s.
        assert_eq!(backoff.exited(0, s(500)), Held { delay: SimDuration::from_secs(300), allowed: s(601) });
        backoff.restarted(0, s(500), s(601));
        assert_eq!(backoff.exited(0, s(602)).delay, SimDuration::from_secs(10));
    }

    #[test]
    fn another_image_counts_anew() {
        let mut backoff = RestartBackoff::new(Delays::default(), Some(s(1)));
        backoff.restarted(0, s(0), s(0));
        backoff.restarted(0, s(20), s(30));
        assert_eq!(backoff.exited(1, s(40)).delay, SimDuration::ZERO);
        backoff.restarted(1, s(40), s(40));
        assert_eq!(backoff.exited(1, s(50)).delay, SimDuration::from_secs(10));
        assert_eq!(backoff.exited(0, s(50)).delay, SimDuration::from_secs(20));
    }
}
