//! The reference of the format: every field with its type, its default and an example, as Markdown. It is generated
//! from the JSON Schema, and thus from the types that are read.

use serde_json::Value;

/// The introduction before the tables.
const OPENING: &str = "# The scenario format

Every field of a scenario, made from the types that are read; [scenario.schema.json](scenario.schema.json) says the same for
editors (`jobsim schema` prints it). Only `apiVersion` and `kind` must be given. Distributions are listed in
[distributions.md](distributions.md), what can stand in `expect:` in [measures.md](measures.md). `--set PATH=VALUE` sets a field
on the command line, such as `--set pods.run=5m` or `--set cluster.slots=20`.
";

/// The page.
pub fn scenario_page() -> String {
    let schema = &super::schema();
    let mut text = OPENING.to_owned();
    text += "\n## Kinds of values\n\n| kind | how it is written |\n|---|---|\n";
    for (name, def) in defs(schema).filter(|(_, def)| rows(schema, def, "").is_empty()) {
        text += &format!("| {name} | {} |\n", written(def));
    }
    text += &section("Scenario", schema, schema);
    for (name, def) in defs(schema) {
        if !rows(schema, def, "").is_empty() {
            text += &section(name, def, schema);
        }
    }
    text
}

fn defs(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["$defs"].as_object().into_iter().flatten()
}

/// A part of the format: its description and its fields.
fn section(name: &str, def: &Value, schema: &Value) -> String {
    let about = if name == "Scenario" { String::new() } else { described(def).0 + "\n\n" };
    let mut text =
        format!("\n## {name}\n\n{about}| field | value | default | what it is | example |\n|---|---|---|---|---|\n");
    for row in rows(schema, def, "") {
        text += &format!("| {} |\n", row.join(" | "));
    }
    text
}

/// The rows of an object's fields, including those of its alternatives. For an alternative, `of_alternative` describes
/// the fields that have no description of their own, and no field is required, because another alternative can take its
/// place. For the object itself it is empty.
fn rows(schema: &Value, def: &Value, of_alternative: &str) -> Vec<[String; 5]> {
    let required: Vec<&str> = def["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut all = Vec::new();
    for (field, value) in def["properties"].as_object().into_iter().flatten() {
        let (about, default) = described(value);
        let about = if about.is_empty() { of_alternative.to_owned() } else { about };
        let is_required = of_alternative.is_empty() && required.contains(&field.as_str());
        let default = match (default, is_required) {
            (_, true) => "must be given".to_owned(),
            (Some(default), _) => default,
            (None, _) => "–".to_owned(),
        };
        let example = format!("`{field}: {}`", example(schema, value));
        all.push([format!("`{field}`"), kind(value), cell(&default), cell(&about), cell(&example)]);
    }
    for alternatives in ["oneOf", "anyOf", "allOf"] {
        for one in def[alternatives].as_array().into_iter().flatten() {
            let about = described(one).0;
            let of_whole = described(def).0;
            let otherwise = if of_alternative.is_empty() { &of_whole } else { of_alternative };
            all.extend(rows(schema, one, if about.is_empty() { otherwise } else { &about }));
        }
    }
    all
}

/// The description of a field, and the default that stands at its end as `[default: …]`.
fn described(value: &Value) -> (String, Option<String>) {
    let text = value["description"].as_str().unwrap_or_default().replace('\n', " ");
    match text.split_once("[default: ") {
        Some((about, default)) => (about.trim().to_owned(), Some(default.trim_end().trim_end_matches(']').to_owned())),
        None => (text, None),
    }
}

/// How a value without fields of its own is written: its description and its alternatives.
fn written(def: &Value) -> String {
    let words: Vec<String> = def["oneOf"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| Some(format!("`{}`: {}", one["const"].as_str()?, described(one).0)))
        .collect();
    let values = def["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).map(|v| format!("`{v}`"));
    let words = if words.is_empty() { values.collect() } else { words };
    let about = described(def).0;
    let one = def["const"].as_str().map(|one| format!("`{one}`"));
    let map = def["additionalProperties"].get("$ref").map(|of| format!("by name: {}", link(of)));
    let parts =
        [Some(about).filter(|text| !text.is_empty()), one, map, Some(words.join("; ")).filter(|w| !w.is_empty())];
    cell(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// The kind of a field's value.
fn kind(value: &Value) -> String {
    if let Some(of) = value.get("$ref") {
        return link(of);
    }
    let alternatives: Vec<String> = ["anyOf", "oneOf", "allOf"]
        .into_iter()
        .flat_map(|key| value[key].as_array().into_iter().flatten())
        .filter(|one| one["type"] != "null")
        .map(kind)
        .collect();
    if !alternatives.is_empty() {
        return alternatives.join(" or ");
    }
    let names: Vec<&str> = match &value["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        name => name.as_str().into_iter().collect(),
    };
    match names[..] {
        ["array"] => format!("list of {}", kind(&value["items"])),
        ["object"] => match value["additionalProperties"].get("$ref") {
            Some(of) => format!("by name: {}", link(of)),
            None => "object".to_owned(),
        },
        ["string"] => "text".to_owned(),
        ["integer"] => "whole number".to_owned(),
        _ => names.join(" or "),
    }
}

/// A reference to a part of the format, as a link to its section.
fn link(of: &Value) -> String {
    let name = of.as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    format!("[{name}](#{})", name.to_lowercase())
}

/// An example value: the first one that a description gives after a colon, or one of the right type.
fn example(schema: &Value, value: &Value) -> String {
    if let Some(of) = value["$ref"].as_str() {
        let name = of.rsplit('/').next().unwrap_or_default();
        return example(schema, &schema["$defs"][name]);
    }
    if let Some(first) = value["oneOf"].as_array().and_then(|all| all.iter().find_map(|one| one["const"].as_str())) {
        return first.to_owned();
    }
    let named = |text: &str| Some(text.split_once(": ")?.1.split(", ").next()?.trim_end_matches('.').to_owned());
    let is_scalar = value.get("properties").is_none() && value.get("pattern").or(value.get("anyOf")).is_some();
    if let Some(text) = value["description"].as_str().filter(|_| is_scalar && value.get("items").is_none())
        && let Some(example) = named(text)
        && !example.contains(' ')
    {
        return example;
    }
    if let Some(one) = value["const"].as_str() {
        return one.to_owned();
    }
    if let Some(first) = value["enum"].as_array().and_then(|all| all.first()).and_then(Value::as_str) {
        return first.to_owned();
    }
    if let Some(first) = value["anyOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        return example(schema, first);
    }
    let is =
        |name: &str| value["type"] == name || value["type"].as_array().is_some_and(|all| all.iter().any(|t| t == name));
    match () {
        () if is("integer") => "3".to_owned(),
        () if is("number") => "0.5".to_owned(),
        () if is("boolean") => "true".to_owned(),
        () if is("array") => format!("[{}]", example(schema, &value["items"])),
        () if is("object") => "{…}".to_owned(),
        () if value["format"] == "date-time" => "2026-03-28T22:00:00Z".to_owned(),
        () => "name".to_owned(),
    }
}

/// Text in a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
