//! Which events surely concern nobody. The conditions are those of `schemas/checks.py` and of
//! `consumers/matching.py`; an event that fails one, for whatever reason, is left to them.

use std::collections::HashSet;
use std::ops::Range;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use serde_json::Value;

use crate::avro::{Plan, Visitor};
use crate::hashing::{Set, hash};
use crate::likely::Described;
use crate::people::People;
use crate::text::{self, Countries, Few, yes};
use crate::{Limits, guarded};

#[derive(Clone, Copy)]
enum Role {
    EventId,
    Revision,
    Kind,
    OccurredAt,
    RecordedAt,
    Documents,
    Number,
    IssuingState,
    DocumentKind,
    DocumentUse,
    PersonalNumber,
    DossierNumber,
    Names,
    Surname,
    GivenNames,
    BirthDate,
    Citizenships,
    Code,
    Sex,
    Told,
    Authority,
    Direction,
    Place,
    Country,
    CountryBasis,
    StayDays,
    Observation,
}

const COMMON: &[(&str, Option<Role>)] = &[
    ("event_id", Some(Role::EventId)),
    ("revision", Some(Role::Revision)),
    ("kind", Some(Role::Kind)),
    ("occurred_at", Some(Role::OccurredAt)),
    ("occurred_precision", None),
    ("recorded_at", Some(Role::RecordedAt)),
    ("traveller.documents", Some(Role::Documents)),
    ("traveller.documents[].number", Some(Role::Number)),
    ("traveller.documents[].issuing_state", Some(Role::IssuingState)),
    ("traveller.documents[].kind", Some(Role::DocumentKind)),
    ("traveller.documents[].use", Some(Role::DocumentUse)),
    ("traveller.personal_number", Some(Role::PersonalNumber)),
    ("traveller.dossier_number", Some(Role::DossierNumber)),
    ("traveller.names", Some(Role::Names)),
    ("traveller.names[].surname", Some(Role::Surname)),
    ("traveller.names[].given_names", Some(Role::GivenNames)),
    ("traveller.names[].form", None),
    ("traveller.birth_date", Some(Role::BirthDate)),
    ("traveller.citizenships", Some(Role::Citizenships)),
    ("traveller.citizenships[]", Some(Role::Code)),
    ("traveller.sex", Some(Role::Sex)),
    ("disclosure.authority", Some(Role::Authority)),
    ("disclosure.unit", Some(Role::Told)),
    ("disclosure.legal_ground", Some(Role::Told)),
    ("disclosure.weighing", Some(Role::Told)),
    ("disclosure.purpose", Some(Role::Told)),
    ("country", Some(Role::Country)),
    ("stay_days", Some(Role::StayDays)),
];
const CROSSING: &[(&str, Option<Role>)] = &[
    ("direction", Some(Role::Direction)),
    ("border_point", Some(Role::Place)),
    ("country_basis", Some(Role::CountryBasis)),
];
const OBSERVATION: &[(&str, Option<Role>)] =
    &[("mission", Some(Role::Place)), ("observation", Some(Role::Observation))];

/// A traveller with more names than this is looked at.
const NAMES: usize = 8;
const DOCUMENTS: usize = 8;
const CITIZENSHIPS: usize = 8;

/// What is read of an event; every text and number was found good when it was read.
struct Event<'a, 'c> {
    filter: &'c Conditions,
    event_id: &'a str,
    revision: i64,
    kind: Kind,
    occurred_at: i64,
    recorded_at: i64,
    number: &'a str,
    state: &'a str,
    documents: Few<(&'a str, &'a str), DOCUMENTS>,
    is_passport: bool,
    use_of_it: Use,
    /// Whether a passport was used so.
    presented: bool,
    applied_for: bool,
    surname: &'a str,
    given_names: &'a str,
    names: Few<(&'a str, &'a str), NAMES>,
    personal_number: Option<&'a str>,
    dossier_number: Option<&'a str>,
    birth_date: Option<&'a str>,
    citizenships: Few<&'a str, CITIZENSHIPS>,
    sex: Option<char>,
    country: bool,
    country_basis: bool,
    stay: bool,
    exit: bool,
    needs_country: bool,
    needs_passport: Use,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Reported,
    Corrected,
    Withdrawn,
}

/// What was done with a document.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Presented,
    AppliedFor,
    Other,
}

impl Use {
    fn of(symbol: &str) -> Self {
        match symbol {
            "PRESENTED" => Self::Presented,
            "APPLIED_FOR" => Self::AppliedFor,
            _ => Self::Other,
        }
    }
}

impl Event<'_, '_> {
    fn traveller(&self) -> Described<'_> {
        Described {
            names: self.names.all(),
            birth_dates: self.birth_date.as_slice(),
            citizenships: self.citizenships.all(),
            sex: self.sex,
        }
    }
}

impl<'a> Visitor<'a, Role> for Event<'a, '_> {
    fn text(&mut self, role: Role, text: &'a str) -> Option<()> {
        let filter = self.filter;
        match role {
            Role::EventId => {
                text::uuid(text.as_bytes())?;
                self.event_id = text;
            }
            Role::Number => {
                text::document_number(text)?;
                self.number = text;
            }
            Role::IssuingState => {
                filter.countries.has(text)?;
                self.state = text;
            }
            Role::PersonalNumber => {
                text::personal_number(text)?;
                self.personal_number = Some(text);
            }
            Role::DossierNumber => {
                text::digits(text, 8)?;
                self.dossier_number = Some(text);
            }
            Role::Surname => {
                text::fits(text, filter.limits.text)?;
                self.surname = text;
            }
            Role::GivenNames => {
                text::fits(text, filter.limits.text)?;
                self.given_names = text;
            }
            Role::BirthDate => {
                text::birth_date(text)?;
                self.birth_date = Some(text);
            }
            Role::Code => {
                filter.countries.has(text)?;
                self.citizenships.push(text)?;
            }
            Role::Told | Role::Authority => {
                text::told(text)?;
                text::fits(text, filter.limits.text)?;
                if matches!(role, Role::Authority) {
                    yes(filter.authorities.iter().any(|one| one == text))?;
                }
            }
            Role::Place => text::locode(text)?,
            Role::Country => {
                filter.countries.has(text)?;
                self.country = true;
            }
            _ => return None,
        }
        Some(())
    }

    fn number(&mut self, role: Role, number: i64) -> Option<()> {
        match role {
            Role::Revision => self.revision = number,
            Role::OccurredAt => self.occurred_at = number,
            Role::RecordedAt => self.recorded_at = number,
            Role::StayDays => {
                self.stay = true;
                return yes((0..=self.filter.limits.lifetime_days).contains(&number));
            }
            _ => return None,
        }
        Some(())
    }

    fn symbol(&mut self, role: Role, symbol: &str) -> Option<()> {
        match role {
            Role::Kind => {
                self.kind = match symbol {
                    "REPORTED" => Kind::Reported,
                    "CORRECTED" => Kind::Corrected,
                    "WITHDRAWN" => Kind::Withdrawn,
                    _ => return None,
                }
            }
            Role::Direction => self.exit = symbol != "ENTRY",
            Role::Sex => self.sex = Some(text::letter(symbol)?),
            Role::CountryBasis => self.country_basis = true,
            Role::DocumentKind => self.is_passport = symbol == "PASSPORT",
            Role::DocumentUse => self.use_of_it = Use::of(symbol),
            Role::Observation => {
                self.needs_passport = Use::of(symbol.strip_prefix("HOME_PASSPORT_").unwrap_or_default());
                self.needs_country = self.needs_passport == Use::Other;
            }
            _ => return None,
        }
        Some(())
    }

    fn item(&mut self, role: Role) -> Option<()> {
        match role {
            Role::Documents => {
                self.presented |= self.is_passport && self.use_of_it == Use::Presented;
                self.applied_for |= self.is_passport && self.use_of_it == Use::AppliedFor;
                self.documents.push((self.state, self.number))
            }
            Role::Names => self.names.push((self.surname, self.given_names)),
            _ => Some(()),
        }
    }

    fn count(&mut self, _role: Role, items: usize) -> Option<()> {
        yes(items <= self.filter.limits.values)
    }
}

/// What every event of a topic must fulfil.
struct Conditions {
    limits: Limits,
    countries: Countries,
    authorities: Vec<String>,
    /// Whether a country and how it is known come together, as with crossings.
    with_basis: bool,
}

impl Conditions {
    /// What cannot be told from one field alone.
    fn hold(&self, event: &Event<'_, '_>) -> Option<()> {
        let limits = &self.limits;
        yes(event.recorded_at <= limits.max_ms
            && event.occurred_at >= limits.earliest_ms
            && event.occurred_at <= event.recorded_at.saturating_add(limits.skew_ms))?;
        yes(event.revision >= 1 && (event.revision == 1) == (event.kind == Kind::Reported))?;
        let withdrawn = event.kind == Kind::Withdrawn;
        let numbers = event.personal_number.is_some() || event.dossier_number.is_some();
        yes(withdrawn || numbers || !event.documents.all().is_empty() || !event.names.all().is_empty())?;
        if self.with_basis {
            yes(event.country == event.country_basis && !(event.stay && (event.exit || !event.country)))
        } else {
            yes(event.country || !event.needs_country)?;
            yes(withdrawn
                || match event.needs_passport {
                    Use::Presented => event.presented,
                    Use::AppliedFor => event.applied_for,
                    Use::Other => true,
                })
        }
    }
}

/// Slots of people whom a traveller may be, each with whether a document or number is theirs.
type Met = Vec<(u32, bool)>;

/// An event as far as it was read.
struct Read<'a, 'c> {
    event: Event<'a, 'c>,
    /// Where its keys stand among those of the events read with it: documents and numbers, and from `weak` on the name.
    keys: Range<usize>,
    weak: usize,
    /// Whom the traveller may be, where the event is in order.
    met: Option<Met>,
}

impl<'c> Read<'_, 'c> {
    fn new(conditions: &'c Conditions) -> Self {
        Self {
            event: Event {
                filter: conditions,
                event_id: "",
                revision: 0,
                kind: Kind::Reported,
                occurred_at: 0,
                recorded_at: 0,
                number: "",
                state: "",
                documents: Few::default(),
                is_passport: false,
                use_of_it: Use::Other,
                presented: false,
                applied_for: false,
                surname: "",
                given_names: "",
                names: Few::default(),
                personal_number: None,
                dossier_number: None,
                birth_date: None,
                citizenships: Few::default(),
                sex: None,
                country: false,
                country_basis: false,
                stay: false,
                exit: false,
                needs_country: false,
                needs_passport: Use::Other,
            },
            keys: 0..0,
            weak: 0,
            met: None,
        }
    }
}

/// So many events are read before the first of them is looked up: what their keys lead to, and then the rows of all who
/// are near, comes from memory together. Few enough to stay in the nearest cache.
const TOGETHER: usize = 32;

/// Passes over the events of one topic that surely concern nobody.
#[pyclass(module = "matcher.native._core")]
pub struct EventFilter {
    plan: Plan<Role>,
    conditions: Conditions,
}

#[pymethods]
impl EventFilter {
    /// `schema` is that of the event, as JSON; the limits are those of `schemas.checks`.
    #[new]
    fn new(
        schema: &str,
        limits: &Bound<'_, PyDict>,
        countries: Vec<String>,
        authorities: HashSet<String>,
    ) -> PyResult<Self> {
        let schema: Value = serde_json::from_str(schema).map_err(|_| PyValueError::new_err("the schema is no JSON"))?;
        let (with_basis, own) = match schema.get("name").and_then(Value::as_str) {
            Some("BorderCrossing") => (true, CROSSING),
            Some("MissionObservation") => (false, OBSERVATION),
            _ => return Err(PyValueError::new_err("the schema of no event that is known here")),
        };
        let plan = Plan::compile(&schema, &[COMMON, own].concat()).map_err(PyValueError::new_err)?;
        let conditions = Conditions {
            limits: Limits::read(limits)?,
            countries: Countries::new(&countries),
            authorities: authorities.into_iter().collect(),
            with_basis,
        };
        Ok(Self { plan, conditions })
    }

    /// Indices of the records that must be looked at, rising. All others are ordinary first reports with all that an
    /// event needs, of which no document or number is anybody's among `people`, nor the name that of anybody like enough,
    /// and whose event id is not in `memory`. With each index, what `People.find` gives with `near` for its traveller,
    /// where the record is in order: such a report, or another revision as whole, under its own key; else None.
    ///
    /// `headers` are the framings of the newest schema; a record with another one is looked at, and so is an event
    /// that occurred after `not_after_ms`.
    #[expect(clippy::too_many_arguments, reason = "arguments of a Python method")]
    fn look_at(
        &self,
        py: Python<'_>,
        mut people: PyRefMut<'_, People>,
        headers: Vec<Vec<u8>>,
        values: &Bound<'_, PyList>,
        keys: &Bound<'_, PyList>,
        memory: &Bound<'_, PyDict>,
        not_after_ms: i64,
    ) -> Vec<(usize, Option<Met>)> {
        let remembers = !memory.is_empty();
        let mut doubtful = Vec::new();
        // What is looked at may come into the memory, so from then on its event id counts as remembered.
        let mut touched = Set::default();
        let records: Vec<_> = values.iter().zip(keys).collect();
        let mut hashes = Vec::new();
        let mut events = Vec::with_capacity(TOGETHER);
        for (chunk, some) in records.chunks(TOGETHER).enumerate() {
            hashes.clear();
            events.clear();
            for (value, key) in some {
                // Written where it stays: it is large.
                events.push(Read::new(&self.conditions));
                let Some(read) = events.last_mut() else { continue };
                let in_order = guarded(|| {
                    let (value, key) = (value.cast::<PyBytes>().ok()?, key.cast::<PyBytes>().ok()?);
                    let body = crate::body(value.as_bytes(), &headers)?;
                    self.read(py, &mut people, body, not_after_ms, read, &mut hashes)?;
                    yes(key.as_bytes() == read.event.event_id.as_bytes())
                });
                read.met = in_order.flatten().map(|()| Met::new());
            }
            let looked_up = guarded(|| {
                let in_order = events.iter_mut().filter(|read| read.met.is_some());
                people.narrow(&mut hashes, in_order.map(|read| (&mut read.keys, &mut read.weak)));
                for read in &mut events {
                    if let Some(met) = &mut read.met {
                        *met = people.under(&hashes[read.keys.clone()], read.weak - read.keys.start);
                    }
                }
                let near = events.iter().filter_map(|read| read.met.as_ref()).flatten();
                people.touch(near.filter(|(_, sure)| !sure).map(|(slot, _)| *slot));
            });
            for (at, (read, (_, key))) in events.iter_mut().zip(some).enumerate() {
                let mut found = None;
                let passed = guarded(|| {
                    looked_up?;
                    let mut met = read.met.take()?;
                    // To ask Python what a name of another script is can fail, and then Python sees why.
                    people.retain_likely(py, &read.event.traveller(), &mut met).ok()?;
                    let event = &read.event;
                    yes(found.insert(met).is_empty() && event.revision == 1)?;
                    yes(touched.is_empty() || !touched.contains(&hash(event.event_id.as_bytes())))?;
                    yes(!remembers || !memory.contains(event.event_id).ok()?)
                });
                if passed.flatten().is_none() {
                    doubtful.push((chunk * TOGETHER + at, found));
                    if let Ok(key) = key.cast::<PyBytes>() {
                        touched.insert(hash(key.as_bytes()));
                    }
                }
            }
        }
        doubtful
    }
}

impl EventFilter {
    /// Read an event, of which all holds that an event must; its keys come behind `hashes`.
    fn read<'a>(
        &self,
        py: Python<'_>,
        people: &mut People,
        body: &'a [u8],
        not_after_ms: i64,
        read: &mut Read<'a, '_>,
        hashes: &mut Vec<u64>,
    ) -> Option<()> {
        let event = &mut read.event;
        self.plan.walk(body, event)?;
        self.conditions.hold(event)?;
        yes(event.occurred_at <= not_after_ms)?;
        let (keys, start) = (people.keys(), hashes.len());
        for (state, number) in event.documents.all() {
            hashes.push(keys.document(py, state, number).ok()?);
        }
        hashes.extend(event.personal_number.map(|number| keys.personal_number(number)));
        hashes.extend(event.dossier_number.map(|number| keys.dossier_number(number)));
        let weak = hashes.len();
        // To ask Python for codes can fail, and then Python sees why.
        keys.names
            .traveller(py, event.names.all(), event.birth_date, hashes)
            .ok()?;
        (read.keys, read.weak) = (start..hashes.len(), weak);
        Some(())
    }
}
