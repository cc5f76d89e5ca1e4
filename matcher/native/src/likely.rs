//! Whether a traveller can be a person of the registry at all, by name, birth date, citizenship and sex: the second half
//! of `matcher.identity.could_be`. Wrong only by saying yes, which Python then takes back.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::compare::{Best, Comparing, Name};
use crate::dates::{DateResult, Dates};
use crate::text::{different, state};
use crate::told;

/// More names than this, of either, are left to Python.
const NAMES: usize = 16;

/// What is compared of a traveller or a person.
pub struct Described<'a> {
    pub names: &'a [(&'a str, &'a str)],
    pub birth_dates: &'a [&'a str],
    pub citizenships: &'a [&'a str],
    /// By its letter.
    pub sex: Option<char>,
}

/// What two descriptions tell, held against each other: whether they agree, None where nothing can be compared, and bits.
pub struct Details {
    pub name: Option<Best>,
    pub birth: DateResult,
    pub citizenship: (Option<bool>, i64),
    pub sex: (Option<bool>, i64),
}

/// The numbers of `matcher.identity.NUMBERS`: bits by agreement and contradiction, and from how many on somebody may be
/// the person.
struct Numbers {
    possible_from: i64,
    citizenship: (i64, i64),
    sex: (i64, i64),
}

/// Compares travellers with people.
pub struct Likely {
    numbers: Numbers,
    dates: Dates,
    names: Comparing,
    no_citizenship: Vec<String>,
    /// The names of the traveller at hand.
    seen: Vec<Name>,
}

impl Likely {
    /// `numbers` are those of `matcher.identity.NUMBERS`.
    pub fn new(
        numbers: &Bound<'_, PyDict>,
        dates: Dates,
        names: Comparing,
        no_citizenship: Vec<String>,
    ) -> PyResult<Self> {
        let number = |name| told::<i64>(numbers, name);
        Ok(Self {
            numbers: Numbers {
                possible_from: number("possible_from")?,
                citizenship: (number("citizenship_agrees")?, number("citizenship_disagrees")?),
                sex: (number("sex_agrees")?, number("sex_disagrees")?),
            },
            dates,
            names,
            no_citizenship,
            seen: Vec::new(),
        })
    }

    /// Take up a traveller, who is then compared with people by `may_be`.
    pub fn take_up(&mut self, py: Python<'_>, traveller: &Described<'_>) -> PyResult<()> {
        self.names.tidy();
        self.seen.clear();
        for (surname, given_names) in different(traveller.names).take(NAMES) {
            let name = self.names.name(py, surname, given_names)?;
            // The MRZ leaves out marks: then, too, it is mostly the same name.
            if !self.seen.contains(&name) {
                self.seen.push(name);
            }
        }
        Ok(())
    }

    /// Whether the traveller taken up may be this person, whose codes of states are as `same_state` has them.
    pub fn may_be(
        &mut self,
        py: Python<'_>,
        traveller: &Described<'_>,
        person: &Described<'_>,
        same_state: &[(String, String)],
    ) -> PyResult<bool> {
        if traveller.names.len() > NAMES || person.names.len() > NAMES {
            return Ok(true);
        }
        let Some(date) = self
            .dates
            .most_bits(traveller.birth_dates.first().copied(), person.birth_dates)
        else {
            return Ok(false);
        };
        let other = self.citizenships(traveller, person, same_state).1 + self.sexes(traveller, person).1;
        // Python rounds the bits of a name.
        let needed = (self.numbers.possible_from - date - other) as f64 - 0.5;
        if !self.seen.iter().any(|seen| self.names.may_tell(seen, needed)) {
            return Ok(false);
        }
        for (surname, given_names) in different(person.names) {
            let known = self.names.name(py, surname, given_names)?;
            for seen in &self.seen {
                if self.names.may_agree(py, seen, &known, needed)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    pub fn compare_names(
        &mut self,
        py: Python<'_>,
        seen: &(String, String),
        known: &(String, String),
    ) -> PyResult<(f64, f64)> {
        self.names.tidy();
        let (seen, known) = (
            self.names.name(py, &seen.0, &seen.1)?,
            self.names.name(py, &known.0, &known.1)?,
        );
        let compared = self.names.compare(py, &seen, &known)?;
        Ok((compared.agreement, compared.bits))
    }

    pub fn most_date_bits(&self, seen: Option<&str>, known: &[&str]) -> Option<i64> {
        self.dates.most_bits(seen, known)
    }

    /// `matcher.birth_dates.compare_dates`.
    pub fn compare_dates(&self, py: Python<'_>, seen: Option<&str>, known: &[&str]) -> PyResult<DateResult> {
        self.dates.compare(py, seen, known)
    }

    /// Name, birth date, citizenship and sex of two people held against each other; None where Python must do it.
    pub fn describe(
        &mut self,
        py: Python<'_>,
        traveller: &Described<'_>,
        person: &Described<'_>,
        same_state: &[(String, String)],
    ) -> Option<Details> {
        let seen = traveller.birth_dates.first().copied();
        Some(Details {
            birth: self.compare_dates(py, seen, person.birth_dates).ok()?,
            name: self.hold_names(py, traveller.names, person.names)?,
            citizenship: self.citizenships(traveller, person, same_state),
            sex: self.sexes(traveller, person),
        })
    }

    /// `matcher.identity.hold_names`; None where Python must do it.
    pub fn hold_names(
        &mut self,
        py: Python<'_>,
        seen: &[(&str, &str)],
        known: &[(&str, &str)],
    ) -> Option<Option<Best>> {
        if seen.len() > NAMES || known.len() > NAMES {
            return None;
        }
        self.names.tidy();
        let mut read = |names: &[(&str, &str)]| {
            let names = names.iter().map(|(surname, given)| self.names.name(py, surname, given));
            names.collect::<PyResult<Vec<_>>>().ok()
        };
        let (seen, known) = (read(seen)?, read(known)?);
        self.names.best(py, &seen, &known)
    }

    /// Whether they agree, None where nothing can be compared; and the bits that it tells.
    fn citizenships(
        &self,
        one: &Described<'_>,
        other: &Described<'_>,
        same_state: &[(String, String)],
    ) -> (Option<bool>, i64) {
        let tells = |code: &&str| !self.no_citizenship.iter().any(|none| none == code);
        let seen = || {
            one.citizenships
                .iter()
                .map(|code| state(code, same_state))
                .filter(tells)
        };
        let known = || {
            other
                .citizenships
                .iter()
                .map(|code| state(code, same_state))
                .filter(tells)
        };
        let (agrees, disagrees) = self.numbers.citizenship;
        if seen().next().is_none() || known().next().is_none() {
            (None, 0)
        } else if seen().any(|code| known().any(|other| code == other)) {
            (Some(true), agrees)
        } else {
            (Some(false), disagrees)
        }
    }

    /// In the same way.
    fn sexes(&self, one: &Described<'_>, other: &Described<'_>) -> (Option<bool>, i64) {
        let (agrees, disagrees) = self.numbers.sex;
        match (one.sex, other.sex) {
            (None | Some('X'), _) | (_, None | Some('X')) => (None, 0),
            (Some(one), Some(other)) if one == other => (Some(true), agrees),
            _ => (Some(false), disagrees),
        }
    }
}
