//! The message about a Pod that no node accepts: reasons, and how many nodes have each. Plugins decide why a node
//! rejects it.
//!
//! Source: `pkg/scheduler/framework/types.go`, `FitError`.

use super::plugins::Reason;

/// How many nodes have each reason. There are few reasons, whatever the number of nodes.
#[derive(Debug, Default)]
pub(super) struct ReasonCounts(Vec<(Reason, usize)>);

impl ReasonCounts {
    /// This many more nodes have this reason.
    pub fn add(&mut self, reason: &Reason, nodes: usize) {
        match self.0.iter_mut().find(|(known, _)| known == reason) {
            Some((_, count)) => *count += nodes,
            None if nodes > 0 => self.0.push((reason.clone(), nodes)),
            None => {}
        }
    }

    /// The message for this many nodes. Reasons are sorted by their texts, each preceded by its number, as the API
    /// shows them.
    pub fn message(&self, all: usize) -> String {
        let mut texts: Vec<String> = self.0.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        texts.sort_unstable();
        format!("0/{all} nodes are available: {}.", texts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_and_sorted_as_texts() {
        let mut counts = ReasonCounts::default();
        for (reason, nodes) in [(Reason::Memory, 1), (Reason::Cpu, 8), (Reason::Memory, 9), (Reason::Ports, 0)] {
            counts.add(&reason, nodes);
        }
        assert_eq!(counts.message(12), "0/12 nodes are available: 10 Insufficient memory, 8 Insufficient cpu.");
    }
}
