//! Which events surely concern nobody. The conditions are those of `schemas/checks.py` and of
//! `consumers/matching.py`; an event that fails one, for whatever reason, is left to them.

use std::collections::HashSet;
use std::ops::Range;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use serde_json::Value;

use crate::avro::{Plan, Visitor, utf8};
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
    OccurredPrecision,
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
    Disclosure,
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
    ("occurred_precision", Some(Role::OccurredPrecision)),
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
    ("disclosure", Some(Role::Disclosure)),
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
#[derive(Default)]
struct Event<'a> {
    facts: Facts<'a>,
    documents: Few<(&'a str, &'a str), DOCUMENTS>,
    names: Few<(&'a str, &'a str), NAMES>,
    citizenships: Few<&'a str, CITIZENSHIPS>,
}

/// What there is at most one of.
#[derive(Default)]
struct Facts<'a> {
    event_id: &'a [u8],
    revision: i64,
    kind: Kind,
    occurred_at: i64,
    /// Whether it is known by its day alone.
    day_alone: bool,
    recorded_at: i64,
    number: &'a str,
    state: &'a str,
    is_passport: bool,
    use_of_it: Use,
    /// Whether a passport was used so.
    presented: bool,
    applied_for: bool,
    surname: &'a str,
    given_names: &'a str,
    personal_number: Option<&'a str>,
    dossier_number: Option<&'a str>,
    birth_date: Option<&'a str>,
    sex: Option<char>,
    country: bool,
    country_basis: bool,
    stay: bool,
    exit: bool,
    needs_country: bool,
    needs_passport: Use,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Kind {
    #[default]
    Reported,
    Corrected,
    Withdrawn,
}

/// What was done with a document.
#[derive(Clone, Copy, Default, PartialEq)]
enum Use {
    Presented,
    AppliedFor,
    #[default]
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

impl Event<'_> {
    /// Forget all, but leave the room that it takes as it is: it is large.
    fn clear(&mut self) {
        self.facts = Facts::default();
        self.documents.clear();
        self.names.clear();
        self.citizenships.clear();
    }

    fn traveller(&self) -> Described<'_> {
        Described {
            names: self.names.all(),
            birth_dates: self.facts.birth_date.as_slice(),
            citizenships: self.citizenships.all(),
            sex: self.facts.sex,
        }
    }
}

/// Disclosures that were found good, those that come again and again before others: a unit writes the same one under each of
/// its events, and it is a third of a record.
#[derive(Default)]
struct Disclosures(Vec<Box<[u8]>>);

/// So many are kept.
const KEPT: usize = 32;

impl Disclosures {
    /// The length of the one that these bytes begin with.
    fn length_in(&mut self, bytes: &[u8]) -> Option<usize> {
        let at = self.0.iter().position(|one| bytes.starts_with(one))?;
        let length = self.0[at].len();
        self.0.swap(at, at.saturating_sub(1));
        Some(length)
    }

    fn keep(&mut self, one: &[u8]) {
        self.0.truncate(KEPT - 1);
        self.0.push(one.into());
    }
}

/// Reads an event.
struct Reading<'r, 'a> {
    conditions: &'r Conditions,
    disclosures: &'r mut Disclosures,
    event: &'r mut Event<'a>,
}

impl<'a> Visitor<'a, Role> for Reading<'_, 'a> {
    fn text(&mut self, role: Role, text: &'a [u8]) -> Option<()> {
        let (conditions, facts) = (self.conditions, &mut self.event.facts);
        match role {
            Role::EventId => {
                text::uuid(text)?;
                facts.event_id = text;
            }
            Role::Number => {
                facts.number = utf8(text)?;
                text::document_number(facts.number)?;
            }
            Role::IssuingState => {
                conditions.countries.has(text)?;
                facts.state = utf8(text)?;
            }
            Role::PersonalNumber => {
                let text = utf8(text)?;
                text::personal_number(text)?;
                facts.personal_number = Some(text);
            }
            Role::DossierNumber => {
                let text = utf8(text)?;
                text::digits(text, 8)?;
                facts.dossier_number = Some(text);
            }
            Role::Surname => {
                facts.surname = utf8(text)?;
                text::fits(facts.surname, conditions.limits.text)?;
            }
            Role::GivenNames => {
                facts.given_names = utf8(text)?;
                text::fits(facts.given_names, conditions.limits.text)?;
            }
            Role::BirthDate => {
                let text = utf8(text)?;
                text::birth_date(text)?;
                facts.birth_date = Some(text);
            }
            Role::Code => {
                conditions.countries.has(text)?;
                self.event.citizenships.push(utf8(text)?)?;
            }
            Role::Told | Role::Authority => {
                let text = utf8(text)?;
                text::told(text)?;
                text::fits(text, conditions.limits.text)?;
                if matches!(role, Role::Authority) {
                    yes(conditions.authorities.iter().any(|one| one == text))?;
                }
            }
            Role::Place => text::locode(text)?,
            Role::Country => {
                conditions.countries.has(text)?;
                facts.country = true;
            }
            _ => return None,
        }
        Some(())
    }

    fn number(&mut self, role: Role, number: i64) -> Option<()> {
        let facts = &mut self.event.facts;
        match role {
            Role::Revision => facts.revision = number,
            Role::OccurredAt => facts.occurred_at = number,
            Role::RecordedAt => facts.recorded_at = number,
            Role::StayDays => {
                facts.stay = true;
                return yes((0..=self.conditions.limits.lifetime_days).contains(&number));
            }
            _ => return None,
        }
        Some(())
    }

    fn symbol(&mut self, role: Role, symbol: &str) -> Option<()> {
        let facts = &mut self.event.facts;
        match role {
            Role::Kind => {
                facts.kind = match symbol {
                    "REPORTED" => Kind::Reported,
                    "CORRECTED" => Kind::Corrected,
                    "WITHDRAWN" => Kind::Withdrawn,
                    _ => return None,
                }
            }
            Role::OccurredPrecision => facts.day_alone = symbol == "DAY",
            Role::Direction => facts.exit = symbol != "ENTRY",
            Role::Sex => facts.sex = Some(text::letter(symbol)?),
            Role::CountryBasis => facts.country_basis = true,
            Role::DocumentKind => facts.is_passport = symbol == "PASSPORT",
            Role::DocumentUse => facts.use_of_it = Use::of(symbol),
            Role::Observation => {
                facts.needs_passport = Use::of(symbol.strip_prefix("HOME_PASSPORT_").unwrap_or_default());
                facts.needs_country = facts.needs_passport == Use::Other;
            }
            _ => return None,
        }
        Some(())
    }

    fn item(&mut self, role: Role) -> Option<()> {
        let facts = &mut self.event.facts;
        match role {
            Role::Documents => {
                facts.presented |= facts.is_passport && facts.use_of_it == Use::Presented;
                facts.applied_for |= facts.is_passport && facts.use_of_it == Use::AppliedFor;
                self.event.documents.push((facts.state, facts.number))
            }
            Role::Names => self.event.names.push((facts.surname, facts.given_names)),
            _ => Some(()),
        }
    }

    fn count(&mut self, _role: Role, items: usize) -> Option<()> {
        yes(items <= self.conditions.limits.values)
    }

    fn recurs(&mut self, _role: Role, left: &'a [u8]) -> Option<usize> {
        self.disclosures.length_in(left)
    }

    fn record(&mut self, _role: Role, record: &'a [u8]) {
        self.disclosures.keep(record);
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
    fn hold(&self, event: &Event<'_>) -> Option<()> {
        let (limits, facts) = (&self.limits, &event.facts);
        let early = if facts.day_alone { limits.day_begins_early_ms } else { 0 };
        yes(facts.recorded_at <= limits.max_ms
            && facts.occurred_at >= limits.earliest_ms
            && facts.occurred_at <= facts.recorded_at.saturating_add(limits.skew_ms + early))?;
        yes(!facts.day_alone || facts.occurred_at.rem_euclid(limits.day_ms) == 0)?;
        yes(facts.revision >= 1 && (facts.revision == 1) == (facts.kind == Kind::Reported))?;
        let withdrawn = facts.kind == Kind::Withdrawn;
        let numbers = facts.personal_number.is_some() || facts.dossier_number.is_some();
        yes(withdrawn || numbers || !event.documents.all().is_empty() || !event.names.all().is_empty())?;
        if self.with_basis {
            yes(facts.country == facts.country_basis && !(facts.stay && (facts.exit || !facts.country)))
        } else {
            yes(facts.country || !facts.needs_country)?;
            yes(withdrawn
                || match facts.needs_passport {
                    Use::Presented => facts.presented,
                    Use::AppliedFor => facts.applied_for,
                    Use::Other => true,
                })
        }
    }
}

/// Slots of people whom a traveller may be, each with whether a document or number is theirs.
type Met = Vec<(u32, bool)>;

/// An event as far as it was read.
#[derive(Default)]
struct Read<'a> {
    event: Event<'a>,
    /// Where its keys stand among those of the events read with it: documents and numbers, and from `weak` on the name.
    keys: Range<usize>,
    weak: usize,
    /// Whom the traveller may be, where the event is in order.
    met: Option<Met>,
}

/// So many events are read before the first of them is looked up: what their keys lead to, and then the rows of all who
/// are near, comes from memory together. Few enough to stay in the nearest cache.
const TOGETHER: usize = 32;

/// Passes over the events of one topic that surely concern nobody.
#[pyclass(module = "matcher.native._core")]
pub struct EventFilter {
    plan: Plan<Role>,
    conditions: Conditions,
    disclosures: Disclosures,
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
        Ok(Self {
            plan,
            conditions,
            disclosures: Disclosures::default(),
        })
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
        &mut self,
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
        let mut room: [Read<'_>; TOGETHER] = Default::default();
        for (chunk, some) in records.chunks(TOGETHER).enumerate() {
            hashes.clear();
            let events = &mut room[..some.len()];
            for (read, (value, key)) in events.iter_mut().zip(some) {
                read.event.clear();
                let in_order = guarded(|| {
                    let (value, key) = (value.cast::<PyBytes>().ok()?, key.cast::<PyBytes>().ok()?);
                    let body = crate::body(value.as_bytes(), &headers)?;
                    self.read(py, &mut people, body, not_after_ms, read, &mut hashes)?;
                    yes(key.as_bytes() == read.event.facts.event_id)
                });
                read.met = in_order.flatten().map(|()| Met::new());
            }
            let looked_up = guarded(|| {
                let in_order = events.iter_mut().filter(|read| read.met.is_some());
                people.narrow(&mut hashes, in_order.map(|read| (&mut read.keys, &mut read.weak)));
                for read in &mut *events {
                    if let Some(met) = &mut read.met {
                        *met = people.under(py, &hashes[read.keys.clone()], read.weak - read.keys.start);
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
                    let event = &read.event.facts;
                    yes(found.insert(met).is_empty() && event.revision == 1)?;
                    yes(touched.is_empty() || !touched.contains(&hash(event.event_id)))?;
                    yes(!remembers || !memory.contains(utf8(event.event_id)?).ok()?)
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
        &mut self,
        py: Python<'_>,
        people: &mut People,
        body: &'a [u8],
        not_after_ms: i64,
        read: &mut Read<'a>,
        hashes: &mut Vec<u64>,
    ) -> Option<()> {
        let event = &mut read.event;
        let mut reading = Reading {
            conditions: &self.conditions,
            disclosures: &mut self.disclosures,
            event,
        };
        self.plan.walk(body, &mut reading)?;
        self.conditions.hold(event)?;
        let facts = &event.facts;
        yes(facts.occurred_at <= not_after_ms)?;
        let (keys, start) = (people.keys(), hashes.len());
        for (state, number) in event.documents.all() {
            hashes.push(keys.document(py, state, number).ok()?);
        }
        hashes.extend(facts.personal_number.map(|number| keys.personal_number(number)));
        hashes.extend(facts.dossier_number.map(|number| keys.dossier_number(number)));
        let weak = hashes.len();
        // To ask Python for codes can fail, and then Python sees why.
        keys.names
            .traveller(py, event.names.all(), facts.birth_date, hashes)
            .ok()?;
        (read.keys, read.weak) = (start..hashes.len(), weak);
        Some(())
    }
}
