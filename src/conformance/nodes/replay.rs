//! Replays histories of clusters with nodes: builds the world of a case, with its nodes, Jobs and users.

use super::compare::NodeGathering;
use super::record::{ListedNode, ListedPriorityClass, NodeHistory, NodeHistoryRecord, NodeUserAction};
use crate::api::Node;
use crate::apiserver::{JobObject, PriorityClass, node_of};
use crate::conformance::fleet::parts::{job_of, pod_key};
use crate::conformance::fleet::{FleetSampling, FleetScripts, Sample};
use crate::conformance::histories::record::CLOCK_START;
use crate::conformance::histories::replay::{
    Gathering, OnInstant, TOTALS, first_difference, micros, renewed, replay, shown, verdict,
};
use crate::conformance::{Replayer, Verdict, parsed};
use crate::id::{JobId, NodeId};
use crate::release::{MODELLED, RateLimit};
use crate::time::{SimDuration, SimTime, WallClock};
use crate::world::{Action, Config, JobRef, NodeAction, NodeConfig, Propagation, World};
use serde_json::{Value, json};
use std::sync::Arc;

/// A case, read and ready to be replayed any number of times.
#[derive(Debug)]
pub struct NodeCase<'a> {
    history: NodeHistory<'a>,
    config: Config,
    /// When each node joins, and when its kubelet renews the lease for the first time after that.
    nodes: Vec<(SimTime, SimDuration, Arc<Node>)>,
    jobs: Vec<(SimTime, Arc<JobObject>)>,
    actions: Vec<(SimTime, Action)>,
    scripts: Option<FleetScripts>,
    zero: SimTime,
    horizon: SimTime,
    /// Samples in addition to the regular ones.
    samples: Vec<Sample>,
}

impl<'a> NodeCase<'a> {
    /// Reads the case of one line.
    ///
    /// # Errors
    /// The line is not a case; the message says why.
    pub fn parse(line: &'a [u8]) -> Result<NodeCase<'a>, String> {
        let record: NodeHistoryRecord = parsed(line)?;
        let config = config(&record);
        let NodeHistoryRecord { world, nodes: listed, jobs: given, actions, horizon_us, history, .. } = record;
        let zero = micros(world.start_offset_us);
        let at = |us| zero + SimDuration::from_micros(us);
        let instants = given.iter().map(|j| j.create_at_us).chain(actions.iter().map(|a| a.at_us));
        // A join is a creation too.
        let instants = instants.chain(listed.iter().filter_map(|node| node.add_at_us));
        let mut samples: Vec<Sample> = instants.map(|us| Sample { at: at(us), is_comeback: false }).collect();
        samples.sort_unstable();
        let names = CaseNames {
            jobs: given.iter().map(|job| job.name.clone()).collect(),
            nodes: listed.iter().map(|node| node.name.clone()).collect(),
        };
        let mut nodes = Vec::new();
        for node in listed {
            let joins = node.add_at_us.map_or(SimTime::ZERO, at);
            nodes.push((joins, SimDuration::from_micros(node.heartbeat_us), Arc::new(node_object(&node)?)));
        }
        let (mut jobs, mut scripts) = (Vec::new(), FleetScripts::default());
        for job in given {
            let created = at(job.create_at_us);
            let (object, pods) = job_of(job)?;
            jobs.push((created, object));
            scripts.jobs.push(pods);
        }
        let actions = actions.into_iter().map(|a| Ok((at(a.at_us), action(a, &names)?)));
        let actions = actions.collect::<Result<_, String>>()?;
        let horizon = at(horizon_us);
        Ok(NodeCase { history, config, nodes, jobs, actions, scripts: Some(scripts), zero, horizon, samples })
    }
}

fn config(record: &NodeHistoryRecord<'_>) -> Config {
    let world = &record.world;
    let class = |c: &ListedPriorityClass| PriorityClass {
        name: c.name.clone(),
        value: c.value,
        is_global_default: c.global_default,
        never_preempts: c.preemption_policy.as_deref() == Some("Never"),
    };
    let nodes = NodeConfig {
        cycle: SimDuration::from_micros(world.cycle_us),
        scheduler: MODELLED.scheduler,
        throttle: None,
        has_lifecycle_controller: world.node_controllers,
        priority_classes: record.priority_classes.iter().map(class).collect(),
        ..NodeConfig::default()
    };
    Config {
        api_latency: SimDuration::from_micros(world.api_latency_us).into(),
        watch_latency: SimDuration::from_micros(world.watch_latency_us).into(),
        gc_latency: SimDuration::from_micros(world.gc_latency_us),
        throttle: world.qps.zip(world.burst).map(|(qps, burst)| RateLimit { qps, burst }),
        nodes: Some(Box::new(nodes)),
        clock: WallClock::starting_at(CLOCK_START),
        ..Config::default()
    }
}

fn node_object(node: &ListedNode) -> Result<Node, String> {
    let object = json!({
        "metadata": {"name": node.name, "labels": node.labels},
        "spec": {"taints": node.taints},
        "status": {"capacity": node.capacity, "allocatable": node.allocatable},
    });
    node_of(&object).map_err(|why| format!("the node {:?} is invalid: {why}", node.name))
}

/// The objects that actions may concern, in the order of the lists.
struct CaseNames {
    jobs: Vec<String>,
    nodes: Vec<String>,
}

fn action(a: NodeUserAction, names: &CaseNames) -> Result<Action, String> {
    let place = |names: &[String], name: &str| {
        names.iter().position(|n| n == name).ok_or_else(|| format!("there is no {name:?} in the case"))
    };
    match (&a.job, &a.node) {
        (Some(job), None) => {
            let job = JobRef::Id(JobId(place(&names.jobs, job)? as u32));
            action_on_job(a, job)
        }
        (None, Some(node)) => {
            let node = NodeId(place(&names.nodes, node)? as u32);
            Ok(Action::Node(node.into(), action_on_node(a)?))
        }
        _ => Err("an action must have one of job and node".into()),
    }
}

fn action_on_job(a: NodeUserAction, job: JobRef) -> Result<Action, String> {
    match (a.patch, a.patch_pod, a.delete_pod, a.evict_pod, a.delete) {
        (Some(patch), None, None, None, false) => Ok(Action::PatchJob(job, Arc::new(patch))),
        (Some(patch), Some(pod), None, None, false) => Ok(Action::PatchPod(job, pod_key(&pod)?, Arc::new(patch))),
        (None, None, Some(pod), None, false) => Ok(Action::DeletePod(job, pod_key(&pod)?)),
        (None, None, None, Some(pod), false) => Ok(Action::EvictPod(job, pod_key(&pod)?)),
        (None, None, None, None, true) => Ok(Action::DeleteJob(job, Propagation::Foreground)),
        _ => Err("an action on a Job must have one of patch, delete_pod, evict_pod and delete".into()),
    }
}

fn action_on_node(a: NodeUserAction) -> Result<NodeAction, String> {
    match (a.patch, a.cordon, a.reports, a.drain, a.delete_node) {
        (Some(patch), None, None, false, false) => Ok(NodeAction::Patch(Arc::new(patch))),
        (None, Some(cordon), None, false, false) => Ok(NodeAction::Cordon(cordon)),
        (None, None, Some(reports), false, false) => Ok(NodeAction::Report(reports)),
        (None, None, None, true, false) => Ok(NodeAction::Drain),
        (None, None, None, false, true) => Ok(NodeAction::Delete),
        _ => Err("an action on a node must have one of patch, cordon, reports, drain and delete_node".into()),
    }
}

/// Replays cases of this corpus; the memory of a world is used again for the next case.
#[derive(Debug, Default)]
pub struct NodeReplayer {
    world: Option<World<FleetScripts>>,
    gathering: NodeGathering,
    end: SimTime,
}

impl NodeReplayer {
    fn first_difference(&mut self, case: &mut NodeCase) -> Result<Option<(usize, Value)>, String> {
        let recorded = std::mem::take(&mut case.history.instants);
        let difference = first_difference(&recorded, |on_instant| self.run(case, on_instant));
        case.history.instants = recorded;
        Ok(difference?.or_else(|| self.totals_differ(case)))
    }

    /// Whether the fields other than the instants differ. Of refused edits only the kind and the name are compared,
    /// because the API's message shows the whole template as Go prints it.
    fn totals_differ(&self, case: &NodeCase) -> Option<(usize, Value)> {
        let (history, refusals) = (&case.history, &self.gathering.refusals);
        let created = self.world.as_ref().map_or(0, |w| w.env.store.pods.len() as u32);
        let end = self.end.as_micros_rounded() - case.zero.as_micros_rounded();
        let heads = |texts: Vec<&str>| -> Vec<String> {
            let jobs = texts.into_iter().filter(|text| text.starts_with("Job/"));
            jobs.map(|text| text.split(": ").take(2).collect::<Vec<_>>().join(": ")).collect()
        };
        let got = heads(refusals.iter().map(String::as_str).collect());
        let expected = heads(history.patch_errors.iter().map(|text| &**text).collect());
        let is_same = created == history.pods_created && end == history.end_us && got == expected;
        (!is_same).then(|| (TOTALS, json!({"pods_created": created, "patch_errors": refusals, "end_us": end})))
    }

    fn run(&mut self, case: &mut NodeCase, on_instant: &mut OnInstant<'_, NodeGathering>) -> Result<(), String> {
        let scripts = case.scripts.take().unwrap_or_default();
        let world = renewed(&mut self.world, case.config.clone(), scripts);
        for (at, heartbeat, node) in &case.nodes {
            world.add_node(node.clone(), *at, *heartbeat);
        }
        for (at, job) in &case.jobs {
            world.add_job(job.clone(), *at);
        }
        self.gathering.refusals.clear();
        for (at, action) in &case.actions {
            world.add_action(action.clone(), *at);
        }
        let mut sampling = FleetSampling::new(case.zero, &case.samples, case.horizon);
        let end = replay(world, &mut sampling, &mut self.gathering, on_instant);
        case.scripts = Some(std::mem::take(&mut world.env.workload));
        self.end = end?;
        Ok(())
    }
}

impl Replayer for NodeReplayer {
    fn replay(&mut self, line: &[u8]) -> Result<Verdict, String> {
        let difference = self.first_difference(&mut NodeCase::parse(line)?)?;
        verdict(line, difference, &["pods_created", "patch_errors", "end_us"])
    }

    fn show(&mut self, line: &[u8]) -> Result<String, String> {
        let mut replayed = Vec::new();
        self.run(&mut NodeCase::parse(line)?, &mut |t, gathered, store| {
            replayed.push(gathered.to_json(t, store));
            true
        })?;
        shown(line, &["world", "nodes", "priorityClasses", "jobs", "actions", "horizon_us"], &replayed)
    }
}
