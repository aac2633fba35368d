//! Builds trees from what a parser finds: fields, aliases, merges. It bounds what a text can ask for, and notes what a
//! strict reader would reject.
//!
//! Invariant: hostile text (nesting, aliases, size) leads to an error, never to a panic or to unbounded memory.

use super::scalar::{ScalarText, field_name, not_finite, scalar};
use super::tree::{Field, ReadError, TreeNode, Value};
use crate::limits::{DEEPEST_TEXT, MOST_COMPLAINTS, MOST_REPEATED, MOST_REPEATED_TEXT, MOST_VALUES};
use std::collections::HashMap;

/// Maps with at least this many fields keep their positions in a table.
const MANY_FIELDS: usize = 32;

/// Trees under construction.
#[derive(Default)]
pub(super) struct TreeBuilder {
    /// The complete documents that are not null.
    pub documents: Vec<TreeNode>,
    /// What a strict reader would reject, although the documents are complete without it.
    pub complaints: Vec<ReadError>,
    open: Vec<OpenNode>,
    anchors: HashMap<String, Anchored>,
    /// Values so far, including those repeated by aliases.
    values: usize,
    /// Values repeated by aliases.
    repeated: usize,
    /// Bytes of text that are kept in more than one place, because of aliases or anchors.
    copied: usize,
    /// How many lists and maps have been opened.
    opened: usize,
    /// Whether there was a number that JSON does not have.
    has_not_finite: bool,
}

/// A list or map that is not closed yet.
struct OpenNode {
    node: TreeNode,
    anchor: Option<String>,
    /// Its number among all lists and maps opened so far.
    number: usize,
    /// The key whose value comes next.
    key: Option<PendingKey>,
    /// The number of values inside, including itself.
    size: usize,
    /// The position of each field, once there are many.
    places: HashMap<String, usize>,
}

enum PendingKey {
    Field(Field),
    /// `<<`: the fields of its value are merged in.
    Merge,
}

/// What an anchor refers to.
enum Anchored {
    /// A list or map that is not closed yet, by its number.
    Open(usize),
    Complete(TreeNode, usize),
}

impl TreeBuilder {
    /// Forgets the anchors of the previous document.
    pub fn begin_document(&mut self) {
        self.anchors.clear();
    }

    /// Adds a scalar, which is a key where the innermost open map expects one. `line` and `column` are counted from 0,
    /// here and below.
    ///
    /// # Errors
    /// A scalar that does not fit its tag, a key that cannot be a name, or too many values.
    pub fn scalar(
        &mut self,
        line: usize,
        column: usize,
        text: ScalarText<'_>,
        anchor: Option<String>,
    ) -> Result<(), ReadError> {
        let node = TreeNode { line: line + 1, column: column + 1, value: Value::Null };
        let is_key = |open: &OpenNode| open.key.is_none() && matches!(open.node.value, Value::Map(_));
        let is_key = self.open.last().is_some_and(is_key);
        if is_key && text.is_merge() {
            self.open.last_mut().expect("a key is one of something").key = Some(PendingKey::Merge);
            return Ok(());
        }
        let refused = |message: String| node.error("", format!("not valid YAML: {message}"));
        if !is_key {
            let value = scalar(text).map_err(refused)?;
            self.has_not_finite |= is_not_finite(&value);
            return self.add(TreeNode { value, ..node }, 1, anchor);
        }
        let name = TreeNode { value: Value::Text(field_name(text).map_err(refused)?), ..node };
        if let Some(anchor) = anchor {
            // An alias may repeat it where it is not a key.
            let value = scalar(text).map_err(|message| name.error("", format!("not valid YAML: {message}")))?;
            self.has_not_finite |= is_not_finite(&value);
            self.anchors.insert(anchor, Anchored::Complete(TreeNode { value, ..name.clone() }, 1));
        }
        self.add(name, 1, None)
    }

    /// Adds a copy of what an anchor stands for.
    ///
    /// # Errors
    /// An unknown anchor, an anchor around the alias itself, or too many values.
    pub fn alias(&mut self, line: usize, column: usize, name: &str) -> Result<(), ReadError> {
        let (line, column) = (line + 1, column + 1);
        let here = TreeNode { line, column, value: Value::Null };
        match self.anchors.get(name) {
            Some(Anchored::Complete(copy, size)) => {
                self.repeated += *size;
                self.copied += bytes_of(copy);
                if self.repeated > MOST_REPEATED || self.copied > MOST_REPEATED_TEXT {
                    return Err(here.error("", too_much_is_repeated()));
                }
                let (copy, size) = (TreeNode { line, column, ..copy.clone() }, *size);
                self.add(copy, size, None)
            }
            Some(Anchored::Open(_)) => Err(here.error("", "an alias to something that is not complete yet")),
            None => Err(here.error("", format!("not valid YAML: there is no anchor {name:?} before this alias"))),
        }
    }

    /// Begins a list or a map.
    ///
    /// # Errors
    /// If the nesting is too deep.
    pub fn open(&mut self, line: usize, column: usize, value: Value, anchor: Option<String>) -> Result<(), ReadError> {
        let node = TreeNode { line: line + 1, column: column + 1, value };
        if self.open.len() >= DEEPEST_TEXT {
            return Err(node.error("", format!("nested deeper than {DEEPEST_TEXT} levels")));
        }
        self.opened += 1;
        let number = self.opened;
        if let Some(anchor) = &anchor {
            self.anchors.insert(anchor.clone(), Anchored::Open(number));
        }
        self.open.push(OpenNode { node, anchor, number, key: None, size: 1, places: HashMap::new() });
        Ok(())
    }

    /// Ends the list or map that was opened last.
    ///
    /// # Errors
    /// A list or map where a key is expected, or too many values.
    pub fn close(&mut self) -> Result<(), ReadError> {
        let open = self.open.pop().expect("a parser closes what it opened");
        // An inner anchor of the same name replaces this one for everything that follows.
        let is_own = |name: &String| matches!(self.anchors.get(name), Some(Anchored::Open(n)) if *n == open.number);
        let anchor = open.anchor.filter(is_own);
        // Its members were counted when they were added.
        self.values -= open.size - 1;
        self.add(open.node, open.size, anchor)
    }

    /// Adds a complete value to the innermost open list or map, or as a document.
    fn add(&mut self, node: TreeNode, size: usize, anchor: Option<String>) -> Result<(), ReadError> {
        // A value with an anchor is kept twice.
        self.values += if anchor.is_some() { 2 * size } else { size };
        if self.values > MOST_VALUES {
            return Err(node.error("", format!("more than {MOST_VALUES} values, aliases included")));
        }
        if let Some(anchor) = anchor {
            self.copied += bytes_of(&node);
            if self.copied > MOST_REPEATED_TEXT {
                return Err(node.error("", too_much_is_repeated()));
            }
            self.anchors.insert(anchor, Anchored::Complete(node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            // Only now, because a later field of the same name may have replaced the number.
            if let Some(at) = Some(&node).filter(|_| self.has_not_finite).and_then(first_not_finite) {
                return Err(at);
            }
            if node.value != Value::Null {
                self.documents.push(node);
            }
            return Ok(());
        };
        open.size += size;
        match (&mut open.node.value, open.key.take()) {
            (Value::List(list), _) => list.push(node),
            (Value::Map(_), None) => open.key = Some(PendingKey::Field(field_of(node)?)),
            (Value::Map(_), Some(PendingKey::Field(field))) => {
                let complaint = open.set(field, node, ReadError::twice);
                self.complaints.extend(complaint.filter(|_| self.complaints.len() < MOST_COMPLAINTS));
            }
            (Value::Map(_), Some(PendingKey::Merge)) => {
                for (field, node) in merged(node)? {
                    let complaint = open.set(field, node, ReadError::merged_over);
                    self.complaints.extend(complaint.filter(|_| self.complaints.len() < MOST_COMPLAINTS));
                }
            }
            _ => unreachable!("only lists and maps are open"),
        }
        Ok(())
    }
}

impl OpenNode {
    /// Sets a field of a map. A field that exists is replaced, with a complaint.
    fn set(
        &mut self,
        field: Field,
        node: TreeNode,
        complaint: fn(usize, usize, String) -> ReadError,
    ) -> Option<ReadError> {
        let Value::Map(fields) = &mut self.node.value else { unreachable!("only maps have fields") };
        // Few names are compared one by one; many are looked up.
        if fields.len() == MANY_FIELDS && self.places.is_empty() {
            self.places.extend(fields.iter().enumerate().map(|(n, (field, _))| (field.name.clone(), n)));
        }
        let place = match self.places.is_empty() {
            true => fields.iter().position(|(known, _)| known.name == field.name),
            false => self.places.get(&field.name).copied(),
        };
        let Some(place) = place else {
            if !self.places.is_empty() {
                self.places.insert(field.name.clone(), fields.len());
            }
            fields.push((field, node));
            return None;
        };
        let (line, column, name) = (field.line, field.column, field.name.clone());
        fields[place] = (field, node);
        Some(complaint(line, column, name))
    }
}

fn is_not_finite(value: &Value) -> bool {
    matches!(value, Value::Float(x) if !x.is_finite())
}

/// The refusal of the first number in a value that JSON does not have.
fn first_not_finite(node: &TreeNode) -> Option<ReadError> {
    match &node.value {
        Value::List(list) => list.iter().find_map(first_not_finite),
        Value::Map(fields) => fields.iter().find_map(|(_, node)| first_not_finite(node)),
        Value::Float(x) if !x.is_finite() => {
            Some(node.error("", format!("not valid YAML: {} is a number that JSON does not have", not_finite(*x))))
        }
        _ => None,
    }
}

/// Bytes of the texts and names in a value.
fn bytes_of(node: &TreeNode) -> usize {
    match &node.value {
        Value::Text(text) | Value::Decimal(text) => text.len(),
        Value::List(list) => list.iter().map(bytes_of).sum(),
        Value::Map(fields) => fields.iter().map(|(field, node)| field.name.len() + bytes_of(node)).sum(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
    }
}

fn too_much_is_repeated() -> String {
    let most = MOST_REPEATED_TEXT >> 20;
    format!("anchors and aliases repeat more than {MOST_REPEATED} values, or more than {most} MiB of text")
}

/// The fields that `<<` merges in, in the order in which they are set: of several maps the first one wins.
fn merged(node: TreeNode) -> Result<Vec<(Field, TreeNode)>, ReadError> {
    let maps = match node.value {
        Value::List(list) => list,
        _ => vec![node],
    };
    let mut fields = Vec::new();
    for map in maps.into_iter().rev() {
        match map.value {
            Value::Map(merged) => fields.extend(merged),
            _ => return Err(map.error("<<", "only objects can be merged")),
        }
    }
    Ok(fields)
}

/// A map's key as a field name; a key that is not text is written as in JSON.
fn field_of(node: TreeNode) -> Result<Field, ReadError> {
    let (line, column) = (node.line, node.column);
    let name = match node.value {
        Value::Text(text) => text,
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        Value::Decimal(text) => text,
        _ => return Err(node.error("", "a field's name must be a string")),
    };
    Ok(Field { name, line, column })
}
