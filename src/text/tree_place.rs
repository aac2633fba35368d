//! From the path of a field to the place where it stands in a tree.

use super::tree::{Node, Value};

/// A step of a path.
#[derive(Debug, PartialEq)]
enum Step<'a> {
    Name(&'a str),
    Bracket(&'a str),
}

impl Node {
    /// The value at a path such as `spec.template.spec.containers[0].resources.limits[cpu]`, as error texts write it; if
    /// it is not there, the deepest value on the way that is.
    pub fn at_path(&self, path: &str) -> &Node {
        let mut node = self;
        for step in steps(path) {
            match below(node, &step) {
                Some(found) => node = found,
                None => break,
            }
        }
        node
    }
}

fn below<'a>(node: &'a Node, step: &Step<'_>) -> Option<&'a Node> {
    match (&node.value, step) {
        (Value::List(list), Step::Bracket(index)) => list.get(index.parse::<usize>().ok()?),
        (_, Step::Bracket(key)) => node.get(key),
        // Errors about a template's labels and annotations leave `metadata` out of the path.
        (_, Step::Name(name @ ("labels" | "annotations"))) => {
            node.get(name).or_else(|| node.get("metadata").and_then(|metadata| metadata.get(name)))
        }
        (_, Step::Name(name)) => node.get(name),
    }
}

fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (key, after) = inside.split_once(']').unwrap_or((inside, ""));
            steps.push(Step::Bracket(key));
            rest = after;
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end > 0 {
                steps.push(Step::Name(&rest[..end]));
            } else if !rest.starts_with('[') {
                // A dot without a name: the path is not one that this crate makes.
                break;
            }
            rest = &rest[end..];
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::super::tree::read_documents;

    #[test]
    fn paths_lead_to_places() {
        let text = "spec:\n  a:\n  - b: {x.y/z: 1}\n  metadata:\n    labels:\n      k: v\n";
        let root = &read_documents(text).unwrap()[0];
        for (path, place) in [
            ("", (1, 1)),
            ("spec", (2, 3)),
            ("spec.a[0]", (3, 5)),
            ("spec.a[0].b[x.y/z]", (3, 16)),
            ("spec.a[7].b", (3, 5)),
            ("spec.nothing.at.all", (2, 3)),
            ("spec.labels[k]", (6, 10)),
            ("spec..", (2, 3)),
            ("[[[", (1, 1)),
        ] {
            let node = root.at_path(path);
            assert_eq!((node.line, node.column), place, "{path}");
        }
    }
}
