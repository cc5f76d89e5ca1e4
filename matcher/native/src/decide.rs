//! What must be looked at, decided whole: events in order of which nobody has decided anything. As `matcher/examine.py`,
//! `matcher/memory.py` and what they call decide it, and to the very bytes that `consumers/matching.py` publishes. Whatever is
//! out of the ordinary, or rests on the last digits of a sum, is Python's.

use std::collections::BTreeMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::features::{Feature, Features, Identity};
use crate::grounds::{Ground, Grounds};
use crate::guarded;
use crate::people::People;
use crate::rules::{Basis, Rule, RuleBook};
use crate::text;
use crate::values::{Schema, Value};

/// Of a match's digest so many digits are remembered.
const DIGEST: usize = 32;

/// What follows from a record: its outcome; the matches and retractions to publish, by person; what is to be remembered of
/// the event, if anything; and whether that is another than before, else it is not told.
type Concluded = (&'static str, Vec<(String, Vec<u8>)>, Option<Remembered>, bool);

/// A memory as bytes, ids of the people whom it names, and its offset.
type Remembered = (Vec<u8>, Vec<String>, i64);

/// Kinds of revisions.
const REPORTED: &str = "REPORTED";
const WITHDRAWN: &str = "WITHDRAWN";

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
    #[pyo3(signature = (
        source, schemas, headers, *, rules, matcher, namespace, identity_numbers, no_citizenship, clock_changes
    ))]
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
        clock_changes: Vec<(i64, i64)>,
    ) -> PyResult<Self> {
        let schema = |json: &String| Schema::parse(json).ok_or_else(|| PyValueError::new_err("a schema that is none"));
        Ok(Self {
            grounds: Grounds {
                is_crossing: source == "border-crossings",
                source,
                rules: RuleBook::parse(rules).map_err(PyValueError::new_err)?,
                no_citizenship,
                clock_changes,
            },
            features: Features::new(identity_numbers)?,
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

    /// What follows from an event about the people whom `EventFilter.look_at` has told for it; None where Python must decide.
    ///
    /// `value` is the record, whose body begins at `start`, at an offset; it is in order, and nobody has decided anything
    /// of its event. `before` is what is remembered of it, with its framing.
    #[expect(clippy::too_many_arguments, reason = "arguments of a Python method")]
    fn decide(
        &self,
        py: Python<'_>,
        mut people: PyRefMut<'_, People>,
        value: &[u8],
        start: usize,
        near: Vec<(u32, bool)>,
        before: Option<&[u8]>,
        offset: i64,
    ) -> Option<Concluded> {
        guarded(|| {
            let event = self.event.read(value.get(start..)?)?;
            let before = match before {
                Some(kept) => Some(self.memory.read(kept.strip_prefix(self.memory_header.as_slice())?)?),
                None => None,
            };
            let before = match &before {
                Some(kept) => Some(Memory::of(kept)?),
                None => None,
            };
            self.say(py, &mut people, &event, &near, before, offset)
        })?
    }
}

/// What is remembered of an event.
#[derive(PartialEq)]
struct Memory<'a> {
    revision: i64,
    kind: &'a str,
    /// Digests of matches by person; empty where nothing is said of them.
    matches: BTreeMap<&'a str, String>,
    offset: i64,
}

impl<'a> Memory<'a> {
    fn of(kept: &'a Value<'_>) -> Option<Self> {
        let mut matches = BTreeMap::new();
        for one in kept.list("matches") {
            // In their lower-case form ids stand in the order of their numbers.
            let person_id = one.text("person_id")?;
            text::uuid(person_id.as_bytes())?;
            matches.insert(person_id, one.text("digest")?.to_owned());
        }
        Some(Self {
            revision: kept.number("revision")?,
            kind: kept.text("kind")?,
            matches,
            offset: kept.number("offset")?,
        })
    }

    /// `memory.is_superseded`.
    fn supersedes(&self, revision: i64, kind: &str) -> bool {
        if revision == self.revision {
            self.kind == WITHDRAWN && kind != WITHDRAWN
        } else {
            revision < self.revision
        }
    }

    fn value(&self) -> Value<'_> {
        let matches = self.matches.iter().map(|(person_id, digest)| {
            Value::Record(vec![
                ("person_id", (*person_id).into()),
                ("digest", digest.as_str().into()),
            ])
        });
        Value::Record(vec![
            ("revision", self.revision.into()),
            ("kind", self.kind.into()),
            ("matches", matches.collect()),
            ("offset", self.offset.into()),
        ])
    }
}

/// A match found.
struct Found {
    is_identified: bool,
    value: Vec<u8>,
    digest: String,
}

/// What an event shows, by person: as `examine.Examined`.
#[derive(Default)]
struct Examined {
    found: BTreeMap<String, Found>,
    heeded: Vec<String>,
    /// Whether the traveller is nobody of those whom the keys point at.
    nobody: bool,
    too_many: bool,
}

impl Decider {
    /// `memory.say`, with what `consumers/matching.py` does before it.
    fn say(
        &self,
        py: Python<'_>,
        people: &mut People,
        event: &Value<'_>,
        near: &[(u32, bool)],
        before: Option<Memory<'_>>,
        offset: i64,
    ) -> Option<Concluded> {
        let (kind, revision, event_id) = (event.text("kind")?, event.number("revision")?, event.text("event_id")?);
        if before.as_ref().is_some_and(|before| before.supersedes(revision, kind)) {
            return Some(("superseded", Vec::new(), None, false));
        }
        let examined = match kind {
            WITHDRAWN => Examined::default(),
            _ => self.examine(py, people, event, near)?,
        };
        if examined.nobody && revision == 1 && before.is_none() {
            return Some(("no-person", Vec::new(), None, false));
        }
        let again = before
            .as_ref()
            .filter(|before| before.revision == revision && before.kind == kind);
        let nothing = BTreeMap::new();
        let said = before.as_ref().map_or(&nothing, |before| &before.matches);
        let mut hold: BTreeMap<&str, String> = examined
            .heeded
            .iter()
            .map(|one| (one.as_str(), String::new()))
            .collect();
        hold.extend(
            examined
                .found
                .iter()
                .map(|(one, found)| (one.as_str(), found.digest.clone())),
        );
        if let Some(again) = again {
            for (person, digest) in &again.matches {
                let now = examined.found.get(*person).map(|found| &found.digest);
                if now.is_none_or(|now| now <= digest) {
                    hold.insert(person, digest.clone());
                }
            }
        }
        let mut matches = Vec::new();
        for (person, found) in &examined.found {
            let held = hold.get(person.as_str());
            if held == Some(&found.digest) && held != said.get(person.as_str()) {
                matches.push((person.clone(), found.value.clone()));
            }
        }
        let duplicate = again.is_some() && matches.is_empty();
        for (person, digest) in said {
            if !digest.is_empty() && hold.get(person).is_none_or(String::is_empty) {
                matches.push(((*person).to_owned(), self.retracted(event_id, person, revision, kind)?));
            }
        }
        matches.sort_unstable();
        // Of whom something was said before stays named.
        for person in said.keys() {
            hold.entry(person).or_default();
        }
        let kept = (kind != REPORTED || !hold.is_empty()).then(|| Memory {
            revision,
            kind,
            matches: hold,
            offset: match again {
                Some(again) if again.offset >= 0 => offset.min(again.offset),
                _ => offset,
            },
        });
        let outcome = if duplicate {
            "duplicate"
        } else if kind == WITHDRAWN {
            "withdrawn"
        } else if examined.found.values().any(|found| found.is_identified) {
            "matched"
        } else if examined.too_many {
            "too-many-people"
        } else if examined.found.is_empty() {
            "not-relevant"
        } else {
            "review"
        };
        let changed = kept != before;
        let memory = match kept {
            Some(kept) if changed => {
                let value = written(&self.memory, &self.memory_header, &kept.value())?;
                let people = kept.matches.keys().map(|person| (*person).to_owned());
                Some((value, people.collect(), kept.offset))
            }
            _ => None,
        };
        Some((outcome, matches, memory, changed))
    }

    /// `examine.examine`, of an event that was not withdrawn and of which nothing is decided.
    fn examine(
        &self,
        py: Python<'_>,
        people: &mut People,
        event: &Value<'_>,
        near: &[(u32, bool)],
    ) -> Option<Examined> {
        let rows: Option<Vec<_>> = near.iter().map(|(slot, _)| people.body(*slot)).collect();
        let rows = rows?;
        let persons: Option<Vec<_>> = rows.iter().map(|row| self.person.read(row)).collect();
        let persons = persons?;
        let grounds = self.grounds.of(event, &persons, people.same_state())?;
        // Whom a document or number points at is somebody, whatever speaks against it.
        let by_key = near.iter().any(|(_, sure)| *sure);
        if by_key && grounds.iter().all(Option::is_none) {
            return Some(Examined::default());
        }
        let mut compared = Vec::with_capacity(persons.len());
        for (person, ground) in persons.iter().zip(grounds) {
            let features = self.features.compare(py, people, event.get("traveller")?, person)?;
            let identity = self.features.identity(&features);
            if identity != Identity::Nobody {
                compared.push((person, ground, identity, features));
            }
        }
        if compared.iter().all(|(_, ground, _, _)| ground.is_none()) {
            return Some(Examined {
                nobody: compared.is_empty() && !by_key,
                ..Examined::default()
            });
        }
        // `examine._who`: several keys that name several people contradict each other.
        let by_keys = compared
            .iter()
            .filter(|(_, _, identity, _)| identity.is_by_key())
            .count();
        let are_too_many = compared.len() > self.features.most_possible;
        let only_keys = are_too_many
            || by_keys > 1
            || compared
                .iter()
                .any(|(_, _, identity, _)| *identity == Identity::Identified);
        let mut examined = Examined {
            too_many: are_too_many && by_keys == 0,
            ..Examined::default()
        };
        for (person, ground, identity, features) in compared {
            let person_id = person.text("person_id")?;
            let Some(ground) = ground.filter(|_| identity.is_by_key() || !only_keys) else {
                examined.heeded.push(person_id.to_owned());
                continue;
            };
            let mut features: Vec<_> = features.into();
            if by_keys > 1 {
                features.push(Feature::other_key());
            }
            let is_identified = identity == Identity::Identified && by_keys == 1;
            let value = self.matched(event, person, &ground, is_identified, &features)?;
            let mut digest = hex(&Sha256::digest(&value));
            digest.truncate(DIGEST);
            let found = Found {
                is_identified,
                value,
                digest,
            };
            examined.found.insert(person_id.to_owned(), found);
        }
        Some(examined)
    }

    /// A match with its `examine._finding`, as bytes.
    fn matched(
        &self,
        event: &Value<'_>,
        person: &Value<'_>,
        ground: &Ground<'_>,
        is_identified: bool,
        features: &[Feature],
    ) -> Option<Vec<u8>> {
        let traveller = event.get("traveller")?;
        let of = |name| event.get(name).cloned();
        let seen = |name| traveller.get(name).cloned();
        let status = |name| ground.status.get(name).cloned();
        let finding = Value::Record(vec![
            ("source", self.grounds.source.as_str().into()),
            ("event_id", of("event_id")?),
            ("revision", of("revision")?),
            ("identity", if is_identified { "IDENTIFIED" } else { "POSSIBLE" }.into()),
            ("kinds", ground.kinds.iter().copied().collect()),
            ("occurred_at", of("occurred_at")?),
            ("occurred_precision", of("occurred_precision")?),
            ("recorded_at", of("recorded_at")?),
            ("country", ground.country.as_str().into()),
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
            ("documents", seen("documents")?),
            ("names", seen("names")?),
            ("birth_date", seen("birth_date")?),
            ("citizenships", seen("citizenships")?),
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
                    ("row_recorded_at", status("recorded_at")?),
                ]),
            ),
            ("rules", ground.fired.iter().map(fired).collect()),
            ("rule_set", ground.rule_set.into()),
            ("matcher", self.matcher.as_str().into()),
        ]);
        let (event_id, revision) = (event.text("event_id")?, event.number("revision")?);
        self.published(event_id, person.text("person_id")?, revision, Value::Null, finding)
    }

    /// A retraction, as bytes.
    fn retracted(&self, event_id: &str, person_id: &str, revision: i64, kind: &str) -> Option<Vec<u8>> {
        let reason = if kind == WITHDRAWN { WITHDRAWN } else { "CORRECTED" };
        self.published(event_id, person_id, revision, reason.into(), Value::Null)
    }

    fn published(
        &self,
        event_id: &str,
        person_id: &str,
        revision: i64,
        retracted: Value<'_>,
        finding: Value<'_>,
    ) -> Option<Vec<u8>> {
        let matched = Value::Record(vec![
            ("match_id", self.match_id(event_id, person_id).into()),
            ("person_id", person_id.into()),
            ("event_id", event_id.into()),
            ("revision", revision.into()),
            ("retracted", retracted),
            ("finding", finding),
        ]);
        written(&self.matched, &self.match_header, &matched)
    }

    /// `schemas.ids.match_id` (RFC 9562, version 5).
    fn match_id(&self, event_id: &str, person_id: &str) -> String {
        let mut sha = Sha1::new();
        sha.update(self.namespace);
        sha.update(format!("match/{event_id}/{person_id}"));
        let mut bytes = sha.finalize();
        bytes[6] = bytes[6] & 0x0f | 0x50;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let number = bytes[..16]
            .iter()
            .fold(0, |number, byte| number << 8 | u128::from(*byte));
        text::letters_of_uuid(number)
            .iter()
            .map(|letter| char::from(*letter))
            .collect()
    }
}

fn fired<'a>((rule, bases): &'a (&Rule, Vec<&Basis>)) -> Value<'a> {
    let texts = |texts: &'a [String]| texts.iter().map(String::as_str).collect::<Value<'a>>();
    // All that it rests on, each once, in the order of the outcomes.
    let mut together = Vec::new();
    for provision in bases.iter().flat_map(|basis| &basis.legal_basis) {
        if !together.contains(&provision.as_str()) {
            together.push(provision.as_str());
        }
    }
    let by_outcome = bases.iter().map(|basis| {
        Value::Record(vec![
            ("outcome", basis.outcome.as_str().into()),
            ("legal_basis", texts(&basis.legal_basis)),
        ])
    });
    Value::Record(vec![
        ("rule_id", rule.id.as_str().into()),
        ("title", rule.title.as_str().into()),
        ("legal_basis", together.into_iter().collect()),
        ("outcomes", bases.iter().map(|basis| basis.outcome.as_str()).collect()),
        ("favourable", texts(&rule.favourable)),
        ("bases", by_outcome.collect()),
    ])
}

fn written(schema: &Schema, header: &[u8], value: &Value<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(2048);
    out.extend_from_slice(header);
    schema.write(value, &mut out)?;
    Some(out)
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}
