//! The native core of `matcher`: an index of the registry, a filter for events that concern nobody, and what decides on
//! nearly all others. Whatever it does not know for sure is left to Python. See docs/native.md.

mod alike;
mod avro;
mod briefs;
mod compare;
mod dates;
mod decide;
mod events;
mod features;
mod grounds;
mod hashing;
mod kept;
mod likely;
mod lists;
mod names;
mod outlines;
mod packed;
mod parts;
mod people;
mod records;
mod rows;
mod rules;
mod snapshot;
mod sounds;
mod table;
mod text;
mod values;
mod words;

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Numbers of `schemas/checks.py`.
struct Limits {
    text: usize,
    values: usize,
    row_values: usize,
    earliest_ms: i64,
    skew_ms: i64,
    day_begins_early_ms: i64,
    min_ms: i64,
    max_ms: i64,
    min_day: i64,
    max_day: i64,
    lifetime_days: i64,
    day_ms: i64,
}

impl Limits {
    fn read(limits: &Bound<'_, PyDict>) -> PyResult<Self> {
        let number = |name| told::<i64>(limits, name);
        let size = |name| told::<usize>(limits, name);
        Ok(Self {
            text: size("text")?,
            values: size("values")?,
            row_values: size("row_values")?,
            earliest_ms: number("earliest_ms")?,
            skew_ms: number("skew_ms")?,
            day_begins_early_ms: number("day_begins_early_ms")?,
            min_ms: number("min_ms")?,
            max_ms: number("max_ms")?,
            min_day: number("min_day")?,
            max_day: number("max_day")?,
            lifetime_days: number("lifetime_days")?,
            day_ms: number("day_ms")?,
        })
    }
}

/// One of the numbers or tables that Python hands over. KeyError, or TypeError, where it is not as it must be.
fn told<'py, T: FromPyObjectOwned<'py>>(table: &Bound<'py, PyDict>, name: &str) -> PyResult<T> {
    table.as_any().get_item(name)?.extract().map_err(Into::into)
}

/// What follows the framing, where it is one of those of the newest schema.
fn body<'a>(record: &'a [u8], headers: &[Vec<u8>]) -> Option<&'a [u8]> {
    headers.iter().find_map(|header| record.strip_prefix(header.as_slice()))
}

/// None where this program is at fault: then, too, Python decides.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

#[pymodule]
mod _core {
    use super::*;

    #[pymodule_export]
    use super::{decide::Decider, events::EventFilter, people::People, records::RecordCodec};

    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        // The message of a panic may quote a record, and it would go to the log.
        set_hook(Box::new(|_| {}));
        Ok(())
    }
}
