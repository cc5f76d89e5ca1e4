//! What Python was asked of texts, once of each.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

use crate::hashing::{Map, Secret};

/// So many answers are kept; then all are forgotten.
const MOST: usize = 1 << 16;

/// Answers by the text that was asked of. Shared by all that ask the same.
pub struct Kept<V> {
    secret: Secret,
    answers: Mutex<Map<u128, V>>,
}

impl<V: Clone> Kept<V> {
    pub fn new() -> Self {
        Self {
            secret: Secret::new(),
            answers: Mutex::default(),
        }
    }

    /// What was answered before of this text, else what `ask` answers now. Not while the answers are locked: Python may let
    /// another thread run.
    pub fn get(&self, text: &str, ask: impl FnOnce() -> PyResult<V>) -> PyResult<V> {
        let key = self.secret.hash(text.as_bytes());
        // A map that a panic left is a whole one.
        let answers = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers().get(&key) {
            return Ok(answer.clone());
        }
        let answer = ask()?;
        let mut answers = answers();
        if answers.len() >= MOST {
            answers.clear();
        }
        answers.insert(key, answer.clone());
        Ok(answer)
    }
}
