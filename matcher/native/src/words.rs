//! Half names taken apart without asking Python each time: as `matcher.names.script.written_parts` does it, where no word is
//! one that `matcher.names.parts` treats in a special way. Half names come in endless number, words do not: what a word
//! of another script is in Latin capitals, Python tells once; of Latin letters with marks, it has told of each letter.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::hashing::{Secret, Set, hash};
use crate::kept::Kept;
use crate::told;

/// Longer words share a bit.
fn length_bit(length: usize) -> u32 {
    1 << length.min(31)
}

/// Words of a name in capitals.
#[derive(Default)]
pub struct Found {
    letters: Vec<u8>,
    words: Vec<Range<usize>>,
}

impl Found {
    pub fn len(&self) -> usize {
        self.words.len()
    }

    pub fn get(&self, at: usize) -> &str {
        // ASCII by construction.
        std::str::from_utf8(&self.letters[self.words[at].clone()]).unwrap_or_default()
    }
}

/// Words of other letters in Latin capitals, as Python tells each once.
pub struct Latin {
    tell: Py<PyAny>,
    /// None where `parts` must take apart what the word stands in.
    kept: Kept<Option<Box<str>>>,
}

impl Latin {
    /// `tell` is `matcher.native._latin`.
    pub fn new(tell: Py<PyAny>) -> Self {
        Self {
            tell,
            kept: Kept::new(),
        }
    }

    fn word(&self, py: Python<'_>, word: &str) -> PyResult<Option<Box<str>>> {
        self.kept.get(word, || {
            let told: Option<String> = self.tell.call1(py, (word,))?.extract(py)?;
            Ok(told.map(String::into_boxed_str))
        })
    }
}

/// Takes half names apart.
pub struct Words {
    /// Hashes of the words whose neighbours, or the number of words, decide what becomes of them. Another word with the
    /// hash of one of them is left to `parts` too, and does no harm.
    special: Set<u64>,
    /// By the first letter of such a word a bit for its length, which spares most words the hash.
    special_lengths: Vec<u32>,
    max_text: usize,
    max_part: usize,
    max_parts: usize,
    latin: Arc<Latin>,
    rejoined: Py<PyAny>,
    secret: Secret,
    /// What stands for a Latin letter with a mark, or for another one that English has not, in capitals.
    marked: Arc<HashMap<char, String>>,
    found: Found,
}

impl Words {
    /// `limits`, `marked` and `rejoined` are those of `matcher.native`.
    pub fn new(
        special: &[String],
        limits: &Bound<'_, PyDict>,
        marked: Arc<HashMap<char, String>>,
        latin: Arc<Latin>,
        rejoined: Py<PyAny>,
    ) -> PyResult<Self> {
        let number = |name| told::<usize>(limits, name);
        let mut special_lengths = vec![0; 256];
        for word in special.iter().map(String::as_bytes).filter(|word| !word.is_empty()) {
            special_lengths[usize::from(word[0])] |= length_bit(word.len());
        }
        Ok(Self {
            special: special.iter().map(|word| hash(word.as_bytes())).collect(),
            special_lengths,
            max_text: number("max_text")?,
            max_part: number("max_part")?,
            max_parts: number("max_parts")?,
            latin,
            rejoined,
            secret: Secret::new(),
            marked,
            found: Found::default(),
        })
    }

    /// Take half a name apart; false where `parts` must do it. The words are then `at_hand`.
    pub fn read(&mut self, py: Python<'_>, text: &str) -> PyResult<bool> {
        self.found.letters.clear();
        self.found.words.clear();
        self.read_on(py, text)
    }

    /// Take another half apart; its words come behind those at hand.
    pub fn read_on(&mut self, py: Python<'_>, text: &str) -> PyResult<bool> {
        let first = self.found.words.len();
        if text.is_ascii() {
            self.read_plain(&text.as_bytes()[..text.len().min(self.max_text)]);
        } else if text.len() > self.max_text {
            return Ok(false);
        } else {
            // A control sign parts words in a text of ASCII alone, and is nothing elsewhere.
            if text.bytes().any(|byte| byte.is_ascii_control()) {
                return Ok(false);
            }
            for token in text.split(' ') {
                if token.is_ascii() {
                    self.read_plain(token.as_bytes());
                } else if !self.read_marked(token) && !self.read_foreign(py, token)? {
                    return Ok(false);
                }
            }
        }
        let Found { letters, words } = &mut self.found;
        words.truncate(first + self.max_parts);
        // What was cut off is not to tell words apart.
        letters.truncate(words.last().map_or(0, |last| last.end));
        letters.push(b' ');
        let Found { letters, words } = &self.found;
        Ok(!words[first..]
            .iter()
            .any(|word| self.is_special(&letters[word.clone()])))
    }

    /// A name whose last word was taken for a surname, though it is half of the own name: what `rejoined` makes of it.
    /// Asked only where all of a half is one special word.
    pub fn rejoined<'a>(
        &self,
        py: Python<'_>,
        surname: &'a str,
        given_names: &'a str,
    ) -> PyResult<(Cow<'a, str>, Cow<'a, str>)> {
        if !self.is_all_special(surname) && !self.is_all_special(given_names) {
            return Ok((surname.into(), given_names.into()));
        }
        let told = self.rejoined.call1(py, (surname, given_names))?;
        let (surname, given_names): (String, String) = told.extract(py)?;
        Ok((surname.into(), given_names.into()))
    }

    fn is_all_special(&self, text: &str) -> bool {
        let word = text.trim_matches(' ').as_bytes();
        // Most are told by this, without a copy in capitals.
        let may_be = |first: &u8| self.may_be_special(first.to_ascii_uppercase(), word.len());
        word.first().is_some_and(may_be) && self.is_special(&word.to_ascii_uppercase())
    }

    fn is_special(&self, word: &[u8]) -> bool {
        self.may_be_special(word[0], word.len()) && self.special.contains(&hash(word))
    }

    fn may_be_special(&self, first: u8, length: usize) -> bool {
        self.special_lengths[usize::from(first)] & length_bit(length) != 0
    }

    /// Stands for the words at hand.
    pub fn fingerprint(&self) -> u128 {
        self.secret.hash(&self.found.letters)
    }

    /// The words that were taken apart last.
    pub fn at_hand(&self) -> &Found {
        &self.found
    }

    /// The same, to be given back: a room for the next ones.
    pub fn take(&mut self) -> Found {
        std::mem::take(&mut self.found)
    }

    pub fn give_back(&mut self, found: Found) {
        self.found = found;
    }

    fn read_plain(&mut self, text: &[u8]) {
        let mut start = self.found.letters.len();
        for byte in text {
            if byte.is_ascii_alphanumeric() {
                self.found.letters.push(byte.to_ascii_uppercase());
            } else if *byte != b'\'' && *byte != b'`' {
                start = self.end_word(start);
            }
        }
        self.end_word(start);
    }

    /// Read a word of Latin letters with marks; false, and nothing is read, where it is another one.
    fn read_marked(&mut self, token: &str) -> bool {
        let start = self.found.letters.len();
        // Each letter stands for itself, so that a word that is not cut is all of them, one behind the other.
        for letter in token.chars() {
            let known = if letter.is_ascii_alphanumeric() {
                self.found.letters.push(letter.to_ascii_uppercase() as u8);
                true
            } else if let Some(capitals) = self.marked.get(&letter) {
                self.found.letters.extend_from_slice(capitals.as_bytes());
                true
            } else {
                false
            };
            if !known || self.found.letters.len() - start > self.max_part {
                self.found.letters.truncate(start);
                return false;
            }
        }
        self.end_word(start);
        true
    }

    /// Whether Python tells of a word what it is by itself, in Latin capitals.
    fn read_foreign(&mut self, py: Python<'_>, token: &str) -> PyResult<bool> {
        let Some(word) = self.latin.word(py, token)? else {
            return Ok(false);
        };
        let start = self.found.letters.len();
        self.found.letters.extend_from_slice(word.as_bytes());
        self.end_word(start);
        Ok(true)
    }

    fn end_word(&mut self, start: usize) -> usize {
        let end = self.found.letters.len();
        if end > start {
            self.found.words.push(start..end.min(start + self.max_part));
            self.found.letters.push(b' ');
        }
        self.found.letters.len()
    }
}
