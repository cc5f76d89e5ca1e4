//! Whether a traveller can be a person of the registry at all, by name, birth date, citizenship and sex: the second half
//! of `matcher.identity.could_be`. Wrong only by saying yes, which Python then takes back.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::briefs::Briefs;
use crate::compare::{Best, Comparing, Name};
use crate::dates::{DateResult, Dates};
use crate::outlines::Pattern;
use crate::text::{different, number_of_code, state};
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

impl Numbers {
    /// Whether they agree, None where nothing can be compared; and the bits that it tells.
    fn of_citizenship(&self, seen: &[u16], known: impl Iterator<Item = u16>) -> (Option<bool>, i64) {
        let mut known = known.peekable();
        if seen.is_empty() || known.peek().is_none() {
            (None, 0)
        } else if known.any(|code| seen.contains(&code)) {
            (Some(true), self.citizenship.0)
        } else {
            (Some(false), self.citizenship.1)
        }
    }

    /// In the same way.
    fn of_sex(&self, seen: Option<char>, known: Option<char>) -> (Option<bool>, i64) {
        match (seen, known) {
            (None | Some('X'), _) | (_, None | Some('X')) => (None, 0),
            (Some(one), Some(other)) if one == other => (Some(true), self.sex.0),
            _ => (Some(false), self.sex.1),
        }
    }
}

/// Compares travellers with people.
pub struct Likely {
    numbers: Numbers,
    dates: Dates,
    names: Comparing,
    no_citizenship: Vec<String>,
    /// Codes of states that stand for another one, as `schemas.countries.SAME_STATES` has them.
    same_state: Vec<(String, String)>,
    briefs: Briefs,
    /// The names of the traveller at hand, and the codes of their citizenships.
    seen: Vec<Name>,
    /// One of each part of these names.
    patterns: Vec<Pattern>,
    seen_citizenships: Vec<u16>,
    /// Whether all that there is of the traveller at hand can be compared here.
    is_ordinary: bool,
}

impl Likely {
    /// `numbers` are those of `matcher.identity.NUMBERS`.
    pub fn new(
        numbers: &Bound<'_, PyDict>,
        dates: Dates,
        names: Comparing,
        no_citizenship: Vec<String>,
        same_state: Vec<(String, String)>,
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
            same_state,
            briefs: Briefs::default(),
            seen: Vec::new(),
            patterns: Vec::new(),
            seen_citizenships: Vec::new(),
            is_ordinary: false,
        })
    }

    /// Take up a traveller, who is then compared with people by `may_be`.
    pub fn take_up(&mut self, py: Python<'_>, traveller: &Described<'_>) -> PyResult<()> {
        self.names.tidy();
        self.briefs.keep_to(self.names.era());
        self.seen.clear();
        self.patterns.clear();
        for (surname, given_names) in different(traveller.names).take(NAMES) {
            let name = self.names.name(py, surname, given_names)?;
            // The MRZ leaves out marks: then, too, it is mostly the same name.
            if !self.seen.contains(&name) {
                self.patterns.extend(self.names.patterns(&name));
                self.seen.push(name);
            }
        }
        let codes = self.codes(traveller.citizenships);
        self.is_ordinary = traveller.names.len() <= NAMES && codes.is_some();
        self.seen_citizenships = codes.unwrap_or_default();
        Ok(())
    }

    /// Whether what is compared of the person in a slot is known; else `get_to_know` comes first.
    pub fn knows(&self, slot: u32) -> bool {
        self.briefs.has(slot)
    }

    /// Keep what is compared of the person in a slot, until their row changes; false where it is out of the ordinary.
    pub fn get_to_know(&mut self, py: Python<'_>, slot: u32, person: &Described<'_>) -> PyResult<bool> {
        if person.names.len() > NAMES {
            return Ok(false);
        }
        let Some(citizenships) = self.codes(person.citizenships) else {
            return Ok(false);
        };
        let mut names = Vec::with_capacity(person.names.len());
        for (surname, given_names) in different(person.names) {
            let name = self.names.name(py, surname, given_names)?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(self
            .briefs
            .add(slot, person.birth_dates, &citizenships, person.sex, &names))
    }

    /// The row of the person in a slot has changed.
    pub fn forget(&mut self, slot: u32) {
        self.briefs.forget(slot);
    }

    /// Have what is compared of the person in a slot come from memory; None where it is not known.
    pub fn touch(&self, slot: u32) -> Option<u8> {
        self.briefs.touch(slot)
    }

    /// Whether the traveller taken up may be the person in a slot, who is known.
    pub fn may_be(&mut self, py: Python<'_>, traveller: &Described<'_>, slot: u32) -> PyResult<bool> {
        let Some(person) = self.briefs.get(slot).filter(|_| self.is_ordinary) else {
            return Ok(true);
        };
        let seen = traveller.birth_dates.first().copied();
        let Some(date) = self.dates.most_bits(seen, person.birth_dates()) else {
            return Ok(false);
        };
        let citizenship = self
            .numbers
            .of_citizenship(&self.seen_citizenships, person.citizenships())
            .1;
        let other = citizenship + self.numbers.of_sex(traveller.sex, person.sex).1;
        // Python rounds the bits of a name.
        let needed = (self.numbers.possible_from - date - other) as f64 - 0.5;
        if !self.seen.iter().any(|seen| self.names.may_tell(seen, needed)) {
            return Ok(false);
        }
        for known in person.names() {
            let mut patterns = &*self.patterns;
            for seen in &self.seen {
                let (own, others) = patterns.split_at(seen.count());
                if self.names.may_agree(py, (seen, own), &known, needed)? {
                    return Ok(true);
                }
                patterns = others;
            }
        }
        Ok(false)
    }

    /// Codes of citizenships as numbers, those of one state the same, without those that tell of none; None where one is of
    /// another form.
    fn codes(&self, citizenships: &[&str]) -> Option<Vec<u16>> {
        let codes = citizenships.iter().map(|code| state(code, &self.same_state));
        codes
            .filter(|code| !self.no_citizenship.iter().any(|none| none == code))
            .map(number_of_code)
            .collect()
    }

    pub fn compare_names(
        &mut self,
        py: Python<'_>,
        seen: &(String, String),
        known: &(String, String),
    ) -> PyResult<(f64, f64)> {
        let (seen, known) = self.two_names(py, seen, known)?;
        let compared = self.names.compare(py, &seen, &known)?;
        Ok((compared.agreement, compared.bits))
    }

    pub fn may_agree(
        &mut self,
        py: Python<'_>,
        seen: &(String, String),
        known: &(String, String),
        bits: f64,
    ) -> PyResult<bool> {
        let (seen, known) = self.two_names(py, seen, known)?;
        let patterns: Vec<Pattern> = self.names.patterns(&seen).collect();
        self.names.may_agree(py, (&seen, &patterns), &known, bits)
    }

    fn two_names(
        &mut self,
        py: Python<'_>,
        seen: &(String, String),
        known: &(String, String),
    ) -> PyResult<(Name, Name)> {
        self.names.tidy();
        Ok((
            self.names.name(py, &seen.0, &seen.1)?,
            self.names.name(py, &known.0, &known.1)?,
        ))
    }

    pub fn most_date_bits(&self, seen: Option<&str>, known: &[&str]) -> Option<i64> {
        self.dates.most_bits(seen, known.iter().copied())
    }

    /// `matcher.birth_dates.compare_dates`.
    pub fn compare_dates(&self, py: Python<'_>, seen: Option<&str>, known: &[&str]) -> PyResult<DateResult> {
        self.dates.compare(py, seen, known)
    }

    /// Name, birth date, citizenship and sex of two people held against each other; None where Python must do it.
    pub fn describe(&mut self, py: Python<'_>, traveller: &Described<'_>, person: &Described<'_>) -> Option<Details> {
        let seen = traveller.birth_dates.first().copied();
        let (one, other) = (self.codes(traveller.citizenships)?, self.codes(person.citizenships)?);
        Some(Details {
            birth: self.compare_dates(py, seen, person.birth_dates).ok()?,
            name: self.hold_names(py, traveller.names, person.names)?,
            citizenship: self.numbers.of_citizenship(&one, other.into_iter()),
            sex: self.numbers.of_sex(traveller.sex, person.sex),
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
}
