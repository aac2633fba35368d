//! Texts as documents. kubectl reads files differently from the way the API server reads a request: it accepts
//! consecutive JSON objects, and splits YAML at every line that begins with `---`, even where YAML itself would not.
//! Both readers are here.
//!
//! Source: YAMLOrJSONDecoder and YAMLReader of k8s.io/apimachinery/pkg/util/yaml, v1.37.

use super::json_text::{JsonReader, is_json};
use super::tree::{ReadError, TreeNode, Value};
use super::tree_builder::TreeBuilder;
use super::yaml;
use std::borrow::Cow;

/// After JSON, at least this many bytes must follow to be read as YAML.
const SHORTEST_YAML: usize = 4;

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The documents that are not empty. If a field is repeated, its last value is kept.
    pub documents: Vec<TreeNode>,
    /// What a strict reader would reject.
    pub complaints: Vec<ReadError>,
}

/// Reads all documents of a text as kubectl does; empty documents are left out.
///
/// # Errors
/// The first place where the text is not YAML or JSON, or where a field is repeated.
pub fn read_documents(text: &str) -> Result<Vec<TreeNode>, ReadError> {
    let Reading { documents, complaints } = read_as_kubectl(text)?;
    match complaints.into_iter().find(ReadError::is_duplicate) {
        Some(twice) => Err(twice),
        None => Ok(documents),
    }
}

/// The documents of a machine-written text as plain values. JSON is read as fast as possible, and the last value of a
/// repeated field counts; everything else is read as by [`read_documents`].
///
/// # Errors
/// If the text is neither JSON nor YAML.
pub fn read_values(text: &str) -> Result<Vec<serde_json::Value>, String> {
    if is_plain_json(text) {
        let documents = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}')).into_iter();
        return documents.map(|document| document.map_err(|error| format!("not valid JSON: {error}"))).collect();
    }
    let nodes = read_documents(text).map_err(|error| format!("neither JSON nor YAML: {}", error.message))?;
    Ok(nodes.iter().map(TreeNode::to_json).collect())
}

/// Whether a text is JSON and nothing else. A line that begins with `---` begins another document: inside of JSON there
/// is no such line.
pub(crate) fn is_plain_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) && !text.contains("\n---")
}

/// Reads the first document of a text and looks at no other, as the API server does with a request, which it reads
/// strictly; null if there is none.
///
/// # Errors
/// As for [`read_documents`]; also fields that exist before others are merged in.
pub fn read_first_document(text: &str) -> Result<TreeNode, ReadError> {
    let Reading { mut documents, complaints } = read_as_server(text)?;
    match complaints.into_iter().next() {
        Some(complaint) => Err(complaint),
        None => Ok(documents.pop().unwrap_or(TreeNode { line: 1, column: 1, value: Value::Null })),
    }
}

/// Reads a text as kubectl does.
///
/// # Errors
/// The first place where the text is not YAML or JSON.
pub fn read_as_kubectl(text: &str) -> Result<Reading, ReadError> {
    let (mut reading, mut rest, mut line) = (Reading::default(), text, 0);
    if is_json(text) {
        let end = read_objects(text, &mut reading)?;
        line = text[..end].matches('\n').count();
        rest = &text[end..];
    }
    let mut builder = TreeBuilder::default();
    if !rest.is_empty() {
        yaml::printable(text)?;
    }
    read_chunks(rest, line, &mut builder)?;
    reading.documents.append(&mut builder.documents);
    reading.complaints.append(&mut builder.complaints);
    Ok(reading)
}

/// Reads the first document of a text as the API server does, leniently.
///
/// # Errors
/// The first place where the text is not YAML.
pub fn read_as_server(text: &str) -> Result<Reading, ReadError> {
    yaml::printable(text)?;
    let mut builder = TreeBuilder::default();
    yaml::read_first(text, 0, &mut builder)?;
    Ok(Reading { documents: builder.documents, complaints: builder.complaints })
}

/// Reads consecutive JSON objects, and returns where the text continues with something else. After more than one object
/// the rest must be JSON too.
fn read_objects(text: &str, reading: &mut Reading) -> Result<usize, ReadError> {
    let mut reader = JsonReader::new(text);
    let (mut end, mut count) = (0, 0);
    while reader.has_more() {
        match reader.value() {
            Ok(node) => reading.documents.extend(Some(node).filter(|node| node.value != Value::Null)),
            Err(error) => return yaml_after(text, end).filter(|_| count < 2).ok_or(error),
        }
        end = reader.position();
        count += 1;
        reading.complaints.append(&mut reader.complaints);
    }
    Ok(text.len())
}

/// Where YAML begins after JSON: white space up to the end of the line belongs to the JSON. kubectl treats a remainder
/// of a few bytes as broken JSON.
fn yaml_after(text: &str, end: usize) -> Option<usize> {
    let rest = text[end..].find(|c: char| !c.is_whitespace() || c == '\n').map_or(text.len(), |at| end + at);
    (text.len() - rest >= SHORTEST_YAML).then_some(rest)
}

/// Reads the YAML documents between lines that begin with `---`. As usual in YAML, only the first document of each part
/// is read.
fn read_chunks(text: &str, first_line: usize, builder: &mut TreeBuilder) -> Result<(), ReadError> {
    let (mut start, mut at, mut line) = (0, 0, first_line);
    let mut line_of_start = line;
    for row in text.split_inclusive('\n') {
        if let Some(behind) = row.strip_prefix("---") {
            let behind = behind.trim();
            if !behind.is_empty() && !behind.starts_with('#') {
                let here = TreeNode { line: line + 1, column: 4, value: Value::Null };
                let message = "kubectl takes nothing behind the `---` of a document but a comment: begin the document in the next line";
                return Err(here.error("", message));
            }
            // The line itself belongs to what follows if nothing precedes it.
            if at > start {
                read_chunk(&text[start..at], line_of_start, builder)?;
                (start, line_of_start) = (at + row.len(), line + 1);
            }
        }
        at += row.len();
        line += 1;
    }
    read_chunk(&text[start..], line_of_start, builder)
}

fn read_chunk(chunk: &str, line: usize, builder: &mut TreeBuilder) -> Result<(), ReadError> {
    let chunk = match chunk.ends_with('\n') {
        true => Cow::Borrowed(chunk),
        false => Cow::Owned(format!("{chunk}\n")),
    };
    builder.begin_document();
    yaml::read_first(&chunk, line, builder)
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
        assert_eq!((docs[1].line, docs[1].column), (7, 1));
    }

    #[test]
    fn json_is_read_too() {
        let text = "{\n\t\"a\": [1, 2.5, \"x\\u00e9\\n\", null, true]}";
        assert_eq!(one(text), serde_json::json!({"a": [1, 2.5, "xé\n", null, true]}));
        let docs = read_documents("{\"a\": 1}\n{\"b\": 2} \n\n  {\"c\": 3}").unwrap();
        assert_eq!((docs.len(), docs[2].line, docs[2].column), (3, 4, 3));
        let docs = read_documents("{\"a\": 1}\n---\nb: 2\n").unwrap();
        assert_eq!((docs.len(), docs[1].line), (2, 3));
    }

    #[test]
    fn what_stands_twice_is_the_last_and_complained_about() {
        for text in ["a: 1\nb: 2\na: 3\n", "{\"a\": 1, \"b\": 2, \"a\": 3}"] {
            let reading = read_as_kubectl(text).unwrap();
            assert_eq!(reading.documents[0].to_json(), serde_json::json!({"a": 3, "b": 2}));
            assert!(reading.complaints[0].is_duplicate());
            assert_eq!(read_documents(text).unwrap_err(), reading.complaints[0]);
        }
        let merged = "x: &x {b: 1}\na:\n  <<: *x\n  b: 2\n";
        assert_eq!(read_as_kubectl(merged).unwrap().documents[0].to_json()["a"]["b"], 2);
        assert!(read_documents(merged).unwrap_err().is_duplicate() && read_first_document(merged).is_err());
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
            ("a: 1\n--- b", 2, "kubectl"),
            (&bomb, 0, "more than"),
            (&deep, 0, "nested deeper"),
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
            let _ = read_first_document(&text);
        }
    }
}
