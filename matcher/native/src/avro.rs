//! Avro binary, walked by a plan that is compiled from the schema: what is wanted is told to a visitor, all else is
//! passed over with the same care. Whatever is out of the ordinary ends the walk with `None`, and Python judges.
//!
//! Source: Avro 1.12 specification, "Binary encoding". The twin in Python is `schemas/compiled.py`.

use std::collections::HashMap;

use serde_json::Value;

/// What a walk tells of. Each answer may end the walk: `None` means "in doubt".
pub trait Visitor<'a, R> {
    /// A text, which need not be UTF-8; see `utf8`.
    fn text(&mut self, role: R, text: &'a [u8]) -> Option<()>;
    fn number(&mut self, role: R, number: i64) -> Option<()>;
    fn symbol(&mut self, role: R, symbol: &str) -> Option<()>;
    /// After each item of an array.
    fn item(&mut self, role: R) -> Option<()>;
    /// After an array, with the number of its items.
    fn count(&mut self, role: R, items: usize) -> Option<()>;

    /// Of what is left to read, where a record with a role begins: the length of that record, if it is one of which all
    /// has been told before and nothing needs to be told again.
    fn recurs(&mut self, _role: R, _left: &'a [u8]) -> Option<usize> {
        None
    }

    /// After a record with a role that was told.
    fn record(&mut self, _role: R, _record: &'a [u8]) {}
}

/// The schema of a value, with the role of each part that somebody wants.
enum Node<R> {
    Null,
    Boolean,
    Int(Option<R>),
    Long(Option<R>),
    Text(Option<R>),
    Enum(Option<R>, Vec<String>),
    Array(Option<R>, Box<Node<R>>),
    Union(Vec<Node<R>>),
    Record(Vec<Node<R>>),
    /// A record that may be one of those before.
    Recurring(R, Vec<Node<R>>),
}

impl<R> Node<R> {
    /// The fields of a record, else the one value.
    fn as_fields(&self) -> &[Self] {
        match self {
            Self::Record(fields) => fields,
            _ => std::slice::from_ref(self),
        }
    }

    /// Whether anything of the value is told to the visitor.
    fn is_wanted(&self) -> bool {
        match self {
            Self::Null | Self::Boolean => false,
            Self::Int(role) | Self::Long(role) | Self::Text(role) | Self::Enum(role, _) => role.is_some(),
            Self::Array(role, item) => role.is_some() || item.is_wanted(),
            Self::Union(nodes) | Self::Record(nodes) => nodes.iter().any(Self::is_wanted),
            Self::Recurring(..) => true,
        }
    }
}

/// A record's schema, compiled.
pub struct Plan<R>(Node<R>);

/// What is wanted of a record that was found good before, compiled from its schema.
pub struct Extract<R>(Node<R>);

impl<R: Copy> Plan<R> {
    /// Compile a schema, given as JSON. `roles` names every field that holds a value, and every array, by its path
    /// (`documents` for an array, `documents[].number` within its items); `None` for what may be passed over. A record has
    /// none, or one if it mostly is the same as another one before.
    /// An error where the two differ: a field that nobody here knows may carry a check that nobody here makes.
    pub fn compile(schema: &Value, roles: &[(&str, Option<R>)]) -> Result<Self, String> {
        compile(schema, roles, false).map(Self)
    }

    /// Walk one record, which must fill `bytes` exactly.
    pub fn walk<'a>(&self, bytes: &'a [u8], visitor: &mut impl Visitor<'a, R>) -> Option<()> {
        walk(self.0.as_fields(), bytes, visitor)?.is_empty().then_some(())
    }
}

impl<R: Copy> Extract<R> {
    /// Compile a schema, given as JSON, and `roles` as for a plan; fields that they do not name are passed over.
    pub fn compile(schema: &Value, roles: &[(&str, Option<R>)]) -> Result<Self, String> {
        let mut root = compile(schema, roles, true)?;
        if let Node::Record(fields) = &mut root {
            while fields.last().is_some_and(|field| !field.is_wanted()) {
                fields.pop();
            }
        }
        Ok(Self(root))
    }

    /// Walk one record as far as anything is wanted of it.
    pub fn walk<'a>(&self, bytes: &'a [u8], visitor: &mut impl Visitor<'a, R>) -> Option<()> {
        walk(self.0.as_fields(), bytes, visitor).map(drop)
    }
}

fn compile<R: Copy>(schema: &Value, roles: &[(&str, Option<R>)], passing: bool) -> Result<Node<R>, String> {
    let mut compiler = Compiler {
        roles: roles.iter().copied().collect(),
        passing,
        met: Vec::new(),
        types: HashMap::new(),
    };
    let root = compiler.node(schema, "", 0)?;
    for (path, _) in roles {
        if !compiler.met.iter().any(|met| met == path) {
            return Err(format!("the schema has no field {path}"));
        }
    }
    Ok(root)
}

struct Compiler<'r, R> {
    roles: HashMap<&'r str, Option<R>>,
    /// Whether fields without a role are passed over.
    passing: bool,
    met: Vec<String>,
    types: HashMap<String, Value>,
}

impl<R: Copy> Compiler<'_, R> {
    fn role(&mut self, path: &str) -> Result<Option<R>, String> {
        let role = self.roles.get(path).copied().or(self.passing.then_some(None));
        self.met.push(path.to_owned());
        role.ok_or_else(|| format!("no role for the field {path}"))
    }

    fn node(&mut self, schema: &Value, path: &str, depth: usize) -> Result<Node<R>, String> {
        if depth > 20 {
            return Err("a schema nested too deeply".to_owned());
        }
        match schema {
            Value::Array(branches) => {
                let nodes = branches.iter().map(|branch| self.node(branch, path, depth + 1));
                Ok(Node::Union(nodes.collect::<Result<_, _>>()?))
            }
            Value::Object(definition) => match definition.get("type") {
                Some(Value::String(kind)) => self.defined(kind, schema, path, depth),
                Some(inner) => self.node(inner, path, depth + 1),
                None => Err("a schema without a type".to_owned()),
            },
            Value::String(kind) => self.defined(kind, schema, path, depth),
            _ => Err("a schema that is no schema".to_owned()),
        }
    }

    fn defined(&mut self, kind: &str, schema: &Value, path: &str, depth: usize) -> Result<Node<R>, String> {
        if let (Some(Value::String(name)), "record" | "enum") = (schema.get("name"), kind) {
            self.types.insert(name.clone(), schema.clone());
        }
        Ok(match kind {
            "null" => Node::Null,
            "boolean" => {
                self.role(path)?;
                Node::Boolean
            }
            "int" => Node::Int(self.role(path)?),
            "long" => Node::Long(self.role(path)?),
            "string" => Node::Text(self.role(path)?),
            "enum" => {
                let symbols = list(schema, "symbols")?.iter().filter_map(Value::as_str);
                Node::Enum(self.role(path)?, symbols.map(str::to_owned).collect())
            }
            "array" => {
                let items = schema.get("items").ok_or("an array without items")?;
                let role = self.role(path)?;
                Node::Array(role, Box::new(self.node(items, &format!("{path}[]"), depth + 1)?))
            }
            "record" => {
                let mut nodes = Vec::new();
                for field in list(schema, "fields")? {
                    let name = field
                        .get("name")
                        .and_then(Value::as_str)
                        .ok_or("a field without a name")?;
                    let inner = field.get("type").ok_or("a field without a type")?;
                    let dot = if path.is_empty() { "" } else { "." };
                    let path = format!("{path}{dot}{name}");
                    nodes.push(self.node(inner, &path, depth + 1)?);
                }
                match self.roles.get(path).copied().flatten() {
                    Some(role) => {
                        self.met.push(path.to_owned());
                        Node::Recurring(role, nodes)
                    }
                    None => Node::Record(nodes),
                }
            }
            name => {
                let known = self.types.get(name).cloned();
                self.node(&known.ok_or_else(|| format!("the type {name}"))?, path, depth + 1)?
            }
        })
    }
}

fn list<'v>(schema: &'v Value, key: &str) -> Result<&'v Vec<Value>, String> {
    schema
        .get(key)
        .and_then(Value::as_array)
        .ok_or_else(|| format!("a schema without {key}"))
}

/// Walk values, one behind the other; gives what is left. A call for each would take longer than most of them.
fn walk<'a, R: Copy>(nodes: &[Node<R>], left: &'a [u8], visitor: &mut impl Visitor<'a, R>) -> Option<&'a [u8]> {
    let mut reader = Reader::new(left);
    for mut node in nodes {
        while let Node::Union(branches) = node {
            node = branches.get(reader.index()?)?;
        }
        match node {
            Node::Null | Node::Union(_) => {}
            Node::Boolean => (reader.byte()? <= 1).then_some(())?,
            Node::Int(role) => {
                let number = reader.long()?;
                i32::try_from(number).ok()?;
                role.map_or(Some(()), |role| visitor.number(role, number))?;
            }
            Node::Long(role) => {
                let number = reader.long()?;
                role.map_or(Some(()), |role| visitor.number(role, number))?;
            }
            Node::Text(role) => {
                let text = reader.bytes()?;
                match role {
                    Some(role) => visitor.text(*role, text)?,
                    None => utf8(text).map(drop)?,
                }
            }
            Node::Enum(role, symbols) => {
                let symbol = symbols.get(reader.index()?)?;
                role.map_or(Some(()), |role| visitor.symbol(role, symbol))?;
            }
            Node::Array(role, item) => {
                let items = reader.items(|reader| {
                    reader.bytes = walk(item.as_fields(), reader.bytes, visitor)?;
                    role.map_or(Some(()), |role| visitor.item(role))
                })?;
                role.map_or(Some(()), |role| visitor.count(role, items))?;
            }
            Node::Record(fields) => reader.bytes = walk(fields, reader.bytes, visitor)?,
            Node::Recurring(role, fields) => {
                let left = reader.bytes;
                if let Some(length) = visitor.recurs(*role, left) {
                    reader.bytes = left.get(length..)?;
                } else {
                    reader.bytes = walk(fields, left, visitor)?;
                    visitor.record(*role, &left[..left.len() - reader.bytes.len()]);
                }
            }
        }
    }
    Some(reader.bytes)
}

/// What is left to read.
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    /// A number of at most nine bytes; what takes ten is no time, day or length.
    pub fn long(&mut self) -> Option<i64> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        None
    }

    /// The count of an array's block, 0 behind the last. A negative one (a block with its size), and a 0 of more than one
    /// byte, are written by nobody here; an item takes a byte at least.
    fn count(&mut self) -> Option<usize> {
        if self.bytes.first() == Some(&0) {
            self.byte()?;
            return Some(0);
        }
        let count = usize::try_from(self.long()?).ok()?;
        (1..=self.bytes.len()).contains(&count).then_some(count)
    }

    /// Read each item of an array; their number.
    pub fn items(&mut self, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<usize> {
        let mut items = 0;
        loop {
            let count = self.count()?;
            if count == 0 {
                return Some(items);
            }
            for _ in 0..count {
                each(self)?;
            }
            items += count;
        }
    }

    /// The index of a symbol or branch, in one byte.
    pub fn index(&mut self) -> Option<usize> {
        let byte = self.byte()?;
        (byte & 0x81 == 0).then_some(usize::from(byte >> 1))
    }

    pub fn text(&mut self) -> Option<&'a str> {
        utf8(self.bytes()?)
    }

    /// The bytes of a text.
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.long()?).ok()?;
        let (text, left) = self.bytes.split_at_checked(length)?;
        self.bytes = left;
        Some(text)
    }
}

/// A text of an Avro record. Of one that must be ASCII anyhow it need not be asked: asked of all texts, it was a twelfth of what
/// the filter did.
pub fn utf8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// A number, of an int or a long.
pub fn put_long(number: i64, out: &mut Vec<u8>) {
    let mut left = (number << 1 ^ number >> 63).cast_unsigned();
    while left > 127 {
        out.push(left as u8 & 127 | 128);
        left >>= 7;
    }
    out.push(left as u8);
}

/// A text behind its length.
pub fn put_text(text: &str, out: &mut Vec<u8>) {
    put_long(text.len() as i64, out);
    out.extend_from_slice(text.as_bytes());
}

/// Before the items of an array; an empty one has no block.
pub fn put_count(count: usize, out: &mut Vec<u8>) {
    if count > 0 {
        put_long(count as i64, out);
    }
}
