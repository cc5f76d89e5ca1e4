//! Why an event matters for a person, if the traveller is them: as `examine._ground` of `matcher/examine.py` has it, with
//! what it calls in `matcher/evidence.py`, `matcher/status.py` and `matcher/rules.py`. None stands for what Python must
//! decide.

use crate::rules::{Basis, Circumstances, Rule, RuleBook, RuleSet};
use crate::text::state;
use crate::values::Value;

const DAY_MS: i64 = 86_400_000;

/// What tells why, for the events of one source.
pub struct Grounds {
    pub source: String,
    pub is_crossing: bool,
    pub rules: RuleBook,
    pub no_citizenship: Vec<String>,
    /// `clock_changes` of `schemas/swedish_time.py`.
    pub clock_changes: Vec<(i64, i64)>,
}

/// Why an event matters for a person, if the traveller is them.
pub struct Ground<'a> {
    pub status: &'a Value<'a>,
    pub kinds: Vec<&'static str>,
    pub country: String,
    pub fired: Vec<(&'a Rule, Vec<&'a Basis>)>,
    pub rule_set: &'a str,
}

/// Kinds of evidence, and the country that they concern.
type Shown = (Vec<&'static str>, String);

impl Grounds {
    /// The grounds for each of some people, of the rules for the day of the event.
    pub fn of<'a>(
        &'a self,
        event: &Value<'_>,
        persons: &'a [Value<'a>],
        same_state: &[(String, String)],
    ) -> Option<Vec<Option<Ground<'a>>>> {
        let day = self.day(event)?;
        let set = self.rules.at(day);
        persons
            .iter()
            .map(|person| set.map_or(Some(None), |set| self.ground(event, person, day, set, same_state)))
            .collect()
    }

    /// `swedish_day` of `schemas/swedish_time.py`, counted since 1970; before the first change of clocks that was told,
    /// and from the last one on, it is Python's.
    fn day(&self, event: &Value<'_>) -> Option<i64> {
        let at = event.number("occurred_at")?;
        if event.text("occurred_precision")? == "DAY" {
            return Some(at.div_euclid(DAY_MS));
        }
        let next = self.clock_changes.partition_point(|(from, _)| *from <= at);
        self.clock_changes.get(next)?;
        let (_, ahead) = self.clock_changes.get(next.checked_sub(1)?)?;
        Some((at + ahead).div_euclid(DAY_MS))
    }

    /// The first of the person's statuses for which a rule fires.
    fn ground<'a>(
        &'a self,
        event: &Value<'_>,
        person: &'a Value<'a>,
        day: i64,
        set: &'a RuleSet,
        same_state: &[(String, String)],
    ) -> Option<Option<Ground<'a>>> {
        let travel_documents = travel_documents(person, day);
        let permits: Vec<_> = person
            .list("permits")
            .iter()
            .filter(|permit| is_valid(permit, day))
            .filter_map(|permit| permit.text("kind"))
            .collect();
        let citizenships: Vec<_> = person.texts("citizenships").collect();
        for status in statuses_at(person, day) {
            let Some((kinds, country)) = self.shown(event, status, same_state)? else {
                continue;
            };
            let seen = Circumstances {
                source: &self.source,
                kinds: &kinds,
                country_basis: event.text("country_basis"),
                direction: event.text("direction"),
                stay_days: event.number("stay_days"),
                status: status.text("kind")?,
                permits: permits.clone(),
                travel_documents: travel_documents.clone(),
                stateless: !citizenships.is_empty() && citizenships.iter().all(|code| *code == "XXA"),
                citizen_of_country: self.is_citizen(&citizenships, &country, same_state),
            };
            let fired: Vec<_> = set
                .rules
                .iter()
                .map(|rule| (rule, rule.fire(&seen)))
                .filter(|(_, bases)| !bases.is_empty())
                .collect();
            if !fired.is_empty() {
                let rule_set = &set.version;
                return Some(Some(Ground {
                    status,
                    kinds,
                    country,
                    fired,
                    rule_set,
                }));
            }
        }
        Some(None)
    }

    /// `status.is_citizen_of`.
    fn is_citizen(&self, held: &[&str], country: &str, same_state: &[(String, String)]) -> Option<bool> {
        if held
            .iter()
            .any(|code| state(code, same_state) == state(country, same_state))
        {
            return Some(true);
        }
        let tells_nothing = |code: &&str| self.no_citizenship.iter().any(|none| none == code);
        (!held.is_empty() && !held.iter().any(tells_nothing)).then_some(false)
    }

    /// `evidence.evidence_in`: the kinds of evidence about the countries that a status was examined against, and which
    /// one of them it is.
    fn shown(&self, event: &Value<'_>, status: &Value<'_>, same_state: &[(String, String)]) -> Option<Option<Shown>> {
        let examined = |code: &str| {
            let countries = status.texts("countries").collect::<Vec<_>>();
            let same = |one: &&&str| state(one, same_state) == state(code, same_state);
            countries.iter().rev().find(same).map(|one| (*one).to_owned())
        };
        let mut kinds = Vec::new();
        let mut country = None;
        for document in event.get("traveller")?.list("documents") {
            let kind = match document.text("use")? {
                "PRESENTED" => "HOME_PASSPORT_PRESENTED",
                "APPLIED_FOR" => "HOME_PASSPORT_APPLIED_FOR",
                _ => continue,
            };
            if document.text("kind")? == "PASSPORT"
                && let Some(one) = examined(document.text("issuing_state")?)
            {
                kinds.push(kind);
                country.get_or_insert(one);
            }
        }
        if let Some(one) = event.text("country").and_then(examined) {
            kinds.extend(self.travel(event)?);
            country = Some(one);
        }
        kinds.sort_unstable();
        kinds.dedup();
        Some(country.filter(|_| !kinds.is_empty()).map(|country| (kinds, country)))
    }

    /// `evidence._travel`.
    fn travel(&self, event: &Value<'_>) -> Option<Vec<&'static str>> {
        if !self.is_crossing {
            return Some(match event.text("observation")? {
                "MET_IN_COUNTRY" => vec!["MET_IN_COUNTRY"],
                "STAY_STATED" => vec!["STAYED_IN"],
                _ => vec![],
            });
        }
        if event.text("direction")? == "ENTRY" {
            return Some(match event.number("stay_days") {
                None | Some(0) => vec!["TRAVELLED_TO"],
                Some(_) => vec!["TRAVELLED_TO", "STAYED_IN"],
            });
        }
        Some(match event.text("country_basis") {
            Some("DIRECT_ROUTE" | "OBSERVED" | "STAMP") => vec!["TRAVELLED_TO"],
            _ => vec!["INTENDED_DESTINATION"],
        })
    }
}

/// `status.statuses_at`, as known now.
fn statuses_at<'a>(person: &'a Value<'a>, day: i64) -> Vec<&'a Value<'a>> {
    if person.number("naturalised_on").is_some_and(|from| from <= day) {
        return Vec::new();
    }
    let mut held: Vec<_> = person
        .list("statuses")
        .iter()
        .filter(|status| status.number("superseded_at").is_none())
        .filter(|status| is_valid(status, day))
        .collect();
    // The newest first; ids in their lower-case form stand in the order of their numbers.
    held.sort_by_key(|status| {
        (
            status.number("valid_from").map(std::cmp::Reverse),
            status.text("status_id"),
        )
    });
    held
}

/// `status.travel_document_kinds`.
fn travel_documents<'a>(person: &'a Value<'a>, day: i64) -> Vec<&'a str> {
    let documents = person.list("documents").iter();
    documents
        .filter(|document| document.text("issuing_state") == Some("SWE") && is_valid(document, day))
        .filter_map(|document| document.text("kind"))
        .filter(|kind| {
            matches!(
                *kind,
                "REFUGEE_TRAVEL_DOCUMENT" | "STATELESS_TRAVEL_DOCUMENT" | "ALIENS_PASSPORT"
            )
        })
        .collect()
}

fn is_valid(item: &Value<'_>, day: i64) -> bool {
    item.number("valid_from").is_none_or(|from| from <= day) && item.number("valid_to").is_none_or(|to| day < to)
}
