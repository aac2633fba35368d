//! Whether the Pods of Jobs fit now: which nodes accept them, and what prevents it on each node. It asks the scheduler
//! itself, with the nodes that exist at the start, for each Job as if it were alone; nothing is simulated.

use super::setup::{PlannedCronJob, PlannedJob, PlannedNode, ResidentPod, Setup};
use crate::api::{DEFAULT_SCHEDULER, JobSpec, Node, PodPlacement, PodSchedulingSpec, Resources};
use crate::apiserver::{admit_priority, pod_scheduling_spec};
use crate::id::{ArenaKey, NodeId, PodId, PodSpecId, Table};
use crate::limits::MOST_PLACED;
use crate::model::NodePool;
use crate::scheduler::{CycleOutcome, NodeInfo, NodeRefusal, Reason, Scheduler, WatchedPod};
use crate::time::SimTime;
use crate::world::NodeConfig;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Whether the Pods of a Job, or of the Jobs of a CronJob, fit.
#[derive(Clone, Debug)]
pub struct Feasibility {
    /// `Job` or `CronJob`.
    pub kind: &'static str,
    /// The object's namespace.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// How many Pods run at once.
    pub wanted: u32,
    /// How many of them fit.
    pub fitting: u32,
    /// Each node, in the order in which the scheduler considers them.
    pub nodes: Vec<NodeVerdict>,
    /// The position in `nodes` of the node to which the scheduler would bind the first Pod.
    pub choice: Option<usize>,
    /// The scheduler's message about the first Pod that does not fit, or that of admission about all Pods.
    pub message: Option<String>,
    /// The node on which the first Pod that does not fit would preempt others, and how many it would preempt.
    pub preemption: Option<(String, usize)>,
    /// What new nodes would change, for each pool that can grow.
    pub pools: Vec<PoolVerdict>,
    /// What the answer does not take into account.
    pub remarks: Vec<String>,
}

/// The answer of a node.
#[derive(Clone, Debug)]
pub struct NodeVerdict {
    /// Its name.
    pub node: String,
    /// Why it rejects the first Pod; empty if it accepts it.
    pub first: Vec<Obstacle>,
    /// How many of the Pods go to it.
    pub pods: u32,
    /// Why it rejects one more Pod, after those that fit; empty if all fit.
    pub next: Vec<Obstacle>,
}

/// A reason why a node rejects a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The scheduler's message.
    pub reason: String,
    /// The amounts of the Pod and the node that it refers to; may be empty.
    pub detail: String,
}

/// What a new node of a pool would change.
#[derive(Clone, Debug)]
pub struct PoolVerdict {
    /// The pool.
    pub pool: String,
    /// How many nodes the autoscaler may add.
    pub addable: u32,
    /// How many of the Pods a new node accepts.
    pub pods: u32,
    /// Why it accepts none, if so.
    pub obstacles: Vec<Obstacle>,
}

impl Feasibility {
    /// Whether all Pods fit now.
    pub fn fits(&self) -> bool {
        self.fitting == self.wanted
    }
}

/// The nodes that exist at the start, in the order of their keys: single nodes, then those of pools.
#[derive(Clone, Debug)]
pub struct NodesAtStart(pub Vec<Arc<Node>>);

impl NodesAtStart {
    /// Whether there is a node of this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|node| node.name == name)
    }

    /// These single nodes, and the first ones of pools.
    pub fn of(planned: &[PlannedNode], config: &NodeConfig) -> Self {
        let of_pools = config.pools.iter().flat_map(|pool| (1..=pool.initial).map(|n| Arc::new(pool.node(n))));
        NodesAtStart(planned.iter().map(|planned| planned.node.clone()).chain(of_pools).collect())
    }
}

/// Whether the Pods of each Job fit, and then those of each CronJob's Jobs; empty for a cluster without nodes.
pub fn feasibility(setup: &Setup) -> Vec<Feasibility> {
    let Some(config) = &setup.config.nodes else { return Vec::new() };
    let cluster = Cluster { config, nodes: NodesAtStart::of(&setup.nodes, config).0, residents: &setup.residents };
    let of_job = |planned: &PlannedJob| {
        let job = &planned.object;
        cluster.judge(("Job", &job.namespace, &job.name), &job.spec, &job.object["spec"]["template"])
    };
    let of_cronjob = |planned: &PlannedCronJob| {
        let (job, spec) = (&planned.object, &planned.object.object["spec"]["jobTemplate"]["spec"]);
        cluster.judge(("CronJob", &job.namespace, &job.name), &job.job_spec, &spec["template"])
    };
    // Copies of a Job get the same answer, so one is enough.
    let firsts = setup.jobs.iter().enumerate().filter(|(n, job)| *n == 0 || setup.jobs[n - 1].series != job.series);
    firsts.map(|(_, job)| of_job(job)).chain(setup.cronjobs.iter().map(of_cronjob)).collect()
}

struct Cluster<'a> {
    config: &'a NodeConfig,
    nodes: Vec<Arc<Node>>,
    residents: &'a [ResidentPod],
}

impl Cluster<'_> {
    fn judge(
        &self,
        (kind, namespace, name): (&'static str, &str, &str),
        job: &JobSpec,
        template: &Value,
    ) -> Feasibility {
        let at_once = job.completions.map_or(job.parallelism, |completions| completions.min(job.parallelism));
        let wanted = u32::try_from(at_once).unwrap_or(0).clamp(1, MOST_PLACED);
        let mut answer = Feasibility {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            wanted,
            fitting: 0,
            nodes: Vec::new(),
            choice: None,
            message: None,
            preemption: None,
            pools: Vec::new(),
            remarks: Vec::new(),
        };
        match at_once {
            ..1 => {
                answer.remarks.push("no Pod runs at once (parallelism or completions is 0): one is judged".to_owned())
            }
            n if n > MOST_PLACED as i32 => answer.remarks.push(format!("of {n} Pods at once {MOST_PLACED} are judged")),
            _ => {}
        }
        let mut spec = pod_scheduling_spec(namespace, template);
        if let Err(refused) = admit_priority(&mut spec, &self.config.priority_classes, name) {
            answer.message = Some(refused);
            return answer;
        }
        judge_without_gates(&mut spec, &mut answer.remarks);
        let mut trial = Trial::new(self.config, &self.nodes, self.residents, spec, job.is_indexed());
        trial.place(&mut answer);
        if !answer.fits() {
            let addable = self.config.pools.iter().filter(|pool| pool.max > pool.initial);
            answer.pools = addable.map(|pool| self.try_pool(pool, &trial)).collect();
        }
        answer
    }

    /// How many Pods a new node of a pool accepts.
    fn try_pool(&self, pool: &NodePool, trial: &Trial) -> PoolVerdict {
        let node = Arc::new(pool.node(pool.initial + 1));
        let mut alone = Trial::new(self.config, &[node], &[], (*trial.spec).clone(), trial.is_indexed);
        let says = alone.ask(0);
        let obstacles = says.into_iter().flat_map(|(id, refusal)| alone.obstacles(id, refusal.as_ref())).collect();
        let mut pods = 0;
        while pods < MOST_PLACED && alone.bind(pods).is_ok() {
            pods += 1;
        }
        PoolVerdict { pool: pool.name.to_string(), addable: pool.max - pool.initial, pods, obstacles }
    }
}

/// Removes what keeps the default scheduler from trying the Pods at all, and reports it.
fn judge_without_gates(spec: &mut PodSchedulingSpec, remarks: &mut Vec<String>) {
    let gates = std::mem::take(&mut spec.scheduling_gates);
    if !gates.is_empty() {
        remarks.push(format!("the Pods wait for their scheduling gates first: {}", gates.join(", ")));
    }
    if spec.scheduler_name != DEFAULT_SCHEDULER {
        remarks.push(format!("judged by the default scheduler's rules; the Pods name {:?}", spec.scheduler_name));
        spec.scheduler_name = DEFAULT_SCHEDULER.to_owned();
    }
}

/// A scheduler with nodes, which schedules Pods one after the other.
pub(super) struct Trial {
    scheduler: Scheduler,
    spec: Arc<PodSchedulingSpec>,
    spec_id: PodSpecId,
    is_indexed: bool,
    /// How many Pods are already bound; the keys of further Pods follow theirs.
    residents: usize,
}

impl Trial {
    pub fn new(
        config: &NodeConfig,
        nodes: &[Arc<Node>],
        residents: &[ResidentPod],
        spec: PodSchedulingSpec,
        is_indexed: bool,
    ) -> Self {
        let mut scheduler = Scheduler::default();
        scheduler.reset(&config.scheduler);
        for (n, node) in nodes.iter().enumerate() {
            scheduler.node_changed(NodeId::from_ix(n), node, SimTime::ZERO);
        }
        let mut specs = Table::default();
        for (n, resident) in residents.iter().enumerate() {
            let placement = PodPlacement {
                spec: specs.push(resident.spec.clone()),
                node: Some(resident.node),
                ..Default::default()
            };
            scheduler.learn_specs(&specs, placement.spec);
            let pod = WatchedPod { placement, index: None, deleting: false, version: 1 };
            scheduler.pod_changed(PodId::from_ix(n), pod, SimTime::ZERO);
        }
        let spec = Arc::new(spec);
        let spec_id = specs.push(spec.clone());
        scheduler.learn_specs(&specs, spec_id);
        Trial { scheduler, spec, spec_id, is_indexed, residents: residents.len() }
    }

    fn key(&self, n: u32) -> PodId {
        PodId::from_ix(self.residents + n as usize)
    }

    /// The n-th Pod enters the queue, unless the scheduler knows it already.
    fn create(&mut self, n: u32) {
        if self.scheduler.cache.pod(self.key(n)).is_none() {
            let placement = PodPlacement { spec: self.spec_id, ..Default::default() };
            let pod = WatchedPod { placement, index: self.is_indexed.then_some(n), deleting: false, version: 1 };
            self.scheduler.pod_changed(self.key(n), pod, SimTime::ZERO);
        }
    }

    /// The answers of all nodes about the n-th Pod.
    fn ask(&mut self, n: u32) -> Vec<(NodeId, Option<NodeRefusal>)> {
        self.create(n);
        self.scheduler.diagnose(self.key(n))
    }

    /// The nodes that accept a Pod.
    pub fn takers(&mut self) -> Vec<NodeId> {
        self.ask(0).into_iter().filter(|(_, refusal)| refusal.is_none()).map(|(id, _)| id).collect()
    }

    /// Schedules the n-th Pod and returns its node, which from then on has less room.
    ///
    /// # Errors
    /// The scheduler's message and, if it would preempt Pods, on which node and how many.
    pub fn bind(&mut self, n: u32) -> Result<NodeId, (String, Option<(NodeId, usize)>)> {
        self.create(n);
        let popped = self.scheduler.pop();
        assert_eq!(popped, Some(self.key(n)), "a Pod alone in the queue is the next");
        let name = |_: PodId| format!("<{n}>");
        match self.scheduler.end_cycle(SimTime::ZERO, &name) {
            CycleOutcome::Assumed(node, _) => Ok(node),
            CycleOutcome::Failed(failure) => {
                let preemption = failure.preemption.as_ref().map(|p| (p.node, p.victims.len()));
                Err((failure.message.to_string(), preemption))
            }
            outcome => unreachable!("a new Pod is tried: {outcome:?}"),
        }
    }

    /// Places as many Pods as fit, and reports why no more do.
    fn place(&mut self, answer: &mut Feasibility) {
        let says = self.ask(0);
        let places: HashMap<NodeId, usize> = says.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
        let verdict = |(id, refusal): (NodeId, Option<NodeRefusal>)| NodeVerdict {
            node: self.scheduler.cache.node(id).object().name.clone(),
            first: self.obstacles(id, refusal.as_ref()),
            pods: 0,
            next: Vec::new(),
        };
        answer.nodes = says.into_iter().map(verdict).collect();
        for n in 0..answer.wanted {
            match self.bind(n) {
                Ok(node) => {
                    let place = places[&node];
                    answer.choice.get_or_insert(place);
                    answer.nodes[place].pods += 1;
                    answer.fitting += 1;
                }
                Err((message, preemption)) => {
                    let next = self.scheduler.diagnose(self.key(n));
                    for (verdict, (id, refusal)) in answer.nodes.iter_mut().zip(next) {
                        verdict.next = self.obstacles(id, refusal.as_ref());
                    }
                    answer.message = Some(message);
                    answer.preemption =
                        preemption.map(|(node, count)| (answer.nodes[places[&node]].node.clone(), count));
                    return;
                }
            }
        }
    }

    fn obstacles(&self, id: NodeId, refusal: Option<&NodeRefusal>) -> Vec<Obstacle> {
        let info = self.scheduler.cache.node(id);
        let reasons = refusal.map_or(&[][..], |refusal| &refusal.reasons);
        let obstacle =
            |reason: &Reason| Obstacle { reason: reason.to_string(), detail: detail(reason, &self.spec, info) };
        reasons.iter().map(obstacle).collect()
    }
}

/// The amounts of the Pod and the node that a reason refers to.
fn detail(reason: &Reason, spec: &PodSchedulingSpec, info: &NodeInfo) -> String {
    let node = info.object();
    let free = |of: fn(&Resources) -> i64| of(&node.allocatable) - of(&info.requested);
    match reason {
        Reason::Unschedulable => "cordoned".to_owned(),
        Reason::OtherNodeName => spec.node_name.as_ref().map_or(String::new(), |name| format!("nodeName {name}")),
        Reason::UntoleratedTaint => spec.untolerated(&node.taints).map_or(String::new(), ToString::to_string),
        Reason::NodeAffinity => {
            let is_missing = |(key, value): &(&str, &str)| node.labels.get(key) != Some(*value);
            spec.node_selector.iter().find(is_missing).map_or(String::new(), |(key, value)| {
                match node.labels.get(key) {
                    Some(own) => format!("{key} is {own}, not {value}"),
                    None => format!("no label {key}"),
                }
            })
        }
        Reason::TooManyPods => format!("{} of {}", info.pods.len(), node.allowed_pods),
        Reason::Cpu => {
            let cpu = |milli: i64| if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") };
            format!("{} free, {} requested", cpu(free(|r| r.milli_cpu)), cpu(spec.requests.milli_cpu))
        }
        Reason::Memory => format!("{} free, {} requested", bytes(free(|r| r.memory)), bytes(spec.requests.memory)),
        Reason::EphemeralStorage => {
            let requested = spec.requests.ephemeral_storage;
            format!("{} free, {} requested", bytes(free(|r| r.ephemeral_storage)), bytes(requested))
        }
        Reason::Scalar(name) => {
            let free = node.allocatable.scalar(name) - info.requested.scalar(name);
            format!("{free} free, {} requested", spec.requests.scalar(name))
        }
        _ => String::new(),
    }
}

/// Bytes in the largest unit that fits, with one decimal unless it is a whole number.
fn bytes(count: i64) -> String {
    const UNITS: [&str; 5] = ["", "Ki", "Mi", "Gi", "Ti"];
    let mut place = 0;
    while place + 1 < UNITS.len() && count.unsigned_abs() >= 1 << (10 * (place + 1)) {
        place += 1;
    }
    let unit = 1_i64 << (10 * place);
    match count % unit {
        0 => format!("{}{}", count / unit, UNITS[place]),
        _ => format!("{:.1}{}", count as f64 / unit as f64, UNITS[place]),
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn bytes_are_shown_in_the_largest_unit() {
        for (count, shown) in [(0, "0"), (512, "512"), (1 << 30, "1Gi"), (1_610_612_736, "1.5Gi"), (1_048_577, "1.0Mi")]
        {
            assert_eq!(bytes(count), shown);
        }
    }
}
