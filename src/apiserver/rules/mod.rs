//! The API server's rules for Jobs and CronJobs beyond types: what is rejected, with which error on which field, in its
//! order. They read decoded and defaulted objects, so types are right and are not checked again.
//!
//! All rules use one vocabulary ([`language`]); rules about a single field are tables ([`table`]). The tables of Pod
//! templates are in [`crate::apiserver::pod_template`].
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
