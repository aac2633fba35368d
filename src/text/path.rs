//! Paths into a tree of values, such as `jobs[0].pods.run` or `spec.template.metadata.labels[app]`: parsing and
//! formatting them, looking up the value at a path, and setting it. What a field means is not known here.

use super::tree::{Field, TreeNode, Value};
use std::fmt;

/// One step of a path: a field's name or a position in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// A field.
    Name(String),
    /// A member of a list, counted from 0.
    Place(usize),
}

impl PathStep {
    /// A step to the field with this name.
    pub fn name(name: &str) -> Self {
        PathStep::Name(name.to_owned())
    }
}

/// Formats a path for messages.
pub struct PathText<'a>(pub &'a [PathStep]);

impl fmt::Display for PathText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Place(place) => write!(f, "[{place}]")?,
                PathStep::Name(name) if name.is_empty() || name.contains(['.', '[']) => write!(f, "[{name}]")?,
                PathStep::Name(name) if n == 0 => write!(f, "{name}")?,
                PathStep::Name(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}

/// The steps of a path: names separated by dots, positions in brackets. A name that contains dots is put in brackets,
/// with or without quotation marks.
///
/// # Errors
/// What is wrong with it.
pub fn parse_path(path: &str) -> Result<Vec<PathStep>, String> {
    let mut steps = Vec::new();
    read_steps(path, &mut steps)?;
    if steps.is_empty() { Err("the path is empty".to_owned()) } else { Ok(steps) }
}

/// Parses steps up to the end, or up to the first thing that is not a step.
fn read_steps(path: &str, steps: &mut Vec<PathStep>) -> Result<(), String> {
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (inner, after) = inside.split_once(']').ok_or_else(|| format!("{path:?} has a `[` without `]`"))?;
            steps.push(match inner.parse::<usize>() {
                // A key such as `007` is a name: as a number it would be formatted differently.
                Ok(place) if place.to_string() == inner => PathStep::Place(place),
                _ => PathStep::name(inner.trim_matches(['"', '\''])),
            });
            rest = after.strip_prefix('.').unwrap_or(after);
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        if end == 0 {
            return Err(format!("{path:?} has an empty name in it"));
        }
        steps.push(PathStep::name(&rest[..end]));
        rest = &rest[end..];
        if let Some(after) = rest.strip_prefix('.') {
            if after.is_empty() {
                return Err(format!("{path:?} ends in a dot"));
            }
            rest = after;
        }
    }
    Ok(())
}

impl TreeNode {
    /// The value at a path in the form that messages use. If there is no such value, the deepest existing one on the
    /// way.
    pub fn at_path(&self, path: &str) -> &TreeNode {
        let mut steps = Vec::new();
        // Messages of the API server contain texts in place of names; the part before them still leads close to the
        // fault.
        let _ = read_steps(path, &mut steps);
        let mut node = self;
        for step in &steps {
            match node.child(step) {
                Some(child) => node = child,
                None => break,
            }
        }
        node
    }

    fn child(&self, step: &PathStep) -> Option<&TreeNode> {
        match (&self.value, step) {
            (Value::List(list), PathStep::Place(place)) => list.get(*place),
            // A key of a map may be a number: `byIndex[3]`.
            (_, PathStep::Place(place)) => self.get(&place.to_string()),
            (_, PathStep::Name(name)) => self.get(name).or_else(|| {
                // The API server omits `metadata` in the paths of errors about a template's labels and annotations.
                let is_metadata = matches!(name.as_str(), "labels" | "annotations");
                self.get("metadata").filter(|_| is_metadata).and_then(|metadata| metadata.get(name))
            }),
        }
    }

    /// Sets the value at a path, and creates missing maps on the way.
    ///
    /// # Errors
    /// If something on the way is not a map (for a name), or has no such position.
    pub fn set(&mut self, steps: &[PathStep], value: TreeNode) -> Result<(), String> {
        let Some((step, rest)) = steps.split_first() else {
            *self = value;
            return Ok(());
        };
        let (line, column) = (value.line, value.column);
        let kind = self.kind();
        match step {
            PathStep::Name(name) => {
                if self.value == Value::Null {
                    self.value = Value::Map(Vec::new());
                }
                let Value::Map(fields) = &mut self.value else { return Err(format!("{name:?} would stand in {kind}")) };
                let at = fields.iter().position(|(field, _)| field.name == *name).unwrap_or_else(|| {
                    let field = Field { name: name.clone(), line, column };
                    fields.push((field, TreeNode { line, column, value: Value::Null }));
                    fields.len() - 1
                });
                fields[at].1.set(rest, value)
            }
            PathStep::Place(place) => {
                let Value::List(list) = &mut self.value else { return Err(format!("[{place}] would stand in {kind}")) };
                let length = list.len();
                let member =
                    list.get_mut(*place).ok_or_else(|| format!("there is no [{place}]: the list has {length}"))?;
                member.set(rest, value)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read_documents;
    use super::*;

    #[test]
    fn paths_are_read_and_written() {
        for path in ["a", "a.b", "a[0].b", "a[x.y/z].c", "a[0][1]"] {
            assert_eq!(PathText(&parse_path(path).unwrap()).to_string(), path);
        }
        for path in ["", ".", "a..b", "a.", "a[0", ".a"] {
            assert!(parse_path(path).is_err(), "{path}");
        }
        assert_eq!(parse_path("a['b']").unwrap(), [PathStep::name("a"), PathStep::name("b")]);
        assert_eq!(parse_path("[007]").unwrap(), [PathStep::name("007")]);
    }

    #[test]
    fn paths_lead_to_places() {
        let text = "spec:\n  a:\n  - b: {x.y/z: 1, 3: 4}\n  metadata:\n    labels:\n      k: v\n";
        let root = &read_documents(text).unwrap()[0];
        for (path, place) in [
            ("", (1, 1)),
            ("spec", (2, 3)),
            ("spec.a[0]", (3, 5)),
            ("spec.a[0].b[x.y/z]", (3, 16)),
            ("spec.a[0].b[3]", (3, 22)),
            ("spec.a[7].b", (3, 3)),
            ("spec.nothing.at.all", (2, 3)),
            ("spec.labels[k]", (6, 10)),
            ("spec..", (2, 3)),
            ("[[[", (1, 1)),
        ] {
            let node = root.at_path(path);
            assert_eq!((node.line, node.column), place, "{path}");
        }
    }

    #[test]
    fn values_are_set() {
        let mut root = read_documents("a:\n  b: [1, {c: 2}]\n").unwrap().remove(0);
        let mut set = |path: &str, n| {
            let value = TreeNode { line: 0, column: 0, value: Value::Int(n) };
            root.set(&parse_path(path).unwrap(), value)
        };
        set("a.b[1].c", 7).unwrap();
        set("a.x.y", 8).unwrap();
        for path in ["a.b[2]", "a.b.c", "a[0]"] {
            assert!(set(path, 1).is_err(), "{path}");
        }
        assert_eq!(root.to_json(), serde_json::json!({"a": {"b": [1, {"c": 7}], "x": {"y": 8}}}));
    }
}
