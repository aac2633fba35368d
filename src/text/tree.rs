//! YAML and JSON text as a tree of values that know where they stand. It gives no meaning to fields: that is done by
//! whoever walks the tree. Scalars are read as Kubernetes reads them (YAML 1.1 words: `yes` is true).
//!
//! Invariant: hostile text (nesting, aliases, size) ends in an error, never in a panic or in memory without bound.

use super::json_text::read_json;
use super::scalar::scalar;
use saphyr_parser::{Event, Parser, Span};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// Deepest nesting. Source: the API server's YAML reader refuses more than 10,000; no manifest comes near this.
pub(crate) const DEEPEST: usize = 128;
/// Most values in one text, those that aliases repeat included.
pub(crate) const MOST_VALUES: usize = 2_000_000;
/// Most commas in one text of YAML: the parser holds a list in brackets in memory before it gives any of it away.
const MOST_COMMAS: usize = 1_000_000;
/// From so many fields on, the names of an object are kept in a set.
const MANY_FIELDS: usize = 32;

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What it is.
    pub value: Value,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Fields in the order of the text; names are unique.
    Map(Vec<(Field, Node)>),
}

/// A field's name and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name.
    pub name: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// Something in a text that cannot be taken, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Path of the field, such as `spec.parallelism`; empty if the text itself cannot be read.
    pub field: String,
    /// What is wrong, and what is allowed.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{}", self.message)?;
        match &self.suggestion {
            Some(word) => write!(f, " (did you mean {word:?}?)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ReadError {}

impl ReadError {
    /// Whether it is that a field stands twice, of which other readers take the last.
    pub fn is_duplicate(&self) -> bool {
        self.message.ends_with(STANDS_TWICE)
    }
}

impl ReadError {
    pub(crate) fn twice(line: usize, column: usize, name: String) -> ReadError {
        let message = format!("the field {name:?} {STANDS_TWICE}");
        ReadError { line, column, field: name, message, suggestion: None }
    }
}

/// How the message about a field that stands twice ends.
const STANDS_TWICE: &str = "stands twice in this object";

impl Node {
    /// An error about this value.
    pub fn error(&self, field: &str, message: impl Into<String>) -> ReadError {
        let (line, column) = (self.line, self.column);
        ReadError { line, column, field: field.to_owned(), message: message.into(), suggestion: None }
    }

    /// The field of that name, if this is a map that has it.
    pub fn get(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(fields) => fields.iter().find(|f| f.0.name == name).map(|f| &f.1),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What kind of value it is, in words.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "an object",
        }
    }

    /// JSON as a tree whose places are all 0:0.
    pub fn from_json(json: &serde_json::Value) -> Node {
        use serde_json::Value as Json;
        let nowhere = |name: &String| Field { name: name.clone(), line: 0, column: 0 };
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(n) => n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap_or(f64::MAX)), Value::Int),
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(list) => Value::List(list.iter().map(Node::from_json).collect()),
            Json::Object(map) => Value::Map(map.iter().map(|(k, v)| (nowhere(k), Node::from_json(v))).collect()),
        };
        Node { line: 0, column: 0, value }
    }

    /// The value as JSON, places forgotten.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Int(n) => Json::from(*n),
            Value::Float(x) if is_unsigned(*x) => Json::from(*x as u64),
            Value::Float(x) => Json::from(*x),
            Value::Text(text) => Json::from(text.as_str()),
            Value::List(list) => list.iter().map(Node::to_json).collect(),
            Value::Map(fields) => Json::Object(fields.iter().map(|(f, n)| (f.name.clone(), n.to_json())).collect()),
        }
    }
}

/// Whether a number is a whole one that fits 64 bits only without a sign; it is written without a fraction.
pub(super) fn is_unsigned(x: f64) -> bool {
    x == libm::trunc(x) && (9e18..1.8e19).contains(&x)
}

/// Reads every document of a text; empty documents are left out.
///
/// # Errors
/// The first place at which the text is not YAML or JSON, or a field stands twice.
pub fn read_documents(text: &str) -> Result<Vec<Node>, ReadError> {
    // What is JSON is read as such, as clients of Kubernetes do; all else that begins so can still be YAML.
    if text.trim_start().starts_with(['{', '[']) {
        match read_json(text) {
            Err(error) if !error.is_duplicate() => {}
            read => return read.map(|node| vec![node]),
        }
    }
    read(text, usize::MAX).map(|builder| builder.documents)
}

/// Reads the first document of a text and looks at no other, as the API server does; null if there is none.
///
/// # Errors
/// As for [`read_documents`].
pub fn read_first_document(text: &str) -> Result<Node, ReadError> {
    let mut documents = read(text, 1)?.documents;
    Ok(documents.pop().unwrap_or(Node { line: 1, column: 1, value: Value::Null }))
}

/// Reads so many documents of a text, the empty ones counted.
fn read(text: &str, most: usize) -> Result<Builder, ReadError> {
    printable(text)?;
    if text.bytes().filter(|b| *b == b',').count() > MOST_COMMAS {
        let message = format!("more than {MOST_COMMAS} commas");
        return Err(ReadError { line: 1, column: 1, field: String::new(), message, suggestion: None });
    }
    let mut builder = Builder::default();
    let mut ended = 0;
    for item in Parser::new_from_str(text) {
        let (event, span) = item.map_err(|e| ReadError {
            line: e.marker().line().max(1),
            column: e.marker().col() + 1,
            field: String::new(),
            message: format!("not valid YAML: {}", e.info()),
            suggestion: None,
        })?;
        if matches!(event, Event::DocumentEnd) {
            ended += 1;
            if ended == most {
                break;
            }
        }
        builder.take(event, span)?;
    }
    Ok(builder)
}

/// YAML is text that can be printed. Source: YAML 1.1, section 5.1.
fn printable(text: &str) -> Result<(), ReadError> {
    let is_printable = |c: char| match c {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        c => !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'),
    };
    let Some((at, c)) = text.char_indices().find(|(_, c)| !is_printable(*c)) else { return Ok(()) };
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let message = format!("not valid YAML: the control character {c:?} is not allowed");
    Err(ReadError { line, column, field: String::new(), message, suggestion: None })
}

/// Builds trees of parser events.
#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    values: usize,
}

/// A list or map that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The name of the field whose value comes next.
    field: Option<Field>,
    /// Values inside, itself included.
    size: usize,
    /// The names of the fields, once they are many.
    names: HashSet<String>,
}

impl Builder {
    fn take(&mut self, event: Event, span: Span) -> Result<(), ReadError> {
        let (line, column) = (span.start.line().max(1), span.start.col() + 1);
        let node = |value| Node { line, column, value };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = node(scalar(&text, style, tag.as_deref()));
                self.add(scalar, 1, anchor)
            }
            Event::SequenceStart(anchor, _) => self.open(node(Value::List(Vec::new())), anchor),
            Event::MappingStart(anchor, _) => self.open(node(Value::Map(Vec::new())), anchor),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => {
                    // What is inside was counted when it was added.
                    self.values -= open.size - 1;
                    self.add(open.node, open.size, open.anchor)
                }
                None => Ok(()),
            },
            Event::Alias(id) => match self.anchors.get(&id).cloned() {
                Some((copy, size)) => self.add(Node { line, column, ..copy }, size, 0),
                None => Err(node(Value::Null).error("", "an alias to something that is not complete yet")),
            },
            _ => Ok(()),
        }
    }

    fn open(&mut self, node: Node, anchor: usize) -> Result<(), ReadError> {
        if self.open.len() >= DEEPEST {
            return Err(node.error("", format!("nested deeper than {DEEPEST} levels")));
        }
        self.open.push(Open { node, anchor, field: None, size: 1, names: HashSet::new() });
        Ok(())
    }

    /// Adds a complete value to what is open, or as a document.
    fn add(&mut self, node: Node, size: usize, anchor: usize) -> Result<(), ReadError> {
        self.values += size;
        if anchor > 0 {
            // What has an anchor is kept twice.
            self.values += size;
        }
        if self.values > MOST_VALUES {
            return Err(node.error("", format!("more than {MOST_VALUES} values, aliases included")));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            if node.value != Value::Null {
                self.documents.push(node);
            }
            return Ok(());
        };
        open.size += size;
        match (&mut open.node.value, open.field.take()) {
            (Value::List(list), _) => list.push(node),
            (Value::Map(fields), Some(field)) => return insert(fields, &mut open.names, field, node),
            _ => open.field = Some(field_of(node)?),
        }
        Ok(())
    }
}

/// Enters a field; `<<` takes over the fields of another map that are not there yet.
fn insert(
    fields: &mut Vec<(Field, Node)>,
    names: &mut HashSet<String>,
    field: Field,
    node: Node,
) -> Result<(), ReadError> {
    if field.name == "<<" {
        let maps = match node.value {
            Value::List(list) => list,
            _ => vec![node],
        };
        for map in maps {
            let Value::Map(merged) = map.value else { return Err(map.error("<<", "only objects can be merged")) };
            for (field, node) in merged {
                if is_new(fields, names, &field.name) {
                    fields.push((field, node));
                }
            }
        }
        return Ok(());
    }
    if !is_new(fields, names, &field.name) {
        return Err(ReadError::twice(field.line, field.column, field.name));
    }
    fields.push((field, node));
    Ok(())
}

/// Whether no field has the name yet. Few names are compared one by one, many are looked up.
fn is_new(fields: &[(Field, Node)], names: &mut HashSet<String>, name: &str) -> bool {
    if fields.len() < MANY_FIELDS {
        return fields.iter().all(|(field, _)| field.name != name);
    }
    if names.len() != fields.len() {
        names.clear();
        names.extend(fields.iter().map(|(field, _)| field.name.clone()));
    }
    names.insert(name.to_owned())
}

/// A map's key as a field name: scalars are taken as they are written.
fn field_of(node: Node) -> Result<Field, ReadError> {
    let (line, column) = (node.line, node.column);
    let name = match node.value {
        Value::Text(text) => text,
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        _ => return Err(node.error("", "a field's name must be a string")),
    };
    Ok(Field { name, line, column })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> serde_json::Value {
        read_documents(text).unwrap()[0].to_json()
    }

    #[test]
    fn places_documents_aliases_and_merges() {
        let text = "a: &x {b: 1}\nc:\n  <<: *x\n  d: *x\n---\n---\n[1, 2]\n";
        let docs = read_documents(text).unwrap();
        assert_eq!(docs.len(), 2);
        assert_eq!(docs[0].to_json(), serde_json::json!({"a": {"b": 1}, "c": {"b": 1, "d": {"b": 1}}}));
        let d = docs[0].get("c").and_then(|c| c.get("d")).unwrap();
        assert_eq!((d.line, d.column), (4, 6));
    }

    #[test]
    fn json_is_read_too() {
        let text = "{\n\t\"a\": [1, 2.5, \"x\\u00e9\\n\", null, true]}";
        assert_eq!(one(text), serde_json::json!({"a": [1, 2.5, "xé\n", null, true]}));
    }

    #[test]
    fn what_cannot_be_read_has_a_place() {
        let bomb = (0..40)
            .fold("a0: &a0 [x, x]\n".to_owned(), |t, n| format!("{t}a{}: &a{} [*a{n}, *a{n}, *a{n}]\n", n + 1, n + 1));
        let deep = "[".repeat(10_000);
        for (text, line, part) in [
            ("a: 1\nb: [1, 2", 2, "YAML"),
            ("a: 1\na: 2", 2, "twice"),
            ("a: b: c", 1, "YAML"),
            (&bomb, 0, "more than"),
            (&deep, 0, "limit"),
        ] {
            let error = read_documents(text).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
            assert!(error.line >= line, "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-a-c0-9:,\\[\\]{}&*!|>'\"#?~%\\n \\t]{0,80}") {
            let _ = read_documents(&text);
        }
    }
}
