//! A row as it is kept in memory: its UUIDs, two fifths of it as text, as the numbers that they are. Of the schema nothing is
//! known here: whatever is a UUID in its one spelling, with the length of one before it, is taken for one.
//!
//! Packed, a row is groups of: how many bytes follow as they are, at most `MOST`; those; and, where they are fewer than
//! `MOST` and something is left, the 16 bytes of a UUID.

use crate::text;

/// So many letters has a UUID, and so Avro writes their number.
const LETTERS: usize = 36;
const LENGTH: u8 = 2 * LETTERS as u8;
const NUMBER: usize = 16;
const MOST: usize = u8::MAX as usize;

/// One row packs to the same bytes each time; they take the place of what was in `packed`.
pub fn pack(row: &[u8], packed: &mut Vec<u8>) {
    packed.clear();
    let mut rest = row;
    while !rest.is_empty() {
        let found = (0..rest.len().min(MOST)).find_map(|at| Some((at, uuid_at(&rest[at..])?)));
        let plain = found.map_or(rest.len().min(MOST), |(at, _)| at);
        packed.push(plain as u8);
        packed.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        if let Some((_, number)) = found {
            packed.extend_from_slice(&number.to_le_bytes());
            rest = &rest[1 + LETTERS..];
        }
    }
}

/// The UUID with which a packed row begins: whose it is.
pub fn id_of(packed: &[u8]) -> Option<u128> {
    let (0, rest) = packed.split_first()? else { return None };
    rest.first_chunk::<NUMBER>().map(|number| u128::from_le_bytes(*number))
}

/// Put the row that was packed behind some bytes; None where these were never packed.
pub fn unpack(packed: &[u8], row: &mut Vec<u8>) -> Option<()> {
    let mut rest = packed;
    while let Some((plain, behind)) = rest.split_first() {
        let plain = usize::from(*plain);
        let (bytes, behind) = behind.split_at_checked(plain)?;
        row.extend_from_slice(bytes);
        rest = behind;
        if plain < MOST && !rest.is_empty() {
            let (number, behind) = rest.split_first_chunk::<NUMBER>()?;
            row.push(LENGTH);
            row.extend_from_slice(&text::letters_of_uuid(u128::from_le_bytes(*number)));
            rest = behind;
        }
    }
    Some(())
}

fn uuid_at(bytes: &[u8]) -> Option<u128> {
    let letters = bytes.strip_prefix(&[LENGTH])?.get(..LETTERS)?;
    text::uuid(letters)
}
