//! When a kubelet actually restarts a container that its restart back-off allows to start: it syncs a waiting Pod only
//! now and then. The time for the image and for creating the container comes on top and is not included.
//!
//! The rules (kubelet v1.37: pleg, pod workers' queue, sync loop):
//!
//! - it learns of an exit when it lists the containers, once a second, and syncs the Pod;
//! - a sync that ends in "held back" is repeated after d × (1 + u/2) with u uniform in (0, 1), where d is the rest of
//!   the delay, at most one minute (the sync frequency); Pods that are due are collected once a second. Up to v1.34, d
//!   is 10 s whatever the rest is;
//! - it restarts the container at the first sync at which that is allowed.
//!
//! So a restart after 10 s is 0 to 5 s late, and one after five minutes up to a minute and a half. Other events of the
//! Pod, which cause a sync at once, are left out: a Job's waiting Pod has none.

use super::restart_backoff::{Delays, HOUSEKEEPING_PERIOD, Image, RestartBackoff, next_beat};
use crate::time::{SimDuration, SimTime};

/// How often the kubelet lists the containers and collects Pods that are due.
const SECOND: SimDuration = SimDuration::from_secs(1);

/// How long a kubelet up to v1.34 waits after a sync that ended in "held back", before its random half is added.
/// Source: `backOffPeriod`, 10 s.
const LOOK_AGAIN: SimDuration = SimDuration::from_secs(10);

/// No restart takes more syncs than this: so many minutes are longer than any delay.
const MOST_LOOKS: u32 = 1 << 16;

/// How kubelets restart containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartSchedule {
    /// The restart back-off.
    pub delays: Delays,
    /// Whether it syncs only now and then; if not, it restarts at the first instant that is allowed.
    pub looks: bool,
    /// Whether it syncs again when the back-off is over; if not, ten to fifteen seconds after each sync.
    pub looks_when_over: bool,
    /// The longest time between syncs, before its random half is added (`syncFrequency`).
    pub sync_frequency: SimDuration,
}

impl Default for RestartSchedule {
    /// A kubelet with the default configuration.
    fn default() -> Self {
        let sync_frequency = SimDuration::from_secs(60);
        RestartSchedule { delays: Delays::default(), looks: true, looks_when_over: true, sync_frequency }
    }
}

/// When a container's kubelet does its periodic work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beats {
    /// Removes old back-off entries, every two seconds.
    pub housekeeping: SimTime,
    /// Lists the containers, every second.
    pub listing: SimTime,
    /// Collects Pods that are due, every second.
    pub collecting: SimTime,
}

impl Beats {
    /// Phases of the periodic work, from three uniform numbers.
    pub fn new(housekeeping: f64, listing: f64, collecting: f64) -> Self {
        let within = |u: f64, period: SimDuration| SimTime::ZERO + SimDuration::from_secs_f64(u * period.as_secs_f64());
        Beats {
            housekeeping: within(housekeeping, HOUSEKEEPING_PERIOD),
            listing: within(listing, SECOND),
            collecting: within(collecting, SECOND),
        }
    }
}

impl RestartSchedule {
    /// When the container that exited at `exited` is restarted; `image` names it in its Pod's back-off. `uniform` gives
    /// the random number of each sync.
    pub fn restart(
        &self,
        (backoff, image): (&RestartBackoff, Image),
        beats: &Beats,
        exited: SimTime,
        mut uniform: impl FnMut(u32) -> f64,
    ) -> SimTime {
        let held = backoff.exited(image, exited);
        if !self.looks {
            return held.allowed;
        }
        let mut now = next_beat(beats.listing, SECOND, exited);
        for look in 0..MOST_LOOKS {
            if now >= held.allowed {
                break;
            }
            // The kubelet goes by the delay; it does not foresee housekeeping.
            let left = match self.looks_when_over {
                true => (exited + held.delay - now).min(self.sync_frequency),
                false => LOOK_AGAIN,
            };
            let wait = SimDuration::from_secs_f64(left.as_secs_f64() * (1.0 + uniform(look) / 2.0));
            now = next_beat(beats.collecting, SECOND, now + wait);
        }
        now.max(held.allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(millis)
    }

    const BEATS: Beats = Beats {
        housekeeping: SimTime::from_nanos(0),
        listing: SimTime::from_nanos(250_000_000),
        collecting: SimTime::from_nanos(500_000_000),
    };

    /// A container that has been restarted this often.
    fn after(restarts: u32) -> RestartBackoff {
        let mut backoff = RestartBackoff::new(Delays::default(), Some(BEATS.housekeeping));
        (0..restarts).for_each(|_| backoff.restarted(0, at(0), at(0)));
        backoff
    }

    #[test]
    fn looks_of_a_short_wait() {
        let kubelet = RestartSchedule::default();
        // Exit at 1.0 s: the first restart is at the listing. Held back for 10 s: 9.75 s are left at the listing. With
        // u = 0 it comes back exactly at the end, at the next collection; with u = 1, 4.875 s later.
        assert_eq!(kubelet.restart((&after(0), 0), &BEATS, at(1_000), |_| 0.5), at(1_250));
        assert_eq!(kubelet.restart((&after(1), 0), &BEATS, at(1_000), |_| 0.0), at(11_500));
        assert_eq!(kubelet.restart((&after(1), 0), &BEATS, at(1_000), |_| 1.0), at(16_500));
        let exact = RestartSchedule { looks: false, ..kubelet };
        assert_eq!(exact.restart((&after(1), 0), &BEATS, at(1_000), |_| 1.0), at(11_000));
    }

    #[test]
    fn up_to_v1_34_it_looks_every_ten_to_fifteen_seconds() {
        let old = RestartSchedule { looks_when_over: false, ..RestartSchedule::default() };
        // Held back for 40 s from 1 s on. With u = 0 the syncs are at 1.25, 11.5, 21.5, 31.5 and 41.5; with u = 1 at
        // 16.5, 31.5 and 46.5.
        assert_eq!(old.restart((&after(3), 0), &BEATS, at(1_000), |_| 0.0), at(41_500));
        assert_eq!(old.restart((&after(3), 0), &BEATS, at(1_000), |_| 1.0), at(46_500));
        let new = RestartSchedule::default();
        assert_eq!(new.restart((&after(3), 0), &BEATS, at(1_000), |_| 1.0), at(61_500));
    }

    #[test]
    fn a_long_wait_has_several_looks() {
        // 300 s from 1 s on: syncs at 1.25, and after 60, 60, 60, 60 and the rest; at first 59.75 s.
        let mut looks = 0;
        let restart = RestartSchedule::default().restart((&after(6), 0), &BEATS, at(1_000), |look| {
            looks = look + 1;
            0.0
        });
        assert_eq!((looks, restart), (5, at(301_500)));
        // With u = 1: at 91.5, 181.5 and 271.5; then 29.5 s are left, and half of that is added.
        let restart = RestartSchedule::default().restart((&after(6), 0), &BEATS, at(1_000), |_| 1.0);
        assert_eq!(restart, at(316_500));
    }

    proptest! {
        #[test]
        fn it_is_never_early_and_at_most_half_a_sync_late(exit in 0..700_000_i64, restarts in 0..8_u32, u in 0.0..1.0_f64) {
            let (backoff, kubelet) = (after(restarts), RestartSchedule::default());
            let allowed = backoff.exited(0, at(exit)).allowed;
            let restart = kubelet.restart((&backoff, 0), &BEATS, at(exit), |look| (u * f64::from(look + 1)).fract());
            prop_assert!(restart >= allowed);
            prop_assert!(restart - allowed <= SimDuration::from_secs(92));
        }
    }
}
