//! What is compared of people, in some fifty bytes each that were read from the row and its names once: a traveller whose
//! names are those of many is compared with dozens, nearly all of whom they are not.

use std::ops::Range;

use crate::compare::Name;

/// YYYY-MM-DD, the longest.
const DATE: usize = 10;
/// Sex, and how many dates, citizenships and names follow.
const HEAD: usize = 4;
/// Stands for no place: nothing is known of the person yet.
const UNKNOWN: u32 = 0;
/// So many people's rows may have changed before all are forgotten, so that what was kept of them takes no room.
const MOST_LOST: usize = 1 << 14;
/// About as many bytes as one takes.
const SIZE: usize = 50;

/// What is compared of the people met so far, by their slots.
#[derive(Default)]
pub struct Briefs {
    /// Where each begins in `bytes`.
    starts: Vec<u32>,
    bytes: Vec<u8>,
    /// How many of them have been forgotten.
    lost: usize,
    /// Since when the parts of the names have their numbers.
    era: u32,
}

/// One person's.
pub struct Brief<'a> {
    pub sex: Option<char>,
    counts: [usize; 3],
    left: &'a [u8],
}

impl Briefs {
    /// Forget all if parts of names have been numbered anew since.
    pub fn keep_to(&mut self, era: u32) {
        if self.era != era || self.lost > MOST_LOST.max(self.bytes.len() / SIZE / 2) {
            *self = Self { era, ..Self::default() };
        }
    }

    /// Whether what is compared of the person in a slot is known.
    pub fn has(&self, slot: u32) -> bool {
        self.start(slot) != UNKNOWN
    }

    /// What is compared of the person in a slot; None where it is not known.
    pub fn get(&self, slot: u32) -> Option<Brief<'_>> {
        let start = self.start(slot);
        let (head, left) = self.bytes.get(start as usize..)?.split_first_chunk::<HEAD>()?;
        let [sex, counts @ ..] = *head;
        (start != UNKNOWN).then_some(Brief {
            sex: (sex != 0).then_some(char::from(sex)),
            counts: counts.map(usize::from),
            left,
        })
    }

    /// A byte of it, so that it comes from memory; None where it is not known.
    pub fn touch(&self, slot: u32) -> Option<u8> {
        let start = self.start(slot);
        self.bytes.get(start as usize).copied().filter(|_| start != UNKNOWN)
    }

    /// Keep what is compared of the person in a slot; false where it is out of the ordinary.
    pub fn add(
        &mut self,
        slot: u32,
        birth_dates: &[&str],
        citizenships: &[u16],
        sex: Option<char>,
        names: &[Name],
    ) -> bool {
        // The first place stands for none.
        let start = self.bytes.len().max(1);
        self.bytes.resize(start, 0);
        let done = self.write(birth_dates, citizenships, sex, names);
        let (Some(()), Ok(start)) = (done, u32::try_from(start)) else {
            self.bytes.truncate(start);
            return false;
        };
        let slot = slot as usize;
        if self.starts.len() <= slot {
            self.starts.resize(slot + 1, UNKNOWN);
        }
        self.starts[slot] = start;
        true
    }

    /// Forget the person in a slot, whose row has changed or is gone: nothing of it stays in memory.
    pub fn forget(&mut self, slot: u32) {
        let Some(person) = self.get(slot) else { return };
        let length = HEAD + person.length();
        let start = self.start(slot) as usize;
        self.bytes[start..start + length].fill(0);
        self.starts[slot as usize] = UNKNOWN;
        self.lost += 1;
    }

    fn start(&self, slot: u32) -> u32 {
        self.starts.get(slot as usize).copied().unwrap_or(UNKNOWN)
    }

    fn write(&mut self, birth_dates: &[&str], citizenships: &[u16], sex: Option<char>, names: &[Name]) -> Option<()> {
        let out = &mut self.bytes;
        out.push(u8::try_from(sex.unwrap_or('\0')).ok()?);
        for count in [birth_dates.len(), citizenships.len(), names.len()] {
            out.push(u8::try_from(count).ok()?);
        }
        for date in birth_dates {
            let mut bytes = [0; DATE];
            bytes.get_mut(..date.len())?.copy_from_slice(date.as_bytes());
            out.push(date.len() as u8);
            out.extend_from_slice(&bytes);
        }
        for code in citizenships {
            out.extend_from_slice(&code.to_le_bytes());
        }
        names.iter().try_for_each(|name| name.pack(out))
    }
}

impl<'a> Brief<'a> {
    /// Their birth dates.
    pub fn birth_dates(&self) -> impl Iterator<Item = &'a str> {
        self.part(0..self.citizenships_from())
            .chunks_exact(1 + DATE)
            .filter_map(|date| {
                let text = date[1..].get(..usize::from(date[0]))?;
                std::str::from_utf8(text).ok()
            })
    }

    /// Codes of their citizenships.
    pub fn citizenships(&self) -> impl Iterator<Item = u16> {
        let codes = self.part(self.citizenships_from()..self.names_from());
        codes.chunks_exact(2).map(|code| u16::from_le_bytes([code[0], code[1]]))
    }

    /// Of how many bytes it is, behind the head.
    fn length(&self) -> usize {
        let mut left = self.left.get(self.names_from()..).unwrap_or_default();
        let behind = left.len();
        (0..self.counts[2])
            .map_while(|_| Name::unpack(&mut left))
            .for_each(drop);
        self.left.len().min(self.names_from() + behind - left.len())
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = Name> {
        let mut left = self.left.get(self.names_from()..).unwrap_or_default();
        (0..self.counts[2]).map_while(move |_| Name::unpack(&mut left))
    }

    fn citizenships_from(&self) -> usize {
        self.counts[0] * (1 + DATE)
    }

    fn names_from(&self) -> usize {
        self.citizenships_from() + self.counts[1] * 2
    }

    fn part(&self, range: Range<usize>) -> &'a [u8] {
        self.left.get(range).unwrap_or_default()
    }
}
