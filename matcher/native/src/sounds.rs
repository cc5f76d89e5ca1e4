//! How a part of a name sounds, as `matcher/names/sound.py` has it: the same steps in the same order, each a function with
//! the name of the pattern there. Of ASCII alone; what is written for which sound, the core is told.

use std::collections::{BTreeSet, HashMap, HashSet};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::hashing::{Map, Set};
use crate::told;

const LETTERS: usize = 128;
/// So many letters at most are put in the place of others.
const PUT: usize = 2;
/// Longer texts are not taken for Chinese; no syllable is longer than this.
const CHINESE: usize = 20;
const SYLLABLE: usize = 6;

/// What stands in the place of some letters.
#[derive(Clone, Copy)]
struct Put {
    letters: [u8; PUT],
    length: usize,
}

impl Put {
    fn new(text: &[u8]) -> Self {
        let mut letters = [0; PUT];
        letters[..text.len()].copy_from_slice(text);
        Self {
            letters,
            length: text.len(),
        }
    }
}

/// How many letters a pattern has found at a place, and what stands in their place.
type Found = Option<(usize, Put)>;

fn found(length: usize, text: &[u8]) -> Found {
    Some((length, Put::new(text)))
}

/// A text that is changed step by step.
struct Text {
    letters: Vec<u8>,
    spare: Vec<u8>,
}

impl Text {
    fn new(text: &[u8]) -> Self {
        Self {
            letters: text.to_vec(),
            spare: Vec::with_capacity(text.len() + PUT),
        }
    }

    fn has(&self, letter: u8) -> bool {
        self.letters.contains(&letter)
    }

    /// Put something else wherever a pattern finds something, as `re.sub` does: from the left, and looking about in the text
    /// as it was.
    fn replace(&mut self, find: impl Fn(&[u8], usize) -> Found) {
        let text = &self.letters;
        let Some(first) = (0..text.len()).find(|at| find(text, *at).is_some()) else {
            return;
        };
        self.spare.clear();
        self.spare.extend_from_slice(&text[..first]);
        let mut at = first;
        while at < text.len() {
            if let Some((length, put)) = find(text, at) {
                self.spare.extend_from_slice(&put.letters[..put.length]);
                at += length;
            } else {
                self.spare.push(text[at]);
                at += 1;
            }
        }
        std::mem::swap(&mut self.letters, &mut self.spare);
    }

    /// Put another letter for each of some.
    fn translate(&mut self, other: impl Fn(u8) -> u8) {
        self.letters.iter_mut().for_each(|letter| *letter = other(*letter));
    }

    /// What is written twice or more, once.
    fn once(&mut self, is_one: impl Fn(u8) -> bool) {
        self.letters
            .dedup_by(|letter, before| letter == before && is_one(*letter));
    }
}

fn begins(text: &[u8], at: usize, with: &[u8]) -> bool {
    text[at..].starts_with(with)
}

fn begins_with_one(text: &[u8], at: usize, of: &[&[u8]]) -> bool {
    of.iter().any(|one| begins(text, at, one))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Whether one of these letters stands at a place.
fn is_one(text: &[u8], at: usize, of: &[u8]) -> bool {
    text.get(at).is_some_and(|letter| of.contains(letter))
}

/// Whether one of these letters stands before a place.
fn is_behind(text: &[u8], at: usize, of: &[u8]) -> bool {
    at > 0 && of.contains(&text[at - 1])
}

/// Whether these stand before a place.
fn follows(text: &[u8], at: usize, part: &[u8]) -> bool {
    text[..at].ends_with(part)
}

fn is_end(text: &[u8], at: usize) -> bool {
    at == text.len()
}

// --- vowels, in the order of `_VOWELS`

fn vowels_wa(text: &[u8], at: usize) -> Found {
    (begins(text, at, b"OUA") && !is_end(text, at + 3))
        .then(|| found(3, b"WA"))
        .flatten()
}

fn vowels_w(text: &[u8], at: usize) -> Found {
    if at > 0 {
        None
    } else if begins(text, at, b"OU") && is_one(text, 2, b"AEIO") {
        found(2, b"W")
    } else if begins(text, at, b"U") && is_one(text, 1, b"AEIO") {
        found(1, b"W")
    } else {
        None
    }
}

fn vowels_u(text: &[u8], at: usize) -> Found {
    if begins_with_one(text, at, &[b"OU", b"OO", b"UU", b"UE"]) {
        found(2, b"u")
    } else if begins(text, at, b"OEU") {
        found(3, b"u")
    } else {
        None
    }
}

fn vowels_a(text: &[u8], at: usize) -> Found {
    let last = is_end(text, at + 2);
    let is_found = begins_with_one(text, at, &[b"AA", b"AE"]) || last && begins_with_one(text, at, &[b"AH", b"EH"]);
    is_found.then(|| found(2, b"a")).flatten()
}

fn vowels_o(text: &[u8], at: usize) -> Found {
    let is_found = begins_with_one(text, at, &[b"OE", b"AU"])
        || begins(text, at, b"OH") && is_end(text, at + 2)
        || begins_with_one(text, at, &[b"AW", b"OW"]) && !is_one(text, at + 2, b"AEIOUY");
    is_found.then(|| found(2, b"o")).flatten()
}

fn vowels_i_behind_another(text: &[u8], at: usize) -> Found {
    let is_found = match text[at] {
        b'I' | b'Y' => is_behind(text, at, b"AEO") && !is_one(text, at + 1, b"AEIOUY"),
        b'J' => {
            let before = |parts: &[&[u8]]| begins_with_one(text, at + 1, parts);
            is_behind(text, at, b"E") && (is_end(text, at + 1) || is_one(text, at + 1, b"KSTV"))
                || is_behind(text, at, b"O") && (is_end(text, at + 1) || before(&[b"KO", b"SK"]))
                || is_behind(text, at, b"A") && before(&[b"TS", b"SK"])
                || follows(text, at, b"HA") && is_behind(text, at - 2, b"KCI") && before(&[b"L"])
                || follows(text, at, b"LA") && is_end(text, at + 1)
        }
        _ => false,
    };
    is_found.then(|| found(1, b"i")).flatten()
}

fn vowels_i_of_two(text: &[u8], at: usize) -> Found {
    let is_found = begins_with_one(text, at, &[b"EE", b"II", b"IE", b"IY", b"YI", b"YY"])
        || begins(text, at, b"IJ") && !is_one(text, at + 2, b"AEIOU")
        || begins(text, at, b"UY") && is_end(text, at + 2);
    is_found.then(|| found(2, b"i")).flatten()
}

fn vowels_i_alone(text: &[u8], at: usize) -> Found {
    const VOWELS: &[u8] = b"AEIOUaeiou";
    let is_found = text[at] == b'Y' && !is_behind(text, at, VOWELS) && !is_one(text, at + 1, VOWELS);
    is_found.then(|| found(1, b"i")).flatten()
}

// --- consonants

fn latin_x(text: &[u8], at: usize) -> Found {
    let is_found = text[at] == b'X'
        && (follows(text, at, b"ALE")
            || follows(text, at, b"MA") && (begins(text, at + 1, b"IM") || is_end(text, at + 1))
            || follows(text, at, b"LI") && is_end(text, at + 1)
            || at == 0 && begins_with_one(text, 1, &[b"ENI", b"ENO"])
            || is_behind(text, at, b"RO") && begins(text, at + 1, b"ANA"));
    is_found.then(|| found(1, b"KS")).flatten()
}

fn slavic_j(text: &[u8], at: usize) -> Found {
    if text[at] != b'J' {
        return None;
    }
    let before_vowel = is_one(text, at + 1, b"AEIOU");
    let is_arabic = || {
        [b"BUL", b"DUL", b"GUL", b"BEL", b"DEL", b"SAL"]
            .iter()
            .any(|one| follows(text, at, *one))
    };
    let is_found = is_behind(text, at, b"PBFVW") && before_vowel
        || is_behind(text, at, b"MK") && is_one(text, at + 1, b"EO")
        || follows(text, at, b"DEM") && begins(text, at + 1, b"AN")
        || is_behind(text, at, b"L") && before_vowel && !is_arabic()
        || at == 0 && is_one(text, 1, b"E")
        || is_behind(text, at, b"IY") && (is_end(text, at + 1) || is_one(text, at + 1, b"AE") && is_end(text, at + 2))
        || [b"TAT", b"TET"].iter().any(|one| follows(text, at, *one)) && begins(text, at + 1, b"AN")
        || is_behind(text, at, b"T") && [b"A".as_slice(), b"OM"].contains(&&text[at + 1..]);
    is_found.then(|| found(1, b"Y")).flatten()
}

fn is_somali(text: &[u8]) -> bool {
    if text == b"ISAAC" {
        return false;
    }
    let parts: [&[u8]; 6] = [b"AA", b"II", b"UU", b"EE", b"OO", b"X"];
    if parts.iter().any(|part| contains(text, part)) || text.ends_with(b"AC") || text.starts_with(b"CABD") {
        return true;
    }
    let behind_ca: [&[u8]; 8] = [b"LI", b"MAR", b"WIL", b"SHA", b"DAN", b"YDI", b"GE", b"NAB"];
    is_one(text, 0, b"C")
        && (is_one(text, 1, b"AU") && begins_with_one(text, 2, &behind_ca)
            || is_one(text, 1, b"I") && begins_with_one(text, 2, &[b"S", b"GA", b"LMI"]))
}

fn has_chinese(text: &[u8]) -> bool {
    let behind_c: [&[u8]; 7] = [b"AI", b"AO", b"EN", b"UI", b"ONG", b"ENG", b"ANG"];
    contains(text, b"XI")
        || contains(text, b"XU")
        || begins_with_one(text, 0, &[b"QI", b"QUA", b"QUE"])
        || contains(text, b"ZH")
        || text.first() == Some(&b'C') && begins_with_one(text, 1, &behind_c)
        || text.first() == Some(&b'Z') && text.get(1).is_some_and(|letter| *letter != b'H')
}

fn is_hard_c(text: &[u8], at: usize) -> bool {
    text[at] == b'C' && !is_one(text, at + 1, b"H")
}

/// A text without each c that has no h behind it.
pub fn without_hard_c(text: &[u8]) -> Vec<u8> {
    let places = (0..text.len()).filter(|at| !is_hard_c(text, *at));
    places.map(|at| text[at]).collect()
}

fn is_consonant(letter: u8) -> bool {
    letter.is_ascii_uppercase() && !is_vowel(letter.to_ascii_lowercase())
}

fn twice(text: &[u8], at: usize) -> Found {
    let is_found =
        is_one(text, at, b"SCKGTDZ") && is_one(text, at + 1, b"H") && begins(text, at + 2, &text[at..at + 2]);
    is_found.then(|| found(4, &text[at..at + 2])).flatten()
}

// --- c, in the order of `_SOFT`

fn soft_sc(text: &[u8], at: usize) -> Found {
    let is_found = begins(text, at, b"SC") && (is_end(text, at + 2) || is_one(text, at + 2, b"EIei"));
    is_found.then(|| found(2, b"$")).flatten()
}

fn soft_c_before_vowel(text: &[u8], at: usize) -> Found {
    (text[at] == b'C' && is_one(text, at + 1, b"AOUaou"))
        .then(|| found(1, b"c"))
        .flatten()
}

fn soft_c_as_k(text: &[u8], at: usize) -> Found {
    (text[at] == b'C' && !is_end(text, at + 1) && !is_one(text, at + 1, b"HEIZKYi"))
        .then(|| found(1, b"K"))
        .flatten()
}

/// Whether it is one of the sounds that are vowels.
pub fn is_vowel(sound: u8) -> bool {
    matches!(sound, b'a' | b'e' | b'i' | b'o' | b'u')
}

/// The same, or one of those that some vowels are written with.
fn is_half_vowel(sound: u8) -> bool {
    is_vowel(sound) || matches!(sound, b'Y' | b'V')
}

fn final_i(sounds: &[u8]) -> bool {
    match sounds {
        [.., before, b'i' | b'Y'] if !is_half_vowel(*before) => true,
        [.., before, b'Y', b'i'] => !is_half_vowel(*before),
        _ => false,
    }
}

fn final_zay(sounds: &[u8]) -> bool {
    matches!(sounds, [.., before, b'Z', b'i' | b'Y'] if !is_half_vowel(*before))
}

/// `_PINYIN_ALONE`: what hardly another language has that could be read as pinyin.
fn has_pinyin_alone(text: &[u8]) -> bool {
    let is_there = |at: usize| match &text[at..] {
        [b'X', b'I' | b'U', ..] | [b'Z', b'H', ..] | [b'I', b'A', b'O', ..] => true,
        [b'I' | b'U', b'A', b'N', b'G', ..] => true,
        [b'N', b'G', after, ..] => after.is_ascii_uppercase() && !b"AEIOU".contains(after),
        [b'Q', b'I', ..] | [b'Q', b'U', b'A' | b'E', ..] => at == 0,
        _ => false,
    };
    (0..text.len()).any(is_there)
}

/// `_PINYIN_INITIAL`: an initial that only pinyin has.
fn has_pinyin_initial(text: &[u8]) -> bool {
    let behind = |at: usize, letter: u8| at > 0 && text[at - 1] == letter;
    let is_there = |(at, letter): (usize, &u8)| match letter {
        b'B' | b'D' | b'J' | b'Q' | b'X' | b'Z' => true,
        b'G' => !behind(at, b'N'),
        b'R' => !behind(at, b'E'),
        _ => false,
    };
    text.iter().enumerate().any(is_there)
}

/// How a part in pinyin might be written by other systems: whether it hardly is of another language, whether it may be
/// Wade-Giles itself, and what its syllables are there, in order.
pub type Pinyin = (bool, bool, Vec<String>);

/// Hears names, by the tables of `matcher.names.sound.TABLES`.
pub struct Hearing {
    /// By the first letter: what is written for one sound, the longest first.
    written: Vec<Vec<(Box<[u8]>, Put)>>,
    pinyin: [u8; LETTERS],
    not_chinese: Set<Box<[u8]>>,
    syllables: Set<Box<[u8]>>,
    /// Initials that systems write for one another.
    initials: Map<Box<[u8]>, Box<[u8]>>,
    /// The class of a consonant; none of what is not in a skeleton.
    classes: [Option<u8>; LETTERS],
}

impl Hearing {
    pub fn read(tables: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut written = vec![Vec::new(); LETTERS];
        for (text, sound) in told::<HashMap<String, String>>(tables, "written")? {
            let text = ascii(text)?;
            let first = *text.first().ok_or_else(no_letter)?;
            if sound.len() > PUT {
                return Err(PyValueError::new_err("more sounds in one than the core puts"));
            }
            written[usize::from(first)].push((text, Put::new(sound.as_bytes())));
        }
        for texts in &mut written {
            texts.sort_by_key(|(text, _): &(Box<[u8]>, _)| std::cmp::Reverse(text.len()));
        }
        let mut pinyin = std::array::from_fn(|letter| letter as u8);
        for (letter, sound) in told::<HashMap<usize, String>>(tables, "pinyin")? {
            *pinyin.get_mut(letter).ok_or_else(no_letter)? = one_letter(&sound)?.ok_or_else(no_letter)?;
        }
        let mut classes = std::array::from_fn(|letter| Some(letter as u8));
        for (letter, class) in told::<HashMap<usize, String>>(tables, "classes")? {
            *classes.get_mut(letter).ok_or_else(no_letter)? = one_letter(&class)?;
        }
        let mut initials = Map::default();
        for (initial, written) in told::<HashMap<String, String>>(tables, "initials")? {
            initials.insert(ascii(initial)?, ascii(written)?);
        }
        Ok(Self {
            written,
            pinyin,
            initials,
            not_chinese: words(tables, "not_chinese")?,
            syllables: words(tables, "syllables")?,
            classes,
        })
    }

    /// Sounds of a part in Latin capitals.
    pub fn sound(&self, text: &[u8]) -> Vec<u8> {
        if text.is_empty() || !text.iter().all(u8::is_ascii_alphabetic) {
            return text.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
        }
        let mut text = Text::new(text);
        if self.is_chinese(&text.letters) {
            text.replace(|text, at| is_hard_c(text, at).then(|| found(1, b"5")).flatten());
            text.replace(|text, at| begins(text, at, b"ZH").then(|| found(2, b"DJ")).flatten());
            text.translate(|letter| self.pinyin[usize::from(letter)]);
        } else if text.has(b'C') && is_somali(&text.letters) {
            let without = without_hard_c(&text.letters);
            if !without.is_empty() {
                text.letters = without;
            }
        }
        if text.has(b'X') {
            text.replace(latin_x);
        }
        let endings: [&[u8]; 4] = [b"OFF", b"EFF", b"OW", b"EW"];
        if text.letters.len() > 4 && endings.iter().any(|ending| text.letters.ends_with(ending)) {
            while matches!(text.letters.last(), Some(b'F' | b'W')) {
                text.letters.pop();
            }
            text.letters.push(b'V');
        }
        text.once(is_consonant);
        text.replace(twice);
        if text.has(b'J') {
            text.replace(slavic_j);
        }
        text.replace(vowels_wa);
        text.replace(vowels_w);
        text.replace(vowels_u);
        text.replace(vowels_a);
        text.replace(vowels_o);
        text.replace(vowels_i_behind_another);
        text.replace(vowels_i_of_two);
        text.replace(vowels_i_alone);
        text.replace(soft_sc);
        text.replace(soft_c_before_vowel);
        text.replace(soft_c_as_k);
        text.replace(|text, at| self.digraph(text, at));
        text.replace(|text, at| begins(text, at, b"PF").then(|| found(2, b"F")).flatten());
        text.translate(|letter| match letter {
            b'A' | b'E' | b'I' | b'O' | b'U' => letter.to_ascii_lowercase(),
            _ => letter,
        });
        if matches!(text.letters[..], [.., before, b'H'] if is_vowel(before) && before != b'i') {
            text.letters.pop();
        }
        text.once(is_vowel);
        text.letters
    }

    fn digraph(&self, text: &[u8], at: usize) -> Found {
        self.written[usize::from(text[at])]
            .iter()
            .find(|(written, _)| begins(text, at, written))
            .map(|(written, put)| (written.len(), *put))
    }

    /// Whether the part is made of pinyin syllables and has one that hardly another language has.
    pub fn is_chinese(&self, text: &[u8]) -> bool {
        text.len() < CHINESE && has_chinese(text) && !self.not_chinese.contains(text) && self.is_of_syllables(text)
    }

    /// Whether the part is one pinyin syllable.
    pub fn is_syllable(&self, text: &[u8]) -> bool {
        self.syllables.contains(text)
    }

    /// What a part in pinyin might be written as by other systems, as `matcher.names.pinyin` tells it; None where it
    /// is no pinyin.
    pub fn pinyin(&self, text: &[u8]) -> Option<Pinyin> {
        if text.len() >= CHINESE {
            return None;
        }
        let readings: BTreeSet<_> = self.in_wade_giles(text).into_iter().collect();
        if readings.is_empty() {
            return None;
        }
        let is_sure = has_pinyin_alone(text) && !self.not_chinese.contains(text);
        let readings = readings.iter().map(|text| String::from_utf8_lossy(text).into_owned());
        Some((is_sure, !has_pinyin_initial(text), readings.collect()))
    }

    /// How Wade-Giles writes a part in pinyin, as far as the initials go; None of other parts.
    pub fn wade_giles(&self, text: &[u8]) -> Option<Vec<u8>> {
        if !self.is_syllable(text) && !self.is_chinese(text) {
            return None;
        }
        let mut text = Text::new(text);
        text.replace(|text, at| match &text[at..] {
            [b'Z', b'H', ..] => found(2, b"CH"),
            [b'J' | b'Q', b'I' | b'U', ..] => found(1, b"CH"),
            [b'X', b'I' | b'U', ..] => found(1, b"HS"),
            [b'R', ..] if at == 0 => found(1, b"J"),
            _ => None,
        });
        Some(text.letters)
    }

    fn in_wade_giles(&self, text: &[u8]) -> Vec<Vec<u8>> {
        if text.is_empty() {
            return vec![Vec::new()];
        }
        let cuts = (1..=text.len().min(SYLLABLE)).filter(|cut| self.is_syllable(&text[..*cut]));
        cuts.flat_map(|cut| {
            let (first, rest) = text.split_at(cut);
            let retold = self.retold(first);
            let readings = self.in_wade_giles(rest).into_iter();
            readings.map(move |rest| [&*retold, b" ", &*rest].concat())
        })
        .collect()
    }

    /// A syllable, with its initial as other systems write that.
    fn retold(&self, syllable: &[u8]) -> Vec<u8> {
        let initials = [2, 1]
            .into_iter()
            .filter_map(|length| syllable.split_at_checked(length));
        let mut known = initials.filter_map(|(initial, rest)| Some((self.initials.get(initial)?, rest)));
        match known.next() {
            Some((written, rest)) => [&**written, rest].concat(),
            None => syllable.to_vec(),
        }
    }

    fn is_of_syllables(&self, text: &[u8]) -> bool {
        text.is_empty()
            || (1..=text.len().min(SYLLABLE))
                .rev()
                .any(|cut| self.is_syllable(&text[..cut]) && self.is_of_syllables(&text[cut..]))
    }

    /// Classes of the consonants, with a first vowel (A) or v (W) and a last i told. Two spellings mostly share it.
    pub fn skeleton(&self, sounds: &[u8]) -> Vec<u8> {
        let Some(first) = sounds.first() else {
            return Vec::new();
        };
        let mut code = Vec::with_capacity(sounds.len() + 2);
        match first {
            b'V' => code.push(b'W'),
            b'Y' => code.push(b'A'),
            first if is_vowel(*first) => code.push(b'A'),
            _ => {}
        }
        let start = code.len();
        let ends_in_i = final_i(sounds) && !final_zay(sounds);
        for class in sounds.iter().filter_map(|sound| self.classes[usize::from(*sound)]) {
            if code.len() == start || code.last() != Some(&class) {
                code.push(class);
            }
        }
        if ends_in_i {
            code.push(b'I');
        } else if code.len() - start > 1 && code.last() == Some(&b'H') {
            code.pop();
        }
        // Abdulrahman, Abdurrahman, Abderrahman, Abdirahman.
        if code.len() > 5 && code.starts_with(b"APTL") {
            code.remove(3);
        }
        if code.is_empty() {
            code.push(first.to_ascii_uppercase());
        }
        code
    }
}

/// A text that is told as bytes. ValueError where it has other letters than ASCII.
pub fn ascii(text: String) -> PyResult<Box<[u8]>> {
    if text.is_ascii() {
        Ok(text.into_bytes().into())
    } else {
        Err(PyValueError::new_err("a word of the lists that is not ASCII"))
    }
}

/// One of the sets of words that Python hands over.
pub fn words(tables: &Bound<'_, PyDict>, name: &str) -> PyResult<Set<Box<[u8]>>> {
    told::<HashSet<String>>(tables, name)?.into_iter().map(ascii).collect()
}

fn one_letter(text: &str) -> PyResult<Option<u8>> {
    match text.as_bytes() {
        [] => Ok(None),
        [letter] => Ok(Some(*letter)),
        _ => Err(no_letter()),
    }
}

fn no_letter() -> PyErr {
    PyValueError::new_err("what must be a letter is none")
}
