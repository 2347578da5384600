//! A value of a column → JSON from which the same value can be made again.
//!
//! Numbers, dates and times as numbers (of days, or of the column's unit; decimals without their point), text as text,
//! bytes as text where they are UTF-8 and else as an array of one text in hexadecimal, lists as arrays, structures as
//! objects, maps as arrays of pairs. `NaN` and `Infinity` are spelled as many writers of JSON spell them.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};

/// Appends the value of a row.
///
/// # Errors
/// When the type is none that a Parquet schema has.
pub(super) fn value(array: &ArrayRef, row: usize, out: &mut Vec<u8>) -> Result<(), String> {
    if array.is_null(row) {
        out.extend_from_slice(b"null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Null => out.extend_from_slice(b"null"),
        DataType::Boolean => {
            let word: &[u8] = if array.as_boolean().value(row) { b"true" } else { b"false" };
            out.extend_from_slice(word);
        }
        DataType::Int8 => number::<Int8Type>(array, row, out),
        DataType::Int16 => number::<Int16Type>(array, row, out),
        DataType::Int32 => number::<Int32Type>(array, row, out),
        DataType::Int64 => number::<Int64Type>(array, row, out),
        DataType::UInt8 => number::<UInt8Type>(array, row, out),
        DataType::UInt16 => number::<UInt16Type>(array, row, out),
        DataType::UInt32 => number::<UInt32Type>(array, row, out),
        DataType::UInt64 => number::<UInt64Type>(array, row, out),
        DataType::Float16 => {
            let value = array.as_primitive::<Float16Type>().value(row);
            let number = value.to_f32();
            float(number.into(), &number, u64::from(value.to_bits()), 0x7e00, out);
        }
        DataType::Float32 => {
            let number = array.as_primitive::<Float32Type>().value(row);
            float(number.into(), &number, u64::from(number.to_bits()), u64::from(f32::NAN.to_bits()), out);
        }
        DataType::Float64 => {
            let number = array.as_primitive::<Float64Type>().value(row);
            float(number, &number, number.to_bits(), f64::NAN.to_bits(), out);
        }
        DataType::Decimal32(..) => number::<Decimal32Type>(array, row, out),
        DataType::Decimal64(..) => number::<Decimal64Type>(array, row, out),
        DataType::Decimal128(..) => number::<Decimal128Type>(array, row, out),
        DataType::Decimal256(..) => number::<Decimal256Type>(array, row, out),
        DataType::Date32 => number::<Date32Type>(array, row, out),
        DataType::Date64 => number::<Date64Type>(array, row, out),
        DataType::Time32(TimeUnit::Second) => number::<Time32SecondType>(array, row, out),
        DataType::Time32(_) => number::<Time32MillisecondType>(array, row, out),
        DataType::Time64(TimeUnit::Microsecond) => number::<Time64MicrosecondType>(array, row, out),
        DataType::Time64(_) => number::<Time64NanosecondType>(array, row, out),
        DataType::Timestamp(TimeUnit::Second, _) => number::<TimestampSecondType>(array, row, out),
        DataType::Timestamp(TimeUnit::Millisecond, _) => number::<TimestampMillisecondType>(array, row, out),
        DataType::Timestamp(TimeUnit::Microsecond, _) => number::<TimestampMicrosecondType>(array, row, out),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => number::<TimestampNanosecondType>(array, row, out),
        DataType::Interval(IntervalUnit::DayTime) => {
            let value = array.as_primitive::<IntervalDayTimeType>().value(row);
            put(out, format_args!("[{},{}]", value.days, value.milliseconds));
        }
        DataType::Interval(IntervalUnit::YearMonth) => number::<IntervalYearMonthType>(array, row, out),
        DataType::Utf8 => text(array.as_string::<i32>().value(row), out),
        DataType::Utf8View => text(array.as_string_view().value(row), out),
        DataType::Binary => bytes(array.as_binary::<i32>().value(row), out),
        DataType::BinaryView => bytes(array.as_binary_view().value(row), out),
        DataType::FixedSizeBinary(_) => bytes(array.as_fixed_size_binary().value(row), out),
        DataType::List(_) => items(&array.as_list::<i32>().value(row), out)?,
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            out.push(b'{');
            for (at, (field, column)) in fields.iter().zip(columns).enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                text(field.name(), out);
                out.push(b':');
                value(column, row, out)?;
            }
            out.push(b'}');
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            out.push(b'[');
            for at in 0..entries.len() {
                out.extend_from_slice(if at > 0 { b",[" } else { b"[" });
                value(entries.column(0), at, out)?;
                out.push(b',');
                value(entries.column(1), at, out)?;
                out.push(b']');
            }
            out.push(b']');
        }
        other => return Err(format!("a column of type {other} cannot be read")),
    }
    Ok(())
}

fn put(out: &mut Vec<u8>, what: std::fmt::Arguments<'_>) {
    use std::io::Write;
    // Memory takes everything.
    let _ = out.write_fmt(what);
}

fn number<T: ArrowPrimitiveType>(array: &ArrayRef, row: usize, out: &mut Vec<u8>)
where
    T::Native: std::fmt::Display,
{
    put(out, format_args!("{}", array.as_primitive::<T>().value(row)));
}

/// The shortest number that reads back as the same one; what is no number keeps its bits.
fn float(value: f64, shown: &dyn std::fmt::Debug, bits: u64, nan: u64, out: &mut Vec<u8>) {
    if value.is_finite() {
        put(out, format_args!("{shown:?}"));
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
    } else if bits == nan {
        out.extend_from_slice(b"NaN");
    } else {
        put(out, format_args!("[\"{bits:x}\"]"));
    }
}

fn items(items: &ArrayRef, out: &mut Vec<u8>) -> Result<(), String> {
    out.push(b'[');
    for row in 0..items.len() {
        if row > 0 {
            out.push(b',');
        }
        value(items, row, out)?;
    }
    out.push(b']');
    Ok(())
}

fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(plain) => text(plain, out),
        Err(_) => {
            out.extend_from_slice(b"[\"");
            for byte in bytes {
                put(out, format_args!("{byte:02x}"));
            }
            out.extend_from_slice(b"\"]");
        }
    }
}

/// A text in quotes: only what must be escaped is, as serde_json does it.
fn text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte => put(out, format_args!("\\u{byte:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}
