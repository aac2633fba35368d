//! Columns of CSV files as numbers of seconds. Nothing is fitted: the values are drawn from as they are.

use crate::limits::{BoundedReader, LARGEST_FILE, MOST_CSV_VALUES};
use crate::model::duration;
use std::fs::File;
use std::path::Path;

/// The values of a column (by name, or the first one) in seconds. Values without a unit have `unit`, or seconds. Empty
/// cells are left out.
///
/// # Errors
/// A file that cannot be read or is not CSV, a missing column, a cell that is not a time, or more than a million
/// values; with the file's name and line.
pub fn column(path: &Path, name: Option<&str>, unit: Option<&str>) -> Result<Vec<f64>, String> {
    let file = path.display().to_string();
    let open = File::open(path).map_err(|error| format!("{file}: {error}"))?;
    let open = BoundedReader::new(open, LARGEST_FILE);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(open);
    let headers = reader.headers().map_err(|error| format!("{file}: {error}"))?.clone();
    let at = match name {
        None => 0,
        Some(name) => headers.iter().position(|h| h == name).ok_or_else(|| {
            format!("{file}: no column {name:?}; there are {}", headers.iter().collect::<Vec<_>>().join(", "))
        })?,
    };
    let mut values = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| format!("{file}: {error}"))?;
        let line = record.position().map_or(0, csv::Position::line);
        let Some(cell) = record.get(at).filter(|cell| !cell.is_empty()) else { continue };
        values.push(seconds(cell, unit).map_err(|error| format!("{file}:{line}: {error}"))?);
        if values.len() > MOST_CSV_VALUES {
            return Err(format!("{file}: more than {MOST_CSV_VALUES} values"));
        }
    }
    Ok(values)
}

/// A cell as seconds.
fn seconds(cell: &str, unit: Option<&str>) -> Result<f64, String> {
    match cell.parse::<f64>() {
        Ok(_) => duration::parse_seconds(&format!("{cell}{}", unit.unwrap_or("s"))),
        Err(_) => duration::parse_seconds(cell),
    }
}
