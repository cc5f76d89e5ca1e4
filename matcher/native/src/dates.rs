//! Bits that two birth dates tell, as `matcher/birth_dates.py` has them; where calendars come into it, at most so many.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::text::FIRST_OF_OURS;
use crate::told;

const FIRST: i64 = FIRST_OF_OURS as i64;

/// The numbers of `matcher.birth_dates.BITS`, by result.
pub struct DateBits {
    same: i64,
    same_first_of_january: i64,
    same_month: i64,
    same_year: i64,
    first_of_january: i64,
    swapped: i64,
    calendar: i64,
    one_year: i64,
    one_digit: i64,
    days: i64,
    unrelated: i64,
}

impl DateBits {
    pub fn read(bits: &Bound<'_, PyDict>) -> PyResult<Self> {
        let number = |name| told::<i64>(bits, name);
        Ok(Self {
            same: number("same")?,
            same_first_of_january: number("same_first_of_january")?,
            same_month: number("same_month")?,
            same_year: number("same_year")?,
            first_of_january: number("first_of_january")?,
            swapped: number("swapped")?,
            calendar: number("calendar")?,
            one_year: number("one_year")?,
            one_digit: number("one_digit")?,
            days: number("days")?,
            unrelated: number("unrelated")?,
        })
    }

    /// Bits of the date read against those recorded; None where nothing speaks for one person.
    pub fn best(&self, seen: Option<&str>, known: &[&str]) -> Option<i64> {
        let seen = seen?;
        let best = known.iter().map(|known| self.bits(seen, known)).max()?;
        (best > self.unrelated).then_some(best)
    }

    fn bits(&self, seen: &str, known: &str) -> i64 {
        let january = |date: &str| date.get(4..) == Some("-01-01");
        if seen == known {
            return match seen.len() {
                _ if january(seen) => self.same_first_of_january,
                10 => self.same,
                7 => self.same_month,
                _ => self.same_year,
            };
        }
        if seen.starts_with(known) || known.starts_with(seen) {
            return if seen.len().min(known.len()) == 7 {
                self.same_month
            } else {
                self.same_year
            };
        }
        if seen.len() < 10 || known.len() < 10 {
            return self.unrelated;
        }
        let (one, other) = (seen.as_bytes(), known.as_bytes());
        let same_year = one[..4] == other[..4];
        if same_year && (january(seen) || january(known)) {
            return self.first_of_january;
        }
        if same_year && one[5..7] == other[8..] && one[8..] == other[5..7] {
            return self.swapped;
        }
        let year = |date: &[u8]| {
            date[..4]
                .iter()
                .fold(0_i64, |sum, digit| sum * 10 + i64::from(digit & 15))
        };
        let years = (year(one), year(other));
        // Of another calendar, or of one that looks like ours: whether it is one day, Python tells.
        if (years.0 < FIRST) != (years.1 < FIRST) || matches!((years.0 - years.1).abs(), 7 | 8) {
            return self.calendar;
        }
        if one.iter().zip(other).filter(|(a, b)| a != b).count() == 1 {
            return self.one_digit;
        }
        if (years.0 - years.1).abs() == 1 && one[4..] == other[4..] {
            return self.one_year;
        }
        if same_year { self.days } else { self.unrelated }
    }
}
