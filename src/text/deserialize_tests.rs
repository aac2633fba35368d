//! Tests of reading typed values from a tree: what is accepted, and which places errors report.

use super::super::read_documents;
use super::*;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Shop {
    name: String,
    rooms: Option<u32>,
    #[serde(rename = "owner | tenant")]
    who: Who,
    #[serde(rename = "sells | repairs")]
    trade: Option<Trade>,
    #[serde(default)]
    hours: BTreeMap<String, Vec<f64>>,
    kind: Option<Trade>,
    note: Option<TreeNode>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Who {
    Owner(String),
    Tenant { name: String, since: i64 },
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
enum Trade {
    Sells(u8),
    Repairs(String),
    Nothing,
}

fn read(text: &str) -> Result<Shop, String> {
    from_node(&read_documents(text).unwrap()[0]).map_err(|error| error.to_string())
}

#[test]
fn values_are_read_with_alternatives_and_places() {
    let text = "name: a\nrooms: 2\ntenant: {name: b, since: 1990}\nsells: 5\nowner: null\nhours: {mon: [1, 2.5]}\n\
                kind: nothing\nnote:\n  deep: [x, {y: ~}]\n";
    let shop = read(text).unwrap();
    assert_eq!((shop.name.as_str(), shop.rooms), ("a", Some(2)));
    assert_eq!(shop.who, Who::Tenant { name: "b".into(), since: 1990 });
    assert_eq!((shop.trade, shop.kind), (Some(Trade::Sells(5)), Some(Trade::Nothing)));
    assert_eq!(shop.hours["mon"], [1.0, 2.5]);
    let whole = read_documents(text).unwrap().remove(0);
    assert_eq!(shop.note.as_ref(), whole.get("note"));
    let bare = read("{name: a, owner: b, kind: {repairs: shoes}}").unwrap();
    assert_eq!((bare.trade, bare.kind), (None, Some(Trade::Repairs("shoes".into()))));
}

#[test]
fn errors_have_a_place_a_path_and_a_suggestion() {
    for (text, error) in [
        (
            "{name: a, owner: b,\n romms: 1}",
            "2:2: romms: unknown field `romms`, expected one of `name`, `rooms`, `owner`, `tenant`, `sells`, `repairs`, `hours`, `kind`, `note` (did you mean \"rooms\"?)",
        ),
        ("{name: a, owner: b,\n rooms: x}", "2:9: rooms: invalid type: string \"x\", expected u32"),
        ("{name: a, owner: b,\n rooms: -1}", "2:9: rooms: invalid value: integer `-1`, expected u32"),
        ("{name: a, owner: b,\n hours: {mon: [1,\n null]}}", "3:2: hours.mon[1]: invalid type: null, expected f64"),
        ("{name: a, owner: b,\n hours: {a.b: [x]}}", "2:16: hours[a.b][0]: invalid type: string \"x\", expected f64"),
        ("{name: a}", "1:1: missing: exactly one of `owner`, `tenant`"),
        ("{owner: a}", "1:1: missing field `name`"),
        ("{name: a, owner: b,\n tenant: {}}", "2:2: tenant: give either owner or tenant, not both"),
        (
            "{name: a,\n tenant: {name: b, snice: 1}}",
            "2:20: tenant.snice: unknown field `snice`, expected one of `name`, `since` (did you mean \"since\"?)",
        ),
        ("{name: a,\n owner: [b]}", "2:9: owner: invalid type: sequence, expected a string"),
        (
            "{name: a, owner: b,\n kind: seels}",
            "2:8: kind: unknown variant `seels`, expected one of `sells`, `repairs`, `nothing` (did you mean \"sells\"?)",
        ),
        (
            "{name: a, owner: b,\n kind: {seels: 1}}",
            "2:9: kind.seels: unknown field `seels`, expected one of `sells`, `repairs`, `nothing` (did you mean \"sells\"?)",
        ),
        (
            "{name: a, owner: b,\n kind: {sells: 1, repairs: x}}",
            "2:8: kind: an object with exactly one of `sells`, `repairs`, `nothing`",
        ),
        ("{name: a, owner: b,\n kind: {sells: 999}}", "2:16: kind.sells: invalid value: integer `999`, expected u8"),
        (
            "{name: a, owner: b,\n kind: 5}",
            "2:8: kind: invalid type: integer `5`, expected a name, or an object with one field",
        ),
        ("[]", "1:1: invalid length 0, expected struct Shop with 7 elements"),
    ] {
        assert_eq!(read(text).unwrap_err(), error, "{text}");
    }
}
