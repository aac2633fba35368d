//! Manifests and dumps of clusters as typed objects that know their places: loading, fields set by a cluster's server,
//! the status that a run can begin with, nodes, and fields that have no effect here. No files are opened here.

mod initial_cronjob_status;
mod initial_job_status;
mod load;
mod nodes;
mod owners;
mod priority_class;
mod quota;
mod seen_container;
mod seen_event;
mod seen_pod;
mod unmodelled;
mod workloads;
mod wrappers;

pub use initial_job_status::InitialJobStatus;
pub use load::{Loaded, LoadedObject, Manifest, Remark, Skipped, Starting, items, load_manifests};
pub use nodes::{DEFAULT_MAX_PODS, LoadedNode, LoadedNodes, load_nodes};
pub use priority_class::priority_class;
pub use quota::{LoadedQuota, resource_quota};
pub use seen_container::SeenContainer;
pub use seen_event::SeenEvent;
pub use seen_pod::SeenPod;
pub use unmodelled::why_unmodelled;
pub use workloads::{LoadedWorkload, WorkloadCount, workload};
pub use wrappers::wrapper;
