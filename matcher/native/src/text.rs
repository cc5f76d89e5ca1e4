//! Conditions on texts, as in `schemas/checks.py`: where one here says yes, the one there does.

/// Country codes: three capitals, of which each has its place in a table, or one.
pub struct Countries(Box<[bool]>);

impl Countries {
    /// Codes of another form are not known here, and left to Python.
    pub fn new(codes: &[String]) -> Self {
        let mut known = vec![false; 27 * 27 * 27].into_boxed_slice();
        for place in codes.iter().filter_map(|code| place(code.as_bytes())) {
            known[place] = true;
        }
        Self(known)
    }

    pub fn has(&self, code: &[u8]) -> Option<()> {
        yes(self.0[place(code)?])
    }
}

/// A country code as a number; None for a code of another form.
pub fn number_of_code(code: &str) -> Option<u16> {
    place(code.as_bytes()).and_then(|place| u16::try_from(place).ok())
}

/// Its letters as digits to the base of 27.
fn place(code: &[u8]) -> Option<usize> {
    let digit = |byte: u8| byte.is_ascii_uppercase().then(|| usize::from(byte - b'A') + 1);
    match *code {
        [one] => digit(one),
        [one, two, three] => Some((digit(one)? * 27 + digit(two)?) * 27 + digit(three)?),
        _ => None,
    }
}

pub fn yes(condition: bool) -> Option<()> {
    condition.then_some(())
}

/// At most `limit` characters.
pub fn fits(text: &str, limit: usize) -> Option<()> {
    yes(text.len() <= limit || text.chars().count() <= limit)
}

/// Not blank: a visible ASCII character at least. What is blank in other scripts Python knows better.
pub fn told(text: &str) -> Option<()> {
    yes(text.bytes().any(|byte| byte.is_ascii_graphic()))
}

/// The number of a UUID in its lower-case form.
pub fn uuid(text: &[u8]) -> Option<u128> {
    let text: &[u8; 36] = text.try_into().ok()?;
    let (mut value, mut wrong) = (0, 0);
    for (at, byte) in text.iter().enumerate() {
        if is_hyphen(at) {
            wrong |= byte ^ b'-';
        } else {
            // Whether all are digits is asked at the end, once.
            let digit = DIGITS[usize::from(*byte)];
            wrong |= digit & !15;
            value = value << 4 | u128::from(digit & 15);
        }
    }
    (wrong == 0).then_some(value)
}

/// Whether a hyphen stands at this place of a UUID.
fn is_hyphen(at: usize) -> bool {
    matches!(at, 8 | 13 | 18 | 23)
}

/// The one spelling of a UUID.
pub fn letters_of_uuid(number: u128) -> [u8; 36] {
    let mut letters = [b'-'; 36];
    let places = (0..36).filter(|at| !is_hyphen(*at));
    for (digit, at) in places.enumerate() {
        letters[at] = b"0123456789abcdef"[(number >> (124 - 4 * digit)) as usize & 15];
    }
    letters
}

/// The value of each hexadecimal digit in small letters.
const DIGITS: [u8; 256] = {
    let mut digits = [u8::MAX; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

/// The one letter of a symbol.
pub fn letter(symbol: &str) -> Option<char> {
    let mut letters = symbol.chars();
    letters.next().filter(|_| letters.next().is_none())
}

/// UN/LOCODE.
pub fn locode(text: &[u8]) -> Option<()> {
    let (country, place) = text.split_at_checked(2)?;
    yes(country.iter().all(u8::is_ascii_uppercase)
        && place.len() == 3
        && place.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'9')))
}

pub fn document_number(text: &str) -> Option<()> {
    let (first, rest) = text.as_bytes().split_first()?;
    let further = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-');
    yes(first.is_ascii_alphanumeric() && rest.len() < 30 && rest.iter().all(further))
}

pub fn digits(text: &str, count: usize) -> Option<()> {
    yes(text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Twelve digits, the last ten of which pass the Luhn check.
pub fn personal_number(text: &str) -> Option<()> {
    digits(text, 12)?;
    let sum: u32 = text
        .bytes()
        .skip(2)
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0');
            if at % 2 == 1 {
                digit
            } else {
                2 * digit / 10 + 2 * digit % 10
            }
        })
        .sum();
    yes(sum.is_multiple_of(10))
}

/// Years before this one are of another calendar, as in `matcher/calendars.py`.
pub const FIRST_OF_OURS: u32 = 1500;

/// YYYY, YYYY-MM or YYYY-MM-DD of the Gregorian calendar or of a Hijri one, of the years that a birth date may have.
pub fn birth_date(text: &str) -> Option<()> {
    let bytes = text.as_bytes();
    let number = |part: &[u8]| {
        part.iter().try_fold(0_u32, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0'))
        })
    };
    let year = number(bytes.get(..4)?)?;
    let is_hijri = (1200..FIRST_OF_OURS).contains(&year);
    yes(is_hijri || (1850..=2200).contains(&year))?;
    if bytes.len() == 4 {
        return Some(());
    }
    let month = number(bytes.get(5..7)?)?;
    yes(bytes[4] == b'-' && (1..=12).contains(&month))?;
    if bytes.len() == 7 {
        return Some(());
    }
    let day = number(bytes.get(8..10)?)?;
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let days = match month {
        _ if is_hijri => 31,
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    yes(bytes.len() == 10 && bytes[7] == b'-' && (1..=days).contains(&day))
}

/// As `schemas.countries.same_state`.
pub fn state<'t>(code: &'t str, same_state: &'t [(String, String)]) -> &'t str {
    same_state
        .iter()
        .find(|(from, _)| from == code)
        .map_or(code, |(_, to)| to)
}

/// Letters and digits of a document's number in capitals, as `matcher.registry.document_key` has them, where it is ASCII.
pub fn plain_number(number: &str) -> Option<impl Iterator<Item = u8>> {
    let kept = number.bytes().filter(u8::is_ascii_alphanumeric);
    number.is_ascii().then(|| kept.map(|byte| byte.to_ascii_uppercase()))
}

/// The year of a birth date.
pub fn year(birth_date: &str) -> Option<u32> {
    birth_date.get(..4)?.parse().ok()
}

/// Names, each as surname and given names, without those that differ from the one before in nothing but small letters, as
/// a name printed and in the MRZ mostly do: of ASCII, all that is made of a name is made of its capitals.
pub fn different<'n, 'a>(names: &'n [(&'a str, &'a str)]) -> impl Iterator<Item = (&'a str, &'a str)> + 'n {
    let is_same = |one: &str, other: &str| one.is_ascii() && one.eq_ignore_ascii_case(other);
    let before = std::iter::once(None).chain(names.iter().map(Some));
    names.iter().zip(before).filter_map(move |(name, before)| match before {
        Some(before) if is_same(name.0, before.0) && is_same(name.1, before.1) => None,
        _ => Some(*name),
    })
}

/// A few texts, or pairs of texts.
pub struct Few<T, const N: usize> {
    all: [T; N],
    count: usize,
}

impl<T, const N: usize> Few<T, N> {
    pub fn push(&mut self, one: T) -> Option<()> {
        *self.all.get_mut(self.count)? = one;
        self.count += 1;
        Some(())
    }

    pub fn all(&self) -> &[T] {
        &self.all[..self.count]
    }

    pub fn clear(&mut self) {
        self.count = 0;
    }
}

impl<T: Copy + Default, const N: usize> Default for Few<T, N> {
    fn default() -> Self {
        Self {
            all: [T::default(); N],
            count: 0,
        }
    }
}
