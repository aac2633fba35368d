//! The order in which nodes are considered: one of each zone in turn, so that Pods are spread over zones even without a
//! constraint. Only the zones of nodes are known here.

use crate::id::NodeId;

/// Nodes by zone. Zones, and the nodes of each, are in the order in which they joined.
#[doc(alias = "nodeTree")]
#[derive(Debug, Default)]
pub(super) struct NodeTree {
    zones: Vec<((String, String), Vec<NodeId>)>,
}

impl NodeTree {
    /// Forgets all nodes.
    pub fn clear(&mut self) {
        self.zones.clear();
    }

    /// Adds a node to its zone (region and name); a zone without nodes has no place.
    pub fn add(&mut self, node: NodeId, (region, zone): (&str, &str)) {
        match self.zones.iter_mut().find(|((r, z), _)| (&**r, &**z) == (region, zone)) {
            Some((_, nodes)) => nodes.push(node),
            None => self.zones.push(((region.to_owned(), zone.to_owned()), vec![node])),
        }
    }

    /// Removes a node from its zone.
    pub fn remove(&mut self, node: NodeId, (region, zone): (&str, &str)) {
        let place = self.zones.iter().position(|((r, z), _)| (&**r, &**z) == (region, zone));
        let place = place.expect("a node is removed from the zone to which it was added");
        let nodes = &mut self.zones[place].1;
        nodes.retain(|&n| n != node);
        if nodes.is_empty() {
            self.zones.remove(place);
        }
    }

    /// All nodes: the first of each zone, the second of each zone, and so on.
    pub fn list(&self) -> Vec<NodeId> {
        let longest = self.zones.iter().map(|(_, nodes)| nodes.len()).max().unwrap_or(0);
        (0..longest).flat_map(|n| self.zones.iter().filter_map(move |(_, nodes)| nodes.get(n).copied())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_node_of_each_zone_in_turn() {
        let mut tree = NodeTree::default();
        for (n, zone) in [(0, "a"), (1, "a"), (2, "b"), (3, "c"), (4, "b")] {
            tree.add(NodeId(n), ("r", zone));
        }
        assert_eq!(tree.list(), [0, 2, 3, 1, 4].map(NodeId));
        tree.remove(NodeId(0), ("r", "a"));
        assert_eq!(tree.list(), [1, 2, 3, 4].map(NodeId));
        tree.remove(NodeId(1), ("r", "a"));
        tree.add(NodeId(5), ("r", "a"));
        assert_eq!(tree.list(), [2, 3, 5, 4].map(NodeId), "a zone that was empty comes last");
    }
}
