//! Half a name taken apart into what is compared, as `matcher/names/parts.py` does it, and the codes of its parts, as
//! `matcher/blocking.py` has them: the same steps in the same order. Of words of ASCII alone, and Python tells which words
//! those of another script are; word lists are handed over.

use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::alike::{Heard, HeardName};
use crate::compare::Told;
use crate::hashing::{Map, Set};
use crate::kept::Kept;
use crate::lists::Lists;
use crate::sounds::{ascii, is_vowel, without_hard_c, words};
use crate::{guarded, told};

type Words = Set<Box<[u8]>>;

/// Whether the order of half a name is descent, and its parts with whether each is of an abjad.
pub type ToldHalf = (bool, Vec<(String, bool)>);

/// Codes with their weights in bits.
pub type Codes = Vec<(String, u32)>;

/// One word of a name in Latin capitals, and whether it was read from a script without short vowels.
#[derive(Clone)]
struct Word {
    text: Vec<u8>,
    abjad: bool,
}

/// One part of a name; see `matcher.names.parts.Part`.
#[derive(Clone)]
struct Part {
    text: Vec<u8>,
    sounds: Vec<u8>,
    abjad: bool,
    code: Vec<u8>,
    weight: u32,
    /// How it sounds if it is read in another way; empty for most.
    also: Vec<u8>,
}

/// Takes names apart, by the lists of `matcher.names.parts.TABLES` and those of `Lists`.
pub struct Parts {
    lists: Lists,
    written: Py<PyAny>,
    /// What Python has told of half names of other letters; None where not all of it is ASCII.
    kept: Kept<Option<Vec<Word>>>,
    missing: Words,
    descent: Words,
    particles: Words,
    abjad_particles: Words,
    assimilated: Map<Box<[u8]>, Box<[u8]>>,
    abd: Words,
    behind: Words,
    endings: Words,
    compounds: Words,
    titles: Words,
    before: Words,
    endings_of_stems: Vec<Box<[u8]>>,
    max_text: usize,
    max_part: usize,
    max_parts: usize,
    max_codes: usize,
    /// What the code of two neighbours written as one weighs.
    together: u32,
}

impl Parts {
    /// `limits` are those of `matcher.native`, `written` is `matcher.names.script.written_parts`.
    pub fn read(
        tables: &Bound<'_, PyDict>,
        limits: &Bound<'_, PyDict>,
        written: Py<PyAny>,
        max_codes: usize,
        together: u32,
    ) -> PyResult<Self> {
        let mut assimilated = Map::default();
        for (word, letter) in told::<HashMap<String, String>>(tables, "assimilated")? {
            assimilated.insert(ascii(word)?, ascii(letter)?);
        }
        let endings_of_stems = told::<Vec<String>>(tables, "endings_of_stems")?;
        Ok(Self {
            lists: Lists::read(tables)?,
            written,
            kept: Kept::new(),
            missing: words(tables, "missing")?,
            descent: words(tables, "descent")?,
            particles: words(tables, "particles")?,
            abjad_particles: words(tables, "abjad_particles")?,
            assimilated,
            abd: words(tables, "abd")?,
            behind: words(tables, "behind")?,
            endings: words(tables, "endings")?,
            compounds: words(tables, "compounds")?,
            titles: words(tables, "titles")?,
            before: words(tables, "before")?,
            endings_of_stems: endings_of_stems.into_iter().map(ascii).collect::<PyResult<_>>()?,
            max_text: told(limits, "max_text")?,
            max_part: told(limits, "max_part")?,
            max_parts: told(limits, "max_parts")?,
            max_codes,
            together,
        })
    }

    /// A part of half a name, as `matcher.native` tells it. None, here and below, where Python must tell it: of letters that
    /// are not ASCII, and where this program is at fault.
    pub fn part(&self, text: &str, abjad: bool) -> Option<Told> {
        ascii_only(text, || self.told(&self.read_part(text.as_bytes(), abjad)))
    }

    /// Two parts written as one.
    pub fn joined(&self, text: &str, abjad: bool) -> Option<Told> {
        ascii_only(text, || self.told(&self.both(text.as_bytes(), abjad)))
    }

    /// Half a name.
    pub fn half(&self, py: Python<'_>, text: &str) -> PyResult<Option<ToldHalf>> {
        let is_heard = |word: &Word| !self.sound(self.without_article(&word.text, word.abjad)).is_empty();
        let tell = |written: Vec<Word>| {
            let descent = written.iter().skip(1).any(|word| self.descent.contains(&*word.text));
            let parts = self.join(written).into_iter().filter(is_heard);
            (descent, parts.map(|word| (owned(&word.text), word.abjad)).collect())
        };
        Ok(self
            .written_parts(py, text)?
            .and_then(|written| guarded(|| tell(written))))
    }

    /// Codes of the parts of half a name, the rarest first; and whether the last of them is a name that the lists know.
    pub fn codes(&self, py: Python<'_>, text: &str) -> PyResult<Option<(Codes, bool)>> {
        let written = self.written_parts(py, text)?;
        Ok(written.and_then(|written| guarded(|| self.codes_of(written))))
    }

    fn codes_of(&self, written: Vec<Word>) -> (Codes, bool) {
        let mut found: Vec<(Vec<u8>, u32)> = Vec::new();
        let mut both = Vec::new();
        let mut before: Option<Part> = None;
        for word in self.join(written) {
            let part = self.read_part(&word.text, word.abjad);
            if part.text.len() > 1 && !part.sounds.is_empty() {
                both.extend(before.and_then(|before| self.code_of_both(&before, &part)));
                for one in self.compounds(&part).into_iter().flatten() {
                    self.add_codes(one, &mut found);
                }
                self.add_codes(part.clone(), &mut found);
                before = Some(part);
            }
        }
        for code in both {
            if !found.iter().any(|(other, _)| *other == code) {
                found.push((code, self.together));
            }
        }
        let rank = |weight: &u32| weight % self.together;
        found.sort_unstable_by(|(code, weight), (other, its)| {
            rank(its).cmp(&rank(weight)).then_with(|| code.cmp(other))
        });
        found.truncate(self.max_codes);
        let told = |(code, weight): (Vec<u8>, u32)| (owned(&code), weight);
        let is_known = before.is_some_and(|last| self.lists.is_known(&last.sounds));
        (found.into_iter().map(told).collect(), is_known)
    }

    /// The code of two neighbours written as one, which are words of capitals that are parts by themselves, and not both
    /// known names.
    pub fn together(&self, first: &str, second: &str) -> (String, u32) {
        let both = self.both(&[first.as_bytes(), second.as_bytes()].concat(), false);
        (owned(&both.code), self.together)
    }

    fn code_of_both(&self, first: &Part, second: &Part) -> Option<Vec<u8>> {
        if self.lists.is_known(&first.sounds) && self.lists.is_known(&second.sounds) {
            return None;
        }
        let text = [&*first.text, &*second.text].concat();
        Some(self.both(&text, first.abjad || second.abjad).code)
    }

    fn add_codes(&self, part: Part, found: &mut Vec<(Vec<u8>, u32)>) {
        let mut others = self.lists.other_codes(&part.sounds, part.abjad, &part.code);
        if !part.also.is_empty() {
            others.insert(0, self.lists.code_of(&part.also, part.abjad));
        }
        if let Some(written) = self
            .lists
            .hearing
            .wade_giles(&part.text)
            .filter(|written| *written != part.text)
        {
            others.push(self.lists.code_of(&self.sound(&written), part.abjad));
        }
        match found.iter_mut().find(|(code, _)| *code == part.code) {
            Some((_, weight)) => *weight = part.weight,
            None => found.push((part.code, part.weight)),
        }
        for other in others {
            if !found.iter().any(|(code, _)| *code == other) {
                let weight = self.lists.weight(&other);
                found.push((other, weight));
            }
        }
    }

    /// `matcher.names.script.written_parts`, which is asked of other scripts: once, though a name is first made into blocks
    /// and then compared.
    fn written_parts(&self, py: Python<'_>, text: &str) -> PyResult<Option<Vec<Word>>> {
        if text.is_ascii() {
            return Ok(Some(self.ascii_parts(text.as_bytes())));
        }
        self.kept.get(text, || {
            let told: Vec<(String, bool)> = self.written.call1(py, (text,))?.extract(py)?;
            let is_ascii = told.iter().all(|(text, _)| text.is_ascii());
            let word = |(text, abjad): (String, bool)| Word {
                text: text.into_bytes(),
                abjad,
            };
            Ok(is_ascii.then(|| told.into_iter().map(word).collect()))
        })
    }

    fn ascii_parts(&self, text: &[u8]) -> Vec<Word> {
        let text = &text[..text.len().min(self.max_text)];
        let letters: Vec<u8> = text.iter().copied().filter(|letter| !b"'`".contains(letter)).collect();
        letters
            .split(|letter| !letter.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(self.max_parts)
            .map(|word| Word {
                text: word[..word.len().min(self.max_part)].to_ascii_uppercase(),
                abjad: false,
            })
            .collect()
    }

    fn join(&self, mut written: Vec<Word>) -> Vec<Word> {
        written.retain(|word| !self.missing.contains(&*word.text));
        let mut parts: Vec<Word> = Vec::with_capacity(written.len());
        let mut previous: &[u8] = b"";
        for (at, word) in written.iter().enumerate() {
            let text = &*word.text;
            let after = written.get(at + 1).and_then(|word| word.text.first());
            match parts.last_mut() {
                Some(last) if self.goes_with_the_one_before(text, previous, &last.text) => {
                    let link = self.link(&last.text, text, previous);
                    last.text.extend_from_slice(link);
                    last.text.extend_from_slice(text);
                    last.text.truncate(self.max_part);
                    last.abjad |= word.abjad;
                }
                _ => {
                    let particles = if word.abjad {
                        &self.abjad_particles
                    } else {
                        &self.particles
                    };
                    let is_particle = written.len() > 1 && particles.contains(text);
                    let is_article = match (self.assimilated.get(text), after) {
                        (Some(letter), Some(after)) => **letter == [*after],
                        _ => false,
                    };
                    if !is_particle && !is_article {
                        parts.push(word.clone());
                    }
                }
            }
            previous = text;
        }
        if parts.is_empty() {
            let is_article = |word: &&Word| is_one_of(&word.text, &[b"AL", b"EL"]);
            parts = written.iter().filter(|word| !is_article(word)).cloned().collect();
        }
        if parts.is_empty() { written } else { parts }
    }

    /// What stands between two words written as one, the word before the second left out.
    fn link(&self, last: &[u8], text: &[u8], previous: &[u8]) -> &'static [u8] {
        let is_vowel = |letter: Option<&u8>| letter.is_some_and(|letter| b"AEIOU".contains(letter));
        if is_vowel(text.first()) || is_vowel(last.last()) {
            b""
        } else if self.behind.contains(text) {
            b"U"
        } else if is_one_of(last, &[b"ABD", b"ABED", b"EBD"]) && is_one_of(previous, &[b"AL", b"EL", b"UL"]) {
            b"UL"
        } else {
            b""
        }
    }

    fn goes_with_the_one_before(&self, text: &[u8], previous: &[u8], joined: &[u8]) -> bool {
        let articles: [&[u8]; 6] = [b"AL", b"EL", b"UL", b"AR", b"ER", b"UR"];
        if self.abd.contains(joined) && (previous == joined || is_one_of(previous, &articles)) {
            return !is_one_of(text, &[b"AL", b"EL", b"UL", b"IL"])
                && !self.descent.contains(text)
                && !self.assimilated.contains_key(text);
        }
        self.behind.contains(text) || self.endings.contains(text) && joined.len() > 2
    }

    /// A part, as `half` has taken it off: in Latin capitals.
    fn read_part(&self, text: &[u8], abjad: bool) -> Part {
        let sounds = self.sound(self.without_article(text, abjad));
        let code = if sounds.is_empty() {
            Vec::new()
        } else {
            self.lists.code_of(&sounds, abjad)
        };
        Part {
            text: text.to_vec(),
            abjad,
            // An initial tells next to nothing.
            weight: if text.len() > 1 {
                self.lists.weight(&code)
            } else {
                self.lists.least
            },
            code,
            also: self.also(text, &sounds, abjad),
            sounds,
        }
    }

    /// ALHASAN and HASAN are one name, as are ALAHMAD and AHMAD.
    fn without_article<'a>(&self, text: &'a [u8], abjad: bool) -> &'a [u8] {
        if text.len() < 5 || !is_one_of(&text[..2], &[b"AL", b"EL"]) || abjad {
            return text;
        }
        if text.starts_with(b"ALEX") || text.starts_with(b"ELIZ") || self.sounds_known(text) {
            return text;
        }
        let rest = &text[2..];
        let is_taken_off = match rest[0] {
            b'A' | b'E' | b'I' | b'O' | b'U' | b'Y' => self.sounds_known(rest),
            b'L' => false,
            _ => {
                let names = self.names_of(text);
                names.is_empty() || self.names_of(rest).iter().any(|name| names.contains(name))
            }
        };
        if is_taken_off { rest } else { text }
    }

    /// ALANI may be al-Ani; in Somali a c is a sound that others leave out.
    fn also(&self, text: &[u8], sounds: &[u8], abjad: bool) -> Vec<u8> {
        if abjad || text.len() < 4 || self.lists.is_known(sounds) {
            return Vec::new();
        }
        // Alireza is no al-Ireza, and so no Reza.
        if text.starts_with(b"ALI") && !self.lists.names_of(sounds, false).is_empty() {
            return Vec::new();
        }
        let other = if text.len() > 4 && is_one_of(&text[..2], &[b"AL", b"EL"]) && sounds == self.sound(text) {
            self.sound(&text[2..])
        } else if text.contains(&b'C') && !is_not_somali(text) {
            self.sound(&without_hard_c(text))
        } else {
            return Vec::new();
        };
        if other.len() > 1 && other != sounds {
            other
        } else {
            Vec::new()
        }
    }

    /// The two names that a part is written together from, such as Gholamreza, Nurulhaq or Xiaoming; else nothing.
    fn compounds(&self, part: &Part) -> Option<[Part; 2]> {
        let text = &*part.text;
        let both = |cut| [&text[..cut], &text[cut..]].map(|half| self.read_part(half, false));
        let hearing = &self.lists.hearing;
        if hearing.is_chinese(text) {
            let is_cut = |cut: &usize| hearing.is_syllable(&text[..*cut]) && hearing.is_syllable(&text[*cut..]);
            return (1..text.len()).rev().find(is_cut).map(both);
        }
        if part.abjad || text.len() < 7 {
            return None;
        }
        let is_known = |text| self.sounds_known(text);
        (3..text.len() - 2)
            .find(|cut| {
                let (first, second) = text.split_at(*cut);
                self.compounds.contains(first) && self.compounds.contains(second) || is_known(first) && is_known(second)
            })
            .map(both)
            .or_else(|| self.own_name(&part.sounds).is_none().then(|| self.linked(text))?)
    }

    /// The two names that a part is written together from with an article between them: Nurulhaq, Habiburrahman.
    fn linked(&self, text: &[u8]) -> Option<[Part; 2]> {
        let halves = (3..text.len() - 2).filter_map(|at| {
            let (first, rest) = text.split_at(at);
            let is_link = rest.starts_with(b"UL") || rest.starts_with(b"URR");
            is_link.then_some((first, &rest[2..]))
        });
        let is_name = |text: &[u8]| self.is_listed(&self.sound(text));
        let mut names = halves.filter(|(first, second)| is_name(first) && is_name(second));
        let (first, second) = names.next()?;
        Some([first, second].map(|half| self.read_part(half, false)))
    }

    /// Whether a list or the lexicon has a name that sounds so, of three sounds at least.
    fn is_listed(&self, sounds: &[u8]) -> bool {
        let lists = &self.lists;
        lists.is_known(sounds) || sounds.len() > 2 && !lists.names_of(sounds, false).is_empty()
    }

    /// `own_name`: which element a name is made with, and how it sounds without it; None for most.
    fn own_name<'a>(&self, sounds: &'a [u8]) -> Option<(u32, &'a [u8])> {
        element_of(sounds).or_else(|| {
            let own = without_bengali(sounds)?;
            (self.is_listed(own) && !self.is_listed(sounds)).then_some((BENGALI, own))
        })
    }

    /// `matcher.names.compare.joined`: two parts written as one.
    fn both(&self, text: &[u8], abjad: bool) -> Part {
        let sounds = self.sound(text);
        let code = self.lists.code_of(&sounds, abjad);
        Part {
            text: text.to_vec(),
            abjad,
            weight: self.lists.weight(&code),
            code,
            also: Vec::new(),
            sounds,
        }
    }

    fn sound(&self, text: &[u8]) -> Vec<u8> {
        self.lists.hearing.sound(text)
    }

    fn names_of(&self, text: &[u8]) -> Vec<u32> {
        self.lists.names_of(&self.sound(text), false)
    }

    fn sounds_known(&self, text: &[u8]) -> bool {
        self.lists.is_known(&self.sound(text))
    }

    fn told(&self, part: &Part) -> Told {
        let bones = part
            .sounds
            .iter()
            .filter(|sound| !is_vowel(**sound) && !b"YV".contains(sound));
        (
            owned(&part.text),
            part.abjad,
            f64::from(part.weight),
            bones.count() as u16,
            self.titles.contains(&*part.text),
            self.before_own(part),
            self.heard(&part.sounds, part.abjad),
            (!part.also.is_empty()).then(|| self.heard(&part.also, part.abjad)),
            self.lists.hearing.pinyin(&part.text),
        )
    }

    /// How many letters of a part are another one that may be left out before a given name: Seyedali, Mohammadreza.
    fn before_own(&self, part: &Part) -> usize {
        let text = &*part.text;
        let is_before = |cut: &usize| {
            let (first, own) = text.split_at(*cut);
            self.before.contains(first) && self.is_listed(&self.sound(own))
        };
        let mut cuts = 4..text.len().saturating_sub(2);
        (!part.abjad).then(|| cuts.find(is_before)).flatten().unwrap_or(0)
    }

    fn heard(&self, sounds: &[u8], abjad: bool) -> Heard {
        let own = self
            .own_name(sounds)
            .map(|(element, own)| (element, self.heard_name(own, abjad)));
        (self.heard_name(sounds, abjad), own, self.ending(sounds))
    }

    fn heard_name(&self, sounds: &[u8], abjad: bool) -> HeardName {
        let lists = &self.lists;
        let code = || owned(&lists.code_of(sounds, abjad));
        (
            owned(sounds),
            owned(&lists.hearing.skeleton(sounds)),
            lists.canonical(sounds, abjad).map(str::to_owned),
            lists.is_known(sounds).then(code),
            lists.names_of(sounds, abjad),
        )
    }

    /// Which ending makes a surname of its stem; None for most.
    fn ending(&self, sounds: &[u8]) -> Option<u32> {
        let is_ending = |ending: &[u8]| sounds.ends_with(ending) && sounds.len() > ending.len() + 1;
        let found = self.endings_of_stems.iter().position(|ending| is_ending(ending));
        found.map(|number| number as u32)
    }
}

fn ascii_only<T>(text: &str, tell: impl FnOnce() -> T) -> Option<T> {
    text.is_ascii().then(|| guarded(tell)).flatten()
}

fn is_one_of(text: &[u8], words: &[&[u8]]) -> bool {
    words.contains(&text)
}

/// `_NOT_SOMALI`: what no Somali name has.
fn is_not_somali(text: &[u8]) -> bool {
    let is_consonant = |letter: &u8| !b"AEIOUY".contains(letter);
    text.iter().any(|letter| b"PVZ".contains(letter))
        || text
            .windows(2)
            .any(|two| two == b"SC" || two[0] == b'C' && b"CKTRL".contains(&two[1]))
        || text.windows(3).any(|three| three.iter().all(is_consonant))
}

/// Which element a name is made with that tells so by itself, and how it sounds without it; None for most.
pub fn element_of(sounds: &[u8]) -> Option<(u32, &[u8])> {
    abd_before(sounds)
        .map(|own| (0, own))
        .or_else(|| element_behind(sounds, b"uo", b"La").map(|own| (1, own)))
        .or_else(|| element_behind(sounds, b"aeu", b"DiN").map(|own| (2, own)))
        .or_else(|| {
            let own = sounds.strip_suffix(b"Zai")?;
            (own.len() >= OWN).then_some((CLAN, own))
        })
}

/// The element that makes of an own name that of a clan.
pub const CLAN: u32 = 3;

/// What Bengali puts behind a name, which others end in too: an element where what is left is a name, and the whole is none.
const BENGALI: u32 = 4;

/// How a name sounds without what Bengali puts behind one.
pub fn without_bengali(sounds: &[u8]) -> Option<&[u8]> {
    sounds.strip_suffix(b"uL").or_else(|| sounds.strip_suffix(b"uR"))
}

/// What an element leaves must be so long.
const OWN: usize = 3;

/// Behind abd, with a vowel and an l where that leaves enough, else with less.
fn abd_before(sounds: &[u8]) -> Option<&[u8]> {
    let rest = sounds.strip_prefix(b"aBD")?;
    let vowel = rest.first().is_some_and(|sound| is_vowel(*sound)).then(|| &rest[1..]);
    let ways = [
        vowel.and_then(|rest| rest.strip_prefix(b"L")),
        vowel,
        rest.strip_prefix(b"L"),
        Some(rest),
    ];
    ways.into_iter().flatten().find(|rest| rest.len() >= OWN)
}

fn element_behind<'a>(sounds: &'a [u8], vowels: &[u8], end: &[u8]) -> Option<&'a [u8]> {
    let (vowel, own) = sounds.strip_suffix(end)?.split_last()?;
    (vowels.contains(vowel) && own.len() >= OWN).then_some(own)
}

/// ASCII by construction.
fn owned(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
