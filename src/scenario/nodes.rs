//! Resolves what a scenario says about nodes: pools, nodes of a file, priority classes, the scheduler, the autoscaler;
//! and rejects combinations that are meaningless. Which Pods go where is decided by the scheduler.

use super::document::{
    ClusterSpec, ExpanderSpec, NodePoolSpec, OnReclaimNoticeSpec, PodsSpec, PreemptionPolicySpec, Preset,
    PriorityClassSpec,
};
use super::problem::{FieldProblem, Problem, Problems};
use super::resolve::Resolver;
use super::source;
use super::stages::distribution;
use crate::api::{LABEL_HOSTNAME, Node, NodeReady, Taint};
use crate::apiserver::rules::formats::{dns_subdomain, label_value, qualified_name};
use crate::apiserver::{PriorityClass, node_of};
use crate::experiment::result::FileText;
use crate::experiment::{NodesAtStart, PlannedNode, ResidentPod};
use crate::limits::{HIGHEST_PRICE, MOST_NODES};
use crate::manifest::{DEFAULT_MAX_PODS, LoadedNode, load_nodes};
use crate::model::{AutoscalerModel, Distribution, Expander, NodePool, NodeRoom, OnReclaimNotice};
use crate::release::RateLimit;
use crate::text::{read_documents, suggest};
use crate::time::SimDuration;
use crate::world::{Config, NodeConfig};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// From the autoscaler's decision until a node exists. Reported values are 45 s to 90 s for Karpenter on EKS, 97 s on
/// average for EC2 instances alone (Mao and Humphrey, "A Performance Study on the VM Startup Time in the Cloud", CLOUD
/// 2012), and several minutes with Auto Scaling groups.
const PROVISIONING_SECONDS: f64 = 90.0;
/// Source: cluster-autoscaler, `--scale-down-unneeded-time`.
const IDLE_TIMEOUT: SimDuration = SimDuration::from_secs(600);
/// Source: Amazon EC2, "Spot Instance interruption notices".
const RECLAIM_NOTICE: SimDuration = SimDuration::from_secs(120);
/// Source: KubeSchedulerConfiguration, the defaults of `clientConnection`.
const SCHEDULER_CLIENT: RateLimit = RateLimit { qps: 50.0, burst: 100.0 };

/// Whether a cluster has nodes.
pub(super) fn has_nodes(cluster: &ClusterSpec) -> bool {
    cluster.nodes.is_some() || cluster.nodes_from.is_some()
}

impl Resolver<'_> {
    /// Sets quotas and what surrounds nodes in the configuration. Returns the single nodes, which come before those of
    /// pools, and the Pods without a Job.
    pub(super) fn nodes(&mut self, config: &mut Config) -> Result<(Vec<PlannedNode>, Vec<ResidentPod>), Problems> {
        config.quotas = std::mem::take(&mut self.jobs.manifests.quotas);
        let cluster = &self.scenario.cluster;
        if !has_nodes(cluster) {
            only_with_nodes(cluster).map_err(self.below("cluster"))?;
            return Ok((Vec::new(), Vec::new()));
        }
        let folder = &self.input.scenario.folder;
        let mut nodes = resolve(cluster, folder).map_err(self.below("cluster"))?;
        let planned = self.nodes_from()?;
        let most = planned.len() as u64 + nodes.pools.iter().map(|pool| u64::from(pool.max)).sum::<u64>();
        if most > u64::from(MOST_NODES) {
            return Err(self.problem("cluster.nodes", format!("{most} nodes at a time in all: at most {MOST_NODES}")));
        }
        self.names_are_unique(&planned, &nodes.pools)?;
        nodes.priority_classes.extend(std::mem::take(&mut self.jobs.manifests.priority_classes));
        unique_classes(&nodes.priority_classes).map_err(self.below("cluster"))?;
        self.tell_of_nodes(&planned, &nodes);
        let residents = self.residents(&NodesAtStart::of(&planned, &nodes), &mut nodes, &mut config.quotas)?;
        config.nodes = Some(Box::new(nodes));
        Ok((planned, residents))
    }

    /// The nodes of the file that the scenario names.
    fn nodes_from(&mut self) -> Result<Vec<PlannedNode>, Problems> {
        let Some(file) = &self.scenario.cluster.nodes_from else { return Ok(Vec::new()) };
        let file = self.input.scenario.folder.join(file).display().to_string();
        let at = |problem: Problem| self.problem("cluster.nodesFrom", problem.to_string());
        let (mut planned, mut skipped) = (Vec::new(), 0);
        for source in source::read(&file).map_err(at)? {
            let of_file = |error| Problem::of(&source.name, error);
            let documents = read_documents(&source.text).map_err(|error| vec![of_file(error)])?;
            let loaded =
                load_nodes(&documents).map_err(|errors| errors.into_iter().map(of_file).collect::<Problems>())?;
            skipped += loaded.skipped.len();
            for node in loaded.nodes {
                self.tell_of_state(&source.name, &node);
                let LoadedNode { node, ready, .. } = node;
                planned.push(PlannedNode { node: Arc::new(node), ready });
            }
            self.jobs.texts.push(FileText { name: source.name, text: source.text });
        }
        if skipped > 0 {
            self.jobs.manifests.notices.push(format!("{file}: {skipped} of other kinds passed over"));
        }
        Ok(planned)
    }

    /// Reports a node on which no Pod can start.
    fn tell_of_state(&mut self, file: &str, node: &LoadedNode) {
        let (name, line) = (&node.node.name, node.line);
        let mut tell = |what: &str| self.jobs.manifests.notices.push(format!("{file}:{line}: node {name} {what}"));
        match node.ready {
            NodeReady::True => {}
            NodeReady::False => tell("is not ready: no Pod goes there until its kubelet reports"),
            NodeReady::Unknown => tell("is not reachable: no Pod goes there until its kubelet reports"),
        }
        if node.node.unschedulable {
            tell("is cordoned: no Pod goes there until it is uncordoned");
        }
    }

    fn names_are_unique(&self, planned: &[PlannedNode], pools: &[NodePool]) -> Result<(), Problems> {
        let mut names = HashSet::new();
        if let Some(twice) = planned.iter().find(|planned| !names.insert(planned.node.name.as_str())) {
            return Err(self.problem("cluster.nodesFrom", format!("there are two nodes {:?}", twice.node.name)));
        }
        for pool in pools {
            let mut of_file = planned.iter().map(|planned| &planned.node.name);
            if let Some(name) = of_file.find(|name| pool.ordinal_of(name).is_some()) {
                let path = format!("cluster.{}", path_of(&pool.name));
                return Err(self.problem(
                    &path,
                    format!("a node of this pool would be called {name}, as one in the file of nodesFrom is"),
                ));
            }
        }
        Ok(())
    }

    fn tell_of_nodes(&mut self, planned: &[PlannedNode], nodes: &NodeConfig) {
        let scenario = self.scenario;
        let entries =
            scenario.jobs.iter().map(|entry| &entry.pods).chain(scenario.models.iter().map(|model| &model.pods));
        let models = || entries.clone().chain([&scenario.pods]);
        let says_unschedulable = |pods: &PodsSpec| pods.outcome.as_ref().is_some_and(|o| o.unschedulable.is_some());
        let written = [
            ("bind", models().any(|pods| says(pods, &|pods| pods.bind.is_some()))),
            ("outcome.unschedulable", models().any(|pods| says(pods, &says_unschedulable))),
        ];
        let notices = &mut self.jobs.manifests.notices;
        if planned.is_empty() && nodes.pools.iter().all(|pool| pool.max == 0) {
            notices.push("cluster.nodes: there is no node and there will be none: every Pod stays pending".to_owned());
        }
        for (field, _) in written.into_iter().filter(|(_, is_written)| *is_written) {
            notices.push(format!("pods.{field} has no effect: the scheduler binds Pods to the cluster's nodes"));
        }
        let is_elastic = nodes.pools.iter().any(NodePool::is_elastic);
        if scenario.cluster.autoscaler.is_some() && !is_elastic {
            notices
                .push("cluster.autoscaler has nothing to do: no pool has a min or max other than its count".to_owned());
        }
    }
}

/// Whether a level, or one inside it (`byIndex` and so on), satisfies a predicate.
fn says(pods: &PodsSpec, it: &dyn Fn(&PodsSpec) -> bool) -> bool {
    let inside = pods.by_index.values().chain(pods.by_attempt.values()).chain(pods.by_start.values());
    it(pods) || inside.into_iter().any(|below| says(below, it))
}

/// Rejects what is meaningless without nodes.
fn only_with_nodes(cluster: &ClusterSpec) -> Result<(), FieldProblem> {
    let given = [
        ("priorityClasses", !cluster.priority_classes.is_empty()),
        ("scheduler", cluster.scheduler.is_some()),
        ("autoscaler", cluster.autoscaler.is_some()),
        ("podsFrom", cluster.pods_from.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((field, _)) => {
            Err(FieldProblem::new(field, "means nothing without nodes: give cluster.nodes or cluster.nodesFrom too"))
        }
        None => Ok(()),
    }
}

/// Everything that is written about nodes, except for files of nodes.
fn resolve(cluster: &ClusterSpec, folder: &Path) -> Result<NodeConfig, FieldProblem> {
    if cluster.slots.is_some() {
        let why = "slots and nodes exclude each other: with nodes the scheduler decides how many Pods fit";
        return Err(FieldProblem::new("slots", why));
    }
    let mut config = NodeConfig::default();
    for (name, spec) in cluster.nodes.iter().flat_map(|pools| &pools.0) {
        config.pools.push(pool(name, spec, folder).map_err(|problem| problem.below(&path_of(name)))?);
    }
    if cluster.nodes.as_ref().is_some_and(|pools| pools.0.is_empty()) && cluster.nodes_from.is_none() {
        return Err(FieldProblem::new(
            "nodes",
            "there is no pool in it: write such as `nodes: {workers: {allocatable: {cpu: 4}}}`",
        ));
    }
    scheduler(cluster, &mut config)?;
    config.autoscaler = autoscaler(cluster)?;
    config.priority_classes =
        cluster.priority_classes.iter().enumerate().map(priority_class).collect::<Result<_, _>>()?;
    Ok(config)
}

/// The path of a pool below `cluster`.
fn path_of(pool: &str) -> String {
    if pool.contains('.') { format!("nodes[{pool}]") } else { format!("nodes.{pool}") }
}

fn scheduler(cluster: &ClusterSpec, config: &mut NodeConfig) -> Result<(), FieldProblem> {
    let mut limit = (cluster.preset != Some(Preset::Ideal)).then_some(SCHEDULER_CLIENT);
    if let Some(written) = &cluster.scheduler {
        if let Some(cycle) = written.cycle {
            config.cycle = cycle.0;
        }
        if let Some(qps) = written.qps {
            if !(qps.is_finite() && (0.0..=1e9).contains(&qps)) {
                let why = format!("{qps} requests a second: from 0 (no throttle) to 1e9");
                return Err(FieldProblem::new("scheduler.qps", why));
            }
            limit = (qps > 0.0).then_some(RateLimit { qps, ..limit.unwrap_or(SCHEDULER_CLIENT) });
        }
        match (written.burst, &mut limit) {
            (Some(0), _) => return Err(FieldProblem::new("scheduler.burst", "must be 1 at least")),
            (Some(burst), Some(limit)) => limit.burst = f64::from(burst),
            (Some(burst), none) if written.qps.is_none() => {
                *none = Some(RateLimit { burst: f64::from(burst), ..SCHEDULER_CLIENT });
            }
            _ => {}
        }
    }
    config.throttle = limit;
    Ok(())
}

fn autoscaler(cluster: &ClusterSpec) -> Result<AutoscalerModel, FieldProblem> {
    let mut model = AutoscalerModel::default();
    let Some(written) = &cluster.autoscaler else { return Ok(model) };
    if let Some(interval) = written.scan_interval {
        if !interval.0.is_positive() {
            return Err(FieldProblem::new("autoscaler.scanInterval", "must be longer than zero"));
        }
        model.scan_interval = interval.0;
    }
    if let Some(expander) = written.expander {
        model.expander = match expander {
            ExpanderSpec::Cheapest => Expander::Cheapest,
            ExpanderSpec::LeastWaste => Expander::LeastWaste,
            ExpanderSpec::Random => Expander::Random,
        };
    }
    Ok(model)
}

fn priority_class((n, class): (usize, &PriorityClassSpec)) -> Result<PriorityClass, FieldProblem> {
    let class = PriorityClass {
        name: class.name.clone(),
        value: class.value,
        is_global_default: class.global_default.unwrap_or(false),
        never_preempts: class.preemption_policy == Some(PreemptionPolicySpec::Never),
    };
    match class.complaint() {
        None => Ok(class),
        Some((field, why)) => Err(FieldProblem::new(format!("priorityClasses[{n}].{field}"), why)),
    }
}

fn unique_classes(classes: &[PriorityClass]) -> Result<(), FieldProblem> {
    let mut names = HashSet::new();
    match classes.iter().find(|class| !names.insert(&class.name)) {
        Some(twice) => Err(FieldProblem::new("priorityClasses", format!("there are two classes {:?}", twice.name))),
        None => Ok(()),
    }
}

/// A pool from its specification.
fn pool(name: &str, spec: &NodePoolSpec, folder: &Path) -> Result<NodePool, FieldProblem> {
    // A node's name consists of the pool's, a hyphen and a number.
    if let Some(why) = dns_subdomain(&format!("{name}-1")).first() {
        return Err(FieldProblem::new("", format!("{name:?} cannot begin the names of nodes: {why}")));
    }
    let (initial, min, max) = sizes(spec)?;
    let price_per_hour = spec.price_per_hour.unwrap_or(0.0);
    if !(price_per_hour.is_finite() && price_per_hour >= 0.0) {
        return Err(FieldProblem::new("pricePerHour", format!("{price_per_hour}: a price is a number from 0 on")));
    }
    if price_per_hour > HIGHEST_PRICE {
        return Err(FieldProblem::new("pricePerHour", format!("{price_per_hour}: at most {HIGHEST_PRICE}")));
    }
    let provisioning = match &spec.provisioning {
        None => Distribution::constant(PROVISIONING_SECONDS).expect("a number from 0 on is a time"),
        Some(dist) => distribution(dist, folder)
            .and_then(|dist| {
                dist.ok_or_else(|| "must be a time: it cannot be never; for no new nodes leave out max".to_owned())
            })
            .map_err(|why| FieldProblem::new("provisioning", why))?,
    };
    Ok(NodePool {
        name: name.into(),
        template: Arc::new(template(name, spec)?),
        reserved: Vec::new(),
        reserved_later: NodeRoom::default(),
        zones: zones(spec)?,
        initial,
        min,
        max,
        price_per_hour,
        provisioning,
        idle_timeout: spec.idle_timeout.map_or(Some(IDLE_TIMEOUT), |timeout| timeout.0),
        consolidate_below: spec.consolidate_below.map(|share| share.0),
        reclaims_per_hour: spec.reclaims.map_or(0.0, |rate| rate.0),
        reclaim_notice: spec.reclaim_notice.map_or(RECLAIM_NOTICE, |notice| notice.0),
        on_reclaim_notice: match spec.on_reclaim_notice {
            None | Some(OnReclaimNoticeSpec::Drain) => OnReclaimNotice::Drain,
            Some(OnReclaimNoticeSpec::Shutdown) => OnReclaimNotice::Shutdown,
            Some(OnReclaimNoticeSpec::Ignore) => OnReclaimNotice::Ignore,
        },
    })
}

/// The number of nodes of a pool at the start, and the limits of that number.
fn sizes(spec: &NodePoolSpec) -> Result<(u32, u32, u32), FieldProblem> {
    let NodePoolSpec { count, min, max, .. } = *spec;
    let initial = count.or(min).unwrap_or(if max.is_some() { 0 } else { 1 });
    let min = min.unwrap_or(if max.is_some() { 0 } else { initial });
    let max = max.unwrap_or(initial.max(min));
    let error = |field: &str, why: String| Err(FieldProblem::new(field, why));
    if min > max {
        return error("min", format!("{min} nodes at least, and {max} at the most (max)"));
    }
    if initial < min || initial > max {
        return error("count", format!("{initial} nodes at the start: from {min} (min) to {max} (max)"));
    }
    Ok((initial, min, max))
}

fn zones(spec: &NodePoolSpec) -> Result<Vec<String>, FieldProblem> {
    for (n, zone) in spec.zones.iter().enumerate() {
        if let Some(why) = label_value(zone).first() {
            return Err(FieldProblem::new(format!("zones[{n}]"), format!("{zone:?} is no value of a label: {why}")));
        }
    }
    Ok(spec.zones.clone())
}

/// The node that all nodes of the pool are copies of; its name is the pool's.
fn template(name: &str, spec: &NodePoolSpec) -> Result<Node, FieldProblem> {
    for resource in spec.allocatable.keys() {
        known_resource(resource)?;
    }
    if spec.allocatable.is_empty() {
        return Err(FieldProblem::new("allocatable", "is empty: write such as {cpu: 3920m, memory: 14Gi}"));
    }
    if let Some((key, why)) = wrong_label(spec.labels.iter().map(|(key, value)| (key, Some(&**value)))) {
        return Err(FieldProblem::new("labels", format!("{key}: {why}")));
    }
    if spec.labels.contains_key(LABEL_HOSTNAME) {
        return Err(FieldProblem::new("labels", format!("{LABEL_HOSTNAME} is each node's own name")));
    }
    let mut labels: Map<String, Value> =
        json!({"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}).as_object().cloned().unwrap_or_default();
    labels.extend(spec.labels.iter().map(|(key, value)| (key.clone(), json!(value))));
    let mut allocatable: Map<String, Value> =
        spec.allocatable.iter().map(|(resource, amount)| (resource.clone(), amount.0.clone())).collect();
    allocatable.entry("pods").or_insert(json!(DEFAULT_MAX_PODS));
    let object = json!({"metadata": {"name": name, "labels": labels}, "status": {"allocatable": allocatable}});
    let node = node_of(&object).map_err(|why| FieldProblem::new("allocatable", why))?;
    let taints: Vec<Taint> = spec.taints.iter().map(|taint| taint.0.clone()).collect();
    for (n, taint) in taints.iter().enumerate() {
        if taints[..n].iter().any(|other| other.is_same(taint)) {
            return Err(FieldProblem::new(
                format!("taints[{n}]"),
                format!("{taint}: a taint of this key and effect stands here already"),
            ));
        }
    }
    Ok(Node { taints, ..node })
}

/// The first of these that is not a valid label, with the reason.
pub(super) fn wrong_label<'a>(
    mut labels: impl Iterator<Item = (&'a String, Option<&'a str>)>,
) -> Option<(&'a str, String)> {
    labels.find_map(|(key, value)| {
        let of_key = qualified_name(key).first().map(|why| format!("no key of a label: {why}"));
        let of_value = || {
            value.and_then(|value| Some(format!("{value:?} is no value of a label: {}", label_value(value).first()?)))
        };
        Some((key.as_str(), of_key.or_else(of_value)?))
    })
}

/// Whether a node can have a resource of this name.
fn known_resource(name: &str) -> Result<(), FieldProblem> {
    const KNOWN: [&str; 4] = ["cpu", "memory", "ephemeral-storage", "pods"];
    if KNOWN.contains(&name) || name.contains('/') || name.starts_with("hugepages-") {
        return Ok(());
    }
    let meant = suggest(name, KNOWN).map_or(String::new(), |word| format!(" (did you mean {word:?}?)"));
    let why = format!(
        "{name:?} is no resource of a node: cpu, memory, ephemeral-storage, pods, hugepages-SIZE, or an extended resource \
         such as nvidia.com/gpu{meant}"
    );
    Err(FieldProblem::new("allocatable", why))
}
