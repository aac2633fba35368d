//! The machines behind the nodes: whether each is there, and whether its kubelet reaches the API server. What a kubelet does
//! with a Pod is in [`super::kubelet`].

use crate::id::{NodeId, PodId, Table};
use crate::model::Workload;
use crate::world::env::Env;
use crate::world::event::Event;

/// The machines, by node.
#[derive(Debug, Default)]
pub(in crate::world) struct Machines {
    machines: Table<NodeId, Machine>,
}

/// A machine.
#[derive(Debug, Default)]
struct Machine {
    state: MachineState,
    /// What fell due while its kubelet did not report, in order.
    waiting: Vec<Event>,
}

/// Whether a machine runs Pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum MachineState {
    /// Its kubelet reaches the API server.
    #[default]
    Reports,
    /// Its kubelet does not reach the API server.
    Silent,
    /// It is gone for good.
    Gone,
}

impl Machines {
    /// Forgets all machines.
    pub fn clear(&mut self) {
        self.machines.clear();
    }

    fn of<W>(&self, env: &Env<W>, pod: PodId) -> Option<NodeId> {
        env.config.nodes.as_ref()?;
        env.store.placement(pod).node
    }

    /// Whether a step of a Pod's life does not happen now: its machine is gone, or the step waits until the kubelet
    /// reaches the API server again.
    pub fn hold_back<W: Workload>(&mut self, env: &Env<W>, pod: PodId, event: Event) -> bool {
        let Some(node) = self.of(env, pod) else { return false };
        let machine = self.machines.reach(node);
        match machine.state {
            MachineState::Reports => false,
            MachineState::Gone => true,
            MachineState::Silent => {
                machine.waiting.push(event);
                true
            }
        }
    }

    /// Whether the kubelet of a Pod's node reaches the API server.
    pub fn reports<W>(&self, env: &Env<W>, pod: PodId) -> bool {
        self.of(env, pod).is_none_or(|node| self.node_reports(node))
    }

    /// Whether a node's kubelet reaches the API server.
    pub fn node_reports(&self, node: NodeId) -> bool {
        self.machines.get(node).is_none_or(|m| m.state == MachineState::Reports)
    }

    /// A node's kubelet loses the API server; `false` if it had lost it, or is gone.
    pub fn silence(&mut self, node: NodeId) -> bool {
        let machine = self.machines.reach(node);
        let was_there = machine.state == MachineState::Reports;
        if was_there {
            machine.state = MachineState::Silent;
        }
        was_there
    }

    /// A node's kubelet reaches the API server again; gives what fell due meanwhile. `None` if it reached it all the time,
    /// or is gone.
    pub fn report_again(&mut self, node: NodeId) -> Option<Vec<Event>> {
        let machine = self.machines.reach(node);
        if machine.state != MachineState::Silent {
            return None;
        }
        machine.state = MachineState::Reports;
        Some(std::mem::take(&mut machine.waiting))
    }

    /// A machine is gone for good.
    pub fn remove(&mut self, node: NodeId) {
        let machine = self.machines.reach(node);
        machine.state = MachineState::Gone;
        machine.waiting.clear();
    }
}
