//! Flat records of replications as CSV, JSON Lines and Parquet. The columns are `replication`, `job`, `end`, `reason`,
//! `cut` and every response; times are seconds, and what a replication never reached is empty. With several Jobs there
//! is a row for all of them together (job `all`) and one for each.

use super::whole_file::whole_file;
use crate::experiment::{Outcome, Replication, Response, Unit};
use parquet::basic::{Compression, ConvertedType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// The format of records, chosen by the file's extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordForm {
    /// `.csv`
    Csv,
    /// `.jsonl`: nested, as in the saved result.
    JsonLines,
    /// `.parquet`
    Parquet,
}

impl RecordForm {
    /// The format for a file's name.
    ///
    /// # Errors
    /// The extension is unknown; the message lists the known ones.
    pub fn of(path: &Path) -> Result<Self, String> {
        match path.extension().and_then(|e| e.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl" | "ndjson") => Ok(Self::JsonLines),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(format!(
                "{}: records are written as .csv, .jsonl or .parquet: the name must end so",
                path.display()
            )),
        }
    }
}

/// Rows in a row group of Parquet, which are held in memory together.
const GROUP: usize = 65_536;

/// A row: the replication, the Job's name, and its outcome.
type RecordRow<'a> = (&'a Replication, &'a str, &'a Outcome);

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
        RecordForm::Parquet => parquet(out, &rows(records, job).collect::<Vec<_>>()).map_err(io::Error::other),
    })
}

/// Records as CSV in memory, for pages and studies: responses that are always 0 are left out, numbers are rounded to a
/// thousandth. `job` is the Job's name, if there is only one.
///
/// # Errors
/// None that memory gives.
pub fn records_csv(records: &[Replication], job: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let says = |r: Response| rows(records, job).any(|(_, _, outcome)| value(r, outcome) != Some(0.0));
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

fn column(name: &str, physical: Physical) -> Result<Arc<Type>, ParquetError> {
    let text = if physical == Physical::BYTE_ARRAY { ConvertedType::UTF8 } else { ConvertedType::NONE };
    let column = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    column.with_converted_type(text).build().map(Arc::new)
}

fn parquet(out: &mut dyn Write, rows: &[RecordRow]) -> Result<(), ParquetError> {
    let mut columns = vec![column("replication", Physical::INT64)?];
    for name in ["job", "end", "reason"] {
        columns.push(column(name, Physical::BYTE_ARRAY)?);
    }
    columns.push(column("cut", Physical::INT64)?);
    for &response in Response::ALL {
        let physical = if response.unit() == Unit::Count { Physical::INT64 } else { Physical::DOUBLE };
        columns.push(column(response.name(), physical)?);
    }
    let schema = Arc::new(Type::group_type_builder("replications").with_fields(columns).build()?);
    let properties = Arc::new(WriterProperties::builder().set_compression(Compression::UNCOMPRESSED).build());
    // The writer wants to own a `Send` value; the file is small enough to be built in memory first.
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties)?;
    for group in rows.chunks(GROUP) {
        let mut into = writer.next_row_group()?;
        write_group(&mut into, group)?;
        into.close()?;
    }
    let bytes = writer.into_inner()?;
    out.write_all(&bytes).map_err(|error| ParquetError::External(error.into()))
}

fn write_group(into: &mut SerializedRowGroupWriter<'_, Vec<u8>>, rows: &[RecordRow]) -> Result<(), ParquetError> {
    let text = |text: &str| (!text.is_empty()).then(|| ByteArray::from(text));
    write_column::<Int64Type>(into, rows.iter().map(|row| Some(i64::from(row.0.replication))))?;
    write_column::<ByteArrayType>(into, rows.iter().map(|row| text(row.1)))?;
    write_column::<ByteArrayType>(into, rows.iter().map(|row| text(row.2.end.as_str())))?;
    write_column::<ByteArrayType>(into, rows.iter().map(|row| row.2.reason.and_then(|r| text(r.as_str()))))?;
    write_column::<Int64Type>(into, rows.iter().map(|row| Some(i64::from(row.0.cut))))?;
    for &response in Response::ALL {
        match response.unit() {
            Unit::Time | Unit::Share => {
                write_column::<DoubleType>(into, rows.iter().map(|row| value(response, row.2)))?
            }
            Unit::Count => {
                let count = |row: &RecordRow| response.of(row.2).and_then(|n| i64::try_from(n).ok());
                write_column::<Int64Type>(into, rows.iter().map(count))?;
            }
        }
    }
    Ok(())
}

/// Writes the next column; a missing value has definition level 0.
fn write_column<T: DataType>(
    into: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let (mut levels, mut there) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        there.extend(value);
    }
    let Some(mut column) = into.next_column()? else { return Ok(()) };
    column.typed::<T>().write_batch(&there, Some(&levels), None)?;
    column.close()
}
