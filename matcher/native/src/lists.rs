//! What the lists of names know, as `matcher/names/weights.py` and `variants.py` have it: of which name a part is a form,
//! what its spellings share, and how much sharing it tells. Of ASCII alone; the lists are handed over.

use std::collections::HashMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::hashing::Map;
use crate::sounds::{Hearing, ascii, words};
use crate::told;

/// A name that others are forms of.
struct Head {
    text: Box<str>,
    code: Box<[u8]>,
}

/// What is known of sounds.
#[derive(Default)]
struct Listed {
    /// Numbers of the heads of which they are a form, as written and in an abjad.
    heads: [Option<u32>; 2],
    /// Numbers of the names of the lexicon that they may be, in the same way.
    names: [Vec<u32>; 2],
    is_of_list: bool,
}

/// The lists of `matcher.names.variants.TABLES` and `matcher.names.weights.TABLES`.
pub struct Lists {
    pub hearing: Hearing,
    listed: Map<Box<[u8]>, Listed>,
    heads: Vec<Head>,
    weights: Map<Box<[u8]>, u32>,
    /// Weights of other codes by their length.
    unknown: HashMap<usize, u32>,
    unknown_longer: u32,
    pub least: u32,
    heard_as: Vec<(u8, u8)>,
    slavic_sounds: Vec<(u8, u8)>,
}

impl Lists {
    pub fn read(tables: &Bound<'_, PyDict>) -> PyResult<Self> {
        let hearing = Hearing::read(tables)?;
        let mut codes = HashMap::new();
        for (head, code) in told::<HashMap<String, String>>(tables, "heads")? {
            codes.insert(head, ascii(code)?);
        }
        let mut listed: Map<Box<[u8]>, Listed> = Map::default();
        let mut heads: Vec<Head> = Vec::new();
        let mut numbers: HashMap<String, u32> = HashMap::new();
        for ((sounds, abjad), head) in told::<HashMap<(String, bool), String>>(tables, "canonical")? {
            let number = match numbers.get(&head) {
                Some(number) => *number,
                None => {
                    let sounds = hearing.sound(&ascii(head.clone())?);
                    heads.push(Head {
                        text: head.as_str().into(),
                        code: codes.get(&head).cloned().unwrap_or(hearing.skeleton(&sounds).into()),
                    });
                    numbers.insert(head, heads.len() as u32 - 1);
                    heads.len() as u32 - 1
                }
            };
            listed.entry(ascii(sounds)?).or_default().heads[usize::from(abjad)] = Some(number);
        }
        for sounds in words(tables, "known")? {
            listed.entry(sounds).or_default().is_of_list = true;
        }
        for line in told::<String>(tables, "lexicon")?.lines() {
            let (sounds, names) = line.split_once(' ').ok_or_else(no_name)?;
            // As `lexicon.hear` marks those of an abjad.
            let (abjad, sounds) = sounds.strip_prefix('~').map_or((0, sounds), |sounds| (1, sounds));
            // A word of letters that are not ASCII is Python's, which then tells what it may be.
            if sounds.is_ascii() {
                let names = names.split(' ').map(|name| name.parse().map_err(|_| no_name()));
                listed.entry(sounds.as_bytes().into()).or_default().names[abjad] = names.collect::<PyResult<_>>()?;
            }
        }
        let mut weights = Map::default();
        for (code, weight) in told::<HashMap<String, u32>>(tables, "weights")? {
            weights.insert(ascii(code)?, weight);
        }
        Ok(Self {
            hearing,
            listed,
            heads,
            weights,
            unknown: told(tables, "unknown")?,
            unknown_longer: told(tables, "unknown_longer")?,
            least: told(tables, "least_weight")?,
            heard_as: letters(tables, "heard_as")?,
            slavic_sounds: letters(tables, "slavic_sounds")?,
        })
    }

    fn head(&self, sounds: &[u8], abjad: bool) -> Option<&Head> {
        let number = self.listed.get(sounds)?.heads[usize::from(abjad)]?;
        Some(&self.heads[number as usize])
    }

    /// The commonest name that these sounds are a form of; None where the list has none.
    pub fn canonical(&self, sounds: &[u8], abjad: bool) -> Option<&str> {
        self.head(sounds, abjad).map(|head| &*head.text)
    }

    /// Numbers of the names of the lexicon that these sounds may be.
    pub fn names_of(&self, sounds: &[u8], abjad: bool) -> Vec<u32> {
        self.listed
            .get(sounds)
            .map_or_else(Vec::new, |listed| listed.names[usize::from(abjad)].clone())
    }

    /// Whether these are the sounds of a name of the list, or of a variant of one, of three sounds at least.
    pub fn is_known(&self, sounds: &[u8]) -> bool {
        let listed = |one: &Listed| one.is_of_list || one.heads[0].is_some();
        sounds.len() > 2 && self.listed.get(sounds).is_some_and(listed)
    }

    /// What spellings of one name share: the skeleton of its commonest form.
    pub fn code_of(&self, sounds: &[u8], abjad: bool) -> Vec<u8> {
        let code = self.code(sounds, abjad);
        if self.is_known(sounds) {
            return code;
        }
        let heard = self.heard_otherwise(sounds);
        if let Some(other) = heard.iter().find(|other| self.is_known(other)) {
            return self.code(other, abjad);
        }
        if self.weights.contains_key(&*code) {
            return code;
        }
        let mut others = heard.iter().map(|other| self.hearing.skeleton(other));
        others.find(|other| self.weights.contains_key(&**other)).unwrap_or(code)
    }

    /// Codes by which a name that is in no list may be known elsewhere; its own, `code`, is not among them.
    pub fn other_codes(&self, sounds: &[u8], abjad: bool, code: &[u8]) -> Vec<Vec<u8>> {
        let mut others: Vec<Vec<u8>> = Vec::new();
        let may_be_c = !abjad && sounds.contains(&b'c');
        let may_be_slavic = !abjad && is_slavic(sounds);
        let may_be_ay = abjad && sounds.len() > 2 && sounds.ends_with(b"i");
        // True of nearly no name, and cheaper to tell than that it is in the list.
        if !(may_be_c || may_be_slavic || may_be_ay) || self.is_known(sounds) {
            return others;
        }
        let mut add = |other: Vec<u8>| {
            if other != code && other.len() > 1 && !others.contains(&other) {
                others.push(other);
            }
        };
        let as_if = |letter: u8, other: u8| self.hearing.skeleton(&replaced(sounds, letter, other));
        if may_be_ay {
            add(self.code_of(&[&sounds[..sounds.len() - 1], b"a"].concat(), abjad));
        }
        if may_be_c {
            add(as_if(b'c', b'C'));
        }
        if may_be_slavic && !self.weights.contains_key(code) {
            for (letter, other) in self.slavic_sounds.iter().filter(|(letter, _)| sounds.contains(letter)) {
                add(as_if(*letter, *other));
            }
        }
        others
    }

    /// Bits that sharing this code tells.
    pub fn weight(&self, code: &[u8]) -> u32 {
        let unknown = || self.unknown.get(&code.len()).unwrap_or(&self.unknown_longer);
        *self.weights.get(code).unwrap_or_else(unknown)
    }

    fn code(&self, sounds: &[u8], abjad: bool) -> Vec<u8> {
        match self.head(sounds, abjad) {
            Some(head) => head.code.to_vec(),
            None => self.hearing.skeleton(sounds),
        }
    }

    fn heard_otherwise(&self, sounds: &[u8]) -> Vec<Vec<u8>> {
        let mut heard = Vec::new();
        for (letter, other) in &self.heard_as {
            if sounds.contains(letter) {
                heard.push(replaced(sounds, *letter, *other));
            }
        }
        if let [rest @ .., b'e'] = sounds
            && rest.len() > 1
        {
            heard.push([rest, b"i"].concat());
        }
        heard
    }
}

/// `_SLAVIC`: endings of Slavic names.
fn is_slavic(sounds: &[u8]) -> bool {
    let with_a: [&[u8]; 4] = [b"oV", b"eV", b"iN", b"SKi"];
    let alone: [&[u8]; 5] = [b"eNKo", b"uNKo", b"uK", b"iC", b"Ya"];
    let without_a = sounds.strip_suffix(b"a").unwrap_or(sounds);
    let ends_in_khan = sounds.len() > 5 && sounds.ends_with(b"CaN");
    ends_in_khan
        || with_a.iter().any(|ending| without_a.ends_with(ending))
        || alone.iter().any(|ending| sounds.ends_with(ending))
}

fn replaced(sounds: &[u8], letter: u8, other: u8) -> Vec<u8> {
    let put = |sound: &u8| if *sound == letter { other } else { *sound };
    sounds.iter().map(put).collect()
}

fn no_name() -> PyErr {
    PyValueError::new_err("a line of the lexicon that is no name")
}

fn letters(tables: &Bound<'_, PyDict>, name: &str) -> PyResult<Vec<(u8, u8)>> {
    let letters = told::<Vec<(char, char)>>(tables, name)?.into_iter();
    letters
        .map(|(one, other)| Some((u8::try_from(one).ok()?, u8::try_from(other).ok()?)))
        .collect::<Option<_>>()
        .ok_or_else(|| PyValueError::new_err("a sound that is not ASCII"))
}
