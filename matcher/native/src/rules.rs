//! Which rules fire: as `matcher/rules.py` and `matcher/rule_book.py` have it, for `decide.rs`. The
//! rules come from there as JSON; a condition that is not known here is an error, so that none is passed over.

use serde::Deserialize;

/// All versions of the rules, rising.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, transparent)]
pub struct RuleBook {
    sets: Vec<RuleSet>,
}

/// A version of the rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    pub version: String,
    applies_from: i64,
    applies_to: Option<i64>,
    pub rules: Vec<Rule>,
}

/// One rule, with what is shown of it where it fires.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub id: String,
    pub title: String,
    pub favourable: Vec<String>,
    bases: Vec<Basis>,
    when: Conditions,
}

/// What a rule rests on for one of the outcomes that it may concern.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    pub outcome: String,
    pub legal_basis: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Conditions {
    evidence: Vec<String>,
    and_evidence: Vec<String>,
    source: Option<String>,
    direction: Option<String>,
    country_basis: Vec<String>,
    status: Vec<String>,
    permit: Vec<String>,
    holds_travel_document: Option<bool>,
    travel_document: Vec<String>,
    stateless: Option<bool>,
    citizen_of_country: Option<bool>,
    stay_days_at_least: Option<i64>,
    stay_days_at_most: Option<i64>,
}

/// What the conditions look at.
pub struct Circumstances<'a> {
    pub source: &'a str,
    pub kinds: &'a [&'a str],
    pub country_basis: Option<&'a str>,
    pub direction: Option<&'a str>,
    pub stay_days: Option<i64>,
    pub status: &'a str,
    pub permits: Vec<&'a str>,
    pub travel_documents: Vec<&'a str>,
    pub stateless: bool,
    pub citizen_of_country: Option<bool>,
}

impl RuleBook {
    /// The rules in this JSON, as `matcher.native` writes it.
    pub fn parse(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    /// The rules for events of a day: the newest that hold then.
    pub fn at(&self, day: i64) -> Option<&RuleSet> {
        let covers = |set: &&RuleSet| set.applies_from <= day && set.applies_to.is_none_or(|last| day <= last);
        self.sets.iter().rev().find(covers)
    }
}

impl Rule {
    /// The outcomes that it may concern, with what it rests on for each; empty where it does not fire.
    pub fn fire(&self, seen: &Circumstances<'_>) -> Vec<&Basis> {
        if !self.when.met(seen) {
            return Vec::new();
        }
        let bases = self.bases.iter();
        bases.filter(|basis| may_concern(&basis.outcome, seen)).collect()
    }
}

/// An outcome can only concern what the person holds.
fn may_concern(outcome: &str, seen: &Circumstances<'_>) -> bool {
    match outcome {
        "PERMIT" => !seen.permits.is_empty(),
        "TRAVEL_DOCUMENT" => !seen.travel_documents.is_empty(),
        "REFUGEE_STATUS" => seen.status == "REFUGEE",
        "ALTERNATIVE_PROTECTION" => seen.status == "ALTERNATIVE",
        _ => false,
    }
}

impl Conditions {
    fn met(&self, seen: &Circumstances<'_>) -> bool {
        let any = |wanted: &[String], held: &[&str]| held.iter().any(|one| wanted.iter().any(|other| other == one));
        let one = |wanted: &[String], held: Option<&str>| wanted.is_empty() || any(wanted, held.as_slice());
        any(&self.evidence, seen.kinds)
            && (self.and_evidence.is_empty() || any(&self.and_evidence, seen.kinds))
            && self.source.as_deref().is_none_or(|source| source == seen.source)
            && self
                .direction
                .as_deref()
                .is_none_or(|_| self.direction.as_deref() == seen.direction)
            && one(&self.country_basis, seen.country_basis)
            && one(&self.status, Some(seen.status))
            && (self.permit.is_empty() || any(&self.permit, &seen.permits))
            && self
                .holds_travel_document
                .is_none_or(|held| held != seen.travel_documents.is_empty())
            && (self.travel_document.is_empty() || any(&self.travel_document, &seen.travel_documents))
            && self.stateless.is_none_or(|stateless| stateless == seen.stateless)
            && self
                .citizen_of_country
                .is_none_or(|citizen| Some(citizen) == seen.citizen_of_country)
            && self
                .stay_days_at_least
                .is_none_or(|least| seen.stay_days.is_some_and(|stay| stay >= least))
            && self
                .stay_days_at_most
                .is_none_or(|most| seen.stay_days.is_some_and(|stay| stay <= most))
    }
}
