//! Which fields exist: the types of Job and CronJob of `batch/v1`, of a Node, and of all their parts, parsed once from
//! tables of text. Names and types only; everything else about values is validation.
//!
//! Notation: `Type: field type, field type, …`; indented lines continue the last type. A type is `str`, `bool`, `i32`,
//! `i64`, `Quantity`, `IntOrString`, `Time`, `Raw` (any value) or the name of another type; a prefix `[]` makes a list,
//! `{}` a map with text keys, and `*` means that absent differs from zero. A field whose name ends in `!` is written
//! even if it is empty; one that ends in `~` is left out even though it is an object.

mod batch;
mod core;
mod nodes;
pub(crate) mod since;
mod volumes;

use std::sync::LazyLock;

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// Text.
    Text,
    /// A boolean.
    Bool,
    /// A 32-bit integer.
    Int32,
    /// A 64-bit integer.
    Int64,
    /// An amount such as `500m` or `2Gi`.
    Quantity,
    /// A 32-bit integer, or text.
    IntOrString,
    /// A date and time in RFC 3339 format.
    Time,
    /// Any value, which is not inspected.
    Raw,
    /// A list.
    List(Box<Type>),
    /// A map with text keys.
    Map(Box<Type>),
    /// An object, by its position in the schema.
    Object(usize),
}

/// A field of an object.
#[derive(Debug)]
pub(crate) struct FieldType {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub of: Type,
    /// Whether absent differs from zero.
    pub pointer: bool,
    /// Whether it is written even if it is empty.
    pub kept: bool,
    /// Whether it is left out when it is zero, although it is an object.
    pub sparse: bool,
}

/// An object type.
#[derive(Debug)]
pub(crate) struct ObjectType {
    /// Its name in the API.
    pub name: &'static str,
    /// Its fields, in the API's order.
    pub fields: Vec<FieldType>,
}

/// All types.
#[derive(Debug)]
pub(crate) struct Schema {
    types: Vec<ObjectType>,
}

static SCHEMA: LazyLock<Schema> =
    LazyLock::new(|| Schema::of(&[batch::BATCH, core::CORE, nodes::NODES, volumes::VOLUMES]));

impl Schema {
    /// The schema of everything that is known.
    pub fn get() -> &'static Schema {
        &SCHEMA
    }

    /// The type at this position.
    pub fn object(&self, place: usize) -> &ObjectType {
        &self.types[place]
    }

    /// The type with this name.
    ///
    /// # Panics
    /// If there is no such type. Names come from the source code, never from a user.
    pub fn named(&self, name: &str) -> &ObjectType {
        self.types.iter().find(|t| t.name == name).expect("the schema has the type")
    }

    fn of(tables: &[&'static str]) -> Schema {
        let lines: Vec<String> = tables.iter().flat_map(|table| joined(table)).collect();
        let lines: Vec<&'static str> = lines.into_iter().map(|line| &*line.leak()).collect();
        let parts = || lines.iter().filter_map(|line| line.split_once(':'));
        let names: Vec<&'static str> = parts().map(|(name, _)| name).collect();
        let types = parts().map(|(name, fields)| ObjectType { name, fields: read_fields(fields, &names) });
        Schema { types: types.collect() }
    }
}

/// The lines of a table, each joined with the indented ones below it.
fn joined(table: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty()) {
        match lines.last_mut() {
            Some(last) if line.starts_with(' ') => last.push_str(line),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn read_fields(text: &'static str, names: &[&str]) -> Vec<FieldType> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let read = |word: &'static str| {
        let (name, of) = word.split_once(' ').expect("a field has a name and a type");
        let (pointer, of) = of.trim().strip_prefix('*').map_or((false, of.trim()), |rest| (true, rest));
        let plain = name.trim_end_matches(['!', '~']);
        FieldType {
            name: plain,
            of: read_type(of, names),
            pointer,
            kept: name.ends_with('!'),
            sparse: name.ends_with('~'),
        }
    };
    words.map(read).collect()
}

fn read_type(text: &str, names: &[&str]) -> Type {
    if let Some(member) = text.strip_prefix("[]") {
        return Type::List(Box::new(read_type(member, names)));
    }
    if let Some(member) = text.strip_prefix("{}") {
        return Type::Map(Box::new(read_type(member, names)));
    }
    match text {
        "str" => Type::Text,
        "bool" => Type::Bool,
        "i32" => Type::Int32,
        "i64" => Type::Int64,
        "Quantity" => Type::Quantity,
        "IntOrString" => Type::IntOrString,
        "Time" => Type::Time,
        "Raw" => Type::Raw,
        name => Type::Object(names.iter().position(|n| *n == name).expect("a type is in the tables")),
    }
}

impl ObjectType {
    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<(usize, &FieldType)> {
        self.fields.iter().enumerate().find(|(_, f)| f.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_read() {
        let schema = Schema::get();
        let job = schema.named("Job");
        let names: Vec<_> = job.fields.iter().map(|f| f.name).collect();
        assert_eq!(names, ["kind", "apiVersion", "metadata", "spec", "status"]);
        let spec = schema.named("JobSpec");
        let (_, template) = spec.field("template").unwrap();
        assert!(template.kept && !template.pointer);
        let Type::Object(place) = template.of else { panic!("{template:?}") };
        assert_eq!(schema.object(place).name, "PodTemplateSpec");
        assert!(spec.field("parallelism").unwrap().1.pointer);
        assert_eq!(schema.named("ResourceRequirements").fields[0].of, Type::Map(Box::new(Type::Quantity)));
        assert_eq!(schema.named("PodFailurePolicyOnExitCodesRequirement").fields.len(), 3);
    }

    #[test]
    fn no_type_or_field_stands_twice() {
        let schema = Schema::get();
        for (n, t) in schema.types.iter().enumerate() {
            assert!(schema.types[..n].iter().all(|other| other.name != t.name), "{}", t.name);
            for (m, f) in t.fields.iter().enumerate() {
                assert!(t.fields[..m].iter().all(|other| other.name != f.name), "{}.{}", t.name, f.name);
            }
        }
    }
}
