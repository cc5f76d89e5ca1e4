//! How alike two parts of names sound, as `matcher/names/alike.py` has it: the same steps on the same tables.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::outlines::{Outline, Pattern};
use crate::parts::{CLAN, element_of, without_bengali};
use crate::sounds::is_vowel;
use crate::told;

const LETTERS: usize = 128;

/// How often letters stand in a text; several letters may share a count.
struct Counts([u8; 16]);

impl Counts {
    fn of(text: &str) -> Self {
        let mut counts = [0_u8; 16];
        for letter in text.chars() {
            let count = &mut counts[letter as usize % 16];
            *count = count.saturating_add(1);
        }
        Self(counts)
    }

    fn and(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at].saturating_add(other.0[at])))
    }

    /// How many letters two texts share at most.
    fn shared(&self, other: &Self) -> usize {
        let least = self.0.iter().zip(&other.0).map(|(one, other)| *one.min(other));
        least.map(usize::from).sum()
    }
}

/// The letters of a part, as they are written.
pub struct Spelling {
    pub text: Box<str>,
    pub length: usize,
    counts: Counts,
}

impl Spelling {
    pub fn new(text: String) -> Self {
        Self {
            length: text.chars().count(),
            counts: Counts::of(&text),
            text: text.into(),
        }
    }

    /// Whether one letter is wrong, missing, too many, or in its neighbour's place.
    fn is_one_letter_off(&self, other: &Self) -> bool {
        let (shorter, longer) = (self.length.min(other.length), self.length.max(other.length));
        if longer > shorter + 1 || self.counts.shared(&other.counts) + 1 < longer {
            return false;
        }
        let letters = || self.text.chars().zip(other.text.chars());
        let before = letters().take_while(|(one, other)| one == other).count();
        let from_behind = self.text.chars().rev().zip(other.text.chars().rev());
        let behind = from_behind.take_while(|(one, other)| one == other).count();
        let (left, most) = (shorter - before, longer - before);
        let behind = behind.min(left);
        match (left - behind, most - behind) {
            (0 | 1, 1) => true,
            (2, 2) => {
                let mut two = letters().skip(before);
                let (Some((a, b)), Some((c, d))) = (two.next(), two.next()) else {
                    return false;
                };
                a == d && b == c
            }
            _ => false,
        }
    }
}

/// Sounds of a part, or classes of its consonants: text, since there are many and nearly all are ASCII.
#[derive(PartialEq)]
pub struct Letters(pub Box<str>);

impl Letters {
    pub fn len(&self) -> usize {
        if self.0.is_ascii() {
            self.0.len()
        } else {
            self.0.chars().count()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn first(&self) -> Option<char> {
        self.0.chars().next()
    }

    /// The skeleton of a part that stands behind another one: a first vowel is told at the very beginning only.
    fn behind(&self) -> &str {
        self.0.strip_prefix(['A', 'W']).unwrap_or(&self.0)
    }

    /// As bytes, where each is a letter.
    fn ascii(&self) -> Option<&[u8]> {
        self.0.is_ascii().then_some(self.0.as_bytes())
    }

    fn chars(&self) -> Vec<char> {
        self.0.chars().collect()
    }
}

/// Classes of consonants.
pub struct Skeleton {
    pub letters: Letters,
    counts: Counts,
}

impl Skeleton {
    fn new(text: String) -> Self {
        Self {
            counts: Counts::of(&text),
            letters: Letters(text.into()),
        }
    }
}

/// How a part sounds, as Python tells it: its sounds, their skeleton, the head and the code of a listed name, and which
/// names of the lexicon it may be; and, where it is made with an element that many names have, which one, and the same of
/// what is left without it; and which ending of several that one stem may have.
pub type Heard = (HeardName, Option<(u32, HeardName)>, Option<u32>);
pub type HeardName = (String, String, Option<String>, Option<String>, Vec<u32>);

/// What is compared of a part.
pub struct Sounds {
    pub letters: Letters,
    pub skeleton: Skeleton,
    /// The commonest name that it is a form of.
    pub head: Option<Box<str>>,
    /// The code of a name of the lists.
    code: Option<Box<str>>,
    /// Numbers of the names of the lexicon that it may be.
    names: Box<[u32]>,
    /// Which element it is made with, and what it is without it.
    own: Option<(u32, Box<Sounds>)>,
    ending: Option<u32>,
    pub abjad: bool,
}

impl Sounds {
    pub fn new((whole, own, ending): Heard, abjad: bool) -> Self {
        let own = own.map(|(element, own)| (element, Box::new(Self::without_element(own, abjad))));
        Self {
            own,
            ending,
            ..Self::without_element(whole, abjad)
        }
    }

    fn without_element((letters, skeleton, head, code, names): HeardName, abjad: bool) -> Self {
        Self {
            letters: Letters(letters.into()),
            skeleton: Skeleton::new(skeleton),
            head: head.map(String::into_boxed_str),
            code: code.map(String::into_boxed_str),
            names: names.into(),
            own: None,
            ending: None,
            abjad,
        }
    }

    /// What is left of both without the element that they share.
    fn own_names<'a>(&'a self, other: &'a Self) -> Option<(&'a Self, &'a Self)> {
        let (Some((element, one)), Some((same, two))) = (&self.own, &other.own) else {
            return None;
        };
        (element == same).then_some((one, two))
    }

    /// Whether it may be the other, mistyped, as far as scripts and lists tell.
    fn may_be_mistyped_for(&self, other: &Self) -> bool {
        let are_two =
            |one: &Self, other: &Self| one.code.is_some() && other.code.is_some() || one.is_known_to_be_another(other);
        self.abjad == other.abjad
            && !are_two(self, other)
            && !self.own_names(other).is_some_and(|(one, other)| are_two(one, other))
    }

    /// What it begins with, roughly: vowels, h, k and all that hisses are written for one another.
    pub fn beginning(&self) -> Option<char> {
        self.skeleton
            .letters
            .first()
            .filter(|letter| !matches!(letter, 'A' | 'H' | 'J' | 'K' | 'S'))
    }

    /// Whether it is a form of this name of the list.
    pub fn is_form_of(&self, head: &str) -> bool {
        self.head.as_deref() == Some(head)
    }

    /// Whether both are forms of one name of the list.
    pub fn is_same_name(&self, other: &Self) -> bool {
        self.head.is_some() && self.head == other.head
    }

    /// Whether it is what another name is made with: Habib is short for Habibullah.
    fn is_short_for(&self, name: &Self) -> bool {
        let (short, whole) = (self.letters.0.as_bytes(), name.letters.0.as_bytes());
        match element_of(whole) {
            Some((element, own)) => element != CLAN && own == short && !self.names.is_empty() && !name.names.is_empty(),
            None => {
                without_bengali(whole) == Some(short)
                    && !self.abjad
                    && !name.abjad
                    && self.is_listed()
                    && !name.is_listed()
            }
        }
    }

    /// Whether a list or the lexicon has it, which is of no abjad.
    fn is_listed(&self) -> bool {
        self.code.is_some() || self.letters.len() > 2 && !self.names.is_empty()
    }

    /// Whether both may be one name of the lexicon.
    fn may_be_name_of(&self, other: &Self) -> bool {
        self.names.iter().any(|name| other.names.contains(name))
    }

    /// Whether both are names of the lexicon, and nobody writes one for the other.
    fn is_known_to_be_another(&self, other: &Self) -> bool {
        !self.names.is_empty() && !other.names.is_empty() && !self.may_be_name_of(other)
    }

    /// Whether both are names that the lists know, and not one name.
    fn is_another_name(&self, other: &Self) -> bool {
        if self.ending.is_some() && other.ending.is_some() && self.ending != other.ending {
            return true;
        }
        if self.head.is_some() && other.head.is_some() {
            return self.head != other.head;
        }
        if self.code.is_none() || other.code.is_none() {
            return false;
        }
        let with_a = |one: &Self, other: &Self| one.letters.0.strip_suffix('a') == Some(&*other.letters.0);
        self.code != other.code || !self.abjad && !other.abjad && (with_a(self, other) || with_a(other, self))
    }
}

/// By letter, ASCII; of others nothing is known.
struct Costs(Box<[f64; LETTERS]>);

impl Costs {
    fn read(table: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut costs = Box::new([1.0; LETTERS]);
        for (letter, cost) in table.iter() {
            let letter: char = letter.extract()?;
            if letter.is_ascii() {
                costs[letter as usize] = cost.extract()?;
            }
        }
        Ok(Self(costs))
    }

    fn of(&self, letter: impl Into<u32>) -> f64 {
        self.0.get(letter.into() as usize).copied().unwrap_or(1.0)
    }
}

/// What it costs to put one letter for another, ASCII both; of others nothing is known.
struct Substitution(Vec<f64>);

impl Substitution {
    fn of(&self, one: u32, other: u32) -> f64 {
        let (one, other) = (one as usize, other as usize);
        if one < LETTERS && other < LETTERS {
            self.0[one * LETTERS + other]
        } else {
            1.0
        }
    }
}

/// The tables and numbers of `matcher.names.alike.TABLES`.
pub struct Alike {
    substitution: Substitution,
    left_out: Costs,
    left_out_last: Costs,
    left_out_abjad: Costs,
    left_out_abjad_last: Costs,
    consonant: f64,
    vowel: f64,
    vowel_abjad: f64,
    shortest: f64,
    least: f64,
    initial: f64,
    one_head: f64,
    skeletons: f64,
    both_listed: f64,
    both_in_lexicon: f64,
    nearly_the_same: f64,
    nearly: f64,
    the_same: f64,
    short_form: f64,
    one_name: f64,
    of_abjad: f64,
    swapped: f64,
    misspelt: f64,
    misspelt_from: usize,
    /// Room for the rows of the distance at hand.
    rows: [Vec<f64>; 3],
    costs: Vec<f64>,
}

impl Alike {
    pub fn read(tables: &Bound<'_, PyDict>) -> PyResult<Self> {
        let costs = |name| told::<Bound<'_, PyDict>>(tables, name).and_then(|table| Costs::read(&table));
        let number = |name| told::<f64>(tables, name);
        let mut substitution = vec![1.0; LETTERS * LETTERS];
        for (pair, cost) in told::<Bound<'_, PyDict>>(tables, "substitution")?.iter() {
            let pair: String = pair.extract()?;
            if let [one, other] = pair.as_bytes() {
                substitution[usize::from(*one) * LETTERS + usize::from(*other)] = cost.extract()?;
            }
        }
        Ok(Self {
            substitution: Substitution(substitution),
            left_out: costs("left_out")?,
            left_out_last: costs("left_out_last")?,
            left_out_abjad: costs("left_out_abjad")?,
            left_out_abjad_last: costs("left_out_abjad_last")?,
            consonant: number("consonant")?,
            vowel: number("vowel")?,
            vowel_abjad: number("vowel_abjad")?,
            shortest: number("shortest")?,
            least: number("least")?,
            initial: number("initial")?,
            one_head: number("one_head")?,
            skeletons: number("skeletons")?,
            both_listed: number("both_listed")?,
            both_in_lexicon: number("both_in_lexicon")?,
            nearly_the_same: number("nearly_the_same")?,
            nearly: number("nearly")?,
            the_same: number("the_same")?,
            short_form: number("short_form")?,
            one_name: number("one_name")?,
            of_abjad: number("of_abjad")?,
            swapped: number("swapped")?,
            misspelt: number("misspelt")?,
            misspelt_from: number("misspelt_from")? as usize,
            rows: Default::default(),
            costs: Vec::new(),
        })
    }

    /// Whether two parts are so unlike that `likeness` and `or_misspelt` give 0. True of most pairs.
    pub fn are_apart(&self, pattern: &Pattern, other: &Outline) -> bool {
        let one = &pattern.outline;
        let most = usize::from(one.bones_length.max(other.bones_length));
        one.is_plain()
            && other.is_plain()
            && !one.may_share_head(other)
            && !one.may_be_one_letter_off(other, self.misspelt_from)
            && (self.have_little_in_common(one.least_edits(other), most)
                || self.have_little_in_common(pattern.edits(other), most))
    }

    /// Whether a skeleton and two, one behind the other, have enough in common: `may_sound_alike`.
    pub fn may_be_both(&mut self, whole: &Skeleton, first: &Skeleton, second: &Skeleton) -> bool {
        let second_bones = second.letters.behind();
        let most = whole
            .letters
            .len()
            .max(first.letters.len() + second_bones.chars().count());
        let shared = whole.counts.shared(&first.counts.and(&second.counts));
        if self.have_little_in_common(most.saturating_sub(shared), most) {
            return false;
        }
        let row = &mut self.rows[0];
        let edits = match (whole.letters.ascii(), first.letters.ascii()) {
            (Some(whole), Some(first)) if second_bones.is_ascii() => {
                levenshtein(first.iter().chain(second_bones.as_bytes()), whole, row)
            }
            _ => {
                let both: Vec<char> = first.letters.0.chars().chain(second_bones.chars()).collect();
                levenshtein(both.iter(), &whole.letters.chars(), row)
            }
        };
        !self.have_little_in_common(edits, most)
    }

    /// Of skeletons the longer of which has so many letters, so many edits apart.
    fn have_little_in_common(&self, edits: usize, most: usize) -> bool {
        most > 0 && 1.0 - edits as f64 / (most as f64) < self.skeletons
    }

    /// Likeness of two parts that sound so much alike, and are two names.
    pub fn of_two_names(&self, likeness: f64) -> f64 {
        (likeness - self.both_in_lexicon).max(0.0)
    }

    /// Likeness of two parts that sound so much alike, one of which may be the other, mistyped.
    pub fn or_misspelt(&self, likeness: f64, one: (&Sounds, &Spelling), other: (&Sounds, &Spelling)) -> f64 {
        let may_be = likeness < self.misspelt
            && one.1.length.min(other.1.length) >= self.misspelt_from
            && one.0.may_be_mistyped_for(other.0)
            && one.1.is_one_letter_off(other.1);
        if may_be { self.misspelt } else { likeness }
    }

    /// Likeness of how two parts sound.
    pub fn likeness(&mut self, one: &Sounds, other: &Sounds) -> f64 {
        if one.letters == other.letters && one.abjad == other.abjad {
            return 1.0;
        }
        let likeness = self.heard_alike(one, other);
        match one.own_names(other) {
            Some((own, its_own)) if likeness >= self.least && !one.is_same_name(other) => {
                likeness.min(self.heard_alike(own, its_own))
            }
            _ => likeness,
        }
    }

    fn heard_alike(&mut self, one: &Sounds, other: &Sounds) -> f64 {
        let (Some(first), Some(second)) = (one.letters.first(), other.letters.first()) else {
            return 0.0;
        };
        if one.letters.len() == 1 || other.letters.len() == 1 {
            let same = first.to_uppercase().eq(second.to_uppercase());
            return if same { self.initial } else { 0.0 };
        }
        if one.is_same_name(other) {
            return self.one_head;
        }
        let abjad = one.abjad || other.abjad;
        let (left, right) = (&one.skeleton.letters, &other.skeleton.letters);
        let row = &mut self.rows[0];
        let edits = match (left.ascii(), right.ascii()) {
            (Some(left), Some(right)) => levenshtein(left.iter(), right, row),
            _ => levenshtein(left.chars().iter(), &right.chars(), row),
        };
        if self.have_little_in_common(edits, left.len().max(right.len())) {
            return 0.0;
        }
        let distance = match (one.letters.ascii(), other.letters.ascii()) {
            (Some(one), Some(other)) => self.distance(one, other, abjad),
            _ => self.distance(&one.letters.chars(), &other.letters.chars(), abjad),
        };
        let mut likeness = (1.0 - distance / self.length(&one.letters, &other.letters, abjad)).max(0.0);
        if one.is_short_for(other) || other.is_short_for(one) {
            likeness = likeness.max(self.short_form);
        } else if abjad && one.may_be_name_of(other) {
            likeness = likeness.max(self.one_name);
        } else if one.is_another_name(other) {
            likeness -= self.both_listed;
        } else if likeness < self.the_same && one.is_known_to_be_another(other) {
            likeness -= if likeness < self.nearly {
                self.both_in_lexicon
            } else {
                self.nearly_the_same
            };
        }
        if abjad { likeness * self.of_abjad } else { likeness }
    }

    fn length(&self, one: &Letters, other: &Letters, abjad: bool) -> f64 {
        let vowel = if abjad { self.vowel_abjad } else { self.vowel };
        let of = |text: &Letters| {
            let vowels = text.0.bytes().filter(|letter| is_vowel(*letter));
            let vowels = vowels.count();
            vowels as f64 * vowel + (text.len() - vowels) as f64 * self.consonant
        };
        ((of(one) + of(other)) / 2.0).max(self.shortest)
    }

    /// Weighted edit distance, with two neighbours that changed places as one error.
    fn distance<L: Copy + PartialEq + Into<u32>>(&mut self, one: &[L], other: &[L], abjad: bool) -> f64 {
        let (left_out, last) = if abjad {
            (&self.left_out_abjad, &self.left_out_abjad_last)
        } else {
            (&self.left_out, &self.left_out_last)
        };
        self.costs.clear();
        self.costs.extend(other.iter().map(|letter| left_out.of(*letter)));
        if let (Some(cost), Some(letter)) = (self.costs.last_mut(), other.last()) {
            *cost = last.of(*letter);
        }
        let substitution = &self.substitution;
        let [before, previous, current] = &mut self.rows;
        previous.clear();
        previous.push(0.0);
        for cost in &self.costs {
            previous.push(previous[previous.len() - 1] + cost);
        }
        before.clone_from(previous);
        for (row, letter) in one.iter().enumerate() {
            let gone = if row + 1 == one.len() {
                last.of(*letter)
            } else {
                left_out.of(*letter)
            };
            current.clear();
            current.push(previous[0] + gone);
            for (column, opposite) in other.iter().enumerate() {
                let change = if letter == opposite {
                    0.0
                } else {
                    substitution.of((*letter).into(), (*opposite).into())
                };
                let mut best = previous[column] + change;
                best = best.min(previous[column + 1] + gone);
                best = best.min(current[column] + self.costs[column]);
                let turned = row > 0
                    && column > 0
                    && *letter == other[column - 1]
                    && one[row - 1] == *opposite
                    && letter != opposite;
                if turned {
                    best = best.min(before[column - 1] + self.swapped);
                }
                current.push(best);
            }
            std::mem::swap(before, previous);
            std::mem::swap(previous, current);
        }
        previous[other.len()]
    }
}

fn levenshtein<'a, L: PartialEq + 'a>(one: impl Iterator<Item = &'a L>, other: &[L], row: &mut Vec<f64>) -> usize {
    row.clear();
    row.extend((0..=other.len()).map(|number| number as f64));
    for (number, letter) in one.enumerate() {
        let mut diagonal = row[0];
        row[0] = (number + 1) as f64;
        for (column, opposite) in other.iter().enumerate() {
            let above = row[column + 1];
            let change = diagonal + if letter == opposite { 0.0 } else { 1.0 };
            row[column + 1] = change.min(above + 1.0).min(row[column] + 1.0);
            diagonal = above;
        }
    }
    row[other.len()] as usize
}
