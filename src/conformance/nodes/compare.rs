//! One instant of a cluster with nodes: gathered, compared with the recorded one, and as JSON for people. It does not
//! step the world.

use super::record::{NodeInstant, RecordedNode, RecordedPlacedPod};
use crate::api::{PodPlacement, PodScheduled};
use crate::conformance::fleet::PodName;
use crate::conformance::fleet::parts::{
    are_events_equal, are_jobs_equal, count_write, enter_events, enter_jobs, enter_pods, job_name, pod_name,
};
use crate::conformance::histories::record::RecordedPod;
use crate::conformance::histories::replay::{Gathering, refusal_text};
use crate::conformance::histories::states::{event_text, is_pod_equal, pod_json};
use crate::id::{JobId, NodeId, PodId};
use crate::model::Workload;
use crate::record::{KubeEvent, Observation};
use crate::world::{Store, World};
use serde_json::{Map, Value, json};

/// What was written in the current instant.
#[derive(Debug, Default)]
pub struct NodeGathering {
    /// Jobs, and how often each was written; by name after [`Gathering::close`].
    jobs: Vec<(JobId, u32)>,
    /// Pods, each once and by name after [`Gathering::close`].
    pods: Vec<PodId>,
    /// Nodes, in the same form.
    nodes: Vec<NodeId>,
    /// Events that were created, by object and as text; sorted after [`Gathering::close`].
    events: Vec<(String, String)>,
    /// Edits of Jobs that were refused, over the whole history.
    pub refusals: Vec<String>,
}

fn node_name(id: NodeId, store: &Store) -> &str {
    &store.nodes[id].node.name
}

fn text_of(event: &KubeEvent) -> String {
    let kind = if event.warning { "Warning" } else { "Normal" };
    format!("{kind} {}: {}", event.reason, event.message)
}

impl Gathering for NodeGathering {
    type Recorded<'a> = NodeInstant<'a>;

    fn gather<W: Workload>(&mut self, world: &mut World<W>) {
        let store = &world.env.store;
        for observation in world.env.log.drain(..) {
            match observation {
                Observation::Job(id) => count_write(&mut self.jobs, id),
                Observation::Pod(id) => self.pods.push(id),
                Observation::Node(id) => self.nodes.push(id),
                Observation::Notice(n) if !n.repeated => {
                    if let Some(text) = event_text(n.job, n.emission, store) {
                        self.events.push((format!("Job/{}", job_name(n.job, store)), text));
                    }
                }
                Observation::PodEvent(id, event) => {
                    let PodName(job, key) = pod_name(id, store);
                    self.events.push((format!("Pod/{job}/{key}"), text_of(&event)));
                }
                Observation::NodeEvent(id, event) => {
                    self.events.push((format!("Node/{}", node_name(id, store)), text_of(&event)));
                }
                Observation::Refused(id, text) => {
                    self.refusals.push(format!("Job/{}: {}", job_name(id, store), refusal_text(&text)));
                }
                _ => {}
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.pods.is_empty() && self.nodes.is_empty() && self.events.is_empty()
    }

    fn close(&mut self, store: &Store) {
        self.jobs.sort_unstable_by_key(|(id, _)| job_name(*id, store));
        self.pods.sort_unstable_by_key(|&id| pod_name(id, store));
        self.pods.dedup();
        self.nodes.sort_unstable_by_key(|&id| node_name(id, store));
        self.nodes.dedup();
        self.events.sort_unstable();
    }

    fn clear(&mut self) {
        self.jobs.clear();
        self.pods.clear();
        self.nodes.clear();
        self.events.clear();
    }

    fn is_equal(&self, t_us: i64, recorded: &NodeInstant<'_>, store: &Store) -> bool {
        t_us == recorded.t_us
            && are_jobs_equal(&self.jobs, &recorded.jobs, &recorded.job_writes, store)
            && are_pods_equal(self, recorded, store)
            && are_nodes_equal(self, recorded, store)
            && are_events_equal(&self.events, &recorded.events)
    }

    fn to_json(&self, t_us: i64, store: &Store) -> Value {
        let mut instant = Map::new();
        instant.insert("t_us".into(), t_us.into());
        enter_jobs(&mut instant, &self.jobs, store);
        enter_pods(&mut instant, &self.pods, store, placed_pod_json);
        if !self.nodes.is_empty() {
            let nodes = self.nodes.iter().map(|&id| (node_name(id, store).to_owned(), node_json(id, store)));
            instant.insert("nodes".into(), Value::Object(nodes.collect()));
        }
        enter_events(&mut instant, &self.events);
        Value::Object(instant)
    }
}

fn are_pods_equal(got: &NodeGathering, expected: &NodeInstant, store: &Store) -> bool {
    let mut both = got.pods.iter().zip(&expected.pods);
    got.pods.len() == expected.pods.len()
        && both.all(|(&id, (name, state))| pod_name(id, store) == *name && is_placed_pod_equal(id, state, store))
}

fn is_placed_pod_equal(id: PodId, expected: &RecordedPlacedPod<'_>, store: &Store) -> bool {
    let stored = &store.pods[id];
    let plain = RecordedPod {
        phase: expected.phase,
        deleting: expected.deleting,
        finalizer: expected.finalizer,
        bound: expected.node.is_some(),
        index_failure_count: expected.index_failure_count,
        index_ignored_failure_count: expected.index_ignored_failure_count,
        gone: expected.gone,
    };
    if !is_pod_equal(stored, &plain, store) {
        return false;
    }
    let placement = store.placement(id);
    stored.gone
        || placement.node.map(|node| node_name(node, store)) == expected.node
            && stored.pod.is_ready() == expected.ready
            && unscheduled(placement).as_deref() == expected.unscheduled.as_deref()
            && placement.nominated.map(|node| node_name(node, store)) == expected.nominated
            && placement.disruption.map(|reason| reason.as_str()) == expected.disruption_target
}

/// `REASON: MESSAGE` of a Pod that is not scheduled.
fn unscheduled(placement: &PodPlacement) -> Option<String> {
    match &placement.scheduled {
        PodScheduled::False { reason, message, .. } => Some(format!("{}: {message}", reason.as_str())),
        _ => None,
    }
}

/// A Pod in the form of the records, here with its placement.
fn placed_pod_json(id: PodId, store: &Store) -> Value {
    let stored = &store.pods[id];
    let mut state = pod_json(stored, store);
    let placement = store.placement(id);
    let Value::Object(fields) = &mut state else { return state };
    if stored.gone {
        return state;
    }
    let name = |node: NodeId| json!(node_name(node, store));
    let more = [
        ("node", placement.node.map(name)),
        ("ready", stored.pod.is_ready().then(|| json!(true))),
        ("unscheduled", unscheduled(placement).map(Value::from)),
        ("nominated", placement.nominated.map(name)),
        ("disruption_target", placement.disruption.map(|reason| json!(reason.as_str()))),
    ];
    fields.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    state
}

fn taints(id: NodeId, store: &Store) -> Vec<String> {
    let mut taints: Vec<String> = store.nodes[id].node.taints.iter().map(ToString::to_string).collect();
    taints.sort_unstable();
    taints
}

fn are_nodes_equal(got: &NodeGathering, expected: &NodeInstant, store: &Store) -> bool {
    let is_equal = |id: NodeId, state: &RecordedNode<'_>| {
        let node = &store.nodes[id];
        if node.gone || state.gone {
            return node.gone && state.gone;
        }
        (node.node.unschedulable, Some(node.ready.as_str())) == (state.unschedulable, state.ready)
            && taints(id, store).iter().eq(state.taints.iter().map(|t| &**t))
    };
    let mut both = got.nodes.iter().zip(&expected.nodes);
    got.nodes.len() == expected.nodes.len()
        && both.all(|(&id, (name, state))| node_name(id, store) == *name && is_equal(id, state))
}

fn node_json(id: NodeId, store: &Store) -> Value {
    let node = &store.nodes[id];
    if node.gone {
        return json!({"gone": true});
    }
    let mut state = Map::new();
    if node.node.unschedulable {
        state.insert("unschedulable".into(), true.into());
    }
    state.insert("ready".into(), node.ready.as_str().into());
    let taints = taints(id, store);
    if !taints.is_empty() {
        state.insert("taints".into(), json!(taints));
    }
    Value::Object(state)
}
