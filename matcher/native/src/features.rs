//! Whether a traveller is a person of the registry, with what tells it: as `matcher/identity.py` compares them. None stands
//! for what Python must decide.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::likely::Described;
use crate::people::People;
use crate::text::{self, state};
use crate::told;
use crate::values::Value;

/// Symbols of `FeatureResult`.
pub const AGREE: &str = "AGREE";
pub const DISAGREE: &str = "DISAGREE";
const MISSING: &str = "MISSING";

/// Who a person of the registry is to the traveller.
#[derive(Clone, Copy, PartialEq)]
pub enum Identity {
    Nobody,
    /// By name and birth date.
    Possible,
    /// By a document or number, contradicted by name, birth date or sex.
    Contradicted,
    Identified,
}

/// One feature as it was compared.
pub struct Feature {
    name: &'static str,
    /// Whether it agrees; None where it is missing.
    agrees: Option<bool>,
    detail: Option<String>,
    /// Bits; None of what is no comparison.
    weight: Option<i64>,
}

impl Identity {
    /// `identity.Identity.has_strong_key`.
    pub fn is_by_key(self) -> bool {
        matches!(self, Self::Contradicted | Self::Identified)
    }
}

/// Compares by the numbers of `matcher.identity.NUMBERS`.
pub struct Features {
    strong_agrees: i64,
    strong_disagrees: i64,
    possible_from: i64,
    unrelated: i64,
    /// Of more people than this names and birth dates alone tell nothing.
    pub most_possible: usize,
}

impl Features {
    pub fn new(numbers: &Bound<'_, PyDict>) -> PyResult<Self> {
        let number = |name| told::<i64>(numbers, name);
        Ok(Self {
            strong_agrees: number("strong_agrees")?,
            strong_disagrees: number("strong_disagrees")?,
            possible_from: number("possible_from")?,
            unrelated: number("unrelated")?,
            most_possible: told(numbers, "most_possible")?,
        })
    }

    /// `identity.FEATURES`, in their order.
    pub fn compare(
        &self,
        py: Python<'_>,
        people: &mut People,
        traveller: &Value<'_>,
        person: &Value<'_>,
    ) -> Option<[Feature; 7]> {
        let shared = |seen: Option<&str>, known: &str| {
            let mut known = person.texts(known).peekable();
            seen.filter(|_| known.peek().is_some())
                .map(|seen| known.any(|one| one == seen))
        };
        let (seen, known) = (documents(traveller)?, documents(person)?);
        let same_state = people.same_state();
        let document = seen.iter().any(|(code, number)| {
            let same =
                |(other, same): &(&str, Vec<u8>)| same == number && state(code, same_state) == state(other, same_state);
            known.iter().any(same)
        });
        let personal = shared(traveller.text("personal_number"), "personal_numbers");
        let dossier = shared(traveller.text("dossier_number"), "dossier_numbers");
        let (names_seen, names_known) = (names(traveller)?, names(person)?);
        let (dates_seen, dates_known) = (
            traveller.text("birth_date"),
            person.texts("birth_dates").collect::<Vec<_>>(),
        );
        let (citizenships_seen, citizenships_known): (Vec<_>, Vec<_>) = (
            traveller.texts("citizenships").collect(),
            person.texts("citizenships").collect(),
        );
        let one = Described {
            names: &names_seen,
            birth_dates: dates_seen.as_slice(),
            citizenships: &citizenships_seen,
            sex: traveller.text("sex").and_then(|sex| sex.chars().next()),
        };
        let other = Described {
            names: &names_known,
            birth_dates: &dates_known,
            citizenships: &citizenships_known,
            sex: person.text("sex").and_then(|sex| sex.chars().next()),
        };
        let told = people.describe(py, &one, &other)?;
        let name = match told.name {
            Some(best) => Feature {
                name: "name",
                agrees: Some(best.agrees),
                detail: Some(best.detail),
                weight: Some(best.bits),
            },
            None => plain("name", None, 0),
        };
        Some([
            self.strong("document", document.then_some(true)),
            self.strong("personal-number", personal),
            self.strong("dossier-number", dossier),
            name,
            Feature {
                name: "birth-date",
                agrees: told.birth.agrees,
                detail: told.birth.detail,
                weight: Some(told.birth.bits),
            },
            plain("citizenship", told.citizenship.0, told.citizenship.1),
            plain("sex", told.sex.0, told.sex.1),
        ])
    }

    fn strong(&self, name: &'static str, agrees: Option<bool>) -> Feature {
        let weight = match agrees {
            Some(true) => self.strong_agrees,
            Some(false) => self.strong_disagrees,
            None => 0,
        };
        plain(name, agrees, weight)
    }

    /// `identity.compare`.
    pub fn identity(&self, features: &[Feature; 7]) -> Identity {
        let [document, personal, dossier, name, birth, citizenship, sex] = features;
        if [document, personal, dossier].iter().any(|one| one.agrees == Some(true)) {
            // `identity._speaks_against`.
            let against = [name, birth, sex]
                .iter()
                .filter(|one| one.agrees == Some(false))
                .count();
            let for_it = [name, birth].iter().any(|one| one.agrees == Some(true));
            return if against > 1 || (against == 1 && !for_it) {
                Identity::Contradicted
            } else {
                Identity::Identified
            };
        }
        let bits: i64 = [name, birth, citizenship, sex]
            .iter()
            .filter_map(|one| one.weight)
            .sum();
        let dated = birth.agrees.is_some() && birth.weight != Some(self.unrelated);
        if name.agrees == Some(true) && dated && bits >= self.possible_from {
            Identity::Possible
        } else {
            Identity::Nobody
        }
    }
}

impl Feature {
    /// Where another document or number is another person's.
    pub fn other_key() -> Self {
        Self {
            name: "other-key",
            agrees: Some(false),
            detail: Some("another-key-names-another-person".to_owned()),
            weight: None,
        }
    }

    pub fn value(&self) -> Value<'_> {
        let result = match self.agrees {
            Some(true) => AGREE,
            Some(false) => DISAGREE,
            None => MISSING,
        };
        Value::Record(vec![
            ("name", self.name.into()),
            ("result", result.into()),
            ("detail", self.detail.as_deref().into()),
            ("weight", self.weight.into()),
        ])
    }
}

/// State and letters and digits of each document; None where capitals of other alphabets come into it.
fn documents<'v>(described: &'v Value<'_>) -> Option<Vec<(&'v str, Vec<u8>)>> {
    let key = |document: &'v Value<'_>| {
        let number = text::plain_number(document.text("number")?)?;
        Some((document.text("issuing_state")?, number.collect()))
    };
    described.list("documents").iter().map(key).collect()
}

fn names<'v>(described: &'v Value<'_>) -> Option<Vec<(&'v str, &'v str)>> {
    let name = |name: &'v Value<'_>| Some((name.text("surname")?, name.text("given_names")?));
    described.list("names").iter().map(name).collect()
}

fn plain(name: &'static str, agrees: Option<bool>, weight: i64) -> Feature {
    Feature {
        name,
        agrees,
        detail: None,
        weight: Some(weight),
    }
}
