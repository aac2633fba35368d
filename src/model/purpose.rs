//! The purposes of random numbers. Each has a fixed number, which is part of the name of a stream. A new purpose gets
//! the next free number, and no purpose ever changes its number.

use crate::kernel::Purpose;

/// From creation to binding.
pub const BIND: Purpose = Purpose(0);
/// From binding until the images are present.
pub const PULL: Purpose = Purpose(1);
/// From the images to the containers running.
pub const START: Purpose = Purpose(2);
/// From running to ready.
pub const READY: Purpose = Purpose(3);
/// How long the containers run; one number per run.
pub const RUN: Purpose = Purpose(4);
/// Whether and how a run fails.
pub const OUTCOME: Purpose = Purpose(5);
/// When a run fails by itself.
pub const TIME_TO_FAILURE: Purpose = Purpose(6);
/// Whether the containers hang.
pub const HANG: Purpose = Purpose(7);
/// Whether the Pod is never bound.
pub const UNSCHEDULABLE: Purpose = Purpose(8);
/// From SIGTERM to the exit.
pub const TERMINATE: Purpose = Purpose(9);
/// Whether a run fails in an outage.
pub const OUTAGE: Purpose = Purpose(10);
/// When the kubelet syncs a Pod with a waiting container: three numbers for its periodic work, then 64 per run.
pub const RESTART_LOOK: Purpose = Purpose(11);
/// When the first disruption of each kind comes: this number and the following.
pub const DISRUPTION: Purpose = Purpose(12);
/// Kinds of disruptions.
pub const DISRUPTIONS: u32 = 5;
/// When Jobs arrive; drawn for an entry of the scenario, not for a Pod.
pub const ARRIVAL: Purpose = Purpose(17);
/// How long a request to the API server takes; drawn for a Job (or the cluster), by the number of the request.
pub const REQUEST_LATENCY: Purpose = Purpose(18);
/// How long a change takes to reach the controllers' caches; drawn for a Job (or the cluster), by the number of the
/// change.
pub const WATCH_LATENCY: Purpose = Purpose(19);
/// How long a node of a pool takes to join; drawn for the node.
pub const PROVISIONING: Purpose = Purpose(20);
/// When a node of a pool is reclaimed; drawn for the node.
pub const RECLAIM: Purpose = Purpose(21);
/// Which pool the autoscaler chooses, if it chooses at random; drawn for the expansion.
pub const EXPANDER: Purpose = Purpose(22);
/// When a Pod with a disruption time of its own is disrupted.
pub const DISRUPTED_AFTER: Purpose = Purpose(23);
/// Whether a pull fails; one number per attempt.
pub const PULL_FAILURE: Purpose = Purpose(24);
/// When the kubelet checks whether it may pull again; one number per check.
pub const PULL_LOOK: Purpose = Purpose(25);
/// Whether a container's configuration is wrong.
pub const CONFIG_ERROR: Purpose = Purpose(26);
/// Whether a container cannot be started; one number per run.
pub const START_ERROR: Purpose = Purpose(27);
/// From the end of the main container to that of another.
pub const AFTER_MAIN: Purpose = Purpose(28);
/// Whether a Pod is among the share that a user's action affects; one number per action.
pub const CHOICE: Purpose = Purpose(29);
/// When the startup probe of a sidecar succeeds.
pub const STARTUP: Purpose = Purpose(30);
/// Whether a run runs out of memory; one number per run.
pub const OUT_OF_MEMORY: Purpose = Purpose(31);
