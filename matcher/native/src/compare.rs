//! Two whole names, as `matcher/names/compare.py` compares them, for the many near misses: the same steps in the same
//! order on the same numbers. What a name's parts are and how alike two of them sound is kept.

use std::ops::Range;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use smallvec::SmallVec;

use crate::alike::{Alike, Heard, Sounds, Spelling};
use crate::hashing::{Map, Secret};
use crate::outlines::{LINK, Outline, Pattern};
use crate::parts::{Parts, ToldHalf};
use crate::sounds::Pinyin;
use crate::told;
use crate::words::Words;

const PARTS: usize = 10;
/// The last digits of sums may differ between the two; where that could matter, Python decides.
const MARGIN: f64 = 1e-6;

/// The numbers of `matcher.names.compare.NUMBERS`.
struct Numbers {
    agrees: f64,
    same: f64,
    least: f64,
    doubtful: f64,
    contradicts: f64,
    own_name_missing: f64,
    own_name_share: f64,
    mohammad_left_out: f64,
    part_missing: f64,
    most_missing: f64,
    halves_swapped: f64,
    surname_first: f64,
    inverted: f64,
    descent_inverted: f64,
    full_line: usize,
}

impl Numbers {
    fn read(numbers: &Bound<'_, PyDict>) -> PyResult<Self> {
        let number = |name| told::<f64>(numbers, name);
        Ok(Self {
            agrees: number("agrees")?,
            same: number("same")?,
            least: number("least")?,
            doubtful: number("doubtful")?,
            contradicts: number("contradicts")?,
            own_name_missing: number("own_name_missing")?,
            own_name_share: number("own_name_share")?,
            mohammad_left_out: number("mohammad_left_out")?,
            part_missing: number("part_missing")?,
            most_missing: number("most_missing")?,
            halves_swapped: number("halves_swapped")?,
            surname_first: number("surname_first")?,
            inverted: number("inverted")?,
            descent_inverted: number("descent_inverted")?,
            full_line: number("full_line")? as usize,
        })
    }
}

impl Numbers {
    /// Bits against them for parts of either name, so many, that agree with nothing.
    fn left_over(&self, one: u32, other: u32) -> f64 {
        let contradicting = one.min(other);
        self.contradicts * f64::from(contradicting)
            + (self.part_missing * f64::from(one.max(other) - contradicting)).min(self.most_missing)
    }
}

/// What two names could tell, so many of whose parts agree: more where it is one alone and both have others.
fn could_tell(seen: &Name, known: &Name, pairs: usize) -> f64 {
    let alone = pairs == 1 && seen.count.min(known.count) > 1;
    seen.total.min(known.total) + if alone { 4.0 } else { 0.0 } + 0.5
}

/// A part as it is told: text, abjad, weight, consonants, whether it is a title, how many letters may be left out before what
/// is a given name by itself, how it sounds, and how else, and what it is where it is pinyin.
pub type Told = (
    String,
    bool,
    f64,
    u16,
    bool,
    usize,
    Heard,
    Option<Heard>,
    Option<Pinyin>,
);

/// One part of a name, as it was taken apart.
struct Part {
    sounds: Sounds,
    /// How it sounds if it is read in another way.
    also: Option<Box<Sounds>>,
    pinyin: Option<Box<Pinyin>>,
    spelling: Spelling,
}

impl Part {
    /// Whether two parts are pinyin, and different.
    fn is_another_in_pinyin(&self, other: &Self) -> bool {
        let (Some(one), Some(two)) = (&self.pinyin, &other.pinyin) else {
            return false;
        };
        let ((sure, may_be, readings), (other_sure, other_may_be, others)) = (&**one, &**two);
        if !sure && !other_sure || self.spelling.text == other.spelling.text {
            return false;
        }
        if !(*sure && *other_sure) && self.sounds.is_same_name(&other.sounds) {
            return false;
        }
        !readings.iter().any(|reading| others.contains(reading)) || !may_be && !other_may_be
    }
}

struct Half {
    parts: Range<u32>,
    descent: bool,
}

/// A whole name: given names before the surname.
#[derive(Clone, Copy, Default, PartialEq)]
pub struct Name {
    parts: [u32; PARTS],
    /// Where each part stands: 0 surname, 1 given names; and its number there.
    places: [(u8, u8); PARTS],
    count: usize,
    /// Bits of the parts that are titles.
    titles: u32,
    /// Whether a Mohammad, titles before it left out, stands before the name that its bearer is called by.
    mohammad_before: bool,
    descent: bool,
    goes_on: bool,
    full: bool,
    total: f64,
}

/// Where things stand in the first number of a packed name: how many parts it has, how many of them are given names (which
/// come first), four flags, which parts are titles, and how much all of them tell.
const GIVEN_FROM: u32 = 4;
const FLAGS_FROM: u32 = 8;
const TITLES_FROM: u32 = 12;
const TOTAL_FROM: u32 = TITLES_FROM + PARTS as u32;
const COUNT: u32 = (1 << GIVEN_FROM) - 1;
const _: () = assert!(PARTS <= COUNT as usize && TOTAL_FROM < u32::BITS);

impl Name {
    /// Of how many parts it is.
    pub fn count(&self) -> usize {
        self.count
    }

    fn is_title(&self, at: usize) -> bool {
        self.titles >> at & 1 == 1
    }

    /// The first of each two parts that stand beside each other in one half.
    fn neighbours(&self) -> impl Iterator<Item = usize> {
        (0..self.count).filter(|at| !self.is_last(*at))
    }

    /// The first part that is no title, or the last one of its half.
    fn behind_titles(&self) -> usize {
        let mut parts = 0..self.count;
        parts.find(|at| !self.is_title(*at) || self.is_last(*at)).unwrap_or(0)
    }

    /// Which part is a Mohammad before the name that its bearer is called by.
    fn mohammad(&self) -> Option<usize> {
        self.mohammad_before.then(|| self.behind_titles())
    }

    fn is_last(&self, at: usize) -> bool {
        at + 1 == self.count || self.places[at + 1].0 != self.places[at].0
    }

    /// Put behind some bytes what `unpack` makes it of; None where its weight does not fit, which a name's does.
    pub fn pack(&self, out: &mut Vec<u8>) -> Option<()> {
        let total = self.total as u32;
        if f64::from(total) != self.total || total >> (u32::BITS - TOTAL_FROM) != 0 {
            return None;
        }
        let given = self.places[..self.count].iter().filter(|place| place.0 == 1).count();
        let flags = [self.descent, self.goes_on, self.full, self.mohammad_before];
        let flags = flags.iter().enumerate().map(|(at, flag)| u32::from(*flag) << at);
        let head = self.count as u32
            | (given as u32) << GIVEN_FROM
            | flags.sum::<u32>() << FLAGS_FROM
            | self.titles << TITLES_FROM
            | total << TOTAL_FROM;
        out.extend_from_slice(&head.to_le_bytes());
        for part in &self.parts[..self.count] {
            out.extend_from_slice(&part.to_le_bytes());
        }
        Some(())
    }

    /// Take a name from the front of some bytes.
    pub fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let mut number = || {
            let (number, rest) = bytes.split_first_chunk()?;
            *bytes = rest;
            Some(u32::from_le_bytes(*number))
        };
        let head = number()?;
        let (count, given) = ((head & COUNT) as usize, (head >> GIVEN_FROM & COUNT) as usize);
        let flag = |at: u32| head >> (FLAGS_FROM + at) & 1 == 1;
        let mut name = Self {
            count,
            titles: head >> TITLES_FROM & ((1 << PARTS) - 1),
            descent: flag(0),
            goes_on: flag(1),
            full: flag(2),
            mohammad_before: flag(3),
            total: f64::from(head >> TOTAL_FROM),
            ..Self::default()
        };
        for at in 0..count.min(PARTS) {
            name.parts[at] = number()?;
            name.places[at] = if at < given {
                (1, at as u8)
            } else {
                (0, (at - given) as u8)
            };
        }
        Some(name)
    }
}

/// A name, and which of its parts agree with nothing.
struct Side<'a> {
    name: &'a Name,
    left: u32,
}

impl<'a> Side<'a> {
    fn new(name: &'a Name, left: u32) -> Self {
        Self { name, left }
    }

    /// Whether all that stands before this part in its half, titles and a Mohammad left out, agrees with something.
    fn is_reached(&self, at: usize) -> bool {
        let mohammad = self.name.mohammad().map_or(0, |at| 1 << at);
        let (places, left) = (&self.name.places, self.left & !self.name.titles & !mohammad);
        !(0..at).any(|before| left >> before & 1 == 1 && places[before].0 == places[at].0)
    }

    /// Whether this part stands in the surname of a name that has given names too.
    fn is_surname(&self, at: usize) -> bool {
        self.name.places[at].0 != self.name.places[0].0
    }

    /// Whether the first part of another name, all of it in one half, is a surname: it comes twice, or is found here in the
    /// surname, or behind all else. `pairs` has parts of the other name and of this one.
    fn has_first_as_surname(&self, other: &Name, mut pairs: impl Iterator<Item = (usize, usize)> + Clone) -> bool {
        if other.parts[2..other.count].contains(&other.parts[0]) {
            return true;
        }
        let found = pairs.clone().find(|(its, _)| *its == 0);
        found.is_some_and(|(_, at)| self.is_surname(at) || self.left >> at == 0 && pairs.all(|(_, here)| here <= at))
    }
}

/// A part of the name seen, and the one of the name known that it is taken for; each the first of two written as one.
#[derive(Clone, Copy, Default)]
struct Pair {
    seen: usize,
    known: usize,
    likeness: f64,
    weight: f64,
}

/// Two names held against each other, as `compare_names` tells it; by default nothing was to be compared.
#[derive(Default)]
pub struct Compared {
    pub agreement: f64,
    pub bits: f64,
    pairs: [Pair; PARTS],
    count: usize,
    contradicting: u32,
    inverted: bool,
}

/// Whether these two parts may be the own name: nothing before them is left over, and where one stands in the surname,
/// the first given name is found in the other name.
fn is_believed(seen: &Side<'_>, known: &Side<'_>, (i, j): (usize, usize), pairs: &[Pair]) -> bool {
    if !seen.is_reached(i) || !known.is_reached(j) {
        return false;
    }
    match (seen.is_surname(i), known.is_surname(j)) {
        (false, false) => true,
        (true, true) => false,
        (true, false) => pairs.iter().any(|pair| pair.seen == 0 && known.is_reached(pair.known)),
        (false, true) => pairs.iter().any(|pair| pair.known == 0 && seen.is_reached(pair.seen)),
    }
}

/// Parts of one name (one, or two neighbours that the other name writes as one) against parts of the other.
struct Choice {
    order: f64,
    likeness: f64,
    seen: (usize, Option<usize>),
    known: (usize, Option<usize>),
    weight: f64,
}

/// For each part of one name a bit for each part of another that is not surely another one.
type NotApart = [u32; PARTS];

/// The best of several comparisons of two people's names.
pub struct Best {
    pub agrees: bool,
    pub detail: String,
    pub bits: i64,
}

/// Compares names, with what was told of their parts.
pub struct Comparing {
    /// What takes nearly all names apart.
    apart: Arc<Parts>,
    half: Py<PyAny>,
    part: Py<PyAny>,
    joined: Py<PyAny>,
    numbers: Numbers,
    alike: Alike,
    /// So many half names or parts are kept; then all are forgotten. Of pairs four times as many, and then those alone.
    most: usize,
    /// How often all were.
    era: u32,
    secret: Secret,
    halves: Map<u128, Half>,
    words: Words,
    /// Numbers of the parts of half names.
    kept: Vec<u32>,
    numbered: Map<u128, u32>,
    parts: Vec<Part>,
    /// One of each part.
    outlines: Vec<Outline>,
    pairs: Map<u64, f64>,
    /// The number of two neighbours written as one.
    neighbours: Map<u64, u32>,
    choices: Vec<Choice>,
}

impl Comparing {
    /// `half`, `part` and `joined` are those of `matcher.native`.
    pub fn new(
        apart: Arc<Parts>,
        (half, part, joined): (Py<PyAny>, Py<PyAny>, Py<PyAny>),
        numbers: &Bound<'_, PyDict>,
        alike: Alike,
        words: Words,
        most: usize,
    ) -> PyResult<Self> {
        Ok(Self {
            apart,
            half,
            part,
            joined,
            numbers: Numbers::read(numbers)?,
            alike,
            most,
            era: 0,
            secret: Secret::new(),
            halves: Map::default(),
            words,
            kept: Vec::new(),
            numbered: Map::default(),
            parts: Vec::new(),
            outlines: Vec::new(),
            pairs: Map::default(),
            neighbours: Map::default(),
            choices: Vec::new(),
        })
    }

    /// Forget all where that is much. Names made in an earlier era must not be used any more.
    pub fn tidy(&mut self) {
        if self.pairs.len() >= 4 * self.most {
            self.pairs.clear();
        }
        let kept = [self.halves.len(), self.parts.len(), self.neighbours.len()];
        if kept.iter().any(|kept| *kept >= self.most) {
            self.era += 1;
            self.halves.clear();
            self.kept.clear();
            self.numbered.clear();
            self.parts.clear();
            self.outlines.clear();
            self.pairs.clear();
            self.neighbours.clear();
        }
    }

    /// Grows whenever all is forgotten.
    pub fn era(&self) -> u32 {
        self.era
    }

    /// A name to compare.
    pub fn name(&mut self, py: Python<'_>, surname: &str, given_names: &str) -> PyResult<Name> {
        let (surname, given_names) = &self.words.rejoined(py, surname, given_names)?;
        let mut name = Name::default();
        for (half, text) in [(1, given_names), (0, surname)] {
            let mut number = 0;
            let mut add = |part: u32| {
                if name.count < PARTS {
                    name.parts[name.count] = part;
                    name.places[name.count] = (half, number);
                    name.count += 1;
                    number += 1;
                }
            };
            if self.words.read(py, text)? {
                let words = self.words.take();
                for at in 0..words.len() {
                    let part = self.numbered(py, words.get(at), false)?;
                    if self.outlines[part as usize].is_heard {
                        add(part);
                    }
                }
                self.words.give_back(words);
            } else {
                let (parts, descent) = self.half(py, text)?;
                self.kept[parts.start as usize..parts.end as usize]
                    .iter()
                    .for_each(|part| add(*part));
                name.descent |= descent;
                // Given names come first.
                name.goes_on = descent && half == 1 || name.goes_on && !descent;
            }
            if half == 1 {
                self.take_own_apart(py, &mut name)?;
            }
        }
        let outline = |part: &u32| &self.outlines[*part as usize];
        let parts = || name.parts[..name.count].iter().map(outline);
        let length: usize = parts().map(|part| usize::from(part.length) + 1).sum();
        name.total = parts().map(|part| part.weight).sum();
        name.full = length >= self.numbers.full_line;
        name.titles = parts()
            .enumerate()
            .map(|(at, part)| u32::from(part.is_title) << at)
            .sum();
        let first = name.behind_titles();
        name.mohammad_before = name.count > 0 && !name.is_last(first) && outline(&name.parts[first]).is_mohammad;
        Ok(name)
    }

    /// Of given names, take the first that is no title apart where it is two, and the first may be left out.
    fn take_own_apart(&mut self, py: Python<'_>, name: &mut Name) -> PyResult<()> {
        let outline = |part: &u32| &self.outlines[*part as usize];
        let own = name.parts[..name.count].iter().position(|part| !outline(part).is_title);
        let Some(at) = own.filter(|at| outline(&name.parts[*at]).before_own > 0) else {
            return Ok(());
        };
        let part = name.parts[at] as usize;
        let text = self.parts[part].spelling.text.clone();
        let (before, own) = text.split_at(usize::from(self.outlines[part].before_own));
        name.parts[at] = self.numbered(py, before, false)?;
        let own = self.numbered(py, own, false)?;
        if at + 1 < PARTS {
            name.count = PARTS.min(name.count + 1);
            name.parts[at + 1..name.count].rotate_right(1);
            name.parts[at + 1] = own;
            name.places[name.count - 1] = (1, name.count as u8 - 1);
        }
        Ok(())
    }

    /// Whether a name is rare enough to tell so many bits.
    pub fn may_tell(&self, name: &Name, bits: f64) -> bool {
        name.total >= bits - MARGIN
    }

    /// Whether two names may be one person's and tell so many bits. Wrong only by saying yes, and seldom.
    /// `patterns` are those of the name seen.
    pub fn may_agree(
        &mut self,
        py: Python<'_>,
        (seen, patterns): (&Name, &[Pattern]),
        known: &Name,
        bits: f64,
    ) -> PyResult<bool> {
        if !self.may_tell(seen, bits) || !self.may_tell(known, bits) {
            return Ok(false);
        }
        let not_apart = self.not_apart(patterns, known);
        if self.cannot_agree(seen, known, &not_apart, bits) {
            return Ok(false);
        }
        let told = self.compare_such(py, seen, known, &not_apart)?;
        Ok(told.agreement >= self.numbers.agrees - MARGIN && told.bits >= bits - MARGIN)
    }

    /// Whether two names have so few parts that are not surely apart that they cannot be one person's and tell so many bits,
    /// however alike those sound: true of most pairs, and told without a look at the parts themselves.
    fn cannot_agree(&mut self, seen: &Name, known: &Name, not_apart: &NotApart, bits: f64) -> bool {
        let numbers = &self.numbers;
        // A part that was cut may be one that is apart, and so may two that are one.
        if seen.full && known.full {
            return false;
        }
        let (mut of_seen, mut of_known, mut most) = (0, 0_u32, 0.0);
        for (part, apart_from) in seen.parts[..seen.count].iter().zip(not_apart) {
            let others = (0..known.count).filter(|at| apart_from >> at & 1 == 1);
            if let Some(other) = others.map(|at| self.weight(known.parts[at])).reduce(f64::max) {
                of_seen += 1;
                of_known |= apart_from;
                most += (self.weight(*part) + other) / 2.0;
            }
        }
        let pairs = of_known.count_ones().min(of_seen);
        let left_over = numbers.left_over(seen.count as u32 - pairs, known.count as u32 - pairs);
        let most = most.min(seen.total).min(known.total) - left_over;
        (most < bits - MARGIN || most < (numbers.agrees - MARGIN) * could_tell(seen, known, pairs as usize))
            && !self.may_be_joined(seen, known)
            && !self.may_be_joined(known, seen)
    }

    /// Whether a part of one name may be two neighbours of the other.
    fn may_be_joined(&mut self, name: &Name, apart: &Name) -> bool {
        let mut neighbours = apart.neighbours();
        neighbours.any(|at| {
            let mut parts = name.parts[..name.count].iter();
            parts.any(|part| self.may_be_both(*part, apart.parts[at], apart.parts[at + 1]))
        })
    }

    /// What `compare_names` has of the two names.
    pub fn compare(&mut self, py: Python<'_>, seen: &Name, known: &Name) -> PyResult<Compared> {
        let patterns: SmallVec<[Pattern; PARTS]> = self.patterns(seen).collect();
        let not_apart = self.not_apart(&patterns, known);
        self.compare_such(py, seen, known, &not_apart)
    }

    fn compare_such(&mut self, py: Python<'_>, seen: &Name, known: &Name, not_apart: &NotApart) -> PyResult<Compared> {
        if seen.count == 0 || known.count == 0 {
            return Ok(Compared::default());
        }
        self.choose(py, seen, known, not_apart)?;
        let numbers = &self.numbers;
        let (mut left_seen, mut left_known) = ((1u32 << seen.count) - 1, (1u32 << known.count) - 1);
        let mut pairs = [Pair::default(); PARTS];
        let mut count = 0;
        for choice in &self.choices {
            let (of_seen, of_known) = (bits_of(choice.seen), bits_of(choice.known));
            if left_seen & of_seen == of_seen && left_known & of_known == of_known {
                left_seen &= !of_seen;
                left_known &= !of_known;
                pairs[count] = Pair {
                    seen: choice.seen.0,
                    known: choice.known.0,
                    likeness: choice.likeness,
                    weight: choice.weight,
                };
                count += 1;
            }
        }
        // By place: given names first, which is the order of the parts.
        pairs[..count].sort_by_key(|pair| pair.seen);
        let made = &pairs[..count];
        let told: f64 = made.iter().map(|pair| pair.weight).sum();
        let mut bits = told.min(seen.total).min(known.total);
        let (over_seen, over_known) = (left_seen.count_ones(), left_known.count_ones());
        bits -= numbers.left_over(over_seen, over_known);
        let (against, inverted) = self.against(&Side::new(seen, left_seen), &Side::new(known, left_known), made);
        bits -= against;
        Ok(Compared {
            agreement: (bits / could_tell(seen, known, count)).clamp(0.0, 1.0),
            bits,
            pairs,
            count,
            contradicting: over_seen.min(over_known),
            inverted,
        })
    }

    /// The two names that agree best, as the feature `name` of `matcher/identity.py` has them; none where no two have a
    /// letter. None where Python must decide: the last digits of sums would.
    pub fn best(&mut self, py: Python<'_>, seen: &[Name], known: &[Name]) -> Option<Option<Best>> {
        let mut best: Option<(bool, f64, String)> = None;
        for one in seen {
            for other in known {
                if one.count == 0 || other.count == 0 {
                    continue;
                }
                let compared = self.compare(py, one, other).ok()?;
                let (agrees, detail) = self.detail(&compared, one, other)?;
                if let Some((agreed, bits, told)) = &best {
                    if *agreed == agrees && (compared.bits - bits).abs() < MARGIN && *told != detail {
                        return None;
                    }
                    if (*agreed, *bits) >= (agrees, compared.bits) {
                        continue;
                    }
                }
                best = Some((agrees, compared.bits, detail));
            }
        }
        let Some((agrees, bits, detail)) = best else {
            return Some(None);
        };
        // Where Python would round to the even one.
        if ((bits - bits.floor()) - 0.5).abs() < MARGIN {
            return None;
        }
        Some(Some(Best {
            agrees,
            detail,
            bits: bits.round() as i64,
        }))
    }

    /// Whether two names agree, and which part with which; None where the last digits of a sum decide.
    fn detail(&self, compared: &Compared, seen: &Name, known: &Name) -> Option<(bool, String)> {
        let place = |(half, number): (u8, u8)| {
            let half = if half == 1 { "given" } else { "surname" };
            format!("{half} {}", number + 1)
        };
        let mut told = Vec::with_capacity(compared.count + 2);
        for pair in &compared.pairs[..compared.count] {
            let off = pair.likeness - self.numbers.same;
            (off == 0.0 || off.abs() > MARGIN).then_some(())?;
            let sign = if off >= 0.0 { '=' } else { '~' };
            let (one, other) = (place(seen.places[pair.seen]), place(known.places[pair.known]));
            told.push(format!("{one} {sign} {other}"));
        }
        if compared.contradicting > 0 {
            told.push(format!("{} contradicting", compared.contradicting));
        }
        if compared.inverted {
            told.push("order of descent".to_owned());
        }
        let off = compared.agreement - self.numbers.agrees;
        (off.abs() > MARGIN).then_some(())?;
        let detail = if told.is_empty() {
            "nothing agrees".to_owned()
        } else {
            told.join(", ")
        };
        Some((off > 0.0, detail))
    }

    /// All ways in which parts may be paired, the most alike first.
    fn choose(&mut self, py: Python<'_>, seen: &Name, known: &Name, not_apart: &NotApart) -> PyResult<()> {
        self.choices.clear();
        for (i, not_apart) in not_apart.iter().enumerate().take(seen.count) {
            for j in 0..known.count {
                let mut likeness = if not_apart >> j & 1 == 1 {
                    self.alike(seen.parts[i], known.parts[j])
                } else {
                    0.0
                };
                if likeness < self.numbers.least {
                    likeness = self.cut(seen, i, known, j);
                }
                if likeness >= self.numbers.doubtful {
                    let near = near(seen.places[i], known.places[j]);
                    let weights = self.weight(seen.parts[i]) + self.weight(known.parts[j]);
                    let tells = if likeness >= self.numbers.least {
                        self.tells(likeness) * weights / 2.0
                    } else {
                        self.doubt(likeness)
                    };
                    self.choices.push(Choice {
                        order: likeness + near,
                        likeness,
                        seen: (i, None),
                        known: (j, None),
                        weight: tells,
                    });
                }
            }
        }
        self.choose_joined(py, seen, known, false)?;
        self.choose_joined(py, known, seen, true)?;
        self.choices.sort_by(|a, b| {
            b.order
                .total_cmp(&a.order)
                .then_with(|| a.seen.cmp(&b.seen))
                .then_with(|| a.known.cmp(&b.known))
        });
        Ok(())
    }

    /// Two neighbours of a name as one part of the other.
    fn choose_joined(&mut self, py: Python<'_>, name: &Name, apart: &Name, turned: bool) -> PyResult<()> {
        for i in 0..name.count {
            for j in apart.neighbours() {
                let (whole, first, second) = (name.parts[i], apart.parts[j], apart.parts[j + 1]);
                if !self.may_be_both(whole, first, second) {
                    continue;
                }
                let neighbours = self.neighbours(py, first, second, "")?;
                let mut likeness = self.alike(whole, neighbours);
                if likeness < self.numbers.same && self.outlines[whole as usize].has_link {
                    let neighbours = self.neighbours(py, first, second, LINK)?;
                    likeness = likeness.max(self.alike(whole, neighbours));
                }
                if likeness >= 0.8 {
                    let both = (self.weight(first) + self.weight(second)).min(12.0);
                    let weight = self.tells(likeness) * self.weight(whole).max(both);
                    let (two, one) = ((j, Some(j + 1)), (i, None));
                    let (seen, known) = if turned { (two, one) } else { (one, two) };
                    self.choices.push(Choice {
                        order: likeness + 0.08,
                        likeness,
                        seen,
                        known,
                        weight,
                    });
                }
            }
        }
        Ok(())
    }

    /// Whether a part has about as many consonants as two, about the same ones, and begins as the first of them.
    fn may_be_both(&mut self, whole: u32, first: u32, second: u32) -> bool {
        let outline = |number: u32| &self.outlines[number as usize];
        // True of few, and told without a look at the parts themselves.
        if !outline(whole).may_be_both(outline(first), outline(second)) {
            return false;
        }
        let sounds = |number: u32| &self.parts[number as usize].sounds;
        let (whole, first, second) = (sounds(whole), sounds(first), sounds(second));
        whole.beginning() == first.beginning()
            && self
                .alike
                .may_be_both(&whole.skeleton, &first.skeleton, &second.skeleton)
    }

    /// Bits against them for where the parts stand, and whether an order of descent is turned round.
    fn against(&self, seen: &Side<'_>, known: &Side<'_>, pairs: &[Pair]) -> (f64, bool) {
        let numbers = &self.numbers;
        let against = self.own_name(seen, known, pairs);
        let (seen, known) = (seen.name, known.name);
        let halves = |pair: &Pair| (seen.places[pair.seen].0, known.places[pair.known].0);
        if seen.descent && known.descent {
            // Pairs are in the order of the parts seen already.
            let mut line = pairs
                .iter()
                .filter(|pair| halves(pair) == (1, 1))
                .map(|pair| pair.known);
            let mut before = line.next();
            for known in line {
                if before.is_some_and(|one| one > known) {
                    return (against + numbers.descent_inverted, true);
                }
                before = Some(known);
            }
        }
        let own = pairs.first().is_some_and(|pair| (pair.seen, pair.known) == (0, 0));
        if seen.goes_on && known.goes_on && own {
            // The father of one is the grandfather of the other, and the other way round.
            let cross = |way| pairs.iter().any(|pair| halves(pair) == way);
            if cross((0, 1)) && cross((1, 0)) {
                return (against + numbers.descent_inverted, true);
            }
        }
        (against, false)
    }

    /// Bits against them for parts in another order, the own name left out.
    fn turned(&self, pairs: &[Pair], own: (usize, usize)) -> f64 {
        let rest = || pairs.iter().filter(|pair| (pair.seen, pair.known) != own);
        let mut inversions = 0u32;
        for (n, one) in rest().enumerate() {
            inversions += rest().skip(n + 1).filter(|later| one.known > later.known).count() as u32;
        }
        self.numbers.inverted * f64::from(inversions.min(2))
    }

    /// Bits against them for where the own names and the other parts stand; the least that it can be.
    fn own_name(&self, seen: &Side<'_>, known: &Side<'_>, pairs: &[Pair]) -> f64 {
        let numbers = &self.numbers;
        let places = pairs.iter().map(|pair| (pair.seen, pair.known));
        let turned = pairs.iter().map(|pair| (pair.known, pair.seen));
        let (own_seen, own_known) = (self.own_names(seen, known, places), self.own_names(known, seen, turned));
        let share = numbers.own_name_share * seen.name.total.min(known.name.total);
        let mut against = numbers.own_name_missing.max(share);
        for pair in pairs {
            let places = (pair.seen, pair.known);
            if let (Some(one), Some(other)) = (own_seen[pair.seen], own_known[pair.known])
                && one + other < against
                // Both the other way round would be both as they should be.
                && !(one == numbers.halves_swapped && other == numbers.halves_swapped)
                && is_believed(seen, known, places, pairs)
            {
                against = against.min(one + other + self.turned(pairs, places));
            }
        }
        against
    }

    /// Which parts may be the person's own name, and how many bits it costs to think so.
    fn own_names(
        &self,
        side: &Side<'_>,
        other: &Side<'_>,
        pairs: impl Iterator<Item = (usize, usize)> + Clone,
    ) -> [Option<f64>; PARTS] {
        let name = side.name;
        let mut own = [None; PARTS];
        let first = |half: u8| name.places[..name.count].iter().position(|place| place.0 == half);
        if let (Some(given), Some(surname)) = (first(1), first(0)) {
            own[given] = Some(0.0);
            own[surname] = Some(self.numbers.halves_swapped);
        } else {
            own[name.count - 1] = Some(self.numbers.halves_swapped);
            if name.count == 2 || name.count > 2 && other.has_first_as_surname(name, pairs) {
                own[1] = Some(self.numbers.surname_first);
            }
            own[0] = Some(0.0);
        }
        own[name.behind_titles()] = Some(0.0);
        if let Some(mohammad) = name.mohammad().filter(|at| side.left >> at & 1 == 1) {
            own[mohammad + 1] = Some(self.numbers.mohammad_left_out);
        }
        own
    }

    /// Share of a part's weight that a likeness tells.
    fn tells(&self, likeness: f64) -> f64 {
        let numbers = &self.numbers;
        if likeness >= numbers.same {
            1.0
        } else {
            0.15 + 0.85 * (likeness - numbers.least) / (numbers.same - numbers.least)
        }
    }

    fn doubt(&self, likeness: f64) -> f64 {
        let numbers = &self.numbers;
        -numbers.contradicts * (numbers.least - likeness) / (numbers.least - numbers.doubtful)
    }

    /// A part cut at the end of a full MRZ line is like one that it begins.
    fn cut(&self, seen: &Name, i: usize, known: &Name, j: usize) -> f64 {
        if !seen.full || !known.full {
            return 0.0;
        }
        let (one, other) = (
            &self.parts[seen.parts[i] as usize],
            &self.parts[known.parts[j] as usize],
        );
        let (one, other) = (&one.spelling, &other.spelling);
        for (cut, whole, name, at) in [(one, other, seen, i), (other, one, known, j)] {
            if name.is_last(at) && cut.length < whole.length && whole.text.starts_with(&*cut.text) {
                return if cut.length > 3 { 0.9 } else { 0.75 };
            }
        }
        0.0
    }

    /// Which parts of two names are not surely apart.
    fn not_apart(&self, seen: &[Pattern], known: &Name) -> NotApart {
        let mut not_apart = [0; PARTS];
        for (at, part) in known.parts[..known.count].iter().enumerate() {
            let outline = &self.outlines[*part as usize];
            for (pattern, told) in seen.iter().zip(&mut not_apart) {
                *told |= u32::from(!self.alike.are_apart(pattern, outline)) << at;
            }
        }
        not_apart
    }

    /// One of each part of a name, which is held against those of others.
    pub fn patterns(&self, name: &Name) -> impl Iterator<Item = Pattern> {
        let parts = name.parts[..name.count].iter();
        parts.map(|part| Pattern::new(self.outlines[*part as usize]))
    }

    fn weight(&self, part: u32) -> f64 {
        self.outlines[part as usize].weight
    }

    fn alike(&mut self, one: u32, other: u32) -> f64 {
        if one == other {
            return 1.0;
        }
        let key = scattered(pair(one, other));
        if let Some(likeness) = self.pairs.get(&key) {
            return *likeness;
        }
        let (left, right) = (&self.parts[one as usize], &self.parts[other as usize]);
        let mut likeness = self.alike.likeness(&left.sounds, &right.sounds);
        if let Some(also) = &left.also {
            likeness = likeness.max(self.alike.likeness(also, &right.sounds));
        }
        if let Some(also) = &right.also {
            likeness = likeness.max(self.alike.likeness(&left.sounds, also));
        }
        likeness = if left.is_another_in_pinyin(right) {
            self.alike.of_two_names(likeness)
        } else {
            (self.alike).or_misspelt(
                likeness,
                (&left.sounds, &left.spelling),
                (&right.sounds, &right.spelling),
            )
        };
        self.pairs.insert(key, likeness);
        likeness
    }

    /// The part that two neighbours are, written as one, with nothing or `LINK` between them.
    fn neighbours(&mut self, py: Python<'_>, first: u32, second: u32, link: &str) -> PyResult<u32> {
        let linked = if link.is_empty() { 0 } else { 1 << 63 };
        let key = scattered(pair(first, second) | linked);
        if let Some(number) = self.neighbours.get(&key) {
            return Ok(*number);
        }
        let (one, other) = (&self.parts[first as usize], &self.parts[second as usize]);
        let (text, abjad) = (
            format!("{}{link}{}", one.spelling.text, other.spelling.text),
            one.sounds.abjad || other.sounds.abjad,
        );
        let told: Told = match self.apart.joined(&text, abjad) {
            Some(told) => told,
            None => self.joined.call1(py, (text, abjad))?.extract(py)?,
        };
        // Not among the numbered ones: an article within it sounds otherwise than before a name.
        let number = self.add(told);
        self.neighbours.insert(key, number);
        Ok(number)
    }

    fn add(&mut self, (text, abjad, weight, consonants, is_title, before_own, heard, also, pinyin): Told) -> u32 {
        let (spelling, sounds) = (Spelling::new(text), Sounds::new(heard, abjad));
        let outline = Outline::new(
            &sounds,
            &spelling,
            also.is_none(),
            consonants,
            weight,
            is_title,
            before_own,
        );
        let part = Part {
            spelling,
            sounds,
            also: also.map(|also| Box::new(Sounds::new(also, abjad))),
            pinyin: pinyin.map(Box::new),
        };
        // Both at once: a fault in making one must not leave them out of step.
        self.outlines.push(outline);
        self.parts.push(part);
        (self.parts.len() - 1) as u32
    }

    /// A part by its text and script, from which follows all that Python knows of it.
    fn numbered(&mut self, py: Python<'_>, text: &str, abjad: bool) -> PyResult<u32> {
        let key = self.secret.hash(text.as_bytes()) ^ u128::from(abjad);
        if let Some(number) = self.numbered.get(&key) {
            return Ok(*number);
        }
        let told = match self.apart.part(text, abjad) {
            Some(told) => told,
            None => self.part.call1(py, (text, abjad))?.extract(py)?,
        };
        let number = self.add(told);
        self.numbered.insert(key, number);
        Ok(number)
    }

    fn half(&mut self, py: Python<'_>, text: &str) -> PyResult<(Range<u32>, bool)> {
        if text.is_empty() {
            return Ok((0..0, false));
        }
        let key = self.secret.hash(text.as_bytes());
        if let Some(half) = self.halves.get(&key) {
            return Ok((half.parts.clone(), half.descent));
        }
        let (descent, parts): ToldHalf = match self.apart.half(py, text)? {
            Some(told) => told,
            None => self.half.call1(py, (text,))?.extract(py)?,
        };
        let mut numbers = Vec::with_capacity(parts.len());
        for (text, abjad) in parts {
            numbers.push(self.numbered(py, &text, abjad)?);
        }
        let start = self.kept.len() as u32;
        self.kept.extend(numbers);
        let parts = start..self.kept.len() as u32;
        self.halves.insert(
            key,
            Half {
                parts: parts.clone(),
                descent,
            },
        );
        Ok((parts, descent))
    }
}

/// What places tell where likeness leaves a choice: the same half, and the same number there.
fn near(one: (u8, u8), other: (u8, u8)) -> f64 {
    let half = if one.0 == other.0 { 0.06 } else { 0.0 };
    half - 0.01 * f64::from(one.1.abs_diff(other.1))
}

fn bits_of((one, other): (usize, Option<usize>)) -> u32 {
    1 << one | other.map_or(0, |other| 1 << other)
}

fn pair(one: u32, other: u32) -> u64 {
    u64::from(one) << 32 | u64::from(other)
}

/// Another number for each number, so that a map finds them scattered.
fn scattered(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    number ^ number >> 32
}
