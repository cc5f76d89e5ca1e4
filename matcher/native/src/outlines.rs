//! What tells most pairs of parts of names apart: a few bytes of each, where a part itself is long and far away in memory.
//! Wrong only by not telling them apart.

use crate::alike::{Sounds, Spelling};
use crate::hashing::hash;

/// The head of what is written for it, in the list of variants.
const MOHAMMAD: &str = "MOHAMMAD";
/// Between two neighbours a particle, and in what is written together a part of it.
pub const LINK: &str = "UL";

/// What is looked at first of a part.
#[derive(Clone, Copy)]
pub struct Outline {
    /// The letters of the skeleton by their last five bits, the first one lowest.
    bones: u64,
    /// A bit for each letter of the skeleton, and of the spelling; letters may share one.
    bones_met: u32,
    letters_met: u32,
    /// Of the skeleton; 0 where it is out of the ordinary: read in two ways, an initial, or longer than names are.
    pub bones_length: u8,
    /// Of the spelling; 64 stands for more.
    pub length: u8,
    /// A number for what it begins with, which some letters share; 0 where that tells nothing.
    beginning: u8,
    consonants: u8,
    /// Bits that it tells.
    pub weight: f64,
    pub is_title: bool,
    /// How many letters may be left out before what is a given name by itself; 0 for most.
    pub before_own: u8,
    /// Whether anything of it is heard.
    pub is_heard: bool,
    /// Whether it is a form of that name.
    pub is_mohammad: bool,
    /// Whether it may be written together with this between.
    pub has_link: bool,
    /// A number for the name of the lists that it is a form of, which others may share; 0 where it is of none.
    head: u8,
}

impl Outline {
    const BITS: usize = 5;
    const MOST: usize = u64::BITS as usize / Self::BITS;

    pub fn new(
        sounds: &Sounds,
        spelling: &Spelling,
        in_one_way: bool,
        consonants: u16,
        weight: f64,
        is_title: bool,
        before_own: usize,
    ) -> Self {
        let bones = &sounds.skeleton.letters;
        let is_plain = in_one_way && sounds.letters.len() > 1 && bones.len() <= Self::MOST && spelling.length < 64;
        let places = bones.0.chars().take(Self::MOST).enumerate();
        Self {
            bones: places.fold(0, |all, (at, letter)| {
                all | u64::from(bits(letter)) << (at * Self::BITS)
            }),
            bones_met: met(&bones.0),
            letters_met: met(&spelling.text),
            bones_length: if is_plain { bones.len() as u8 } else { 0 },
            length: spelling.length.min(64) as u8,
            beginning: sounds.beginning().map_or(0, |letter| bits(letter) + 1),
            consonants: consonants.min(u16::from(u8::MAX)) as u8,
            weight,
            is_title,
            before_own: u8::try_from(before_own).unwrap_or(0),
            is_heard: !sounds.letters.is_empty(),
            is_mohammad: sounds.is_form_of(MOHAMMAD),
            has_link: spelling.text.contains(LINK),
            head: sounds.head.as_ref().map_or(0, |head| hash(head.as_bytes()) as u8 | 1),
        }
    }

    pub fn is_plain(&self) -> bool {
        self.bones_length > 0
    }

    /// Its skeleton, letter by letter.
    fn bones(&self) -> impl Iterator<Item = usize> {
        let letter = |at| (self.bones >> (at * Self::BITS) & ((1 << Self::BITS) - 1)) as usize;
        (0..usize::from(self.bones_length)).map(letter)
    }

    /// Whether both may be forms of one name of the lists.
    pub fn may_share_head(&self, other: &Self) -> bool {
        self.head != 0 && self.head == other.head
    }

    /// Whether it has about as many consonants as two others, and may begin as the first of them.
    pub fn may_be_both(&self, first: &Self, second: &Self) -> bool {
        self.beginning == first.beginning
            && self.length >= 4
            && first.length.min(second.length) >= 2
            && self
                .consonants
                .abs_diff(first.consonants.saturating_add(second.consonants))
                <= 1
    }

    /// Edits between the two skeletons, at least.
    pub fn least_edits(&self, other: &Self) -> usize {
        of_one_alone(self.bones_met, other.bones_met) as usize
    }

    /// Whether it may be the other with one letter wrong, missing, too many, or in its neighbour's place.
    pub fn may_be_one_letter_off(&self, other: &Self, from: usize) -> bool {
        usize::from(self.length.min(other.length)) >= from
            && self.length.abs_diff(other.length) <= 1
            && of_one_alone(self.letters_met, other.letters_met) <= 1
    }
}

fn met(text: &str) -> u32 {
    text.chars().fold(0, |all, letter| all | 1 << bits(letter))
}

/// How many letters one of two texts has and the other has not: each is an edit.
fn of_one_alone(one: u32, other: u32) -> u32 {
    (one & !other).count_ones().max((other & !one).count_ones())
}

/// A letter by its last bits. That some share them makes names no further apart.
fn bits(letter: char) -> u8 {
    letter as u8 & 31
}

/// A part that is held against several others.
pub struct Pattern {
    pub outline: Outline,
    /// By letter, a bit for each of its places in the skeleton.
    places: [u16; 1 << Outline::BITS],
}

impl Pattern {
    pub fn new(outline: Outline) -> Self {
        let mut places = [0; 1 << Outline::BITS];
        for (at, letter) in outline.bones().enumerate() {
            places[letter] |= 1 << at;
        }
        Self { outline, places }
    }

    /// Edits between its skeleton, of one letter at least, and another: by columns of bits (Myers 1999, as Hyyrö 2003 has it).
    pub fn edits(&self, other: &Outline) -> usize {
        let last = 1_u16 << (self.outline.bones_length - 1);
        let mut edits = usize::from(self.outline.bones_length);
        let (mut more, mut less) = (u16::MAX, 0_u16);
        for letter in other.bones() {
            let same = self.places[letter];
            let diagonal = ((same & more).wrapping_add(more) ^ more) | same | less;
            let (up, down) = (less | !(diagonal | more), more & diagonal);
            edits += usize::from(up & last != 0);
            edits -= usize::from(down & last != 0);
            let up = up << 1 | 1;
            more = down << 1 | !(diagonal | up);
            less = up & diagonal;
        }
        edits
    }
}
