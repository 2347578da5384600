//! Values as JSON → a column of an Arrow type: the way back from `input::parquet::render`.

use std::str::FromStr;
use std::sync::Arc;

use arrow_array::types::*;
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, FixedSizeBinaryArray, ListArray, MapArray,
    NullArray, PrimitiveArray, StringArray, StructArray,
};
use arrow_buffer::{IntervalDayTime, NullBuffer, OffsetBuffer, i256};
use arrow_schema::{DataType, FieldRef, IntervalUnit, TimeUnit};

use crate::input::{json, json_text};

/// A value as JSON; `None` where it is missing.
type Token<'a> = Option<&'a str>;

/// The column that these values make, `null` and missing ones alike.
///
/// # Errors
/// When a value is none of the type, or the type none that a Parquet schema has.
pub(super) fn array(kind: &DataType, tokens: &[Token<'_>]) -> Result<ArrayRef, String> {
    let tokens: Vec<Token<'_>> = tokens.iter().map(|token| token.filter(|token| *token != "null")).collect();
    let tokens = &*tokens;
    Ok(match kind {
        DataType::Null => Arc::new(NullArray::new(tokens.len())),
        DataType::Boolean => {
            let values = each(tokens, |token| token.parse::<bool>().map_err(|error| error.to_string()))?;
            Arc::new(BooleanArray::from(values))
        }
        DataType::Int8 => numbers::<Int8Type>(kind, tokens)?,
        DataType::Int16 => numbers::<Int16Type>(kind, tokens)?,
        DataType::Int32 => numbers::<Int32Type>(kind, tokens)?,
        DataType::Int64 => numbers::<Int64Type>(kind, tokens)?,
        DataType::UInt8 => numbers::<UInt8Type>(kind, tokens)?,
        DataType::UInt16 => numbers::<UInt16Type>(kind, tokens)?,
        DataType::UInt32 => numbers::<UInt32Type>(kind, tokens)?,
        DataType::UInt64 => numbers::<UInt64Type>(kind, tokens)?,
        DataType::Float16 => primitive::<Float16Type>(kind, tokens, |token| match hexadecimal(token) {
            Some(bits) => Ok(Half::from_bits(bits as u16)),
            None if token == "NaN" => Ok(Half::NAN),
            None => Ok(Half::from_f32(decimal(token)?)),
        })?,
        DataType::Float32 => primitive::<Float32Type>(kind, tokens, |token| match hexadecimal(token) {
            Some(bits) => Ok(f32::from_bits(bits as u32)),
            None if token == "NaN" => Ok(f32::NAN),
            None => decimal(token),
        })?,
        DataType::Float64 => primitive::<Float64Type>(kind, tokens, |token| match hexadecimal(token) {
            Some(bits) => Ok(f64::from_bits(bits)),
            None if token == "NaN" => Ok(f64::NAN),
            None => decimal(token),
        })?,
        DataType::Decimal32(..) => numbers::<Decimal32Type>(kind, tokens)?,
        DataType::Decimal64(..) => numbers::<Decimal64Type>(kind, tokens)?,
        DataType::Decimal128(..) => numbers::<Decimal128Type>(kind, tokens)?,
        DataType::Decimal256(..) => primitive::<Decimal256Type>(kind, tokens, |token| {
            i256::from_string(token).ok_or_else(|| "a number that is none".to_owned())
        })?,
        DataType::Date32 => numbers::<Date32Type>(kind, tokens)?,
        DataType::Date64 => numbers::<Date64Type>(kind, tokens)?,
        DataType::Time32(TimeUnit::Second) => numbers::<Time32SecondType>(kind, tokens)?,
        DataType::Time32(_) => numbers::<Time32MillisecondType>(kind, tokens)?,
        DataType::Time64(TimeUnit::Microsecond) => numbers::<Time64MicrosecondType>(kind, tokens)?,
        DataType::Time64(_) => numbers::<Time64NanosecondType>(kind, tokens)?,
        DataType::Timestamp(TimeUnit::Second, _) => numbers::<TimestampSecondType>(kind, tokens)?,
        DataType::Timestamp(TimeUnit::Millisecond, _) => numbers::<TimestampMillisecondType>(kind, tokens)?,
        DataType::Timestamp(TimeUnit::Microsecond, _) => numbers::<TimestampMicrosecondType>(kind, tokens)?,
        DataType::Timestamp(TimeUnit::Nanosecond, _) => numbers::<TimestampNanosecondType>(kind, tokens)?,
        DataType::Interval(IntervalUnit::DayTime) => {
            primitive::<IntervalDayTimeType>(kind, tokens, |token| match *items(token)? {
                [days, milliseconds] => Ok(IntervalDayTime::new(decimal(days)?, decimal(milliseconds)?)),
                _ => Err("an interval that is no pair".to_owned()),
            })?
        }
        DataType::Interval(IntervalUnit::YearMonth) => numbers::<IntervalYearMonthType>(kind, tokens)?,
        DataType::Utf8 => Arc::new(StringArray::from_iter(each(tokens, text)?)),
        DataType::Binary => Arc::new(BinaryArray::from_iter(each(tokens, bytes)?)),
        DataType::FixedSizeBinary(size) => {
            let values = each(tokens, bytes)?;
            let array = FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), *size);
            Arc::new(array.map_err(|error| error.to_string())?)
        }
        DataType::List(field) => list(field, tokens)?,
        DataType::Struct(fields) => {
            let rows = each(tokens, members)?;
            let columns = fields.iter().enumerate().map(|(at, field)| {
                let cells: Vec<Token<'_>> =
                    rows.iter().map(|row| row.as_ref().and_then(|row| row.get(at).copied())).collect();
                array(field.data_type(), &cells)
            });
            let columns = columns.collect::<Result<_, _>>()?;
            let array = StructArray::try_new(fields.clone(), columns, nulls(tokens));
            Arc::new(array.map_err(|error| error.to_string())?)
        }
        DataType::Map(field, sorted) => map(field, *sorted, tokens)?,
        other => return Err(format!("a column of type {other} cannot be written")),
    })
}

type Half = <Float16Type as ArrowPrimitiveType>::Native;

/// Applies a reading to all values that are there.
fn each<'a, T>(
    tokens: &[Token<'a>],
    read: impl Fn(&'a str) -> Result<T, String>,
) -> Result<Vec<Option<T>>, String> {
    tokens.iter().map(|token| token.map(&read).transpose()).collect()
}

fn numbers<T: ArrowPrimitiveType>(kind: &DataType, tokens: &[Token<'_>]) -> Result<ArrayRef, String>
where
    T::Native: FromStr,
{
    primitive::<T>(kind, tokens, decimal)
}

fn primitive<T: ArrowPrimitiveType>(
    kind: &DataType,
    tokens: &[Token<'_>],
    read: impl Fn(&str) -> Result<T::Native, String>,
) -> Result<ArrayRef, String> {
    let values = tokens.iter().map(|token| token.map(&read).transpose()).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(PrimitiveArray::<T>::from_iter(values).with_data_type(kind.clone())))
}

fn decimal<T: FromStr>(token: &str) -> Result<T, String> {
    let token = match token {
        "Infinity" => "inf",
        "-Infinity" => "-inf",
        token => token,
    };
    token.parse().map_err(|_| format!("`{token}` is no number of the column's type"))
}

/// The bits in an array of one text in hexadecimal.
fn hexadecimal(token: &str) -> Option<u64> {
    u64::from_str_radix(token.strip_prefix("[\"")?.strip_suffix("\"]")?, 16).ok()
}

fn text(token: &str) -> Result<std::borrow::Cow<'_, str>, String> {
    let inside = token.strip_prefix('"').and_then(|token| token.strip_suffix('"'));
    let inside = inside.ok_or_else(|| "a text that is none".to_owned())?;
    json_text::decode(inside).map_err(|at| format!("an escape that is no JSON at byte {at} of a text"))
}

fn bytes(token: &str) -> Result<Vec<u8>, String> {
    let Some(digits) = token.strip_prefix("[\"").and_then(|token| token.strip_suffix("\"]")) else {
        return Ok(text(token)?.into_owned().into_bytes());
    };
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect::<Option<_>>().ok_or_else(|| "bytes that are no hexadecimal digits".to_owned())
}

fn items(token: &str) -> Result<Vec<&str>, String> {
    let spans = json::items(token.as_bytes()).map_err(|error| error.to_string())?;
    Ok(spans.into_iter().map(|span| &token[span]).collect())
}

fn members(token: &str) -> Result<Vec<&str>, String> {
    let mut values = Vec::new();
    let outcome = json::scan(token.as_bytes(), |_, value| values.push(&token[value]));
    outcome.map(|_| values).map_err(|error| error.to_string())
}

fn nulls(tokens: &[Token<'_>]) -> Option<NullBuffer> {
    let is_any = tokens.iter().any(Option::is_none);
    is_any.then(|| tokens.iter().map(Option::is_some).collect())
}

/// Items of lists one after the other, and how many each has.
fn flattened<'a>(tokens: &[Token<'a>]) -> Result<(Vec<Token<'a>>, OffsetBuffer<i32>), String> {
    let lists = each(tokens, items)?;
    let lengths = lists.iter().map(|list| list.as_ref().map_or(0, Vec::len));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok((lists.into_iter().flatten().flatten().map(Some).collect(), offsets))
}

fn list(field: &FieldRef, tokens: &[Token<'_>]) -> Result<ArrayRef, String> {
    let (values, offsets) = flattened(tokens)?;
    let values = array(field.data_type(), &values)?;
    let array = ListArray::try_new(Arc::clone(field), offsets, values, nulls(tokens));
    Ok(Arc::new(array.map_err(|error| error.to_string())?))
}

fn map(field: &FieldRef, sorted: bool, tokens: &[Token<'_>]) -> Result<ArrayRef, String> {
    let DataType::Struct(sides) = field.data_type() else { return Err("a map without entries".to_owned()) };
    let (pairs, offsets) = flattened(tokens)?;
    let pairs = each(&pairs, items)?;
    let side = |at: usize| {
        let cells: Vec<Token<'_>> =
            pairs.iter().map(|pair| pair.as_ref().and_then(|pair| pair.get(at).copied())).collect();
        let kind = sides.get(at).ok_or_else(|| "a map without a value".to_owned())?;
        array(kind.data_type(), &cells)
    };
    let entries = StructArray::try_new(sides.clone(), vec![side(0)?, side(1)?], None);
    let entries = entries.map_err(|error| error.to_string())?;
    let array = MapArray::try_new(Arc::clone(field), offsets, entries, nulls(tokens), sorted);
    Ok(Arc::new(array.map_err(|error| error.to_string())?))
}
