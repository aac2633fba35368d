//! Flat records of replications as CSV, JSON Lines and, with the feature `parquet`, Parquet. The columns are
//! `replication`, `job`, `end`, `reason`, `cut` and every response; times are seconds, and what a replication never
//! reached is empty. With several Jobs there is a row for all of them together (job `all`) and one for each.

use super::points::shown_value;
use super::whole_file::whole_file;
use crate::experiment::result::{Point, ResultFile};
use crate::experiment::{Outcome, Replication, Response, Unit};
use std::io::{self, Write};
use std::path::Path;

/// The format of records, chosen by the file's extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordForm {
    /// `.csv`
    Csv,
    /// `.jsonl`: nested, as in the saved result.
    JsonLines,
    /// `.parquet`
    #[cfg(feature = "parquet")]
    Parquet,
}

impl RecordForm {
    /// The format for a file's name.
    ///
    /// # Errors
    /// Says which endings are known, or which feature writes this one.
    pub fn of(path: &Path) -> Result<Self, String> {
        match path.extension().and_then(|e| e.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl" | "ndjson") => Ok(Self::JsonLines),
            #[cfg(feature = "parquet")]
            Some("parquet") => Ok(Self::Parquet),
            #[cfg(not(feature = "parquet"))]
            Some("parquet") => Err(format!(
                "{}: this jobsim was built without Parquet; build it with `--features parquet`, or write .csv or .jsonl",
                path.display()
            )),
            _ => Err(format!(
                "{}: records are written as .csv, .jsonl or .parquet: the name must end so",
                path.display()
            )),
        }
    }
}

/// A row: the replication, the Job's name, and its outcome.
pub(super) type RecordRow<'a> = (&'a Replication, &'a str, &'a Outcome);

fn rows<'a>(records: &'a [Replication], job: &'a str) -> impl Iterator<Item = RecordRow<'a>> {
    records.iter().flat_map(move |record| {
        let name = if record.series.is_empty() { job } else { "all" };
        let each = record.series.iter().map(move |named| (record, &*named.job, &named.outcome));
        std::iter::once((record, name, &record.all)).chain(each)
    })
}

fn value(response: Response, outcome: &Outcome) -> Option<f64> {
    response.of(outcome).map(|n| n as f64 * response.unit().scale())
}

/// The values of a column; `None` for what a replication never reached.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordValues {
    /// Counts.
    Integers(Vec<Option<i64>>),
    /// Seconds, shares and amounts.
    Numbers(Vec<Option<f64>>),
    /// Names.
    Texts(Vec<Option<String>>),
    /// Yes or no.
    Flags(Vec<bool>),
}

/// The records of a result as columns with their names: those of CSV, after `point` and the fields that vary if there
/// are several points. There is a row for each replication of each point, of all Jobs together; or (`by_job`) one for
/// each Job.
pub fn record_columns(result: &ResultFile, by_job: bool) -> Vec<(String, RecordValues)> {
    let mut rows: Vec<(&Point, RecordRow<'_>)> = Vec::new();
    for point in &result.points {
        let of_point = self::rows(&point.records, &point.summary.all.job);
        // The row of all Jobs together is the one whose outcome is the record's own.
        let is_wanted = |row: &RecordRow<'_>| row.0.series.is_empty() || by_job != std::ptr::eq(row.2, &row.0.all);
        rows.extend(of_point.filter(is_wanted).map(|row| (point, row)));
    }
    let texts =
        |of: &dyn Fn(&(&Point, RecordRow<'_>)) -> Option<String>| RecordValues::Texts(rows.iter().map(of).collect());
    let mut columns = Vec::new();
    if result.points.len() > 1 {
        columns.push(("point".to_owned(), texts(&|(point, _)| Some(point.name.clone()))));
        let mut paths: Vec<&str> = Vec::new();
        for setting in result.points.iter().flat_map(|point| &point.settings) {
            if !paths.contains(&&*setting.path) {
                paths.push(&setting.path);
            }
        }
        for path in paths {
            let value = |(point, _): &(&Point, RecordRow<'_>)| {
                point.settings.iter().find(|setting| setting.path == path).map(|setting| shown_value(&setting.value))
            };
            columns.push((path.to_owned(), texts(&value)));
        }
    }
    let rows: Vec<RecordRow<'_>> = rows.into_iter().map(|(_, row)| row).collect();
    columns.extend(outcome_columns(&rows).into_iter().map(|(name, values)| (name.to_owned(), values)));
    columns
}

/// The columns of rows, typed. Parquet and the Python package use them.
pub(super) fn outcome_columns(rows: &[RecordRow<'_>]) -> Vec<(&'static str, RecordValues)> {
    let integers = |of: &dyn Fn(&RecordRow<'_>) -> Option<i64>| RecordValues::Integers(rows.iter().map(of).collect());
    let texts = |of: &dyn Fn(&RecordRow<'_>) -> Option<String>| RecordValues::Texts(rows.iter().map(of).collect());
    let mut columns = vec![
        ("replication", integers(&|row| Some(row.0.replication.into()))),
        ("job", texts(&|row| Some(row.1.to_owned()))),
        ("end", texts(&|row| Some(row.2.end.as_str().to_owned()))),
        ("reason", texts(&|row| row.2.reason.map(|reason| reason.as_str().to_owned()))),
        ("cut", RecordValues::Flags(rows.iter().map(|row| row.0.cut).collect())),
    ];
    for &response in Response::ALL {
        let values = match response.unit() {
            Unit::Count => integers(&|row| response.of(row.2).and_then(|n| i64::try_from(n).ok())),
            Unit::Time | Unit::Share | Unit::Amount => {
                RecordValues::Numbers(rows.iter().map(|row| value(response, row.2)).collect())
            }
        };
        columns.push((response.name(), values));
    }
    columns
}

/// Writes a file of records; `job` is the Job's name, if there is only one.
///
/// # Errors
/// The file cannot be written.
pub fn write_records(path: &Path, form: RecordForm, records: &[Replication], job: &str) -> io::Result<()> {
    whole_file(path, |out| match form {
        RecordForm::Csv => csv(out, rows(records, job), |_| true, |x| x),
        RecordForm::JsonLines => records.iter().try_for_each(|record| {
            serde_json::to_writer(&mut *out, record)?;
            out.write_all(b"\n")
        }),
        #[cfg(feature = "parquet")]
        RecordForm::Parquet => super::parquet::write(out, &rows(records, job).collect::<Vec<_>>()),
    })
}

/// Records as CSV in memory, for pages and studies: responses that are always 0 are left out, numbers are rounded to a
/// thousandth. `job` is the Job's name, if there is only one.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn records_csv(records: &[Replication], job: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let says = |r: Response| {
        let mut values = rows(records, job).map(|(_, _, outcome)| value(r, outcome));
        // A value that is missing says "never", which is worth a column. Not so of responses that are silent about it:
        // without nodes the first node never joins.
        values.any(|value| if r.is_silent_if_never() { value.is_some_and(|x| x != 0.0) } else { value != Some(0.0) })
    };
    csv(&mut bytes, rows(records, job), says, |x| (x * 1e3).round() / 1e3)?;
    Ok(bytes)
}

fn csv<'a>(
    out: &mut dyn Write,
    rows: impl Iterator<Item = RecordRow<'a>>,
    has_column: impl Fn(Response) -> bool,
    shown: impl Fn(f64) -> f64,
) -> io::Result<()> {
    let responses: Vec<Response> = Response::ALL.iter().copied().filter(|r| has_column(*r)).collect();
    let mut writer = ::csv::Writer::from_writer(out);
    let names = ["replication", "job", "end", "reason", "cut"].into_iter();
    writer.write_record(names.chain(responses.iter().map(|r| r.name())))?;
    for (record, job, outcome) in rows {
        let reason = outcome.reason.map_or("", |reason| reason.as_str());
        let first = [&record.replication.to_string(), job, outcome.end.as_str(), reason, &record.cut.to_string()];
        let first = first.map(str::to_owned).into_iter();
        let values = responses.iter().map(|r| value(*r, outcome).map_or(String::new(), |x| shown(x).to_string()));
        writer.write_record(first.chain(values))?;
    }
    writer.flush()
}
