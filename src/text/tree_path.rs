//! Paths into a tree of values, such as `jobs[0].pods.run`: finding what stands there, and setting it. It knows no
//! field's meaning.

use super::{Field, Node, Value};

/// A step of a path: a field's name, or a place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A field.
    Name(String),
    /// A member of a list, from 0.
    Place(usize),
}

/// The steps of a path: names between dots, places in brackets; a name with dots stands in brackets and quotation marks.
///
/// # Errors
/// Says what is wrong with it.
pub fn parse(path: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (inner, after) = inside.split_once(']').ok_or_else(|| format!("{path:?} has a `[` without `]`"))?;
            steps.push(match inner.parse() {
                Ok(place) => Step::Place(place),
                Err(_) => Step::Name(inner.trim_matches(['"', '\'']).to_owned()),
            });
            rest = after.strip_prefix('.').unwrap_or(after);
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        if end == 0 {
            return Err(format!("{path:?} has an empty name in it"));
        }
        steps.push(Step::Name(rest[..end].to_owned()));
        rest = &rest[end..];
        if let Some(after) = rest.strip_prefix('.') {
            if after.is_empty() {
                return Err(format!("{path:?} ends in a dot"));
            }
            rest = after;
        }
    }
    if steps.is_empty() { Err("the path is empty".to_owned()) } else { Ok(steps) }
}

/// The node at a path, or the deepest on the way that is there.
pub fn deepest<'a>(root: &'a Node, steps: &[Step]) -> &'a Node {
    let mut node = root;
    for step in steps {
        let next = match (step, &node.value) {
            (Step::Name(name), Value::Map(_)) => node.get(name),
            (Step::Place(n), Value::List(list)) => list.get(*n),
            _ => None,
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    node
}

/// The field of that name in the map at a path, for the place of a name that should not be there.
pub fn field<'a>(root: &'a Node, steps: &[Step], name: &str) -> Option<&'a Field> {
    match &deepest(root, steps).value {
        Value::Map(fields) => fields.iter().map(|(f, _)| f).find(|f| f.name == name),
        _ => None,
    }
}

/// Sets what stands at a path; maps on the way are made where they are missing.
///
/// # Errors
/// If something on the way is no map (for a name) or has no such place.
pub fn set(root: &mut Node, steps: &[Step], value: Node) -> Result<(), String> {
    let Some((step, rest)) = steps.split_first() else {
        *root = value;
        return Ok(());
    };
    let (line, column) = (value.line, value.column);
    match step {
        Step::Name(name) => {
            if root.value == Value::Null {
                root.value = Value::Map(Vec::new());
            }
            let kind = root.kind();
            let Value::Map(fields) = &mut root.value else { return Err(format!("{name:?} would stand in {kind}")) };
            let at = fields.iter().position(|(f, _)| f.name == *name).unwrap_or_else(|| {
                let field = Field { name: name.clone(), line, column };
                fields.push((field, Node { line, column, value: Value::Null }));
                fields.len() - 1
            });
            set(&mut fields[at].1, rest, value)
        }
        Step::Place(n) => {
            let kind = root.kind();
            let Value::List(list) = &mut root.value else { return Err(format!("[{n}] would stand in {kind}")) };
            let length = list.len();
            let member = list.get_mut(*n).ok_or_else(|| format!("there is no [{n}]: the list has {length}"))?;
            set(member, rest, value)
        }
    }
}

/// The path as text.
#[cfg(test)]
fn text(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Place(n) => text += &format!("[{n}]"),
            Step::Name(name) if name.contains(['.', '[']) => text += &format!("[{name}]"),
            Step::Name(name) if text.is_empty() => text += name,
            Step::Name(name) => text += &format!(".{name}"),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::read_documents;

    #[test]
    fn paths_are_read_and_shown() {
        for path in ["a", "a.b", "a[0].b", "a[x.y/z].c", "a[0][1]"] {
            assert_eq!(text(&parse(path).unwrap()), path);
        }
        for path in ["", ".", "a..b", "a.", "a[0", ".a"] {
            assert!(parse(path).is_err(), "{path}");
        }
    }

    #[test]
    fn values_are_found_and_set() {
        let mut root = read_documents("a:\n  b: [1, {c: 2}]\n").unwrap().remove(0);
        let value = |n| Node { line: 0, column: 0, value: Value::Int(n) };
        set(&mut root, &parse("a.b[1].c").unwrap(), value(7)).unwrap();
        set(&mut root, &parse("a.x.y").unwrap(), value(8)).unwrap();
        assert_eq!(root.to_json(), serde_json::json!({"a": {"b": [1, {"c": 7}], "x": {"y": 8}}}));
        assert!(set(&mut root, &parse("a.b[2]").unwrap(), value(1)).is_err());
        assert!(set(&mut root, &parse("a.b.c").unwrap(), value(1)).is_err());
        assert!(set(&mut root, &parse("a[0]").unwrap(), value(1)).is_err());
        assert_eq!(deepest(&root, &parse("a.b[1].nowhere").unwrap()).line, 2);
    }
}
