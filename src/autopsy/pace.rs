//! A control plane that is slow but not down: it takes about the same time in each case. One that was down is late
//! once, and in time before and after.

use super::waits::{ObservedWait, SHORTEST, WaitCause};
use crate::time::{SimDuration, SimTime};

/// The number of reactions needed to tell.
const FEWEST: usize = 3;

/// How long the controller took to replace Pods that had left, if nothing else held it up: when, and how long.
pub(super) type Reactions = Vec<(SimTime, SimDuration)>;

/// Reclassifies waits for a controller that was never in time.
pub(super) fn judge(waits: &mut [ObservedWait], reactions: &Reactions) {
    let mut instants: Vec<SimTime> = reactions.iter().map(|(at, _)| *at).collect();
    instants.sort_unstable();
    instants.dedup_by(|a, b| *a - *b <= SimDuration::from_secs(2));
    let (least, most) = (reactions.iter().map(|r| r.1).min(), reactions.iter().map(|r| r.1).max());
    let (Some(least), Some(most)) = (least, most) else { return };
    let is_even = least >= SHORTEST && most <= least + least + least + SHORTEST;
    if instants.len() < FEWEST || !is_even {
        return;
    }
    for wait in waits.iter_mut() {
        let is_late = matches!(wait.cause, WaitCause::ControllerDown | WaitCause::Unknown) && wait.expected.is_some();
        if is_late && wait.residual().is_some_and(|late| late <= most + SHORTEST) {
            wait.cause = WaitCause::SlowControlPlane;
            wait.rule = format!(
                "the controller took {least} to {most} each time that a Pod had left: requests to the API server are slow, changes reach \
                 it late, or it has much else to do"
            );
        }
    }
}
