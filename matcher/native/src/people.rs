//! All protected people: each person's row as bytes, and a table from the keys of the rows to slots.

use std::collections::HashMap;
use std::hint::black_box;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use hashbrown::HashTable;
use pyo3::exceptions::{PyException, PyMemoryError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use serde_json::Value;

use crate::alike::Alike;
use crate::avro::{Extract, Plan, Visitor, utf8};
use crate::compare::{Comparing, Told};
use crate::dates::Dates;
use crate::hashing::hash;
use crate::likely::{Described, Details, Likely};
use crate::names::Names;
use crate::packed::{id_of, pack, unpack};
use crate::parts::{Codes, Parts, ToldHalf};
use crate::rows::Rows;
use crate::snapshot;
use crate::table::{MAX_SLOTS, Table, key_of};
use crate::text::{self, Countries, Few, yes};
use crate::words::{Latin, Words};
use crate::{Limits, guarded};

#[derive(Clone, Copy)]
enum Role {
    PersonId,
    Moment,
    Day,
    Counted,
    Documents,
    Number,
    IssuingState,
    PersonalNumber,
    DossierNumber,
    Names,
    Surname,
    GivenNames,
    BirthDate,
    Uuid,
    Citizenship,
    Sex,
    Countries,
    Country,
    StatusFrom,
    StatusTo,
    Statuses,
}

const ROLES: &[(&str, Option<Role>)] = &[
    ("person_id", Some(Role::PersonId)),
    ("recorded_at", Some(Role::Moment)),
    ("documents", Some(Role::Documents)),
    ("documents[].number", Some(Role::Number)),
    ("documents[].issuing_state", Some(Role::IssuingState)),
    ("documents[].kind", None),
    ("documents[].valid_from", Some(Role::Day)),
    ("documents[].valid_to", Some(Role::Day)),
    ("personal_numbers", Some(Role::Counted)),
    ("personal_numbers[]", Some(Role::PersonalNumber)),
    ("dossier_numbers", Some(Role::Counted)),
    ("dossier_numbers[]", Some(Role::DossierNumber)),
    ("names", Some(Role::Names)),
    ("names[].surname", Some(Role::Surname)),
    ("names[].given_names", Some(Role::GivenNames)),
    ("names[].form", None),
    ("birth_dates", Some(Role::Counted)),
    ("birth_dates[]", Some(Role::BirthDate)),
    ("citizenships", None),
    ("citizenships[]", Some(Role::Citizenship)),
    ("sex", Some(Role::Sex)),
    ("protected_identity", None),
    ("statuses", Some(Role::Statuses)),
    ("statuses[].status_id", Some(Role::Uuid)),
    ("statuses[].kind", None),
    ("statuses[].countries", Some(Role::Countries)),
    ("statuses[].countries[]", Some(Role::Country)),
    ("statuses[].valid_from", Some(Role::StatusFrom)),
    ("statuses[].valid_to", Some(Role::StatusTo)),
    ("statuses[].end_reason", None),
    ("statuses[].recorded_at", Some(Role::Moment)),
    ("statuses[].superseded_at", Some(Role::Moment)),
    ("permits", Some(Role::Counted)),
    ("permits[].permit_id", Some(Role::Uuid)),
    ("permits[].kind", None),
    ("permits[].valid_from", Some(Role::Day)),
    ("permits[].valid_to", Some(Role::Day)),
    ("naturalised_on", Some(Role::Day)),
];

/// What is read of a row. It passes all that `schemas.checks.check_protected_person` asks for.
struct Row<'a, 'c> {
    limits: &'c Limits,
    countries: &'c Countries,
    person_id: Option<u128>,
    number: &'a str,
    state: &'a str,
    surname: &'a str,
    given_names: &'a str,
    status_from: i64,
    status_to: Option<i64>,
    documents: Vec<(&'a str, &'a str)>,
    personal_numbers: Vec<&'a str>,
    dossier_numbers: Vec<&'a str>,
    names: Vec<(&'a str, &'a str)>,
    birth_dates: Vec<&'a str>,
    /// Countries of which they are a citizen, or against which a claim was examined.
    countries_of: Vec<&'a str>,
}

/// What is compared of a row.
const COMPARED: &[(&str, Option<Role>)] = &[
    ("names", Some(Role::Names)),
    ("names[].surname", Some(Role::Surname)),
    ("names[].given_names", Some(Role::GivenNames)),
    ("birth_dates[]", Some(Role::BirthDate)),
    ("citizenships[]", Some(Role::Citizenship)),
    ("sex", Some(Role::Sex)),
];

/// What is compared of a row that was found good when it was taken in.
#[derive(Default)]
struct Compared<'a> {
    surname: &'a str,
    given_names: &'a str,
    names: Few<(&'a str, &'a str), NAMES>,
    birth_dates: Few<&'a str, DATES>,
    citizenships: Few<&'a str, DATES>,
    sex: Option<char>,
}

/// More of them than this in a row are left to Python.
const NAMES: usize = 16;
const DATES: usize = 8;
/// So many bytes come from memory at once.
const LINE: usize = 64;

impl<'a> Visitor<'a, Role> for Compared<'a> {
    fn text(&mut self, role: Role, text: &'a [u8]) -> Option<()> {
        let text = utf8(text)?;
        match role {
            Role::Surname => self.surname = text,
            Role::GivenNames => self.given_names = text,
            Role::BirthDate => self.birth_dates.push(text)?,
            Role::Citizenship => self.citizenships.push(text)?,
            _ => return None,
        }
        Some(())
    }

    fn number(&mut self, _role: Role, _number: i64) -> Option<()> {
        None
    }

    fn symbol(&mut self, _role: Role, symbol: &str) -> Option<()> {
        self.sex = Some(text::letter(symbol)?);
        Some(())
    }

    fn item(&mut self, _role: Role) -> Option<()> {
        self.names.push((self.surname, self.given_names))
    }

    fn count(&mut self, _role: Role, _items: usize) -> Option<()> {
        Some(())
    }
}

impl<'a, 'c> Row<'a, 'c> {
    /// The row in these bytes; None where it is in doubt.
    fn read(plan: &Plan<Role>, limits: &'c Limits, countries: &'c Countries, body: &'a [u8]) -> Option<Self> {
        let mut row = Row {
            limits,
            countries,
            person_id: None,
            number: "",
            state: "",
            surname: "",
            given_names: "",
            status_from: 0,
            status_to: None,
            documents: Vec::new(),
            personal_numbers: Vec::new(),
            dossier_numbers: Vec::new(),
            names: Vec::new(),
            birth_dates: Vec::new(),
            countries_of: Vec::new(),
        };
        plan.walk(body, &mut row)?;
        Some(row)
    }
}

impl<'a> Visitor<'a, Role> for Row<'a, '_> {
    fn text(&mut self, role: Role, text: &'a [u8]) -> Option<()> {
        match role {
            Role::PersonId => self.person_id = Some(text::uuid(text)?),
            Role::Number => self.number = utf8(text)?,
            Role::IssuingState => self.state = utf8(text)?,
            Role::PersonalNumber => self.personal_numbers.push(utf8(text)?),
            Role::DossierNumber => self.dossier_numbers.push(utf8(text)?),
            Role::Surname => {
                self.surname = utf8(text)?;
                text::fits(self.surname, self.limits.text)?;
            }
            Role::GivenNames => {
                self.given_names = utf8(text)?;
                text::fits(self.given_names, self.limits.text)?;
            }
            Role::BirthDate => {
                let text = utf8(text)?;
                text::birth_date(text)?;
                self.birth_dates.push(text);
            }
            Role::Citizenship => self.countries_of.push(utf8(text)?),
            Role::Uuid => yes(text::uuid(text).is_some())?,
            Role::Country => {
                self.countries.has(text)?;
                self.countries_of.push(utf8(text)?);
            }
            _ => return None,
        }
        Some(())
    }

    fn number(&mut self, role: Role, number: i64) -> Option<()> {
        let limits = self.limits;
        match role {
            Role::Moment => return yes((limits.min_ms..=limits.max_ms).contains(&number)),
            Role::Day => {}
            Role::StatusFrom => self.status_from = number,
            Role::StatusTo => self.status_to = Some(number),
            _ => return None,
        }
        yes((limits.min_day..=limits.max_day).contains(&number))
    }

    fn symbol(&mut self, role: Role, symbol: &str) -> Option<()> {
        match role {
            Role::Sex => text::letter(symbol).map(|_| ()),
            _ => None,
        }
    }

    fn item(&mut self, role: Role) -> Option<()> {
        match role {
            Role::Documents => self.documents.push((self.state, self.number)),
            Role::Names => self.names.push((self.surname, self.given_names)),
            Role::Statuses => {
                yes(self.status_to.take().is_none_or(|to| to >= self.status_from))?;
            }
            _ => {}
        }
        Some(())
    }

    fn count(&mut self, role: Role, items: usize) -> Option<()> {
        match role {
            Role::Countries => yes(items > 0),
            _ => yes(items <= self.limits.row_values),
        }
    }
}

/// The registry in memory. A person is kept under the keys of the newest row. Of the hash of a key the table has a part
/// alone: whoever is found under that of a document or number is asked whether it is theirs; who is found under that of a
/// block of the name may now and then be somebody else, whom the comparison drops.
#[pyclass(module = "matcher.native._core")]
pub struct People {
    plan: Plan<Role>,
    compared: Extract<Role>,
    limits: Limits,
    countries: Countries,
    keys: Keys,
    rows: Rows,
    /// Slots by id.
    by_id: HashTable<u32>,
    by_key: Table,
    count: usize,
    likely: Likely,
    apart: Arc<Parts>,
    /// Room for a row, and for a packed one.
    row: Vec<u8>,
    packed: Vec<u8>,
}

#[pymethods]
impl People {
    /// `schema` is that of a row, as JSON; the callables, tables and numbers are those that `matcher.native` hands over.
    #[new]
    #[pyo3(signature = (schema, limits, countries, *, same_state, document_key, codes, date_variants, also_born, ethiopian, needed, max_codes, together, max_parts, special_words, word_limits, name_lists, written, marked_letters, latin, rejoined, half, part, joined, name_numbers, alike_tables, kept_names, date_results, compare_dates, identity_numbers, no_citizenship))]
    #[expect(clippy::too_many_arguments, reason = "named arguments of a Python constructor")]
    fn new(
        py: Python<'_>,
        schema: &str,
        limits: &Bound<'_, PyDict>,
        countries: Vec<String>,
        same_state: Vec<(String, String)>,
        document_key: Py<PyAny>,
        codes: Py<PyAny>,
        date_variants: Py<PyAny>,
        also_born: Py<PyAny>,
        ethiopian: Vec<String>,
        needed: [u32; 3],
        max_codes: usize,
        together: u32,
        max_parts: usize,
        special_words: Vec<String>,
        word_limits: &Bound<'_, PyDict>,
        name_lists: &Bound<'_, PyDict>,
        written: Py<PyAny>,
        marked_letters: HashMap<char, String>,
        latin: Py<PyAny>,
        rejoined: Py<PyAny>,
        half: Py<PyAny>,
        part: Py<PyAny>,
        joined: Py<PyAny>,
        name_numbers: &Bound<'_, PyDict>,
        alike_tables: &Bound<'_, PyDict>,
        kept_names: usize,
        date_results: &Bound<'_, PyDict>,
        compare_dates: Py<PyAny>,
        identity_numbers: &Bound<'_, PyDict>,
        no_citizenship: Vec<String>,
    ) -> PyResult<Self> {
        let schema: Value = serde_json::from_str(schema).map_err(|_| PyValueError::new_err("the schema is no JSON"))?;
        let plan = Plan::compile(&schema, ROLES).map_err(PyValueError::new_err)?;
        let compared = Extract::compile(&schema, COMPARED).map_err(PyValueError::new_err)?;
        let apart = Arc::new(Parts::read(name_lists, word_limits, written, max_codes, together)?);
        let marked = Arc::new(marked_letters);
        let latin = Arc::new(Latin::new(latin));
        let names = Names::new(
            (apart.clone(), codes),
            date_variants,
            (also_born, ethiopian),
            needed,
            (max_codes, together),
            max_parts,
            Words::new(
                &special_words,
                word_limits,
                marked.clone(),
                latin.clone(),
                rejoined.clone_ref(py),
            )?,
        );
        let words = Words::new(&special_words, word_limits, marked, latin, rejoined)?;
        let comparing = Comparing::new(
            apart.clone(),
            (half, part, joined),
            name_numbers,
            Alike::read(alike_tables)?,
            words,
            kept_names,
        )?;
        let likely = Likely::new(
            identity_numbers,
            Dates::read(date_results, compare_dates)?,
            comparing,
            no_citizenship,
            same_state.clone(),
        )?;
        Ok(Self {
            plan,
            compared,
            limits: Limits::read(limits)?,
            countries: Countries::new(&countries),
            keys: Keys {
                same_state,
                document_key,
                names,
                buffer: Vec::new(),
            },
            rows: Rows::default(),
            by_id: HashTable::new(),
            by_key: Table::new(),
            count: 0,
            likely,
            apart,
            row: Vec::new(),
            packed: Vec::new(),
        })
    }

    fn __len__(&self) -> usize {
        self.count
    }

    /// Take in rows and tombstones of a topic, in their order, until one is in doubt: gives its index, or the number
    /// of rows. `headers` are the framings of the newest schema; a row with another one is in doubt.
    fn upsert_batch(
        &mut self,
        py: Python<'_>,
        headers: Vec<Vec<u8>>,
        keys: &Bound<'_, PyList>,
        values: &Bound<'_, PyList>,
        start: usize,
    ) -> PyResult<usize> {
        for (at, (key, value)) in keys.iter().zip(values).enumerate().skip(start) {
            let Ok(key) = key.cast::<PyBytes>() else { return Ok(at) };
            let id = text::uuid(key.as_bytes());
            if value.is_none() {
                if let Some(id) = id
                    && in_doubt(py, self.take_out(py, id).map(|()| true))?
                {
                    return Ok(at);
                }
                continue;
            }
            let Ok(value) = value.cast::<PyBytes>() else {
                return Ok(at);
            };
            let (Some(id), Some(body)) = (id, crate::body(value.as_bytes(), &headers)) else {
                return Ok(at);
            };
            if in_doubt(py, self.put(py, id, body))? {
                return Ok(at);
            }
        }
        Ok(values.len())
    }

    /// Take in a person's row, without framing, as bytes of the newest schema. ValueError where it is in doubt: it
    /// was not checked, or not written by this project's codec.
    fn upsert(&mut self, py: Python<'_>, person_id: &str, body: &[u8]) -> PyResult<()> {
        let id = text::uuid(person_id.as_bytes());
        match id.map(|id| self.put(py, id, body)).transpose()? {
            Some(true) => Ok(()),
            _ => Err(PyValueError::new_err("a row that the native index does not take")),
        }
    }

    /// Take a person out.
    fn remove(&mut self, py: Python<'_>, person_id: &str) -> PyResult<()> {
        text::uuid(person_id.as_bytes()).map_or(Ok(()), |id| self.take_out(py, id))
    }

    /// A person's row, without framing; None where the person is not in.
    fn row<'py>(&self, py: Python<'py>, person_id: &str) -> Option<Bound<'py, PyBytes>> {
        self.row_in(py, self.slot(text::uuid(person_id.as_bytes())?)?)
    }

    /// The row in a slot, without framing; None where nobody is.
    fn row_in<'py>(&self, py: Python<'py>, slot: u32) -> Option<Bound<'py, PyBytes>> {
        Some(PyBytes::new(py, &self.body(slot)?))
    }

    /// Write all rows and keys into a new file of this path, with a header. OSError where it cannot be written.
    fn write_snapshot(&self, py: Python<'_>, path: PathBuf, header: &[u8]) -> PyResult<()> {
        let (rows, codes, by_key) = (&self.rows, &self.keys.names.in_use, &self.by_key);
        Ok(py.detach(|| snapshot::write(&path, header, rows, codes, by_key))?)
    }

    /// The header of such a file, not yet verified; None where it is none.
    #[staticmethod]
    fn snapshot_header(py: Python<'_>, path: PathBuf) -> Option<Bound<'_, PyBytes>> {
        guarded(|| snapshot::header(&path))?.map(|header| PyBytes::new(py, &header))
    }

    /// Take over all that a file with this header holds. False where anything about it is in doubt, or where somebody is
    /// in already; nothing has changed then.
    fn restore_snapshot(&mut self, py: Python<'_>, path: PathBuf, header: &[u8]) -> bool {
        if self.rows.slots() > 0 {
            return false;
        }
        let restored = py.detach(|| guarded(|| snapshot::read(&path, header)).flatten());
        restored.and_then(|restored| self.take_over(restored)).is_some()
    }

    /// What the core tells of half a name, and of its parts; None where it asks Python, whose answers are tested to be
    /// the same.
    fn codes(&self, py: Python<'_>, text: &str) -> PyResult<Option<Codes>> {
        Ok(self.apart.codes(py, text)?.map(|(codes, _)| codes))
    }

    fn half(&self, py: Python<'_>, text: &str) -> PyResult<Option<ToldHalf>> {
        self.apart.half(py, text)
    }

    fn read_part(&self, text: &str, abjad: bool) -> Option<Told> {
        self.apart.part(text, abjad)
    }

    fn joined(&self, text: &str, abjad: bool) -> Option<Told> {
        self.apart.joined(text, abjad)
    }

    /// Agreement and bits of two names, each as surname and given names: that they are those of `compare_names` is tested.
    fn compare_names(
        &mut self,
        py: Python<'_>,
        seen: (String, String),
        known: (String, String),
    ) -> PyResult<(f64, f64)> {
        self.likely.compare_names(py, &seen, &known)
    }

    /// Whether two names, compared so, agree and tell so many bits: tested in the same way.
    fn may_agree(
        &mut self,
        py: Python<'_>,
        seen: (String, String),
        known: (String, String),
        bits: f64,
    ) -> PyResult<bool> {
        self.likely.may_agree(py, &seen, &known, bits)
    }

    /// Names held against names, as `matcher.identity.hold_names` does it: nothing, or whether they agree, which parts do,
    /// and bits. None where Python must do it.
    fn hold_names(
        &mut self,
        py: Python<'_>,
        seen: Vec<(String, String)>,
        known: Vec<(String, String)>,
    ) -> Option<Vec<(bool, String, i64)>> {
        let (seen, known) = (pairs(&seen), pairs(&known));
        let best = guarded(|| self.likely.hold_names(py, &seen, &known))??;
        Some(
            best.map(|best| (best.agrees, best.detail, best.bits))
                .into_iter()
                .collect(),
        )
    }

    /// Bits of a date read against those recorded, at most, None where nothing speaks for one person; tested in the same
    /// way.
    fn most_date_bits(&self, seen: Option<&str>, known: Vec<String>) -> Option<i64> {
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        self.likely.most_date_bits(seen, &known)
    }

    /// A date read against those recorded; tested in the same way.
    fn compare_dates(
        &self,
        py: Python<'_>,
        seen: Option<&str>,
        known: Vec<String>,
    ) -> PyResult<(Option<bool>, Option<String>, i64)> {
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        let told = self.likely.compare_dates(py, seen, &known)?;
        Ok((told.agrees, told.detail, told.bits))
    }

    /// Slots of the people under any of these keys, rising, and whether under a document or number. The texts are those
    /// of a traveller. With `near`, without most of those who are under a block of the name alone and whom `could_be`
    /// would drop.
    #[expect(clippy::too_many_arguments, reason = "arguments of a Python method")]
    fn find(
        &mut self,
        py: Python<'_>,
        documents: Vec<(String, String)>,
        personal_number: Option<&str>,
        dossier_number: Option<&str>,
        names: Vec<(String, String)>,
        birth_date: Option<&str>,
        citizenships: Vec<String>,
        sex: Option<char>,
        near: bool,
    ) -> PyResult<Vec<(u32, bool)>> {
        let mut hashes = Vec::new();
        for (state, number) in &documents {
            hashes.push(self.keys.document(py, state, number)?);
        }
        hashes.extend(personal_number.map(|number| self.keys.personal_number(number)));
        hashes.extend(dossier_number.map(|number| self.keys.dossier_number(number)));
        let names = pairs(&names);
        let strong = hashes.len();
        self.keys.names.traveller(py, &names, birth_date, &mut hashes)?;
        let citizenships: Vec<_> = citizenships.iter().map(String::as_str).collect();
        let traveller = Described {
            names: &names,
            birth_dates: birth_date.as_slice(),
            citizenships: &citizenships,
            sex,
        };
        let mut found = self.under(py, &hashes, strong);
        if near {
            self.retain_likely(py, &traveller, &mut found)?;
        }
        Ok(found)
    }
}

impl People {
    /// Slots of the people under any of these keys, rising, and whether under one of the first `strong` ones, which are
    /// those of documents and numbers; the others are blocks of the name.
    pub fn under(&mut self, py: Python<'_>, keys: &[u64], strong: usize) -> Vec<(u32, bool)> {
        let mut found = Vec::new();
        for (at, hash) in keys.iter().enumerate() {
            found.extend(self.by_key.get(*hash).iter().map(|slot| (*slot, at < strong)));
            if at + 1 == strong {
                // Somebody under a part of a key's hash need not be who has the key.
                found.retain(|(slot, _)| self.has_one(py, *slot, &keys[..strong]));
            }
        }
        // Of one slot, what is sure comes first and stays.
        found.sort_unstable_by_key(|(slot, sure)| (*slot, !sure));
        found.dedup_by_key(|(slot, _)| *slot);
        found
    }

    /// Leave out whom the traveller cannot be of those who are under a block of the name alone.
    pub fn retain_likely(
        &mut self,
        py: Python<'_>,
        traveller: &Described<'_>,
        found: &mut Vec<(u32, bool)>,
    ) -> PyResult<()> {
        if found.iter().all(|(_, sure)| *sure) {
            return Ok(());
        }
        self.likely.take_up(py, traveller)?;
        let mut kept = 0;
        for at in 0..found.len() {
            let (slot, sure) = found[at];
            if sure || self.may_be(py, traveller, slot)? {
                found[kept] = found[at];
                kept += 1;
            }
        }
        found.truncate(kept);
        Ok(())
    }

    /// Keep of many travellers' keys those that may be anybody's, and have what `under` looks at come from memory
    /// together. `ranges` are those of the travellers, one behind the other, each with the place of its first weak key.
    pub fn narrow<'r>(&self, keys: &mut Vec<u64>, ranges: impl Iterator<Item = (&'r mut Range<usize>, &'r mut usize)>) {
        self.by_key.ask_which(keys);
        let mut kept = 0;
        for (range, weak) in ranges {
            let (before, first_weak) = (range.clone(), *weak);
            (*range, *weak) = (kept..kept, kept);
            for at in before {
                if self.by_key.may_have(keys[at]) {
                    keys[kept] = keys[at];
                    kept += 1;
                    if at < first_weak {
                        *weak = kept;
                    }
                }
            }
            range.end = kept;
        }
        keys.truncate(kept);
        self.by_key.ask_where(keys);
    }

    /// Have what is compared of the people in these slots come from memory together, before it is read one by one.
    pub fn touch(&self, slots: impl Iterator<Item = u32>) {
        let lines = slots.map(|slot| match self.likely.touch(slot) {
            Some(byte) => byte,
            None => {
                let row = self.rows.get(slot).unwrap_or_default();
                row.iter().step_by(LINE).fold(0, |all, byte| all ^ byte)
            }
        });
        black_box(lines.fold(0, |all, byte| all ^ byte));
    }

    /// Whether the traveller taken up may be the person in a slot.
    fn may_be(&mut self, py: Python<'_>, traveller: &Described<'_>, slot: u32) -> PyResult<bool> {
        if self.likely.knows(slot) || self.get_to_know(py, slot)? {
            self.likely.may_be(py, traveller, slot)
        } else {
            Ok(true)
        }
    }

    /// Read what is compared of the person in a slot; false where Python must do it.
    fn get_to_know(&mut self, py: Python<'_>, slot: u32) -> PyResult<bool> {
        let mut row = Compared::default();
        self.row.clear();
        let read = self
            .rows
            .get(slot)
            .and_then(|packed| unpack(packed, &mut self.row))
            .and_then(|()| self.compared.walk(&self.row, &mut row));
        if read.is_none() {
            return Ok(false);
        }
        let person = Described {
            names: row.names.all(),
            birth_dates: row.birth_dates.all(),
            citizenships: row.citizenships.all(),
            sex: row.sex,
        };
        self.likely.get_to_know(py, slot, &person)
    }

    /// The row in a slot, without framing; None where nobody is.
    pub fn body(&self, slot: u32) -> Option<Vec<u8>> {
        unpacked(self.rows.get(slot)?)
    }

    /// Codes of states that stand for another one, as `schemas.countries.SAME_STATES` has them.
    pub fn same_state(&self) -> &[(String, String)] {
        &self.keys.same_state
    }

    /// A traveller and a person held against each other; None where Python must do it.
    pub fn describe(&mut self, py: Python<'_>, traveller: &Described<'_>, person: &Described<'_>) -> Option<Details> {
        self.likely.describe(py, traveller, person)
    }

    fn take_over(&mut self, restored: snapshot::Restored) -> Option<()> {
        let rows = restored.rows;
        let hash_of = |slot: &u32| rows.id(*slot).map_or(0, hash_of_id);
        let mut by_id = HashTable::with_capacity(rows.slots());
        for (slot, row) in rows.iter().enumerate() {
            let Some(row) = row else { continue };
            let (id, slot) = (id_of(row)?, slot as u32);
            if by_id
                .find(hash_of_id(id), |other| rows.id(*other) == Some(id))
                .is_some()
            {
                return None;
            }
            by_id.insert_unique(hash_of_id(id), slot, hash_of);
        }
        self.count = by_id.len();
        (self.rows, self.by_id, self.by_key) = (rows, by_id, restored.by_key);
        self.keys.names.in_use = restored.codes;
        Some(())
    }

    pub fn keys(&mut self) -> &mut Keys {
        &mut self.keys
    }

    fn slot(&self, id: u128) -> Option<u32> {
        let is_theirs = |slot: &u32| self.rows.id(*slot) == Some(id);
        self.by_id.find(hash_of_id(id), is_theirs).copied()
    }

    /// Whether the row was taken in; nothing has changed where not.
    fn put(&mut self, py: Python<'_>, id: u128, body: &[u8]) -> PyResult<bool> {
        let slot = self.slot(id);
        let held = slot.and_then(|slot| self.rows.get(slot));
        pack(body, &mut self.packed);
        if held == Some(&self.packed) {
            return Ok(true);
        }
        // All that can fail comes first, so that an error leaves the person as they were.
        let old = held.and_then(unpacked);
        let hashes = guarded(|| {
            let new = self.hashes(py, body, Some(id))?;
            let old = old.map(|row| self.hashes(py, &row, None)).transpose()?;
            Ok((new, old.flatten()))
        });
        let (new, old) = match hashes {
            Some(Ok((Some(new), old))) if id_of(&self.packed) == Some(id) => (new, old),
            Some(Err(error)) => return Err(error),
            _ => return Ok(false),
        };
        if self.rows.slots() >= MAX_SLOTS || !self.rows.has_room_for(self.packed.len()) {
            return Err(PyMemoryError::new_err("more people than the native index holds"));
        }
        let slot = match slot {
            Some(slot) => {
                self.rows.set(slot, Some(&self.packed));
                slot
            }
            None => self.new_slot(id),
        };
        for hash in old.into_iter().flatten() {
            self.by_key.remove(hash, slot);
        }
        for hash in new {
            self.by_key.add(hash, slot);
        }
        self.likely.forget(slot);
        Ok(true)
    }

    /// A slot for somebody who has none, with the row that was packed.
    fn new_slot(&mut self, id: u128) -> u32 {
        let slot = self.rows.slots() as u32;
        self.rows.push(Some(&self.packed));
        let rows = &self.rows;
        let hash_of = |slot: &u32| rows.id(*slot).map_or(0, hash_of_id);
        self.by_id.insert_unique(hash_of_id(id), slot, hash_of);
        self.count += 1;
        slot
    }

    fn take_out(&mut self, py: Python<'_>, id: u128) -> PyResult<()> {
        let Some(slot) = self.slot(id) else { return Ok(()) };
        let row = self.body(slot).unwrap_or_default();
        for hash in self.hashes(py, &row, None)?.into_iter().flatten() {
            self.by_key.remove(hash, slot);
        }
        if let Ok(entry) = self.by_id.find_entry(hash_of_id(id), |other| *other == slot) {
            entry.remove();
        }
        self.rows.set(slot, None);
        self.likely.forget(slot);
        self.count -= 1;
        Ok(())
    }

    /// Hashes of the keys of a row, each once; None where the row is in doubt or, if told, is another person's.
    fn hashes(&mut self, py: Python<'_>, body: &[u8], id: Option<u128>) -> PyResult<Option<Vec<u64>>> {
        let Some(row) = Row::read(&self.plan, &self.limits, &self.countries, body) else {
            return Ok(None);
        };
        if id.is_some() && row.person_id != id {
            return Ok(None);
        }
        let mut hashes = Vec::with_capacity(32);
        self.keys.strong(py, &row, &mut hashes)?;
        self.keys
            .names
            .person(py, &row.names, &row.birth_dates, &row.countries_of, &mut hashes)?;
        hashes.sort_unstable();
        hashes.dedup_by_key(|hash| key_of(*hash));
        Ok(Some(hashes))
    }

    /// Whether the person in a slot has a document or number of one of these hashes; true, too, where Python must tell.
    fn has_one(&mut self, py: Python<'_>, slot: u32, hashes: &[u64]) -> bool {
        let Some(body) = self.body(slot) else {
            return true;
        };
        let mut theirs = Vec::new();
        let read = Row::read(&self.plan, &self.limits, &self.countries, &body)
            .map(|row| self.keys.strong(py, &row, &mut theirs));
        !matches!(read, Some(Ok(()))) || theirs.iter().any(|hash| hashes.contains(hash))
    }
}

/// Whether a row is to be judged by Python: one that was not taken, or at which something failed. What is no failure of
/// the row goes on.
fn in_doubt(py: Python<'_>, taken: PyResult<bool>) -> PyResult<bool> {
    match taken {
        Ok(taken) => Ok(!taken),
        Err(error) if error.is_instance_of::<PyException>(py) && !error.is_instance_of::<PyMemoryError>(py) => Ok(true),
        Err(error) => Err(error),
    }
}

fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let mut row = Vec::with_capacity(2 * packed.len());
    unpack(packed, &mut row).map(|()| row)
}

fn pairs(texts: &[(String, String)]) -> Vec<(&str, &str)> {
    texts
        .iter()
        .map(|(one, other)| (one.as_str(), other.as_str()))
        .collect()
}

fn hash_of_id(id: u128) -> u64 {
    hash(&id.to_le_bytes())
}

/// Makes the hashes of keys. A letter before each tells the kinds of keys apart.
pub struct Keys {
    same_state: Vec<(String, String)>,
    document_key: Py<PyAny>,
    pub names: Names,
    buffer: Vec<u8>,
}

impl Keys {
    /// As `matcher.registry.document_key`, which is asked where capitals of other alphabets come into it.
    pub fn document(&mut self, py: Python<'_>, state: &str, number: &str) -> PyResult<u64> {
        self.buffer.clear();
        self.buffer.push(b'D');
        if let Some(number) = text::plain_number(number) {
            self.buffer
                .extend_from_slice(text::state(state, &self.same_state).as_bytes());
            self.buffer.push(b':');
            self.buffer.extend(number);
        } else {
            let key: String = self.document_key.call1(py, (state, number))?.extract(py)?;
            self.buffer.extend_from_slice(key.as_bytes());
        }
        Ok(hash(&self.buffer))
    }

    pub fn personal_number(&mut self, number: &str) -> u64 {
        self.plain(b'P', number)
    }

    /// Those of the documents and numbers of a row.
    fn strong(&mut self, py: Python<'_>, row: &Row<'_, '_>, hashes: &mut Vec<u64>) -> PyResult<()> {
        for (state, number) in &row.documents {
            hashes.push(self.document(py, state, number)?);
        }
        hashes.extend(row.personal_numbers.iter().map(|number| self.personal_number(number)));
        hashes.extend(row.dossier_numbers.iter().map(|number| self.dossier_number(number)));
        Ok(())
    }

    pub fn dossier_number(&mut self, number: &str) -> u64 {
        self.plain(b'F', number)
    }

    fn plain(&mut self, kind: u8, text: &str) -> u64 {
        self.buffer.clear();
        self.buffer.push(kind);
        self.buffer.extend_from_slice(text.as_bytes());
        hash(&self.buffer)
    }
}
