//! YAML and JSON text as a tree of values that know where they stand. It gives no meaning to fields: that is done by
//! whoever walks the tree. Scalars are read as Kubernetes reads them (YAML 1.1 words: `yes` is true).
//!
//! Invariant: hostile text (nesting, aliases, size) ends in an error, never in a panic or in memory without bound.

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use std::collections::HashMap;
use std::fmt;

/// Deepest nesting. Source: the API server's YAML reader refuses more than 10,000; no manifest comes near this.
const DEEPEST: usize = 128;
/// Most values in one text, those that aliases repeat included.
const MOST_VALUES: usize = 1_000_000;

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
            Value::Float(x) => Json::from(*x),
            Value::Text(text) => Json::from(text.as_str()),
            Value::List(list) => list.iter().map(Node::to_json).collect(),
            Value::Map(fields) => Json::Object(fields.iter().map(|(f, n)| (f.name.clone(), n.to_json())).collect()),
        }
    }
}

/// Reads every document of a text; empty documents are left out.
///
/// # Errors
/// The first place at which the text is not YAML or JSON, or a field stands twice.
pub fn read_documents(text: &str) -> Result<Vec<Node>, ReadError> {
    let mut builder = Builder::default();
    for item in Parser::new_from_str(text) {
        let (event, span) = item.map_err(|e| ReadError {
            line: e.marker().line().max(1),
            column: e.marker().col() + 1,
            field: String::new(),
            message: format!("not valid YAML: {}", e.info()),
            suggestion: None,
        })?;
        builder.take(event, span)?;
    }
    Ok(builder.documents)
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
                Some(open) => self.add(open.node, open.size, open.anchor),
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
        self.open.push(Open { node, anchor, field: None, size: 1 });
        Ok(())
    }

    /// Adds a complete value to what is open, or as a document.
    fn add(&mut self, node: Node, size: usize, anchor: usize) -> Result<(), ReadError> {
        self.values += size;
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
            (Value::Map(fields), Some(field)) => return insert(fields, field, node),
            _ => open.field = Some(field_of(node)?),
        }
        Ok(())
    }
}

/// Enters a field; `<<` takes over the fields of another map that are not there yet.
fn insert(fields: &mut Vec<(Field, Node)>, field: Field, node: Node) -> Result<(), ReadError> {
    if field.name == "<<" {
        let maps = match node.value {
            Value::List(list) => list,
            _ => vec![node],
        };
        for map in maps {
            let Value::Map(merged) = map.value else { return Err(map.error("<<", "only objects can be merged")) };
            for (f, n) in merged {
                if fields.iter().all(|(g, _)| g.name != f.name) {
                    fields.push((f, n));
                }
            }
        }
        return Ok(());
    }
    if fields.iter().any(|(f, _)| f.name == field.name) {
        let message = format!("the field {:?} {STANDS_TWICE}", field.name);
        return Err(ReadError { line: field.line, column: field.column, field: field.name, message, suggestion: None });
    }
    fields.push((field, node));
    Ok(())
}

/// A map's key as a field name: scalars are taken as they are written.
fn field_of(node: Node) -> Result<Field, ReadError> {
    let (line, column) = (node.line, node.column);
    let name = match node.value {
        Value::Text(text) => text,
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        _ => return Err(node.error("", "a field's name must be a string")),
    };
    Ok(Field { name, line, column })
}

/// The value of a scalar: only plain ones are more than text.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let is_text = |t: &Tag| t.is_yaml_core_schema() && t.suffix == "str";
    if style != ScalarStyle::Plain || tag.is_some_and(is_text) {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => Value::Bool(false),
        _ => number(text).unwrap_or_else(|| Value::Text(text.to_owned())),
    }
}

/// A plain scalar as a number, with the bases and underscores of YAML 1.1.
fn number(text: &str) -> Option<Value> {
    let digits = text.replace('_', "");
    let (negative, plain) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(&digits)),
    };
    if !plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let based = [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)];
    let (rest, base) = match based.iter().find_map(|&(p, base)| plain.strip_prefix(p).map(|r| (r, base))) {
        Some(found) => found,
        None if plain.len() > 1 && plain.starts_with('0') && plain.bytes().all(|b| b.is_ascii_digit()) => (plain, 8),
        None => (plain, 10),
    };
    if let Ok(n) = i64::from_str_radix(rest, base)
        && !rest.starts_with(['-', '+'])
    {
        return Some(Value::Int(if negative { -n } else { n }));
    }
    let is_decimal = plain.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    let x: f64 = digits.parse().ok().filter(|_| is_decimal)?;
    // What is whole is written without a fraction as soon as the YAML becomes JSON, so it counts as a whole number.
    let whole = x.is_finite() && x == libm::trunc(x) && libm::fabs(x) < 9e18;
    if whole { Some(Value::Int(x as i64)) } else { x.is_finite().then_some(Value::Float(x)) }
}

/// The candidate that was probably meant by `word`, if one is near enough.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = candidates.into_iter().map(|c| (distance(&word.to_lowercase(), &c.to_lowercase()), c));
    let (distance, found) = near.min_by_key(|&(d, _)| d)?;
    (distance <= 1 + word.chars().count() / 4).then_some(found)
}

/// How many characters must be added, dropped or changed, or neighbours swapped, to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(80).collect(), b.chars().take(80).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> serde_json::Value {
        read_documents(text).unwrap()[0].to_json()
    }

    #[test]
    fn scalars_as_kubernetes_reads_them() {
        let cases = [
            ("yes", "true"),
            ("\"yes\"", "\"yes\""),
            ("off", "false"),
            ("12", "12"),
            ("-3", "-3"),
            ("010", "8"),
            ("0x1F", "31"),
            ("1_000", "1000"),
            ("1.5", "1.5"),
            ("1e3", "1000"),
            ("3.0", "3"),
            ("1.2.3", "\"1.2.3\""),
            ("5m", "\"5m\""),
            ("~", "null"),
            ("2026-01-01", "\"2026-01-01\""),
            ("!!str 5", "\"5\""),
        ];
        for (text, json) in cases {
            assert_eq!(one(&format!("a: {text}"))["a"].to_string(), json, "{text}");
        }
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

    #[test]
    fn misspelt_words_are_recognised() {
        let fields = ["parallelism", "completions", "backoffLimit", "suspend"];
        for (word, meant) in
            [("paralellism", Some("parallelism")), ("backofflimit", Some("backoffLimit")), ("xyz", None)]
        {
            assert_eq!(suggest(word, fields), meant);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-a-c0-9:,\\[\\]{}&*!|>'\"#?~%\\n \\t]{0,80}") {
            let _ = read_documents(&text);
        }
    }
}
