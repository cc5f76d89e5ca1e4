//! Half names of plain Latin words, taken apart without asking Python: as `matcher.names.script.written_parts` does it for
//! ASCII, where no word is one that `matcher.names.parts` treats in a special way. Half names come in endless number, words
//! do not.

use std::collections::HashSet;
use std::ops::Range;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::told;

/// Takes half names apart.
#[derive(Default)]
pub struct Words {
    /// Words whose neighbours, or the number of words, decide what becomes of them.
    special: HashSet<Box<[u8]>>,
    max_text: usize,
    max_part: usize,
    max_parts: usize,
    letters: Vec<u8>,
    words: Vec<Range<usize>>,
}

impl Words {
    /// `limits` are those of `matcher.native`.
    pub fn new(special: Vec<String>, limits: &Bound<'_, PyDict>) -> PyResult<Self> {
        let number = |name| told::<usize>(limits, name);
        Ok(Self {
            special: special.into_iter().map(|word| word.into_bytes().into()).collect(),
            max_text: number("max_text")?,
            max_part: number("max_part")?,
            max_parts: number("max_parts")?,
            letters: Vec::new(),
            words: Vec::new(),
        })
    }

    /// Take half a name apart; false where Python must do it. The words are then told by `get`.
    pub fn read(&mut self, text: &str) -> bool {
        // Without limits where a panic has interrupted its use: then, too, Python does it.
        if self.max_text == 0 || !text.is_ascii() {
            return false;
        }
        self.letters.clear();
        self.words.clear();
        let mut start = 0;
        for byte in text.bytes().take(self.max_text) {
            if byte.is_ascii_alphanumeric() {
                self.letters.push(byte.to_ascii_uppercase());
            } else if byte != b'\'' && byte != b'`' {
                start = self.end_word(start);
            }
        }
        self.end_word(start);
        self.words.truncate(self.max_parts);
        (0..self.words.len()).all(|at| !self.special.contains(self.get(at).as_bytes()))
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// A word in capitals.
    pub fn get(&self, at: usize) -> &str {
        // ASCII by construction.
        std::str::from_utf8(&self.letters[self.words[at].clone()]).unwrap_or_default()
    }

    fn end_word(&mut self, start: usize) -> usize {
        let end = self.letters.len();
        if end > start {
            self.words.push(start..end.min(start + self.max_part));
        }
        end
    }
}
