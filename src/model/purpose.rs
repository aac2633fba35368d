//! The purposes of random numbers. Each has a fixed number, which is part of the names of the streams: a new purpose gets
//! the next free number, and no purpose ever changes its own.

use crate::kernel::Purpose;

/// From creation to being bound.
pub const BIND: Purpose = Purpose(0);
/// From binding to the images being there.
pub const PULL: Purpose = Purpose(1);
/// From the images to the containers running.
pub const START: Purpose = Purpose(2);
/// From running to ready.
pub const READY: Purpose = Purpose(3);
/// How long the containers run; one number for each run of the containers.
pub const RUN: Purpose = Purpose(4);
/// Whether and how a run fails.
pub const OUTCOME: Purpose = Purpose(5);
/// When a run fails of itself.
pub const TIME_TO_FAILURE: Purpose = Purpose(6);
/// Whether the containers hang.
pub const HANG: Purpose = Purpose(7);
/// Whether the Pod is never bound.
pub const UNSCHEDULABLE: Purpose = Purpose(8);
/// From SIGTERM to the exit.
pub const TERMINATE: Purpose = Purpose(9);
/// Whether a run fails in an outage.
pub const OUTAGE: Purpose = Purpose(10);
/// When the kubelet looks at a waiting container: three numbers for its beats, then 64 for each run's looks.
pub const RESTART_LOOK: Purpose = Purpose(11);
/// When the first disruption of each kind comes: this and the following.
pub const DISRUPTION: Purpose = Purpose(12);
/// Kinds of disruptions.
pub const DISRUPTIONS: u32 = 5;
/// When Jobs arrive; of the scenario's entry, not of a Pod.
pub const ARRIVAL: Purpose = Purpose(17);
/// How long a request to the API server takes; of a Job (or the cluster), by the number of its request.
pub const REQUEST_LATENCY: Purpose = Purpose(18);
/// How long a change takes to the controllers' caches; of a Job (or the cluster), by the number of its change.
pub const WATCH_LATENCY: Purpose = Purpose(19);
/// How long it takes until a node of a pool joins; of the node.
pub const PROVISIONING: Purpose = Purpose(20);
/// When a node of a pool is reclaimed; of the node.
pub const RECLAIM: Purpose = Purpose(21);
/// Which pool the autoscaler chooses, where chance decides; of the expansion.
pub const EXPANDER: Purpose = Purpose(22);
/// When a Pod is disrupted that the scenario names.
pub const DISRUPTED_AFTER: Purpose = Purpose(23);
/// Whether an image is pulled; one number for each try.
pub const PULL_FAILURE: Purpose = Purpose(24);
/// When the kubelet looks whether it may pull again; one number for each look.
pub const PULL_LOOK: Purpose = Purpose(25);
/// Whether a container's configuration is wrong.
pub const CONFIG_ERROR: Purpose = Purpose(26);
/// Whether a container cannot be started; one number for each run.
pub const START_ERROR: Purpose = Purpose(27);
/// From the end of the main container to that of another.
pub const AFTER_MAIN: Purpose = Purpose(28);
/// Whether a Pod is among the share that a user's action concerns; one number for each action.
pub const CHOICE: Purpose = Purpose(29);
/// When the startup probe of a sidecar succeeds.
pub const STARTUP: Purpose = Purpose(30);
/// Whether a run ends for want of memory; one number for each run.
pub const OUT_OF_MEMORY: Purpose = Purpose(31);
