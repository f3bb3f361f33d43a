//! A Parquet file, row by row.
//!
//! Parquet keeps each part of each field by itself, with two numbers for every value: at which list another item begins
//! (its repetition level), and how many of the lists around it have an item at all (its definition level).

use super::feature::{self, Feature, Field};
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::borrow::Cow;
use std::io;
use std::sync::Arc;

/// Values are kept until there are so many bytes of them; then they become a group of rows.
const GROUP_BYTES: usize = 32 << 20;

/// A value of a row, as its [`Feature`] says.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell<'a> {
    /// Of a text.
    Text(Cow<'a, str>),
    /// Of a number, or the number of a name.
    Number(usize),
    /// Of a list.
    List(Vec<Cell<'a>>),
    /// Of a struct, in the order of its fields.
    Struct(Vec<Cell<'a>>),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<usize> for Cell<'_> {
    fn from(number: usize) -> Self {
        Self::Number(number)
    }
}

/// A file that is being filled.
pub struct Table {
    fields: Vec<Field>,
    columns: Vec<Column>,
    file: SerializedFileWriter<Vec<u8>>,
    /// How many bytes the values in `columns` take.
    pending: usize,
    size: Size,
}

/// How large a table is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Size {
    /// How many rows.
    pub rows: usize,
    /// How many bytes Arrow takes for it, which is what cards say.
    pub bytes: usize,
}

#[derive(Default)]
struct Column {
    repetition: Vec<i16>,
    definition: Vec<i16>,
    texts: Vec<ByteArray>,
    numbers: Vec<i64>,
}

impl Table {
    /// An empty one with these columns.
    pub fn new(fields: Vec<Field>) -> io::Result<Self> {
        let schema = parse_message_type(&feature::schema(&fields)).map_err(io_error)?;
        let metadata = KeyValue::new("huggingface".to_owned(), feature::json(&fields).to_string());
        let properties = WriterProperties::builder()
            .set_created_by(concat!("byline ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![metadata]))
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::None)
            .build();
        let file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties)).map_err(io_error)?;
        let count = fields.iter().map(|(_, feature)| leaves(feature)).sum();
        let columns = std::iter::repeat_with(Column::default).take(count).collect();
        Ok(Self { fields, columns, file, pending: 0, size: Size::default() })
    }

    /// How large it is so far.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Adds a row, in the order of the columns.
    pub fn add(&mut self, row: &[Cell]) -> io::Result<()> {
        let mut columns = self.columns.iter_mut();
        for ((_, feature), cell) in self.fields.iter().zip(row) {
            let count = leaves(feature);
            let mut of_field: Vec<&mut Column> = columns.by_ref().take(count).collect();
            self.pending += shred(feature, Some(cell), &mut of_field, Levels::default());
            self.size.bytes += in_arrow(feature, cell);
        }
        self.size.rows += 1;
        if self.pending > GROUP_BYTES { self.flush() } else { Ok(()) }
    }

    /// The file.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        self.flush()?;
        self.file.into_inner().map_err(io_error)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.pending == 0 {
            return Ok(());
        }
        let features: Vec<Feature> = self.fields.iter().flat_map(|(_, feature)| leaf_features(feature)).collect();
        let mut group = self.file.next_row_group().map_err(io_error)?;
        for (column, feature) in self.columns.iter_mut().zip(features) {
            let Some(mut writer) = group.next_column().map_err(io_error)? else { break };
            let Column { repetition, definition, texts, numbers } = std::mem::take(column);
            let levels = (Some(&definition[..]), Some(&repetition[..]));
            let written = if feature == Feature::Text {
                writer.typed::<ByteArrayType>().write_batch(&texts, levels.0, levels.1)
            } else {
                writer.typed::<Int64Type>().write_batch(&numbers, levels.0, levels.1)
            };
            written.map_err(io_error)?;
            writer.close().map_err(io_error)?;
        }
        group.close().map_err(io_error)?;
        self.pending = 0;
        Ok(())
    }
}

fn io_error(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

/// How many columns of Parquet a feature takes.
fn leaves(feature: &Feature) -> usize {
    match feature {
        Feature::Text | Feature::Number | Feature::Label(_) => 1,
        Feature::List(of) => leaves(of),
        Feature::Struct(fields) => fields.iter().map(|(_, feature)| leaves(feature)).sum(),
    }
}

fn leaf_features(feature: &Feature) -> Vec<Feature> {
    match feature {
        Feature::Text => vec![Feature::Text],
        Feature::Number | Feature::Label(_) => vec![Feature::Number],
        Feature::List(of) => leaf_features(of),
        Feature::Struct(fields) => fields.iter().flat_map(|(_, feature)| leaf_features(feature)).collect(),
    }
}

/// How many bytes a value takes in Arrow, which keeps an offset of 4 bytes for every text and list.
fn in_arrow(feature: &Feature, cell: &Cell) -> usize {
    const OFFSET: usize = size_of::<i32>();
    match (feature, cell) {
        (Feature::List(of), Cell::List(items)) => OFFSET + items.iter().map(|item| in_arrow(of, item)).sum::<usize>(),
        (Feature::Struct(fields), Cell::Struct(parts)) => {
            fields.iter().zip(parts).map(|((_, feature), part)| in_arrow(feature, part)).sum()
        }
        (_, Cell::Text(text)) => OFFSET + text.len(),
        _ => size_of::<i64>(),
    }
}

/// Where a value stands among the lists around it.
#[derive(Clone, Copy, Default)]
struct Levels {
    /// Of the list in which another item begins; 0 for a new row.
    repetition: i16,
    /// How many of the lists around have an item here.
    definition: i16,
    /// How many lists there are around.
    depth: i16,
}

/// Puts a value into the columns of its feature, or says that a list around it has no item. Returns bytes taken.
fn shred(feature: &Feature, cell: Option<&Cell>, columns: &mut [&mut Column], levels: Levels) -> usize {
    match (feature, cell) {
        (Feature::List(of), Some(Cell::List(items))) if !items.is_empty() => {
            let depth = levels.depth + 1;
            let mut bytes = 0;
            for (n, item) in items.iter().enumerate() {
                let repetition = if n == 0 { levels.repetition } else { depth };
                let levels = Levels { repetition, definition: levels.definition + 1, depth };
                bytes += shred(of, Some(item), columns, levels);
            }
            bytes
        }
        (Feature::List(of), _) => shred(of, None, columns, Levels { depth: levels.depth + 1, ..levels }),
        (Feature::Struct(fields), cell) => {
            let (mut rest, mut bytes) = (columns, 0);
            for (n, (_, feature)) in fields.iter().enumerate() {
                let (of_field, after) = rest.split_at_mut(leaves(feature));
                let part = if let Some(Cell::Struct(parts)) = cell { parts.get(n) } else { None };
                bytes += shred(feature, part, of_field, levels);
                rest = after;
            }
            bytes
        }
        (Feature::Text | Feature::Number | Feature::Label(_), cell) => {
            let Some(column) = columns.first_mut() else { return 0 };
            column.repetition.push(levels.repetition);
            column.definition.push(levels.definition);
            let taken = match cell {
                Some(Cell::Text(text)) => {
                    column.texts.push(text.as_bytes().to_vec().into());
                    text.len() + size_of::<ByteArray>()
                }
                Some(Cell::Number(number)) => {
                    column.numbers.push(*number as i64);
                    size_of::<i64>()
                }
                _ => 0,
            };
            taken + 4
        }
    }
}
