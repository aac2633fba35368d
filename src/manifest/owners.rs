//! Detects a cycle of owners among objects that were read together, which no cluster can have. It follows uids, as the
//! garbage collector does.

use crate::text::{ReadError, TreeNode, Value};
use std::collections::{HashMap, HashSet};

/// The first cycle of owners among these objects.
pub(super) fn cyclic_owner(objects: &[&TreeNode]) -> Option<ReadError> {
    let by_uid: HashMap<&str, &TreeNode> =
        objects.iter().filter_map(|object| Some((metadata_text(object, "uid")?, *object))).collect();
    // Objects from which no cycle can be reached.
    let mut harmless: HashSet<&str> = HashSet::new();
    for object in objects {
        let Some(uid) = metadata_text(object, "uid") else { continue };
        if let Some(error) = circle_from(uid, &by_uid, &mut harmless) {
            return Some(error);
        }
    }
    None
}

/// A cycle that can be reached from an object. The depth-first search is not recursive, because chains may be long.
fn circle_from<'a>(
    start: &'a str,
    by_uid: &HashMap<&'a str, &'a TreeNode>,
    harmless: &mut HashSet<&'a str>,
) -> Option<ReadError> {
    let mut way: Vec<(&str, usize)> = vec![(start, 0)];
    let mut on_way = HashSet::from([start]);
    while let Some((uid, next)) = way.last_mut() {
        let object = by_uid[*uid];
        let Some((n, owner)) = owners(object, *next).find(|(_, owner)| by_uid.contains_key(owner)) else {
            harmless.insert(*uid);
            on_way.remove(*uid);
            way.pop();
            continue;
        };
        *next = n + 1;
        if on_way.contains(owner) {
            let from = way.iter().position(|(uid, _)| *uid == owner).expect("it is on the way");
            let names: Vec<String> = way[from..].iter().map(|(uid, _)| name_of(by_uid[uid])).collect();
            let first = by_uid[owner];
            let path = format!("metadata.ownerReferences[{}].uid", way[from].1 - 1);
            let message = format!("a circle of owners: {}, {}", names.join(", "), name_of(first));
            return Some(first.at_path(&path).error(&path, message));
        }
        if !harmless.contains(owner) {
            on_way.insert(owner);
            way.push((owner, 0));
        }
    }
    None
}

/// The uids of an object's owners from position `from` on, each with its position.
fn owners(object: &TreeNode, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let list = object.get("metadata").and_then(|m| m.get("ownerReferences")).map(|references| &references.value);
    let references = match list {
        Some(Value::List(list)) => &list[..],
        _ => &[],
    };
    references.iter().enumerate().skip(from).filter_map(|(n, reference)| Some((n, reference.get("uid")?.as_text()?)))
}

fn metadata_text<'a>(object: &'a TreeNode, field: &str) -> Option<&'a str> {
    object.get("metadata")?.get(field)?.as_text()
}

fn name_of(object: &TreeNode) -> String {
    let kind = object.get("kind").and_then(TreeNode::as_text).unwrap_or_default();
    format!("{kind} {}", metadata_text(object, "name").unwrap_or_default())
}
