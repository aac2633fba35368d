//! The replayer of a corpus whose cases are compared as one value: no clock, no scratch space.
//! It is not for histories, whose first differing instant is worth knowing.

use super::{Difference, Replayer, Verdict, beside::beside, json_error};
use serde_json::Value;

/// A comparison of one record: nothing if it is reproduced, else what was recorded and what came out (in this order);
/// an error says why the record is no case.
pub type Compare = fn(&Value) -> Result<Option<(Value, Value)>, String>;

/// Makes a [`Replayer`] of a function of the record.
#[derive(Clone, Copy, Debug)]
pub struct ByValue(pub Compare);

impl ByValue {
    fn compare(&self, line: &[u8]) -> Result<(Value, Option<(Value, Value)>), String> {
        let record = serde_json::from_slice(line).map_err(|error| json_error(&error))?;
        let outcome = (self.0)(&record)?;
        Ok((record, outcome))
    }
}

impl Replayer for ByValue {
    fn replay(&mut self, line: &[u8]) -> Result<Verdict, String> {
        let (_, outcome) = self.compare(line)?;
        let difference = outcome.map(|(expected, got)| Difference { instant: None, expected, got });
        Ok(Verdict { difference })
    }

    fn show(&mut self, line: &[u8]) -> Result<String, String> {
        let (record, outcome) = self.compare(line)?;
        let record = serde_json::to_string_pretty(&record).map_err(|error| error.to_string())?;
        let outcome = outcome.map_or("equal\n".to_owned(), |(expected, got)| beside(&expected, &got, usize::MAX));
        Ok(format!("{record}\n\n{outcome}"))
    }
}
