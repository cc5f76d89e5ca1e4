//! Records as trees of values by the names of their fields, read from Avro binary and written to it: for the few records
//! whose every field matters. What must only be passed over is walked by `avro.rs`.
//!
//! Source: Avro 1.12 specification, "Binary encoding".

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value as Json;

use crate::avro::{Reader, put_count, put_long, put_text};

/// The schema of a value; logical types are those that they are kept as.
pub enum Schema {
    Null,
    Boolean,
    Int,
    Long,
    Text,
    Enum(Vec<String>),
    Array(Box<Schema>),
    Union(Vec<Schema>),
    Record(Vec<(String, Schema)>),
}

/// A value: times and days as numbers, UUIDs and symbols as text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Boolean(bool),
    Number(i64),
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
    Record(Vec<(&'a str, Value<'a>)>),
}

impl Schema {
    /// The schema in this JSON; None where it is none, or has something that no record of ours has.
    pub fn parse(json: &str) -> Option<Self> {
        Self::of(&serde_json::from_str(json).ok()?, &mut HashMap::new())
    }

    fn of(node: &Json, named: &mut HashMap<String, Json>) -> Option<Self> {
        let kind = match node {
            Json::Array(branches) => {
                let branches: Option<_> = branches.iter().map(|branch| Self::of(branch, named)).collect();
                return Some(Self::Union(branches?));
            }
            Json::Object(definition) => match definition.get("type")? {
                Json::String(kind) => kind,
                inner => return Self::of(inner, named),
            },
            Json::String(kind) => kind,
            _ => return None,
        };
        if let (Some(name), "record" | "enum") = (node.get("name").and_then(Json::as_str), kind.as_str()) {
            named.insert(name.to_owned(), node.clone());
        }
        Some(match kind.as_str() {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "int" => Self::Int,
            "long" => Self::Long,
            "string" => Self::Text,
            "enum" => {
                let symbols = node.get("symbols")?.as_array()?.iter();
                Self::Enum(
                    symbols
                        .map(|symbol| Some(symbol.as_str()?.to_owned()))
                        .collect::<Option<_>>()?,
                )
            }
            "array" => Self::Array(Box::new(Self::of(node.get("items")?, named)?)),
            "record" => {
                let mut fields = Vec::new();
                for field in node.get("fields")?.as_array()? {
                    let name = field.get("name")?.as_str()?;
                    fields.push((name.to_owned(), Self::of(field.get("type")?, named)?));
                }
                Self::Record(fields)
            }
            name => {
                let known = named.get(name)?.clone();
                Self::of(&known, named)?
            }
        })
    }

    /// The value that fills the bytes; None where it is out of the ordinary.
    pub fn read<'a>(&'a self, bytes: &'a [u8]) -> Option<Value<'a>> {
        let mut reader = Reader::new(bytes);
        let value = self.value(&mut reader)?;
        reader.is_at_end().then_some(value)
    }

    fn value<'a>(&'a self, reader: &mut Reader<'a>) -> Option<Value<'a>> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Boolean => {
                let byte = reader.byte()?;
                (byte < 2).then_some(())?;
                Value::Boolean(byte == 1)
            }
            Self::Int => Value::Number(i64::from(i32::try_from(reader.long()?).ok()?)),
            Self::Long => Value::Number(reader.long()?),
            Self::Text => reader.text()?.into(),
            Self::Enum(symbols) => symbols.get(reader.index()?)?.as_str().into(),
            Self::Union(branches) => branches.get(reader.index()?)?.value(reader)?,
            Self::Array(item) => {
                let mut items = Vec::new();
                reader.items(|reader| {
                    items.push(item.value(reader)?);
                    Some(())
                })?;
                Value::List(items)
            }
            Self::Record(fields) => {
                let mut values = Vec::with_capacity(fields.len());
                for (name, field) in fields {
                    values.push((name.as_str(), field.value(reader)?));
                }
                Value::Record(values)
            }
        })
    }

    /// Write a value of this schema; None where it is none.
    pub fn write(&self, value: &Value<'_>, out: &mut Vec<u8>) -> Option<()> {
        match (self, value) {
            (Self::Null, Value::Null) => {}
            (Self::Boolean, Value::Boolean(yes)) => out.push(u8::from(*yes)),
            (Self::Int, Value::Number(number)) => put_long(i64::from(i32::try_from(*number).ok()?), out),
            (Self::Long, Value::Number(number)) => put_long(*number, out),
            (Self::Text, Value::Text(text)) => put_text(text, out),
            (Self::Enum(symbols), Value::Text(text)) => {
                let index = symbols.iter().position(|symbol| symbol == text)?;
                put_long(i64::try_from(index).ok()?, out);
            }
            (Self::Union(branches), value) => {
                let none = *value == Value::Null;
                let index = branches
                    .iter()
                    .position(|branch| matches!(branch, Self::Null) == none)?;
                put_long(i64::try_from(index).ok()?, out);
                branches[index].write(value, out)?;
            }
            (Self::Array(item), Value::List(items)) => {
                put_count(items.len(), out);
                for one in items {
                    item.write(one, out)?;
                }
                out.push(0);
            }
            (Self::Record(fields), Value::Record(values)) => {
                (fields.len() == values.len()).then_some(())?;
                for (name, field) in fields {
                    field.write(&values.iter().find(|(one, _)| one == name)?.1, out)?;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

impl<'a> Value<'a> {
    /// A field of a record, if it is one and has it.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        let Self::Record(fields) = self else { return None };
        fields.iter().find(|(one, _)| *one == name).map(|(_, value)| value)
    }

    /// A field that is a text; None where it is null, and where it is none.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// A field that is a number, in the same way.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The items of a field that is a list; none where it is no list.
    pub fn list(&self, name: &str) -> &[Value<'a>] {
        match self.get(name) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }

    /// The items of a list of texts.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> + Clone {
        self.list(name).iter().filter_map(Value::as_text)
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<'a, T: Into<Value<'a>>> FromIterator<T> for Value<'a> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}
