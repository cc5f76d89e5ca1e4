//! The blocks of a name: as `matcher/blocking.py` makes them. The codes of a word, or of half a name, are made once and
//! kept, since names come again and again.

use std::ops::Range;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::hashing::{Map, Secret, Set, hash};
use crate::parts::{Codes, Parts};
use crate::text;
use crate::words::{Found, Words};

/// Half names, and dates, kept; then all are forgotten, which costs little and needs no order of use.
const KEPT: usize = 1 << 18;
const DATE: usize = 10;
/// A date stands for at most so many.
const VARIANTS: usize = 7;

/// One code of half a name.
#[derive(Clone, Copy)]
struct Code {
    hash: u64,
    weight: u32,
    /// Where its text is kept.
    text: u32,
}

/// What is kept of a word, or of half a name that is not of plain words.
#[derive(Clone)]
struct Entry {
    /// Where its codes stand.
    codes: Range<u32>,
    /// Whether it is a word that the lists know as a name.
    is_known: bool,
}

/// A word at hand that has codes.
#[derive(Clone, Copy)]
struct Coded {
    at: usize,
    key: u128,
    is_known: bool,
}

/// A date in text, of at most ten bytes.
#[derive(Clone, Copy)]
struct Date {
    bytes: [u8; DATE],
    length: u8,
}

impl Date {
    fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; DATE];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self {
            bytes,
            length: text.len() as u8,
        })
    }

    fn whole(&self) -> Option<&[u8]> {
        (usize::from(self.length) == DATE).then_some(&self.bytes)
    }

    fn january(&self) -> Option<&[u8]> {
        self.whole().filter(|date| date.ends_with(b"-01-01"))
    }

    fn other_day(&self) -> Option<&[u8]> {
        self.whole().filter(|date| !date.ends_with(b"-01-01"))
    }

    fn year(&self) -> Option<&[u8]> {
        (self.length >= 4).then_some(&self.bytes[..4])
    }
}

/// Where codes and variants of dates come from, and what is kept of them.
pub struct Names {
    /// What tells nearly all codes.
    apart: Arc<Parts>,
    codes: Py<PyAny>,
    date_variants: Py<PyAny>,
    also_born: Py<PyAny>,
    /// Codes of the countries whose people it is asked about.
    ethiopian: Vec<String>,
    /// Least sum of weights by scope.
    needed: [u32; 3],
    max_codes: usize,
    together: u32,
    max_parts: usize,
    secret: Secret,
    halves: Map<u128, Entry>,
    words: Words,
    kept: Vec<Code>,
    texts: Vec<Box<str>>,
    variants: Map<u128, ([Date; VARIANTS], u8)>,
    /// Codes that the people's names have, or had: a block of another one is nobody's.
    pub in_use: Set<u64>,
    /// Room for the codes of a name and for the dates and sets of the call at hand.
    name: Vec<Code>,
    dates: Vec<Date>,
    /// Of how many of the dates, the first ones, the years count.
    years: usize,
    sets: Vec<(Scope, u64)>,
}

/// Of whom a name is.
#[derive(Clone, Copy)]
enum Whose {
    Persons,
    Travellers,
}

/// How much of a date goes into a block, by the numbers of `matcher.blocking.Scope`. A 1 January is what offices write
/// for a day that nobody knows, so it tells less than another whole date.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Year,
    Date,
    January,
}

impl Names {
    pub fn new(
        (apart, codes): (Arc<Parts>, Py<PyAny>),
        date_variants: Py<PyAny>,
        (also_born, ethiopian): (Py<PyAny>, Vec<String>),
        needed: [u32; 3],
        (max_codes, together): (usize, u32),
        max_parts: usize,
        words: Words,
    ) -> Self {
        Self {
            apart,
            codes,
            date_variants,
            also_born,
            ethiopian,
            needed,
            max_codes,
            together,
            max_parts,
            secret: Secret::new(),
            halves: Map::default(),
            words,
            kept: Vec::new(),
            texts: Vec::new(),
            variants: Map::default(),
            in_use: Set::default(),
            name: Vec::new(),
            dates: Vec::new(),
            years: 0,
            sets: Vec::new(),
        }
    }

    /// Add the hashes of a person's blocks: of each name with each birth date, and with what those may be in another
    /// calendar, of which the countries tell. A hash may come twice.
    pub fn person(
        &mut self,
        py: Python<'_>,
        names: &[(&str, &str)],
        birth_dates: &[&str],
        countries: &[&str],
        hashes: &mut Vec<u64>,
    ) -> PyResult<()> {
        self.dates.clear();
        for text in birth_dates {
            self.dates.push(Date::new(text).ok_or_else(too_long)?);
        }
        self.years = self.dates.len();
        let is_hijri = birth_dates
            .iter()
            .any(|date| text::year(date).is_some_and(|year| year < text::FIRST_OF_OURS));
        if is_hijri
            || countries
                .iter()
                .any(|one| self.ethiopian.iter().any(|other| one == other))
        {
            let also: Vec<String> = self
                .also_born
                .call1(py, (birth_dates.to_vec(), countries.to_vec()))?
                .extract(py)?;
            for text in &also {
                self.dates.push(Date::new(text).ok_or_else(too_long)?);
            }
        }
        self.blocks(py, names, Whose::Persons, hashes)
    }

    /// Add the hashes of a traveller's blocks: of each name with each date that the one read may stand for. Those that
    /// can be nobody's are left out.
    pub fn traveller(
        &mut self,
        py: Python<'_>,
        names: &[(&str, &str)],
        birth_date: Option<&str>,
        hashes: &mut Vec<u64>,
    ) -> PyResult<()> {
        self.dates.clear();
        if let Some(birth_date) = birth_date.filter(|_| !names.is_empty()) {
            let (dates, count) = self.variants(py, birth_date)?;
            self.dates.extend_from_slice(&dates[..usize::from(count)]);
        }
        // The year is that of the date as read, which comes first.
        self.years = self.dates.len().min(1);
        self.blocks(py, names, Whose::Travellers, hashes)
    }

    fn blocks(&mut self, py: Python<'_>, names: &[(&str, &str)], whose: Whose, hashes: &mut Vec<u64>) -> PyResult<()> {
        // A name alone makes nobody a possible match.
        if self.dates.is_empty() {
            return Ok(());
        }
        self.sets.clear();
        if self.halves.len() >= KEPT {
            self.halves.clear();
            self.kept.clear();
            self.texts.clear();
        }
        let mut before = None;
        for (surname, given_names) in text::different(names) {
            let (surname, given_names) = &self.words.rejoined(py, surname, given_names)?;
            // The MRZ leaves out marks: then, too, it mostly has the words that are printed.
            let plain = self.words.read(py, surname)?;
            let of_surname = self.words.at_hand().len();
            let plain = plain && self.words.read_on(py, given_names)?;
            let words = plain.then(|| self.words.fingerprint());
            if words.is_some() && words == before {
                continue;
            }
            before = words;
            self.name.clear();
            if plain {
                self.add_words(py, of_surname)?;
            } else {
                self.half(py, surname)?;
                self.half(py, given_names)?;
            }
            self.leave_rarest();
            match whose {
                Whose::Persons => self.in_use.extend(self.name.iter().map(|code| code.hash)),
                Whose::Travellers => self.name.retain(|code| self.in_use.contains(&code.hash)),
            }
            self.add_sets();
        }
        if names.len() > 1 {
            self.sets.sort_unstable();
            self.sets.dedup();
        }
        for (scope, set) in &self.sets {
            let of = |part: fn(&Date) -> Option<&[u8]>| self.dates.iter().filter_map(part);
            let years = self.dates[..self.years].iter().filter_map(Date::year);
            match scope {
                Scope::Year => hashes.extend(years.map(|year| block(*set, year))),
                Scope::Date => hashes.extend(of(Date::other_day).map(|date| block(*set, date))),
                Scope::January => hashes.extend(of(Date::january).map(|date| block(*set, date))),
            }
        }
        Ok(())
    }

    fn variants(&mut self, py: Python<'_>, birth_date: &str) -> PyResult<([Date; VARIANTS], u8)> {
        if let Some(told) = plain_variants(birth_date) {
            return Ok(told);
        }
        let key = self.secret.hash(birth_date.as_bytes());
        if let Some(dates) = self.variants.get(&key) {
            return Ok(*dates);
        }
        let texts: Vec<String> = self.date_variants.call1(py, (birth_date,))?.extract(py)?;
        let mut dates = [Date {
            bytes: [0; DATE],
            length: 0,
        }; VARIANTS];
        for (at, text) in texts.iter().enumerate() {
            *dates.get_mut(at).ok_or_else(too_long)? = Date::new(text).ok_or_else(too_long)?;
        }
        if self.variants.len() >= KEPT {
            self.variants.clear();
        }
        self.variants.insert(key, (dates, texts.len() as u8));
        Ok((dates, texts.len() as u8))
    }

    /// Put the codes of half a name into `self.name`, each once.
    fn half(&mut self, py: Python<'_>, text: &str) -> PyResult<()> {
        if text.is_empty() {
            return Ok(());
        }
        if self.words.read(py, text)? {
            self.add_words(py, self.words.at_hand().len())
        } else {
            self.add_codes(py, text).map(|_| ())
        }
    }

    /// Add the codes of the words at hand, and of two neighbours as one; so many of them, the first ones, are of the
    /// surname.
    fn add_words(&mut self, py: Python<'_>, of_surname: usize) -> PyResult<()> {
        let words = self.words.take();
        let done = self.add_each(py, &words, of_surname);
        self.words.give_back(words);
        done
    }

    fn add_each(&mut self, py: Python<'_>, words: &Found, of_surname: usize) -> PyResult<()> {
        let mut before: Option<Coded> = None;
        for at in 0..words.len() {
            if at == of_surname {
                before = None;
            }
            let (key, kept) = self.add_codes(py, words.get(at))?;
            // An initial has no codes, and its neighbours are beside each other.
            if kept.codes.is_empty() {
                continue;
            }
            let word = Coded {
                at,
                key,
                is_known: kept.is_known,
            };
            // Two names that the lists know are not written as one.
            if let Some(first) = before.replace(word)
                && !(first.is_known && word.is_known)
            {
                self.add_together(words, first, word);
            }
        }
        Ok(())
    }

    /// Add the codes of this text; by which key they are kept, and what is.
    fn add_codes(&mut self, py: Python<'_>, text: &str) -> PyResult<(u128, Entry)> {
        let key = self.secret.hash(text.as_bytes());
        let kept = match self.halves.get(&key) {
            Some(kept) => kept.clone(),
            None => {
                let (codes, is_known) = match self.apart.codes(py, text)? {
                    Some(told) => told,
                    // Of letters that are not ASCII, of which no word at hand is.
                    None => (self.codes.call1(py, (text,))?.extract(py)?, false),
                };
                self.keep(key, codes, is_known)
            }
        };
        self.add(kept.codes.clone());
        Ok((key, kept))
    }

    /// Add the code of two words written as one.
    fn add_together(&mut self, words: &Found, first: Coded, second: Coded) {
        let key = first.key.rotate_left(1) ^ second.key;
        let kept = match self.halves.get(&key) {
            Some(kept) => kept.clone(),
            None => {
                let code = self.apart.together(words.get(first.at), words.get(second.at));
                self.keep(key, vec![code], false)
            }
        };
        self.add(kept.codes);
    }

    fn add(&mut self, range: Range<u32>) {
        for code in &self.kept[range.start as usize..range.end as usize] {
            match self.name.iter_mut().find(|other| other.hash == code.hash) {
                Some(other) => other.weight = other.weight.min(code.weight),
                None => self.name.push(*code),
            }
        }
    }

    fn keep(&mut self, key: u128, codes: Codes, is_known: bool) -> Entry {
        let start = self.kept.len() as u32;
        for (text, weight) in codes {
            self.kept.push(Code {
                hash: hash(text.as_bytes()),
                weight,
                text: self.texts.len() as u32,
            });
            self.texts.push(text.into());
        }
        let kept = Entry {
            codes: start..self.kept.len() as u32,
            is_known,
        };
        self.halves.insert(key, kept.clone());
        kept
    }

    /// Of more codes than a name may have, the rarest, those of neighbours behind all others; of equally rare ones the
    /// first by their texts.
    fn leave_rarest(&mut self) {
        if self.name.len() > self.max_codes {
            let texts = &self.texts;
            let text = |code: &Code| &texts[code.text as usize];
            let rank = |code: &Code| code.weight % self.together;
            self.name
                .sort_unstable_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| text(a).cmp(text(b))));
            self.name.truncate(self.max_codes);
        }
    }

    /// All minimal sets of at most `max_parts` codes of a name that weigh enough for a scope.
    fn add_sets(&mut self) {
        let all: u32 = self.name.iter().map(|code| code.weight).sum();
        for scope in [Scope::Year, Scope::Date, Scope::January] {
            let needed = self.needed[scope as usize];
            if all >= needed {
                let none = Part {
                    weight: 0,
                    least: u32::MAX,
                    hash: 0,
                };
                extend(&self.name, needed, self.max_parts, &none, &mut |set| {
                    self.sets.push((scope, set))
                });
            }
        }
    }
}

/// `date_variants` for a date of our calendar: itself, day and month the other way round, the years beside it.
fn plain_variants(birth_date: &str) -> Option<([Date; VARIANTS], u8)> {
    text::birth_date(birth_date)?;
    let read = Date::new(birth_date)?;
    let mut dates = [read; VARIANTS];
    let mut count = 1;
    if read.length == 10 {
        let (month, day) = (&birth_date[5..7], &birth_date[8..]);
        if month != day && day <= "12" {
            dates[count].bytes[5..7].copy_from_slice(day.as_bytes());
            dates[count].bytes[8..].copy_from_slice(month.as_bytes());
            count += 1;
        }
    }
    let year = text::year(birth_date)?;
    // Of another calendar.
    (year >= text::FIRST_OF_OURS).then_some(())?;
    for near in [year - 1, year + 1] {
        for (place, digit) in dates[count].bytes[..4].iter_mut().zip([1000, 100, 10, 1]) {
            *place = b'0' + (near / digit % 10) as u8;
        }
        count += 1;
    }
    Some((dates, count as u8))
}

/// A set of codes under construction.
struct Part {
    weight: u32,
    least: u32,
    hash: u64,
}

fn extend(codes: &[Code], needed: u32, parts: usize, part: &Part, found: &mut impl FnMut(u64)) {
    for (at, code) in codes.iter().enumerate() {
        let more = Part {
            weight: part.weight + code.weight,
            least: part.least.min(code.weight),
            // A sum, since a set has no order.
            hash: part.hash.wrapping_add(code.hash),
        };
        if more.weight < needed {
            if parts > 1 {
                extend(&codes[at + 1..], needed, parts - 1, &more, found);
            }
        } else if more.weight - more.least < needed {
            // Minimal: without its lightest code it would not do.
            found(more.hash);
        }
    }
}

fn block(set: u64, date: &[u8]) -> u64 {
    let mut text = [0; 9 + DATE];
    text[0] = b'N';
    text[1..9].copy_from_slice(&set.to_le_bytes());
    text[9..9 + date.len()].copy_from_slice(date);
    hash(&text[..9 + date.len()])
}

fn too_long() -> PyErr {
    PyValueError::new_err("a date of more than ten characters, or more variants of one than it may have")
}
