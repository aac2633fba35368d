//! The file that `--save` writes: one result, with everything that it was made from. `docs/results.md` describes it for
//! users. These are its types; reading and writing files happens elsewhere.
//!
//! Invariant: the version goes up whenever a field changes its meaning or disappears. New fields may appear any time,
//! so readers ignore what they do not know.

use super::outcome::Replication;
use super::summary::Summary;
use super::timeline::Timeline;
use serde::{Deserialize, Serialize};

/// What `format` says.
pub const FORMAT: &str = "jobsim/result";
/// What `formatVersion` says.
pub const FORMAT_VERSION: u32 = 1;

/// A saved result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultFile {
    /// [`FORMAT`].
    pub format: String,
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The version of jobsim.
    pub jobsim: String,
    /// The Kubernetes release that is modelled.
    pub kubernetes: String,
    /// What was asked: `run`, `sweep`, `compare` or `solve`.
    pub kind: ResultKind,
    /// Whether it was interrupted: then it is of fewer replications than asked for, or `solve` has no answer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
    /// The command line.
    pub command: Vec<String>,
    /// The question that the scenario answers, if it states one.
    #[serde(default)]
    pub question: Option<String>,
    /// The texts of all files that were read.
    pub files: Vec<FileText>,
    /// The seed.
    pub seed: u64,
    /// What was simulated: one point for `run`, one per design point otherwise. Under common random numbers the same
    /// replication of two points uses the same random draws.
    pub points: Vec<Point>,
    /// Points that the API server or the scenario's own rules refuse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// Differences between points, if they were compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<Comparison>,
    /// What `solve` found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solution: Option<Solution>,
}

/// The command that made a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // the commands
pub enum ResultKind {
    #[default]
    Run,
    Sweep,
    Compare,
    Solve,
}

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileText {
    /// As the user named it, or as the scenario did.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A design point: a setup and its results.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    /// Its name; empty for `run`.
    #[serde(default)]
    pub name: String,
    /// What is set in it, in addition to what holds for all points.
    #[serde(default)]
    pub settings: Vec<PointSetting>,
    /// The summary.
    pub summary: Summary,
    /// The goals, and whether they hold.
    #[serde(default)]
    pub goals: Vec<GoalResult>,
    /// The measures that the user asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<MeasureResult>,
    /// A record for each replication.
    pub records: Vec<Replication>,
    /// Full timelines of selected replications.
    pub timelines: Vec<Timeline>,
}

/// A field and its value at a point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PointSetting {
    /// The field's path.
    pub path: String,
    /// The value.
    pub value: serde_json::Value,
    /// The value as a number, if it is one: seconds for times, shares for percentages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<f64>,
    /// The unit of the number: `seconds`, `probability`, a rate's `/h`, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

/// The estimate of a measure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasureResult {
    /// The text as the user wrote it.
    pub measure: String,
    /// `probability`, `seconds`, `share`, `amount`, or empty for counts.
    pub unit: String,
    /// The estimate; none without data.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub value: Option<f64>,
    /// The lower end of its interval, if it has one.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub low: Option<f64>,
    /// The upper end.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub high: Option<f64>,
}

/// A point that the API server's rules, or the scenario's, refuse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its name.
    pub name: String,
    /// Why: one line per problem.
    pub problems: Vec<String>,
}

/// Whether a goal holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoalResult {
    /// The text as the user wrote it.
    pub goal: String,
    /// Whether the estimate satisfies it.
    pub holds: bool,
    /// Whether the whole interval agrees with the estimate.
    pub sure: bool,
    /// The estimate, in `unit`; none without data.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub value: Option<f64>,
    /// The lower end of its interval, if it has one.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub low: Option<f64>,
    /// The upper end.
    #[serde(with = "super::seconds::or_never::or_none")]
    pub high: Option<f64>,
    /// The bound in the goal.
    pub bound: f64,
    /// `probability`, `seconds`, `share`, `amount`, or empty for counts.
    pub unit: String,
}

/// The differences between a point and the first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// The name of the first point, the base.
    pub base: String,
    /// The name of the point that is compared with it.
    pub with: String,
    /// Differences (`with` − `base`) of responses, paired by replication.
    pub differences: Vec<PairedDifference>,
    /// The verdict, in words.
    pub verdict: Vec<String>,
}

/// A paired difference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PairedDifference {
    /// The response, or `P(Complete)`.
    pub name: String,
    /// `probability`, `seconds`, `share`, `amount`, or empty for counts.
    pub unit: String,
    /// How many pairs have both numbers.
    pub count: u64,
    /// The mean in the base.
    pub base: Option<f64>,
    /// The mean in the other point.
    pub with: Option<f64>,
    /// The mean difference.
    pub mean: Option<f64>,
    /// Its t interval.
    pub interval: Option<[f64; 2]>,
    /// The number of pairs whose difference is below, equal to and above zero.
    pub signs: [u64; 3],
    /// The factor by which common random numbers reduced the variance of the difference; none if the difference is the
    /// same in all pairs.
    pub variance_reduction: Option<f64>,
}

/// The answer of `solve`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Solution {
    /// The field; several are separated by commas, and their values are objects.
    pub field: String,
    /// The goals.
    pub goals: Vec<String>,
    /// How many values the field can take.
    pub values: u64,
    /// Whether the largest value was searched for, and not the smallest.
    pub largest: bool,
    /// Whether goals had to hold with their whole interval, and not just with their estimate.
    pub sure: bool,
    /// The value for which all goals hold by their estimates, if there is one.
    pub value: Option<serde_json::Value>,
    /// The value for which all goals hold with their whole intervals, if there is one.
    pub sure_value: Option<serde_json::Value>,
    /// The index, from 0, of the value at which the search begins.
    pub end: u64,
    /// Whether the goals appear to hold from some value on and not before.
    pub monotone: bool,
    /// Whether every value that could be the answer was tried, or lies between two values that bisection tells apart.
    pub certain: bool,
    /// Whether the search was interrupted, so that there is no answer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub partial: bool,
    /// The measure of which the least was asked for, if one was: then the value is that with the least of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimized: Option<String>,
    /// The values that were tried, in rising order, with the results of the goals.
    pub tried: Vec<TriedPoint>,
    /// The verdict, in words.
    pub verdict: Vec<String>,
}

/// A value that was tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TriedPoint {
    /// Its index among the values, from 0.
    pub place: u64,
    /// The value.
    pub value: serde_json::Value,
    /// The value as a number: seconds for times, shares for percentages.
    pub number: Option<f64>,
    /// The results of the goals.
    pub results: Vec<GoalResult>,
}

/// Leaves out what would only say that a result is whole.
fn is_false(flag: &bool) -> bool {
    !flag
}

impl ResultFile {
    /// An empty result of this version of jobsim.
    pub fn new(kind: ResultKind, kubernetes: &str) -> Self {
        ResultFile {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            jobsim: env!("CARGO_PKG_VERSION").to_owned(),
            kubernetes: kubernetes.to_owned(),
            kind,
            ..ResultFile::default()
        }
    }

    /// Reads the text of a saved result.
    ///
    /// # Errors
    /// The text is not a saved result, or one of a later version; the message says why.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Head {
            format: String,
            format_version: u32,
        }
        let no_result = |error: &dyn std::fmt::Display| format!("this is no result that jobsim saved: {error}");
        let head: Head = serde_json::from_slice(text).map_err(|error| no_result(&error))?;
        if head.format != FORMAT {
            return Err(no_result(&format!("its format is {:?}, not {FORMAT:?}", head.format)));
        }
        if head.format_version > FORMAT_VERSION {
            let (theirs, ours) = (head.format_version, FORMAT_VERSION);
            return Err(format!("its format has version {theirs}; this jobsim reads up to {ours}"));
        }
        serde_json::from_slice(text).map_err(|error| no_result(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_read_as_it_was_written() {
        let mut result = ResultFile::new(ResultKind::Compare, "v1.37");
        let quantile = super::super::Quantile { p: 0.5, value: f64::INFINITY, low: Some(3.5), high: None };
        let statistics = super::super::Statistics { quantiles: vec![quantile], ..Default::default() };
        let mut point = Point { name: "base".to_owned(), ..Point::default() };
        point.summary.all.responses.push(statistics);
        point.records.push(Replication::default());
        point.records[0].all.duration = Some(crate::time::SimDuration::from_millis(1_500));
        point.records[0].all.reason = Some(crate::api::JobReason::CompletionsReached);
        point.timelines.push(Timeline::default());
        result.points.push(point);
        let text = serde_json::to_vec(&result).unwrap();
        assert_eq!(ResultFile::from_json(&text).unwrap(), result);
    }

    #[test]
    fn what_is_no_result_is_refused_with_the_reason() {
        let later = format!(r#"{{"format": "{FORMAT}", "formatVersion": {}}}"#, FORMAT_VERSION + 1);
        for (text, why) in [
            ("{", "EOF while parsing"),
            ("{\"kind\": \"Scenario\"}", "missing field `format`"),
            ("{\"format\": \"x\", \"formatVersion\": 1}", "its format is \"x\""),
            (&later, "this jobsim reads up to 1"),
            (
                r#"{"format": "jobsim/result", "formatVersion": 1, "jobsim": 3}"#,
                "invalid type: integer `3`, expected a string at line 1",
            ),
        ] {
            let error = ResultFile::from_json(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
