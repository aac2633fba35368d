//! The flags that say how often something ends Pods from outside: each stands for an entry of a scenario's `disruptions`.

use crate::scenario::document::{DisruptionRateSpec, DisruptionSpec};
use crate::scenario::scalars::Rate;

/// How often, for each Pod that is bound to a node.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct DisruptionRates {
    /// How often Pods are evicted by the API, each, such as 0.5/h
    #[arg(long, value_name = "RATE", help_heading = "How Pods behave", value_parser = Rate::parse)]
    pub evict: Option<Rate>,

    /// How often Pods are preempted by the scheduler, each
    #[arg(long, value_name = "RATE", help_heading = "How Pods behave", value_parser = Rate::parse)]
    pub preempt: Option<Rate>,

    /// How often Pods are ended by their kubelet under node pressure, each
    #[arg(long, value_name = "RATE", help_heading = "How Pods behave", value_parser = Rate::parse)]
    pub kubelet_evict: Option<Rate>,

    /// How often Pods lose their node, each
    #[arg(long, value_name = "RATE", help_heading = "How Pods behave", value_parser = Rate::parse)]
    pub node_loss: Option<Rate>,

    /// How often Pods are deleted by a user, each
    #[arg(long, value_name = "RATE", help_heading = "How Pods behave", value_parser = Rate::parse)]
    pub delete_pod: Option<Rate>,
}

impl DisruptionRates {
    /// As a scenario has them.
    pub fn disruptions(self) -> Vec<DisruptionSpec> {
        let often = |rate: Option<Rate>| rate.map(|rate| DisruptionRateSpec { rate });
        let kinds = [
            often(self.evict).map(DisruptionSpec::Eviction),
            often(self.preempt).map(DisruptionSpec::Preemption),
            often(self.kubelet_evict).map(DisruptionSpec::Kubelet),
            often(self.node_loss).map(DisruptionSpec::NodeLoss),
            often(self.delete_pod).map(DisruptionSpec::Deletion),
        ];
        kinds.into_iter().flatten().collect()
    }
}
