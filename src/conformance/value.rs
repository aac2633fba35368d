//! The replayer of a corpus whose cases are compared as one value: without a clock or memory that is used again. It is
//! not for histories, for which the first differing instant is worth knowing.

use super::side_by_side::side_by_side;
use super::{FirstDifference, Replayer, Verdict, json_error};
use crate::limits::DEEPEST_CASE;
use serde::Deserialize;
use serde_json::Value;

/// Compares one record: `None` if it is reproduced, otherwise what was recorded and what came out, in this order. An
/// error says why the record is not a case.
pub type Compare = fn(&Value) -> Result<Option<(Value, Value)>, String>;

/// Makes a [`Replayer`] of a function of the record.
#[derive(Clone, Copy, Debug)]
pub struct ByValue(pub Compare);

impl ByValue {
    fn compare(&self, line: &[u8]) -> Result<(Value, Option<(Value, Value)>), String> {
        let record = record(line)?;
        let outcome = (self.0)(&record)?;
        Ok((record, outcome))
    }
}

/// Reads a record. Some nest deeper than the 128 levels that serde_json allows by default; anything deeper than
/// [`DEEPEST_CASE`] is hostile.
fn record(line: &[u8]) -> Result<Value, String> {
    if depth(line) > DEEPEST_CASE {
        return Err(format!("nested deeper than {DEEPEST_CASE} levels"));
    }
    let mut reader = serde_json::Deserializer::from_slice(line);
    reader.disable_recursion_limit();
    let record = Value::deserialize(&mut reader).and_then(|record| reader.end().map(|()| record));
    record.map_err(|error| json_error(&error))
}

/// The greatest depth of nested lists and objects.
fn depth(line: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = line.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Skips the rest of a string whose opening quotation mark has been taken.
fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => break,
            _ => {}
        }
    }
}

impl Replayer for ByValue {
    fn replay(&mut self, line: &[u8]) -> Result<Verdict, String> {
        let (_, outcome) = self.compare(line)?;
        let difference = outcome.map(|(expected, got)| FirstDifference { instant: None, expected, got });
        Ok(Verdict { difference })
    }

    fn show(&mut self, line: &[u8]) -> Result<String, String> {
        let (record, outcome) = self.compare(line)?;
        let record = serde_json::to_string_pretty(&record).map_err(|error| error.to_string())?;
        let outcome = outcome.map_or("equal\n".to_owned(), |(expected, got)| side_by_side(&expected, &got, usize::MAX));
        Ok(format!("{record}\n\n{outcome}"))
    }
}
