//! The Job controller. Its folder is the twin of the real one: a file for each concern that Kubernetes separates, with
//! the same order of evaluation; `doc(alias)` carries the Go names.
//!
//! A sync ([`JobSync`]) performs nothing: it is begun with a view and *now*, gives out calls, and is resumed with their
//! outcomes. What is left out, with the reason:
//! - adoption and release of Pods by selector: every Pod here is created by its Job;
//! - metrics, logging, and feature gates: all features of v1.37 that are on by default are on;
//! - removal of finished Jobs' legacy annotations: none exist.

mod backoff;
mod cache;
mod call;
mod conditions;
mod counting;
mod ending;
#[cfg(test)]
mod ending_tests;
mod expectations;
mod handlers;
mod indexes;
mod ledger;
mod manage;
mod orphans;
mod phase;
mod pod_failure_policy;
mod success_policy;
mod sync;
#[cfg(test)]
mod sync_tests;
#[cfg(test)]
pub(in crate::controller) mod testing;
mod tracking;
#[cfg(test)]
mod tracking_tests;
mod view;

pub use backoff::{BackoffRecord, backoff_for, finished_time, remaining_backoff};
pub use cache::{CachedJob, CachedPod, Caches, JobCacheEntry, NewestVersions, Records};
pub use call::{BackoffWait, Emission, JobCall, JobCallOutcome, JobOutbox};
pub use expectations::Expectations;
pub use handlers::JobController;
pub use ledger::Ledger;
pub use orphans::{OrphanKey, OrphanQueue};
pub use pod_failure_policy::{Cause, PolicyMatch, is_pod_failed, match_pod_failure_policy, only_replace_failed_pods};
pub use success_policy::match_success_policy;
pub use sync::{JobSync, JobSyncContext, ReasonToDelete};
pub use view::{IndexBag, View};
