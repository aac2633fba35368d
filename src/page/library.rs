//! The scenarios and lessons of the repository as texts that are part of the page.

/// A text of the repository.
#[derive(Clone, Copy, Debug)]
pub struct LibraryText {
    /// Its name: that of its file.
    pub name: &'static str,
    /// The text.
    pub text: &'static str,
}

/// The texts of a folder, with the names of their files.
macro_rules! texts {
    ($folder:literal: $($name:literal)*) => {
        &[$(LibraryText { name: $name, text: include_str!(concat!("../../", $folder, "/", $name, ".yaml")) }),*]
    };
}

/// The scenarios: `scenarios/`.
pub const SCENARIO_TEXTS: &[LibraryText] = texts!("scenarios":
    "autoscaler-delay"
    "backoff"
    "campaign"
    "controller-down"
    "controller-restart"
    "deadline"
    "drain"
    "eviction-overshoot"
    "fragmentation"
    "kueue"
    "leader-success"
    "move-suspended"
    "nightly-overruns"
    "onfailure"
    "outage"
    "poison-index"
    "pool-mix"
    "preemption"
    "quota"
    "replace"
    "shared-throttle"
    "slots"
    "spot-nodes"
    "spot-policy"
    "suspend-resume"
    "throttle-200"
    "work-queue"
);

/// The lessons, in the order in which they are best learnt: `docs/lessons/`.
pub const LESSON_TEXTS: &[LibraryText] = texts!("docs/lessons":
    "pods-of-a-limit"
    "time-of-a-limit"
    "the-cap"
    "pods-not-rounds"
    "more-than-there-is"
    "work-queue"
    "onfailure-limit"
    "zero-or-one"
    "failures-add-up"
    "waits-start-anew"
    "ignored-but-waited"
    "deadline-first"
    "suspend-deletes"
    "deadline-begins-anew"
    "two-for-a-while"
    "one-bad-index"
    "nobody-makes-up"
    "success-of-the-leader"
    "forbid-holds-back"
    "one-catch-up"
    "no-pods-at-all"
);
