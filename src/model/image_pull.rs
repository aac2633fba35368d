//! How long it takes until a Pod's images are present, where a pull may fail. Sources in kubelet v1.37:
//! EnsureImageExists and pullImage (`pkg/kubelet/images/image_manager.go`); the image back-off of 10 s that doubles up
//! to 300 s (imageBackOffPeriod and MaxImageBackOff in `pkg/kubelet/kubelet.go`); completeWork
//! (`pkg/kubelet/pod_workers.go`): after an error the kubelet syncs the Pod again 10 s to 15 s later, and pulls at the
//! first sync that the back-off allows.

use super::{Distribution, purpose};
use crate::api::WaitingReason;
use crate::kernel::Draws;
use crate::time::SimDuration;

/// The first wait after a failed pull.
const FIRST_WAIT: SimDuration = SimDuration::from_secs(10);

/// The longest wait.
const BACKOFF_CAP: SimDuration = SimDuration::from_secs(300);

/// From one sync to the next, before its random half is added.
const LOOK: SimDuration = SimDuration::from_secs(10);

/// After more failures in a row than this the images never arrive: the waits exceed all of virtual time.
const MOST_TRIES: u32 = 1 << 20;

/// From binding until the images are present; `None` for never. Each attempt takes the time of a pull and fails with
/// this probability.
pub(super) fn lasts(pull: &Distribution, fails: f64, draws: &mut Draws) -> Option<SimDuration> {
    if fails >= 1.0 {
        return None;
    }
    let mut lasts = pull.draw_duration(|| draws.uniform(purpose::PULL));
    if fails <= 0.0 {
        return Some(lasts);
    }
    let (mut wait, mut looks) = (FIRST_WAIT, 0);
    for tried in 0..MOST_TRIES {
        if draws.uniform_at(purpose::PULL_FAILURE, tried) >= fails {
            return Some(lasts);
        }
        let mut waited = SimDuration::ZERO;
        while waited < wait {
            let late = 1.0 + draws.uniform_at(purpose::PULL_LOOK, looks) / 2.0;
            waited += SimDuration::from_secs_f64(LOOK.as_secs_f64() * late);
            looks += 1;
        }
        lasts = lasts + waited + pull.draw_duration(|| draws.uniform_at(purpose::PULL, tried + 1));
        wait = wait.doubled().min(BACKOFF_CAP);
    }
    None
}

/// Reports of this many failed pulls are made; a Pod whose image never arrives goes on in the same way.
const MOST_REPORTS: usize = 20;

/// What the kubelet reports about failed pulls, in order, as times since binding: ErrImagePull when a pull has failed,
/// and ImagePullBackOff from the first sync at which the back-off is not over. The back-off of the first failure is
/// over at the next sync, so that failure is followed by another pull at once.
pub(super) fn reports(pull: &Distribution, fails: f64, draws: &mut Draws) -> Vec<(SimDuration, WaitingReason)> {
    let (mut wait, mut looks, mut at, mut all) = (FIRST_WAIT, 0, SimDuration::ZERO, Vec::new());
    for tried in 0..MOST_TRIES {
        at += pull.draw_duration(|| draws.uniform_at(purpose::PULL, tried));
        let has_failed = fails > 0.0 && (fails >= 1.0 || draws.uniform_at(purpose::PULL_FAILURE, tried) < fails);
        if !has_failed || all.len() >= MOST_REPORTS {
            break;
        }
        all.push((at, WaitingReason::ErrImagePull));
        let mut waited = SimDuration::ZERO;
        while waited < wait {
            let late = 1.0 + draws.uniform_at(purpose::PULL_LOOK, looks) / 2.0;
            waited += SimDuration::from_secs_f64(LOOK.as_secs_f64() * late);
            looks += 1;
            let is_first_within = all.last().is_some_and(|(_, last)| *last == WaitingReason::ErrImagePull);
            if waited < wait && is_first_within {
                all.push((at + waited, WaitingReason::ImagePullBackOff));
            }
        }
        at += waited;
        wait = wait.doubled().min(BACKOFF_CAP);
    }
    all.truncate(MOST_REPORTS);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Entity, Streams};

    /// The first back-off of 10 s is over at the next sync, 10 s to 15 s later; the one of 20 s and all later ones are
    /// not.
    #[test]
    fn what_is_reported_of_pulls_that_fail() {
        use WaitingReason::{ErrImagePull, ImagePullBackOff};
        let pull = Distribution::constant(2.0).expect("it is a time");
        for member in 0..100 {
            let draws = || Streams::new(3, 0).draws(Entity::named(&["pull"]).member(member), 1);
            let never = reports(&pull, 1.0, &mut draws());
            let reasons: Vec<WaitingReason> = never.iter().map(|(_, reason)| *reason).collect();
            assert_eq!(reasons[..4], [ErrImagePull, ErrImagePull, ImagePullBackOff, ErrImagePull]);
            assert_eq!(reasons.len(), MOST_REPORTS);
            let seconds: Vec<f64> = never.iter().map(|(at, _)| at.as_secs_f64()).collect();
            assert_eq!(seconds[0], 2.0, "the pull itself");
            // 12 s to 17 s later the second pull has failed, and 10 s to 15 s after that the kubelet syncs the Pod.
            assert!((14.0..=19.0).contains(&seconds[1]) && (10.0..=15.0).contains(&(seconds[2] - seconds[1])));
            // If a pull succeeds in the end, the last report comes before it.
            let (lasts, told) = (lasts(&pull, 0.7, &mut draws()), reports(&pull, 0.7, &mut draws()));
            let last = told.last().map_or(SimDuration::ZERO, |(at, _)| *at);
            assert!(told.len() >= MOST_REPORTS || lasts.is_some_and(|lasts| last < lasts), "{told:?} {lasts:?}");
        }
        assert!(reports(&pull, 0.0, &mut Streams::new(3, 0).draws(Entity::named(&["pull"]), 1)).is_empty());
    }

    #[test]
    fn waits_double_from_ten_seconds_to_five_minutes() {
        let pull = Distribution::constant(2.0).expect("it is a time");
        let mut draws = Streams::new(1, 0).draws(Entity::named(&["pull"]), 1);
        assert_eq!(lasts(&pull, 0.0, &mut draws), Some(SimDuration::from_secs(2)));
        assert_eq!(lasts(&pull, 1.0, &mut draws), None);
        // The Pod's draws determine how many attempts fail. Its time lies between the waits alone and the waits with
        // the latest possible syncs.
        for member in 0..200 {
            let mut draws = Streams::new(2, 0).draws(Entity::named(&["pull"]).member(member), 1);
            let failures = (0..).take_while(|&n| draws.uniform_at(purpose::PULL_FAILURE, n) < 0.8).count() as i64;
            let waits: i64 = (0..failures).map(|n| (10 << n.min(5)).min(300)).sum();
            let got = lasts(&pull, 0.8, &mut draws).expect("a pull succeeds at last").as_secs_f64();
            let pulls = 2.0 * (failures + 1) as f64;
            let least = waits as f64 + pulls;
            let most = waits as f64 * 1.5 + 15.0 * failures as f64 + pulls;
            assert!(least <= got && got <= most, "{failures} failures: {least} <= {got} <= {most}");
        }
    }
}
