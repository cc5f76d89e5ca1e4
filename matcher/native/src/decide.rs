//! The commonest of what must be looked at, decided whole: a first report whose documents and numbers are one person's,
//! of whose event nobody has decided anything. As `matcher/examine.py` and what it calls decide it, and to the very bytes that
//! `consumers/matching.py` publishes. Whatever is out of the ordinary, or rests on the last digits of a sum, is Python's.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::features::{Feature, Features, Identity};
use crate::grounds::{Ground, Grounds};
use crate::guarded;
use crate::people::People;
use crate::rules::{Rule, RuleBook};
use crate::values::{Schema, Value};

/// Of an identity's digest so many digits are remembered.
const DIGEST: usize = 32;

/// What is to be published, if anything: the level of identity, the person's id, the match.
type Match = (&'static str, String, Vec<u8>);
/// That, and what is to be remembered, if anything.
type Decided = (Option<Match>, Option<Vec<u8>>);

/// Decides on the events of one source.
#[pyclass(module = "matcher.native._core", frozen)]
pub struct Decider {
    grounds: Grounds,
    features: Features,
    event: Schema,
    person: Schema,
    matched: Schema,
    memory: Schema,
    match_header: Vec<u8>,
    memory_header: Vec<u8>,
    matcher: String,
    namespace: [u8; 16],
}

#[pymethods]
impl Decider {
    /// `schemas` are those of event, person, match and memory, as JSON; `headers` the framings of match and memory; the
    /// other arguments are those of `matcher.native`.
    #[new]
    #[pyo3(signature = (source, schemas, headers, *, rules, matcher, namespace, identity_numbers, no_citizenship, compare_dates))]
    #[expect(clippy::too_many_arguments, reason = "named arguments of a Python constructor")]
    fn new(
        source: String,
        schemas: [String; 4],
        headers: (Vec<u8>, Vec<u8>),
        rules: &str,
        matcher: String,
        namespace: [u8; 16],
        identity_numbers: &Bound<'_, PyDict>,
        no_citizenship: Vec<String>,
        compare_dates: Py<PyAny>,
    ) -> PyResult<Self> {
        let schema = |json: &String| Schema::parse(json).ok_or_else(|| PyValueError::new_err("a schema that is none"));
        Ok(Self {
            grounds: Grounds {
                is_crossing: source == "border-crossings",
                source,
                rules: RuleBook::parse(rules).map_err(PyValueError::new_err)?,
                no_citizenship,
            },
            features: Features::new(identity_numbers, compare_dates)?,
            event: schema(&schemas[0])?,
            person: schema(&schemas[1])?,
            matched: schema(&schemas[2])?,
            memory: schema(&schemas[3])?,
            match_header: headers.0,
            memory_header: headers.1,
            matcher,
            namespace,
        })
    }

    /// What an event says of the people whom `EventFilter.look_at` has told for it; None where Python must decide.
    ///
    /// `value` is the record, whose body begins at `start`, at an offset; it is a first report in order, of whose event
    /// nothing is remembered and nothing decided.
    fn decide(
        &self,
        py: Python<'_>,
        mut people: PyRefMut<'_, People>,
        value: &[u8],
        start: usize,
        slots: Vec<(u32, bool)>,
        offset: i64,
    ) -> Option<Decided> {
        guarded(|| {
            let event = self.event.read(value.get(start..)?)?;
            let rows: Option<Vec<_>> = slots
                .iter()
                .map(|(slot, _)| Some(people.body(*slot as usize)?.to_vec()))
                .collect();
            self.examine(py, &mut people, event, &rows?, offset)
        })?
    }
}

/// Nothing is said, and nothing remembered.
const NOTHING: Option<Decided> = Some((None, None));

impl Decider {
    /// `examine.examine`, where at most one is the traveller by a document or number, and surely.
    fn examine(
        &self,
        py: Python<'_>,
        people: &mut People,
        event: Value<'_>,
        rows: &[Vec<u8>],
        offset: i64,
    ) -> Option<Decided> {
        let persons: Option<Vec<_>> = rows.iter().map(|row| self.person.read(row)).collect();
        let persons = persons?;
        let grounds = self.grounds.of(&event, &persons, people.same_state())?;
        if grounds.iter().all(Option::is_none) {
            return NOTHING;
        }
        let mut relevant = false;
        let mut found = None;
        let mut heeded = Vec::new();
        for (person, ground) in persons.iter().zip(grounds) {
            let features = self.features.compare(py, people, event.get("traveller")?, person)?;
            let identity = self.features.identity(&features);
            if identity == Identity::Nobody {
                continue;
            }
            relevant |= ground.is_some();
            if identity == Identity::Possible {
                heeded.push(person.text("person_id")?);
            } else if found.replace((person, ground, identity, features)).is_some() {
                return None; // several keys that name several people
            }
        }
        if !relevant {
            return NOTHING;
        }
        let (person, ground, identity, features) = found?;
        if identity != Identity::Identified && !heeded.is_empty() {
            return None;
        }
        let Some(ground) = ground else {
            heeded.push(person.text("person_id")?);
            return Some((None, Some(self.remember(heeded, None, offset)?)));
        };
        let level = match identity {
            Identity::Identified => "IDENTIFIED",
            _ => "POSSIBLE",
        };
        let person_id = person.text("person_id")?;
        let published = self.say(event, person, ground, level, &features)?;
        let kept = self.remember(heeded, Some((person_id, &published)), offset)?;
        Some((Some((level, person_id.to_owned(), published)), Some(kept)))
    }

    /// `examine._finding`, and the match of `memory.say`, as bytes.
    fn say(
        &self,
        mut event: Value<'_>,
        person: &Value<'_>,
        ground: Ground<'_>,
        level: &'static str,
        features: &[Feature],
    ) -> Option<Vec<u8>> {
        let mut traveller = event.take("traveller")?;
        let mut of = |name| event.take(name);
        let (event_id, person_id) = (of("event_id")?, person.text("person_id")?);
        let match_id = match &event_id {
            Value::Text(event_id) => self.match_id(event_id, person_id),
            _ => return None,
        };
        let status = |name| ground.status.get(name).cloned();
        let finding = Value::Record(vec![
            ("source", self.grounds.source.as_str().into()),
            ("event_id", event_id.clone()),
            ("revision", 1.into()),
            ("identity", level.into()),
            ("kinds", ground.kinds.into_iter().collect()),
            ("occurred_at", of("occurred_at")?),
            ("occurred_precision", of("occurred_precision")?),
            ("recorded_at", of("recorded_at")?),
            ("country", ground.country.into()),
            ("country_basis", of("country_basis").unwrap_or(Value::Null)),
            ("stay_days", of("stay_days")?),
            ("direction", of("direction").unwrap_or(Value::Null)),
            (
                "place",
                of(if self.grounds.is_crossing {
                    "border_point"
                } else {
                    "mission"
                })?,
            ),
            ("documents", traveller.take("documents")?),
            ("names", traveller.take("names")?),
            ("birth_date", traveller.take("birth_date")?),
            ("citizenships", traveller.take("citizenships")?),
            ("disclosure", of("disclosure")?),
            ("features", features.iter().map(Feature::value).collect()),
            (
                "status",
                Value::Record(vec![
                    ("status_id", status("status_id")?),
                    ("kind", status("kind")?),
                    ("countries", status("countries")?),
                    ("valid_from", status("valid_from")?),
                    ("valid_to", status("valid_to")?),
                    ("row_recorded_at", person.get("recorded_at")?.clone()),
                ]),
            ),
            ("rules", ground.fired.iter().map(fired).collect()),
            ("rule_set", ground.rule_set.into()),
            ("matcher", self.matcher.as_str().into()),
        ]);
        let matched = Value::Record(vec![
            ("match_id", match_id.into()),
            ("person_id", person_id.into()),
            ("event_id", event_id),
            ("revision", 1.into()),
            ("retracted", Value::Null),
            ("finding", finding),
        ]);
        written(&self.matched, &self.match_header, &matched)
    }

    /// The memory of `memory.say`, as bytes: who was matched, with the match, and who else the traveller could be.
    fn remember(&self, heeded: Vec<&str>, matched: Option<(&str, &[u8])>, offset: i64) -> Option<Vec<u8>> {
        let mut people: Vec<_> = heeded.into_iter().map(|person_id| (person_id, String::new())).collect();
        if let Some((person_id, published)) = matched {
            let mut digest = hex(&Sha256::digest(published));
            digest.truncate(DIGEST);
            people.push((person_id, digest));
        }
        people.sort_unstable();
        let remembered = |(person_id, digest): (&'_ str, String)| {
            Value::Record(vec![
                ("person_id", person_id.to_owned().into()),
                ("digest", digest.into()),
            ])
        };
        let memory = Value::Record(vec![
            ("revision", 1.into()),
            ("kind", "REPORTED".into()),
            ("matches", people.into_iter().map(remembered).collect()),
            ("offset", offset.into()),
        ]);
        written(&self.memory, &self.memory_header, &memory)
    }

    /// `schemas.ids.match_id` (RFC 9562, version 5).
    fn match_id(&self, event_id: &str, person_id: &str) -> String {
        let mut sha = Sha1::new();
        sha.update(self.namespace);
        sha.update(format!("match/{event_id}/{person_id}"));
        let mut bytes = sha.finalize();
        bytes[6] = bytes[6] & 0x0f | 0x50;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let all = hex(&bytes[..16]);
        [&all[..8], &all[8..12], &all[12..16], &all[16..20], &all[20..]].join("-")
    }
}

fn fired<'a>((rule, outcomes): &'a (&Rule, Vec<&str>)) -> Value<'a> {
    let texts = |texts: &'a [String]| texts.iter().map(String::as_str).collect::<Value<'a>>();
    Value::Record(vec![
        ("rule_id", rule.id.as_str().into()),
        ("title", rule.title.as_str().into()),
        ("legal_basis", texts(&rule.legal_basis)),
        ("outcomes", outcomes.iter().copied().collect()),
        ("favourable", texts(&rule.favourable)),
    ])
}

fn written(schema: &Schema, header: &[u8], value: &Value<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(2048);
    out.extend_from_slice(header);
    schema.write(value, &mut out)?;
    Some(out)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
