//! Resolves the actions of users on nodes: a node is looked up by name among those of a file and those that pools have
//! or may get. The world carries the actions out.

use super::actions::LISTED;
use super::document::{ChangedTaintsSpec, LabelNodeSpec, LoseNodeSpec, ShutDownNodeSpec, TaintNodeSpec};
use super::problem::Problems;
use super::resolve::Resolver;
use crate::experiment::PlannedNode;
use crate::model::NodePool;
use crate::text::suggest;
use crate::time::SimDuration;
use crate::world::{Action, Config, NodeAction, NodeRef};
use serde_json::json;
use std::sync::Arc;

/// The names that nodes can have.
pub(super) struct NodeNames<'a> {
    /// The names from a file.
    single: Vec<&'a str>,
    pools: &'a [NodePool],
    has_nodes: bool,
}

impl<'a> NodeNames<'a> {
    /// The names of these nodes and of those of pools.
    pub fn of(planned: &'a [PlannedNode], config: &'a Config) -> Self {
        let nodes = config.nodes.as_deref();
        NodeNames {
            single: planned.iter().map(|planned| &*planned.node.name).collect(),
            pools: nodes.map_or(&[], |nodes| &nodes.pools),
            has_nodes: nodes.is_some(),
        }
    }

    /// Whether there is such a node at the start, or may be one later.
    fn can_be(&self, name: &str) -> bool {
        // The autoscaler gives each new node the next number, so an elastic pool has no highest one.
        let is_of = |pool: &NodePool| pool.ordinal_of(name).is_some_and(|n| pool.is_elastic() || n <= pool.initial);
        self.single.contains(&name) || self.pools.iter().any(is_of)
    }
}

impl Resolver<'_> {
    /// The node that an action refers to.
    fn node(&self, path: &str, name: &str, names: &NodeNames<'_>) -> Result<NodeRef, Problems> {
        if !names.has_nodes {
            return Err(self.problem(path, "there are no nodes: give cluster.nodes or cluster.nodesFrom"));
        }
        if names.can_be(name) {
            return Ok(NodeRef::Named(name.into()));
        }
        let examples = |pool: &NodePool| match pool.initial {
            0 | 1 => format!("{}-1", pool.name),
            n => format!("{0}-1 … {0}-{n}", pool.name),
        };
        let ordinals =
            names.pools.iter().flat_map(|pool| (1..=pool.initial.max(1)).map(|n| format!("{}-{n}", pool.name)));
        let of_pools: Vec<String> = ordinals.take(LISTED).collect();
        let listed: Vec<String> = names
            .single
            .iter()
            .map(|name| (*name).to_owned())
            .chain(names.pools.iter().map(examples))
            .take(LISTED)
            .collect();
        let known = names.single.iter().copied().chain(of_pools.iter().map(String::as_str));
        let what = format!("there is no node {name:?}; there are {}", listed.join(", "));
        let problem = self.input.scenario.problem(path, what);
        Err(vec![problem.suggesting(suggest(name, known))])
    }

    /// An action on a node.
    pub(super) fn to_node(
        &self,
        path: &str,
        name: &str,
        names: &NodeNames<'_>,
        action: NodeAction,
    ) -> Result<Action, Problems> {
        Ok(Action::Node(self.node(path, name, names)?, action))
    }

    pub(super) fn taint(&self, path: &str, taint: &TaintNodeSpec, names: &NodeNames<'_>) -> Result<Action, Problems> {
        let changes = match &taint.which {
            ChangedTaintsSpec::Taint(one) => std::slice::from_ref(one),
            ChangedTaintsSpec::Taints(several) => several,
        };
        if changes.is_empty() {
            return Err(self.problem(&format!("{path}.taints"), "there is no taint in it"));
        }
        let of = |is_removed: bool| changes.iter().filter(move |c| c.is_removed == is_removed).map(|c| c.taint.clone());
        let action = NodeAction::Taint { set: of(false).collect(), removed: of(true).collect() };
        self.to_node(&format!("{path}.node"), &taint.node, names, action)
    }

    pub(super) fn label(&self, path: &str, label: &LabelNodeSpec, names: &NodeNames<'_>) -> Result<Action, Problems> {
        if let Some((key, why)) = super::nodes::wrong_label(label.labels.iter().map(|(k, v)| (k, v.as_deref()))) {
            return Err(self.problem(&format!("{path}.labels"), format!("{key}: {why}")));
        }
        let patch = NodeAction::Patch(Arc::new(json!({"metadata": {"labels": label.labels}})));
        self.to_node(&format!("{path}.node"), &label.node, names, patch)
    }

    /// A machine that is switched off: first its kubelet stops the Pods, if it has time for that, then it is never
    /// heard of again.
    pub(super) fn shut_down(
        &self,
        path: &str,
        shutdown: &ShutDownNodeSpec,
        names: &NodeNames<'_>,
    ) -> Result<(Action, Option<(SimDuration, Action)>), Problems> {
        let path = format!("{path}.node");
        let off = self.to_node(&path, &shutdown.node, names, NodeAction::Report(false))?;
        let grace = shutdown.shutdown_grace_period.map_or(SimDuration::ZERO, |grace| grace.0);
        if grace == SimDuration::ZERO {
            return Ok((off, None));
        }
        let begins = self.to_node(&path, &shutdown.node, names, NodeAction::ShutDown(grace))?;
        Ok((begins, Some((grace, off))))
    }

    /// A kubelet that loses the API server, and its return.
    pub(super) fn lose(
        &self,
        path: &str,
        lose: &LoseNodeSpec,
        names: &NodeNames<'_>,
    ) -> Result<(Action, Option<(SimDuration, Action)>), Problems> {
        let path = format!("{path}.node");
        let lost = self.to_node(&path, &lose.node, names, NodeAction::Report(false))?;
        let back = match &lose.down {
            Some(down) => Some((down.0, self.to_node(&path, &lose.node, names, NodeAction::Report(true))?)),
            None => None,
        };
        Ok((lost, back))
    }
}
