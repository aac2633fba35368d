//! Records as an Arrow table, by the C stream interface: whoever reads it needs no library of ours, and copies nothing.

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchIterator, StringArray};
use arrow_schema::ArrowError;
use jobsim::experiment::result::ResultFile;
use jobsim::report::{RecordValues, record_columns};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::sync::Arc;

/// The name that the interface gives such capsules.
const NAME: &std::ffi::CStr = c"arrow_array_stream";

fn batch(result: &ResultFile, by_job: bool) -> Result<RecordBatch, ArrowError> {
    let array = |values: RecordValues| -> ArrayRef {
        match values {
            RecordValues::Integers(values) => Arc::new(Int64Array::from(values)),
            RecordValues::Numbers(values) => Arc::new(Float64Array::from(values)),
            RecordValues::Texts(values) => Arc::new(StringArray::from(values)),
            RecordValues::Flags(values) => Arc::new(BooleanArray::from(values)),
        }
    };
    RecordBatch::try_from_iter_with_nullable(
        record_columns(result, by_job).into_iter().map(|(name, values)| (name, array(values), true)),
    )
}

/// A stream of one batch.
pub fn stream<'py>(py: Python<'py>, result: &ResultFile, by_job: bool) -> PyResult<Bound<'py, PyCapsule>> {
    let batch = py.detach(|| batch(result, by_job)).map_err(|error| crate::refused(py, error))?;
    let schema = batch.schema();
    let reader = RecordBatchIterator::new([Ok(batch)], schema);
    PyCapsule::new(py, FFI_ArrowArrayStream::new(Box::new(reader)), Some(NAME.to_owned()))
}

/// How many rows it has.
pub fn rows(result: &ResultFile, by_job: bool) -> usize {
    let of = |point: &jobsim::experiment::result::Point| -> usize {
        let rows = |series: usize| if by_job { series.max(1) } else { 1 };
        point.records.iter().map(|record| rows(record.series.len())).sum()
    };
    result.points.iter().map(of).sum()
}
