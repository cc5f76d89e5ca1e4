//! Typed records from Avro binary and back: what `schemas/compiled.py` and `compiled_writer.py` do, for the records that
//! are looked at. Whatever is out of the ordinary gives `None`, and the twin in Python judges.
//!
//! Source: Avro 1.12 specification, "Binary encoding".

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString, PyTuple};

use crate::avro::{Reader, put_count, put_long, put_text};
use crate::{guarded, text, told};

/// A schema and the types of its values, as `schemas/shape.py` tells it.
enum Node {
    Null,
    Boolean,
    Int,
    Long,
    Text,
    Uuid,
    Millis,
    Date,
    /// Members in the order of their symbols.
    Enum(Vec<(String, Py<PyAny>)>),
    Array(Box<Node>),
    Union(Vec<Node>),
    Record(Box<Shape>),
}

struct Shape {
    model: Py<PyAny>,
    /// What Pydantic keeps beside the fields, in every one of these records the same.
    fields_set: Py<PyAny>,
    /// In the order of the schema: name, place among the fields of the model, shape.
    fields: Vec<(Py<PyString>, usize, Node)>,
    /// In the order of the model.
    names: Vec<Py<PyString>>,
}

impl Node {
    fn compile(told: &Bound<'_, PyAny>) -> PyResult<Self> {
        let kind: String = told.get_item(0)?.extract()?;
        Ok(match kind.as_str() {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "int" => Self::Int,
            "long" => Self::Long,
            "string" => Self::Text,
            "uuid" => Self::Uuid,
            "timestamp-millis" => Self::Millis,
            "date" => Self::Date,
            "enum" => Self::Enum(told.get_item(1)?.extract()?),
            "array" => Self::Array(Box::new(Self::compile(&told.get_item(1)?)?)),
            "union" => Self::Union(Self::all(&told.get_item(1)?)?),
            "record" => Self::Record(Box::new(Shape::compile(told)?)),
            _ => return Err(PyValueError::new_err("a shape that is not known here")),
        })
    }

    fn all(told: &Bound<'_, PyAny>) -> PyResult<Vec<Self>> {
        told.try_iter()?.map(|node| Self::compile(&node?)).collect()
    }
}

impl Shape {
    fn compile(told: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut fields = Vec::new();
        for field in told.get_item(3)?.try_iter()? {
            let field = field?;
            let name: Bound<'_, PyString> = field.get_item(0)?.extract()?;
            let place = field.get_item(1)?.extract()?;
            fields.push((name.unbind(), place, Node::compile(&field.get_item(2)?)?));
        }
        let mut names: Vec<(usize, Py<PyString>)> = fields
            .iter()
            .map(|(name, place, _)| (*place, name.clone_ref(told.py())))
            .collect();
        names.sort_by_key(|(place, _)| *place);
        if names.iter().enumerate().any(|(at, (place, _))| at != *place) {
            return Err(PyValueError::new_err(
                "a record whose fields are not those of its model",
            ));
        }
        Ok(Self {
            model: told.get_item(1)?.unbind(),
            fields_set: told.get_item(2)?.unbind(),
            fields,
            names: names.into_iter().map(|(_, name)| name).collect(),
        })
    }
}

/// Reads and writes the records of one schema.
#[pyclass(module = "matcher.native._core", frozen)]
pub struct RecordCodec {
    root: Node,
    uuid: Py<PyAny>,
    safe: Py<PyAny>,
    moment: Py<PyAny>,
    day: Py<PyAny>,
    millis: Py<PyAny>,
    days: Py<PyAny>,
    new: Py<PyAny>,
    set: Py<PyAny>,
}

#[pymethods]
impl RecordCodec {
    /// `shape` is what `schemas.shape.shape` gives, `make` its `MAKE`.
    #[new]
    fn new(shape: &Bound<'_, PyAny>, make: &Bound<'_, PyDict>) -> PyResult<Self> {
        let function = |name| told::<Py<PyAny>>(make, name);
        Ok(Self {
            root: Node::compile(shape)?,
            uuid: function("uuid")?,
            safe: function("safe")?,
            moment: function("moment")?,
            day: function("day")?,
            millis: function("millis")?,
            days: function("days")?,
            new: function("new")?,
            set: function("set")?,
        })
    }

    /// The record that fills the bytes from `start` on; None where in doubt.
    fn read<'py>(&self, py: Python<'py>, data: &[u8], start: usize) -> Option<Bound<'py, PyAny>> {
        guarded(|| {
            let mut reader = Reader::new(data.get(start..)?);
            let value = self.value(py, &self.root, &mut reader)?;
            reader.is_at_end().then_some(value)
        })?
    }

    /// A record as bytes behind a header; None where in doubt.
    fn write(&self, record: &Bound<'_, PyAny>, header: &[u8]) -> Option<Vec<u8>> {
        guarded(|| {
            let mut out = Vec::with_capacity(1024);
            out.extend_from_slice(header);
            self.put(&self.root, record, &mut out)?;
            Some(out)
        })?
    }
}

impl RecordCodec {
    fn value<'py>(&self, py: Python<'py>, node: &Node, reader: &mut Reader<'_>) -> Option<Bound<'py, PyAny>> {
        Some(match node {
            Node::Null => py.None().into_bound(py),
            Node::Boolean => {
                let byte = reader.byte()?;
                (byte < 2).then_some(())?;
                PyBool::new(py, byte == 1).to_owned().into_any()
            }
            Node::Int => i32::try_from(reader.long()?).ok()?.into_pyobject(py).ok()?.into_any(),
            Node::Long => reader.long()?.into_pyobject(py).ok()?.into_any(),
            Node::Text => PyString::new(py, reader.text()?).into_any(),
            Node::Uuid => self.uuid(py, reader.text()?)?,
            Node::Millis => self.moment.bind(py).call1((reader.long()?,)).ok()?,
            Node::Date => {
                let days = i32::try_from(reader.long()?).ok()?;
                self.day.bind(py).get_item(days).ok()?
            }
            Node::Enum(members) => members.get(reader.index()?)?.1.bind(py).clone(),
            Node::Union(branches) => self.value(py, branches.get(reader.index()?)?, reader)?,
            Node::Array(item) => {
                let mut items = Vec::new();
                reader.items(|reader| {
                    items.push(self.value(py, item, reader)?);
                    Some(())
                })?;
                PyTuple::new(py, items).ok()?.into_any()
            }
            Node::Record(shape) => self.record(py, shape, reader)?,
        })
    }

    fn uuid<'py>(&self, py: Python<'py>, text: &str) -> Option<Bound<'py, PyAny>> {
        let number = text::uuid(text.as_bytes())?;
        let uuid = self.new.bind(py).call1((self.uuid.bind(py),)).ok()?;
        let set = self.set.bind(py);
        set.call1((&uuid, intern!(py, "int"), number)).ok()?;
        set.call1((&uuid, intern!(py, "is_safe"), self.safe.bind(py))).ok()?;
        Some(uuid)
    }

    /// A model as Pydantic keeps it, without asking it again what the schema has said: which types the fields have.
    fn record<'py>(&self, py: Python<'py>, shape: &Shape, reader: &mut Reader<'_>) -> Option<Bound<'py, PyAny>> {
        let mut values: Vec<Option<Bound<'py, PyAny>>> = vec![None; shape.names.len()];
        for (_, place, node) in &shape.fields {
            values[*place] = Some(self.value(py, node, reader)?);
        }
        let fields = PyDict::new(py);
        for (name, value) in shape.names.iter().zip(values) {
            fields.set_item(name, value?).ok()?;
        }
        let record = self.new.bind(py).call1((shape.model.bind(py),)).ok()?;
        let set = self.set.bind(py);
        set.call1((&record, intern!(py, "__dict__"), fields)).ok()?;
        set.call1((
            &record,
            intern!(py, "__pydantic_fields_set__"),
            shape.fields_set.bind(py),
        ))
        .ok()?;
        set.call1((&record, intern!(py, "__pydantic_extra__"), py.None()))
            .ok()?;
        set.call1((&record, intern!(py, "__pydantic_private__"), py.None()))
            .ok()?;
        Some(record)
    }

    fn put(&self, node: &Node, value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Option<()> {
        let py = value.py();
        match node {
            Node::Null => value.is_none().then_some(())?,
            Node::Boolean => out.push(u8::from(value.cast::<PyBool>().ok()?.is_true())),
            Node::Int => put_long(i64::from(value.extract::<i32>().ok()?), out),
            Node::Long => put_long(value.extract().ok()?, out),
            Node::Text => put_text(value.cast::<PyString>().ok()?.to_str().ok()?, out),
            Node::Uuid => put_text(value.str().ok()?.to_str().ok()?, out),
            Node::Millis => put_long(self.millis.bind(py).call1((value,)).ok()?.extract().ok()?, out),
            Node::Date => put_long(self.days.bind(py).call1((value,)).ok()?.extract().ok()?, out),
            Node::Enum(members) => {
                let symbol = value.cast::<PyString>().ok()?.to_str().ok()?;
                let index = members.iter().position(|(name, _)| name == symbol)?;
                put_long(i64::try_from(index).ok()?, out);
            }
            Node::Union(branches) => {
                let none = value.is_none();
                let index = branches
                    .iter()
                    .position(|branch| matches!(branch, Node::Null) == none)?;
                put_long(i64::try_from(index).ok()?, out);
                self.put(&branches[index], value, out)?;
            }
            Node::Array(item) => {
                if let Ok(items) = value.cast::<PyTuple>() {
                    put_count(items.len(), out);
                    for one in items.iter_borrowed() {
                        self.put(item, &one, out)?;
                    }
                } else {
                    let items = value.cast::<PyList>().ok()?;
                    put_count(items.len(), out);
                    for one in items {
                        self.put(item, &one, out)?;
                    }
                }
                out.push(0);
            }
            Node::Record(shape) => {
                let fields = value.getattr(intern!(py, "__dict__")).ok()?;
                let fields = fields.cast::<PyDict>().ok()?;
                for (name, _, node) in &shape.fields {
                    self.put(node, &fields.get_item(name).ok()??, out)?;
                }
            }
        }
        Some(())
    }
}
