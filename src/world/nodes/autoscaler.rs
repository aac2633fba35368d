//! The autoscaler: pools of nodes that grow when Pods find no room and shrink when nodes are idle, and whose nodes can
//! be reclaimed after a notice. It is a model of cluster-autoscaler, not a copy.
//!
//! At every scan interval, Pods that the scheduler has called unschedulable are packed onto requested nodes that have
//! not joined yet, and then onto new nodes of one pool: first fit, largest first. The scheduler's own filters on nodes
//! and resources decide whether a Pod fits. Spreading and affinity among Pods are left out, because each new node is
//! empty. A node that is little used is drained if its Pods fit on the other nodes by the same filters; where they go
//! is then the scheduler's decision.

use super::Nodes;
use crate::api::{PodScheduled, UnscheduledReason};
use crate::id::{NodeId, PodId, Table};
use crate::model::{Expander, NodeDraw, NodePool, OnReclaimNotice, Workload};
use crate::scheduler::NodeInfo;
use crate::time::{SimDuration, SimTime};
use crate::world::env::Env;
use crate::world::event::Event;
use crate::world::store::ApiNode;
use std::sync::Arc;

/// The pools and their nodes.
#[derive(Debug, Default)]
pub(in crate::world) struct Autoscaler {
    pools: Vec<PoolState>,
    /// The pool of each node, if it has one.
    members: Table<NodeId, Option<PoolMember>>,
    is_scan_planned: bool,
}

/// A pool's state.
#[derive(Clone, Copy, Debug, Default)]
struct PoolState {
    /// How many nodes have been requested in total.
    asked: u32,
    /// How many nodes exist or have been requested.
    size: u32,
}

/// A node of a pool.
#[derive(Clone, Copy, Debug)]
struct PoolMember {
    pool: usize,
    /// Since when it has been empty or little used.
    spare_since: Option<SimTime>,
    /// Whether it was drained and will be removed when it is empty.
    is_leaving: bool,
}

/// A way to make room: new nodes of a pool, and the number of Pods that they take.
struct ExpansionOption {
    pool: usize,
    nodes: u32,
    pods: usize,
    /// The share of their CPU and memory that remains free.
    waste: f64,
}

impl Autoscaler {
    /// Forgets all pools and nodes.
    pub fn clear(&mut self) {
        self.pools.clear();
        self.members.clear();
        self.is_scan_planned = false;
    }

    /// The pool of a node, if it has one.
    pub fn pool_of(&self, node: NodeId) -> Option<usize> {
        self.members.get(node).copied().flatten().map(|member| member.pool)
    }

    /// Whether nodes may still be reclaimed, and Pods run that will not end by themselves.
    pub fn may_lose_nodes<W: Workload>(&self, env: &Env<W>) -> bool {
        let is_reclaimed = |pool: usize| pool_at(env, pool).reclaims_per_hour > 0.0;
        let mut pods = env.store.pods.entries().filter(|(_, pod)| pod.is_unfinished());
        pods.any(|(id, _)| env.store.placement(id).node.and_then(|node| self.pool_of(node)).is_some_and(is_reclaimed))
    }

    /// The longest time after the last write until the autoscaler acts on it: two scans, plus the time for which a node
    /// must be idle.
    pub fn acts_within<W: Workload>(&self, env: &Env<W>) -> SimDuration {
        let Some(nodes) = &env.config.nodes else { return SimDuration::ZERO };
        let elastic = nodes.pools.iter().filter(|pool| pool.is_elastic());
        let idle = elastic.map(|pool| pool.idle_timeout.unwrap_or(SimDuration::ZERO)).max();
        idle.map_or(SimDuration::ZERO, |idle| idle + nodes.autoscaler.scan_interval.doubled())
    }

    /// Makes the pools' first nodes join at an instant.
    pub fn begin<W: Workload>(&mut self, env: &mut Env<W>, at: SimTime) {
        let pools = env.config.nodes.as_ref().map_or(0, |nodes| nodes.pools.len());
        self.pools.resize(pools, PoolState::default());
        for pool in 0..pools {
            for _ in 0..pool_at(env, pool).initial {
                let node = self.ask_for(env, pool);
                env.schedule_at(at, Event::NodeJoins(node));
            }
        }
    }

    /// Requests a node for a pool; from now on the node costs.
    fn ask_for<W: Workload>(&mut self, env: &mut Env<W>, pool: usize) -> NodeId {
        let state = &mut self.pools[pool];
        (state.asked, state.size) = (state.asked + 1, state.size + 1);
        let node = Arc::new(pool_at(env, pool).node(state.asked));
        let id = env.store.nodes.push(ApiNode::new(node));
        *self.members.reach(id) = Some(PoolMember { pool, spare_since: None, is_leaving: false });
        env.log.push(crate::record::Observation::NodeAsked(id, pool as u32));
        id
    }

    /// A node has joined: draws when it will be reclaimed.
    pub fn joined<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId) {
        let Some(pool) = self.pool_of(id) else { return };
        let rate = pool_at(env, pool).reclaims_per_hour;
        if rate > 0.0 {
            let u = env.workload.node_draw(NodeDraw::Reclaim, &env.store.nodes[id].node.name);
            let after = SimDuration::from_secs_f64(-libm::log(u) / rate * 3_600.0);
            env.schedule_after(after, Event::NodeReclaimNotice(id));
        }
    }

    /// A node is gone.
    pub fn left(&mut self, id: NodeId) {
        if let Some(pool) = self.pool_of(id) {
            let size = &mut self.pools[pool].size;
            *size = size.checked_sub(1).expect("a pool counts each of its nodes");
            self.members[id] = None;
        }
    }

    /// Plans the next scan, if there may be something to do.
    pub fn plan<W: Workload>(&mut self, env: &mut Env<W>, has_waiting: bool) {
        let Some(nodes) = env.config.nodes.as_ref().filter(|_| !self.is_scan_planned) else { return };
        let can_grow = || has_waiting && self.can_grow(&nodes.pools);
        if !can_grow() && !self.can_shrink(&nodes.pools) {
            return;
        }
        self.is_scan_planned = true;
        let interval = nodes.autoscaler.scan_interval.max(SimDuration::TICK);
        env.schedule_at(env.now().next_multiple_of(interval), Event::AutoscalerScan);
    }

    fn can_grow(&self, pools: &[NodePool]) -> bool {
        self.pools.iter().zip(pools).any(|(state, pool)| pool.is_elastic() && state.size < pool.max)
    }

    fn can_shrink(&self, pools: &[NodePool]) -> bool {
        let mut both = self.pools.iter().zip(pools);
        both.any(|(state, pool)| pool.is_elastic() && pool.idle_timeout.is_some() && state.size > pool.min)
    }

    /// Packs Pods onto new nodes of a pool; `None` if no Pod fits.
    fn option<W: Workload>(&self, env: &Env<W>, pool: usize, pods: &[PodId]) -> Option<ExpansionOption> {
        let model = pool_at(env, pool);
        let room = model.max.saturating_sub(self.pools[pool].size);
        if !model.is_elastic() || room == 0 {
            return None;
        }
        let empty = NodeInfo::of(Arc::new(model.node(self.pools[pool].asked + 1)));
        let mut nodes: Vec<NodeInfo> = Vec::new();
        let mut packed = 0;
        for &pod in pods {
            let spec = env.store.pod_spec(pod);
            if let Some(node) = nodes.iter_mut().find(|node| node.takes(spec)) {
                node.add(pod, spec);
                packed += 1;
            } else if (nodes.len() as u32) < room && empty.takes(spec) {
                let mut node = empty.clone();
                node.add(pod, spec);
                nodes.push(node);
                packed += 1;
            }
        }
        let waste = nodes.iter().map(NodeInfo::free_share).sum::<f64>() / nodes.len().max(1) as f64;
        (packed > 0).then_some(ExpansionOption { pool, nodes: nodes.len() as u32, pods: packed, waste })
    }

    /// The pool that the expander chooses.
    fn best<W: Workload>(&self, env: &mut Env<W>, mut options: Vec<ExpansionOption>) -> Option<ExpansionOption> {
        let nodes = env.config.nodes.as_ref().expect("pools are where nodes are");
        let price = |o: &ExpansionOption| nodes.pools[o.pool].price_per_hour * f64::from(o.nodes) / o.pods as f64;
        match nodes.autoscaler.expander {
            Expander::Cheapest => options.into_iter().min_by(|a, b| price(a).total_cmp(&price(b))),
            Expander::LeastWaste => options.into_iter().min_by(|a, b| a.waste.total_cmp(&b.waste)),
            Expander::Random if options.is_empty() => None,
            Expander::Random => {
                let asked: u32 = self.pools.iter().map(|pool| pool.asked).sum();
                let u = env.workload.node_draw(NodeDraw::Expander, &format!("expansion-{asked}"));
                let place = ((u * options.len() as f64) as usize).min(options.len() - 1);
                Some(options.swap_remove(place))
            }
        }
    }
}

fn pool_at<W: Workload>(env: &Env<W>, pool: usize) -> &NodePool {
    &env.config.nodes.as_ref().expect("pools are where nodes are").pools[pool]
}

/// Pods that the scheduler has called unschedulable, the largest first.
fn unschedulable<W: Workload>(env: &Env<W>) -> Vec<PodId> {
    let waits = |id: PodId| {
        let scheduled = &env.store.placement(id).scheduled;
        matches!(scheduled, PodScheduled::False { reason: UnscheduledReason::Unschedulable, .. })
    };
    let all = env.store.pods.entries().filter(|(_, pod)| !pod.gone && pod.pod.is_active());
    let mut pods: Vec<PodId> = all.map(|(id, _)| id).filter(|&id| waits(id)).collect();
    pods.sort_by_key(|&id| {
        let requests = &env.store.pod_spec(id).requests;
        std::cmp::Reverse((requests.milli_cpu, requests.memory))
    });
    pods
}

/// Whether the Pod's template lets the autoscaler evict it. Source: cluster-autoscaler, "What types of pods can prevent
/// CA from removing a node?".
fn is_safe_to_evict<W: Workload>(env: &Env<W>, pod: PodId) -> bool {
    let job = &env.store.jobs[env.store.pods[pod].job].object;
    let annotations = &job.object["spec"]["template"]["metadata"]["annotations"];
    annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] != "false"
}

impl Nodes {
    /// Scans Pods and nodes, adds and removes nodes.
    pub fn scan<W: Workload>(&mut self, env: &mut Env<W>) {
        self.autoscaler.is_scan_planned = false;
        self.scale_up(env);
        self.scale_down(env);
    }

    fn scale_up<W: Workload>(&mut self, env: &mut Env<W>) {
        let mut pods = unschedulable(env);
        // Pods that fit on nodes which are about to join need no further nodes.
        let coming =
            env.store.nodes.entries().filter(|(id, n)| n.created.is_none() && self.autoscaler.pool_of(*id).is_some());
        let mut coming: Vec<NodeInfo> = coming.map(|(_, node)| NodeInfo::of(node.node.clone())).collect();
        pods.retain(|&pod| {
            let spec = env.store.pod_spec(pod);
            match coming.iter_mut().find(|node| node.takes(spec)) {
                Some(node) => {
                    node.add(pod, spec);
                    false
                }
                None => true,
            }
        });
        if pods.is_empty() {
            return;
        }
        let pools = 0..self.autoscaler.pools.len();
        let options = pools.filter_map(|pool| self.autoscaler.option(env, pool, &pods)).collect();
        let Some(ExpansionOption { pool, nodes, .. }) = self.autoscaler.best(env, options) else { return };
        for _ in 0..nodes {
            let id = self.autoscaler.ask_for(env, pool);
            let u = env.workload.node_draw(NodeDraw::Provisioning, &env.store.nodes[id].node.name);
            let after = pool_at(env, pool).provisioning.sample_duration(u);
            env.schedule_after(after, Event::NodeJoins(id));
        }
    }

    /// Removes nodes of elastic pools that have been empty or little used for long enough.
    fn scale_down<W: Workload>(&mut self, env: &mut Env<W>) {
        let now = env.now();
        let exists = |(id, node): (NodeId, &ApiNode)| node.exists().then_some(id);
        let ids: Vec<NodeId> = env.store.nodes.entries().filter_map(exists).collect();
        for id in ids {
            let Some(pool) = self.autoscaler.pool_of(id) else { continue };
            let model = pool_at(env, pool);
            let (min, timeout, is_elastic) = (model.min, model.idle_timeout, model.is_elastic());
            let Some(timeout) = timeout.filter(|_| is_elastic) else { continue };
            let is_leaving = self.autoscaler.members[id].is_some_and(|member| member.is_leaving);
            let is_spare = self.is_empty(id) || !is_leaving && self.is_little_used(env, id, model.consolidate_below);
            let member = self.autoscaler.members[id].as_mut().expect("a node of a pool is a member");
            let since = is_spare.then(|| *member.spare_since.get_or_insert(now));
            member.spare_since = since;
            let is_due = since.is_some_and(|since| is_leaving || now - since >= timeout);
            if is_due && self.autoscaler.pools[pool].size > min {
                self.remove_spare(env, id);
            }
        }
    }

    /// Whether a node has no Pod.
    fn is_empty(&self, id: NodeId) -> bool {
        // The scheduler may not know the node yet.
        self.scheduler.scheduler.cache.known_node(id).is_some_and(|info| info.pods.is_empty())
    }

    /// Whether less than the share `below` of a node is requested, and its Pods can be evicted and fit elsewhere.
    fn is_little_used<W: Workload>(&self, env: &Env<W>, id: NodeId, below: Option<f64>) -> bool {
        let cache = &self.scheduler.scheduler.cache;
        let Some((info, below)) = cache.known_node(id).zip(below) else { return false };
        if 1.0 - info.free_share() >= below || info.pods.iter().any(|&pod| !is_safe_to_evict(env, pod)) {
            return false;
        }
        let stays = |other: &NodeId| {
            let is_leaving = self.autoscaler.members.get(*other).copied().flatten().is_some_and(|m| m.is_leaving);
            *other != id && !is_leaving
        };
        let mut others: Vec<NodeInfo> =
            cache.node_list().iter().filter(|node| stays(node)).map(|&node| cache.node(node).clone()).collect();
        info.pods.iter().all(|&pod| {
            let spec = env.store.pod_spec(pod);
            let Some(other) = others.iter_mut().find(|other| other.takes(spec)) else { return false };
            other.add(pod, spec);
            true
        })
    }

    /// Removes a node that is not needed. A node with Pods is drained first, and removed once a scan finds it empty.
    fn remove_spare<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId) {
        if self.is_empty(id) {
            return self.delete_node(env, id);
        }
        self.autoscaler.members[id].as_mut().expect("a node of a pool is a member").is_leaving = true;
        self.drain(env, id);
    }

    /// A node is told that it will be reclaimed.
    pub fn reclaim_notice<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId) {
        let Some(pool) = self.autoscaler.pool_of(id).filter(|_| env.store.nodes[id].exists()) else { return };
        let (notice, response) = (pool_at(env, pool).reclaim_notice, pool_at(env, pool).on_reclaim_notice);
        env.log.push(crate::record::Observation::NodeReclaimed(id));
        if !notice.is_positive() {
            return self.delete_node(env, id);
        }
        match response {
            OnReclaimNotice::Drain => self.drain(env, id),
            OnReclaimNotice::Shutdown => self.shut_down(env, id, notice),
            OnReclaimNotice::Ignore => {}
        }
        env.schedule_after(notice, Event::NodeReclaim(id));
    }

    /// A node is reclaimed: its machine is gone.
    pub fn reclaim<W: Workload>(&mut self, env: &mut Env<W>, id: NodeId) {
        if env.store.nodes[id].exists() {
            self.delete_node(env, id);
        }
    }
}
