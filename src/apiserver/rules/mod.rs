//! The API server's rules for Jobs and CronJobs beyond types: what is refused, with which error on which field, in its
//! order. They read objects that are decoded and defaulted, so types are right and the rules need not look again.
//!
//! One vocabulary serves them all ([`language`]); rules that are a plain property of one field stand in tables
//! ([`table`]). The tables of Pod templates are in [`crate::apiserver::pod_template`].
//!
//! Source: `pkg/apis/batch/validation`, `k8s.io/apimachinery/pkg/api/validation` of Kubernetes v1.37.

pub(crate) mod cronjob;
pub(crate) mod formats;
pub(crate) mod indexes;
pub(crate) mod job;
mod language;
pub(crate) mod meta;
pub(crate) mod names;
mod policies;
pub(crate) mod schedule;
mod scheduling;
pub(crate) mod selector;
pub(crate) mod status;
mod table;
pub(crate) mod update;

pub(crate) use language::*;
pub(crate) use table::*;
