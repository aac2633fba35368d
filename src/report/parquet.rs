//! Records of replications as Parquet: the same columns as in CSV, typed. Only with the feature `parquet`, because the
//! crate behind it takes longer to compile than any other that the command needs.

use super::records::{RecordRow, value};
use crate::experiment::{Response, Unit};
use parquet::basic::{Compression, ConvertedType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type as SchemaType;
use std::io::{self, Write};
use std::sync::Arc;

/// Rows in a row group: how many are gathered in memory at a time.
const ROWS_IN_GROUP: usize = 65_536;

/// Writes these rows as one Parquet file.
///
/// # Errors
/// Whatever stops the file from being written.
pub fn write(out: &mut dyn Write, rows: &[RecordRow]) -> io::Result<()> {
    let bytes = file(rows).map_err(io::Error::other)?;
    out.write_all(&bytes)
}

fn schema() -> Result<SchemaType, ParquetError> {
    let mut columns = vec![column("replication", PhysicalType::INT64)?];
    for name in ["job", "end", "reason"] {
        columns.push(column(name, PhysicalType::BYTE_ARRAY)?);
    }
    columns.push(column("cut", PhysicalType::INT64)?);
    for &response in Response::ALL {
        let physical = if response.unit() == Unit::Count { PhysicalType::INT64 } else { PhysicalType::DOUBLE };
        columns.push(column(response.name(), physical)?);
    }
    SchemaType::group_type_builder("replications").with_fields(columns).build()
}

/// The whole file in memory: the writer wants to own something that can be sent, and the file is small enough.
fn file(rows: &[RecordRow]) -> Result<Vec<u8>, ParquetError> {
    let properties = Arc::new(WriterProperties::builder().set_compression(Compression::UNCOMPRESSED).build());
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema()?), properties)?;
    for group in rows.chunks(ROWS_IN_GROUP) {
        let mut into = writer.next_row_group()?;
        write_group(&mut into, group)?;
        into.close()?;
    }
    writer.into_inner()
}

fn column(name: &str, physical: PhysicalType) -> Result<Arc<SchemaType>, ParquetError> {
    let text = if physical == PhysicalType::BYTE_ARRAY { ConvertedType::UTF8 } else { ConvertedType::NONE };
    let column = SchemaType::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    column.with_converted_type(text).build().map(Arc::new)
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
            Unit::Time | Unit::Share | Unit::Amount => {
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

/// Writes the next column; a value that is missing has definition level 0.
fn write_column<T: DataType>(
    into: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let (mut levels, mut there) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        there.extend(value);
    }
    let mut column = into.next_column()?.expect("the schema has a column for each one that is written");
    column.typed::<T>().write_batch(&there, Some(&levels), None)?;
    column.close()
}
