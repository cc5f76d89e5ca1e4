//! How two birth dates compare, as `matcher/birth_dates.py` has it, which is asked where calendars come into it.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::features::{AGREE, DISAGREE};
use crate::text::FIRST_OF_OURS;
use crate::told;

const FIRST: i64 = FIRST_OF_OURS as i64;

/// How two birth dates compare: whether they agree, None where one is missing; a code of how; and bits.
#[derive(Clone)]
pub struct DateResult {
    pub agrees: Option<bool>,
    pub detail: Option<String>,
    pub bits: i64,
}

impl DateResult {
    /// As Python tells it: symbol of `FeatureResult`, detail, bits.
    fn of((result, detail, bits): (String, Option<String>, i64)) -> Self {
        let agrees = match result.as_str() {
            AGREE => Some(true),
            DISAGREE => Some(false),
            _ => None,
        };
        Self { agrees, detail, bits }
    }
}

/// The results of `matcher.birth_dates.RESULTS`, and its `compare_dates`.
pub struct Dates {
    compare_dates: Py<PyAny>,
    missing: DateResult,
    same: DateResult,
    same_first_of_january: DateResult,
    same_first_of_july: DateResult,
    same_month: DateResult,
    same_year: DateResult,
    first_of_january: DateResult,
    first_of_july: DateResult,
    swapped: DateResult,
    calendar: DateResult,
    one_year: DateResult,
    one_digit: DateResult,
    days: DateResult,
    other: DateResult,
}

impl Dates {
    pub fn read(results: &Bound<'_, PyDict>, compare_dates: Py<PyAny>) -> PyResult<Self> {
        let result = |name| told(results, name).map(DateResult::of);
        Ok(Self {
            compare_dates,
            missing: result("missing")?,
            same: result("same")?,
            same_first_of_january: result("same_first_of_january")?,
            same_first_of_july: result("same_first_of_july")?,
            same_month: result("same_month")?,
            same_year: result("same_year")?,
            first_of_january: result("first_of_january")?,
            first_of_july: result("first_of_july")?,
            swapped: result("swapped")?,
            calendar: result("calendar")?,
            one_year: result("one_year")?,
            one_digit: result("one_digit")?,
            days: result("days")?,
            other: result("other")?,
        })
    }

    /// The date read against those recorded: the first result that tells most for one person.
    pub fn compare(&self, py: Python<'_>, seen: Option<&str>, known: &[&str]) -> PyResult<DateResult> {
        match self.first_best(seen, known) {
            Some(best) => Ok(best.clone()),
            None => {
                let told = self.compare_dates.call1(py, (seen, known.to_vec()))?;
                told.extract(py).map(DateResult::of)
            }
        }
    }

    /// None where two of them may be one day in two calendars.
    fn first_best(&self, seen: Option<&str>, known: &[&str]) -> Option<&DateResult> {
        let Some(seen) = seen.filter(|_| !known.is_empty()) else {
            return Some(&self.missing);
        };
        let mut best = &self.other;
        for known in known {
            let result = self.hold(seen, known)?;
            if result.bits > best.bits {
                best = result;
            }
        }
        Some(best)
    }

    /// Bits that it tells, at most where two calendars come into it; None where nothing speaks for one person.
    pub fn most_bits<'a>(&self, seen: Option<&str>, known: impl Iterator<Item = &'a str>) -> Option<i64> {
        let seen = seen?;
        let bits = known.map(|known| self.hold(seen, known).unwrap_or(&self.calendar).bits);
        bits.max().filter(|most| *most > self.other.bits)
    }

    /// Two dates held against each other; None where two calendars come into it.
    fn hold(&self, seen: &str, known: &str) -> Option<&DateResult> {
        let january = |date: &str| date.get(4..) == Some("-01-01");
        let july = |date: &str| date.get(4..) == Some("-07-01");
        if seen == known {
            return Some(match seen.len() {
                _ if january(seen) => &self.same_first_of_january,
                _ if july(seen) => &self.same_first_of_july,
                10 => &self.same,
                7 => &self.same_month,
                _ => &self.same_year,
            });
        }
        if seen.starts_with(known) || known.starts_with(seen) {
            return Some(if seen.len().min(known.len()) == 7 {
                &self.same_month
            } else {
                &self.same_year
            });
        }
        if seen.len() < 10 || known.len() < 10 {
            return Some(&self.other);
        }
        let (one, other) = (seen.as_bytes(), known.as_bytes());
        let same_year = one[..4] == other[..4];
        if same_year && (january(seen) || january(known)) {
            return Some(&self.first_of_january);
        }
        if same_year && one[5..7] == other[8..] && one[8..] == other[5..7] {
            return Some(&self.swapped);
        }
        let year = |date: &[u8]| {
            date[..4]
                .iter()
                .fold(0_i64, |sum, digit| sum * 10 + i64::from(digit & 15))
        };
        let years = (year(one), year(other));
        // Of another calendar, or of one that looks like ours.
        if (years.0 < FIRST) != (years.1 < FIRST) || matches!((years.0 - years.1).abs(), 7 | 8) {
            return None;
        }
        Some(if one.iter().zip(other).filter(|(a, b)| a != b).count() == 1 {
            &self.one_digit
        } else if (years.0 - years.1).abs() == 1 && one[4..] == other[4..] {
            &self.one_year
        } else if same_year && (july(seen) || july(known)) {
            &self.first_of_july
        } else if same_year {
            &self.days
        } else {
            &self.other
        })
    }
}
