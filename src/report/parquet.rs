//! Records of replications as Parquet: the same columns as in CSV, typed. Only with the feature `parquet`, because the
//! crate behind it takes longer to compile than any other that the command needs.

use super::records::{RecordRow, RecordValues, outcome_columns};
use parquet::basic::{Compression, ConvertedType, Repetition, Type as PhysicalType};
use parquet::data_type::{ByteArrayType, DataType, DoubleType, Int64Type};
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

/// The columns of an empty table are those of any table, so the schema needs no rows.
fn schema() -> Result<SchemaType, ParquetError> {
    let physical = |values: &RecordValues| match values {
        // The format has booleans, but these columns have been integers from the beginning.
        RecordValues::Integers(_) | RecordValues::Flags(_) => PhysicalType::INT64,
        RecordValues::Numbers(_) => PhysicalType::DOUBLE,
        RecordValues::Texts(_) => PhysicalType::BYTE_ARRAY,
    };
    let columns = outcome_columns(&[]).into_iter().map(|(name, values)| column(name, physical(&values)));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    SchemaType::group_type_builder("replications").with_fields(columns).build()
}

/// The whole file in memory: the writer wants to own something that is `Send`, and the file is small enough. It is not
/// compressed, because the crate's compressors are further dependencies.
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
    for (_, values) in outcome_columns(rows) {
        match values {
            RecordValues::Integers(values) => write_column::<Int64Type>(into, values.into_iter())?,
            RecordValues::Numbers(values) => write_column::<DoubleType>(into, values.into_iter())?,
            RecordValues::Flags(values) => {
                write_column::<Int64Type>(into, values.into_iter().map(|flag| Some(i64::from(flag))))?
            }
            RecordValues::Texts(values) => {
                let text = |text: Option<String>| text.filter(|text| !text.is_empty()).map(|text| text.as_str().into());
                write_column::<ByteArrayType>(into, values.into_iter().map(text))?;
            }
        }
    }
    Ok(())
}

/// Writes the next column. In Parquet's encoding an optional column has its values without gaps, and for each row a
/// definition level: 1 if there is a value, 0 if it is missing.
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
