//! The machines of the nodes: whether each exists, and whether its kubelet reaches the API server. What a kubelet does
//! with a Pod is in [`super::kubelet`].

use super::leases::LeaseRenewals;
use crate::id::{NodeId, PodId, Table};
use crate::model::Workload;
use crate::time::{SimDuration, SimTime};
use crate::world::env::Env;
use crate::world::event::Event;

/// The machines, by node.
#[derive(Debug, Default)]
pub(in crate::world) struct Machines {
    machines: Table<NodeId, Machine>,
    /// Whether a kubelet has lost or regained the API server since the flag was last cleared.
    pub is_changed: bool,
}

/// After which time a kubelet renews the lease for the second time, unless a node has its own. Source: a quarter of
/// `nodeLeaseDurationSeconds`, 40 s.
const LEASE_INTERVAL: SimDuration = SimDuration::from_secs(10);

/// A machine.
#[derive(Debug)]
struct Machine {
    state: MachineState,
    /// Events of its Pods that were due while its kubelet did not reach the API server, in order.
    waiting: Vec<Event>,
    /// How long after the join the lease is renewed for the second time, if that was set.
    heartbeat: Option<SimDuration>,
    /// Whether its kubelet knows that the machine will be switched off.
    is_shutting_down: bool,
    leases: LeaseRenewals,
}

impl Default for Machine {
    fn default() -> Self {
        let leases = LeaseRenewals::default();
        Machine {
            state: MachineState::default(),
            waiting: Vec::new(),
            heartbeat: Some(LEASE_INTERVAL),
            is_shutting_down: false,
            leases,
        }
    }
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
        self.is_changed = false;
    }

    /// Sets how long after its join a node's lease is renewed for the second time.
    pub fn expect(&mut self, node: NodeId, heartbeat: SimDuration) {
        self.machines.reach(node).heartbeat = Some(heartbeat).filter(|h| h.is_positive());
    }

    /// A node joins. A kubelet that has already lost the API server does not renew the lease.
    pub fn join(&mut self, node: NodeId, now: SimTime) {
        let machine = self.machines.reach(node);
        machine.leases = LeaseRenewals::begin(now, machine.heartbeat);
        if machine.state == MachineState::Silent {
            machine.leases.end(now);
        }
    }

    /// The renewals of a node's lease.
    pub fn leases(&self, node: NodeId) -> LeaseRenewals {
        self.machines.get(node).map_or_else(LeaseRenewals::default, |m| m.leases)
    }

    fn of<W>(&self, env: &Env<W>, pod: PodId) -> Option<NodeId> {
        env.config.nodes.as_ref()?;
        env.store.placement(pod).node
    }

    /// Whether a step of a Pod's life does not happen now, because its machine is gone or the kubelet does not reach
    /// the API server. In the second case the step is kept until it does.
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

    /// A node's kubelet loses the API server; `false` if it had lost it already or the machine is gone.
    pub fn silence(&mut self, node: NodeId, now: SimTime) -> bool {
        let machine = self.machines.reach(node);
        let was_there = machine.state == MachineState::Reports;
        if was_there {
            machine.state = MachineState::Silent;
            machine.leases.end(now);
            self.is_changed = true;
        }
        was_there
    }

    /// A node's kubelet regains the API server; returns the events that were due meanwhile. `None` if it had not lost
    /// the API server or the machine is gone.
    pub fn report_again(&mut self, node: NodeId, now: SimTime) -> Option<Vec<Event>> {
        let machine = self.machines.reach(node);
        if machine.state != MachineState::Silent {
            return None;
        }
        (machine.state, machine.is_shutting_down) = (MachineState::Reports, false);
        machine.leases.resume(now);
        self.is_changed = true;
        Some(std::mem::take(&mut machine.waiting))
    }

    /// A node's kubelet learns that the machine will be switched off; `false` if it knows already, has lost the API
    /// server, or the machine is gone.
    pub fn begin_shutdown(&mut self, node: NodeId) -> bool {
        let machine = self.machines.reach(node);
        machine.state == MachineState::Reports && !std::mem::replace(&mut machine.is_shutting_down, true)
    }

    /// Whether a node's kubelet knows that the machine will be switched off.
    pub fn is_shutting_down(&self, node: NodeId) -> bool {
        self.machines.get(node).is_some_and(|m| m.is_shutting_down)
    }

    /// A machine is gone for good.
    pub fn remove(&mut self, node: NodeId, now: SimTime) {
        let machine = self.machines.reach(node);
        machine.state = MachineState::Gone;
        machine.leases.end(now);
        self.is_changed = true;
        machine.waiting.clear();
    }
}
