//! The text of a dump as objects, one after the other: what an autopsy never reads of an object (volumes, environments, managed
//! fields) is stepped over, and no tree of the whole is built. It draws no conclusions.

use super::dump::Dump;
use crate::text::selection::FieldSelection;
use crate::text::tree::TreeNode;
use crate::text::{is_plain_json, read_documents};
use FieldSelection::{All, Only};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt::{self, Formatter};

/// What is read of objects, by their kind. Of others nothing is asked but who they are.
static OBJECTS: [(&str, FieldSelection); 5] = [
    (
        "Pod",
        Only(&[
            ("apiVersion", All),
            ("kind", All),
            (
                "metadata",
                Only(&[
                    ("name", All),
                    ("namespace", All),
                    ("uid", All),
                    ("labels", Only(&KEYS)),
                    ("annotations", Only(&KEYS)),
                    ("ownerReferences", Only(&[("kind", All), ("name", All), ("uid", All), ("controller", All)])),
                    ("finalizers", All),
                    ("creationTimestamp", All),
                    ("deletionTimestamp", All),
                    ("deletionGracePeriodSeconds", All),
                ]),
            ),
            (
                "spec",
                Only(&[
                    ("nodeName", All),
                    ("containers", Only(&[("name", All)])),
                    ("initContainers", Only(&[("name", All), ("restartPolicy", All)])),
                ]),
            ),
            (
                "status",
                Only(&[
                    ("phase", All),
                    ("reason", All),
                    ("conditions", Only(&CONDITION)),
                    ("containerStatuses", CONTAINER),
                    ("initContainerStatuses", CONTAINER),
                ]),
            ),
        ]),
    ),
    ("Event", Only(&EVENT)),
    ("Job", Only(&OWNER)),
    ("CronJob", Only(&OWNER)),
    (
        "Node",
        Only(&[
            ("apiVersion", All),
            ("kind", All),
            ("metadata", IDENTITY),
            ("status", Only(&[("nodeInfo", Only(&[("kubeletVersion", All)]))])),
        ]),
    ),
];

static OTHER: FieldSelection = Only(&[("apiVersion", All), ("kind", All), ("metadata", IDENTITY)]);

/// All: what kind it is has not been read yet.
static ANY: FieldSelection = All;

const IDENTITY: FieldSelection = Only(&[("name", All), ("namespace", All), ("uid", All), ("creationTimestamp", All)]);

const CONTAINER: FieldSelection = Only(&[
    ("name", All),
    ("restartCount", All),
    ("started", All),
    ("ready", All),
    ("state", STATE),
    ("lastState", STATE),
]);

const STATE: FieldSelection = Only(&[
    ("waiting", Only(&[("reason", All)])),
    ("running", Only(&[("startedAt", All)])),
    ("terminated", Only(&[("startedAt", All), ("finishedAt", All), ("exitCode", All), ("reason", All)])),
]);

/// What the Job controller writes into the labels and annotations of its Pods, in the names of all releases.
const KEYS: [(&str, FieldSelection); 6] = [
    ("batch.kubernetes.io/job-name", All),
    ("job-name", All),
    ("batch.kubernetes.io/job-completion-index", All),
    ("job-completion-index", All),
    ("batch.kubernetes.io/job-index-failure-count", All),
    ("batch.kubernetes.io/job-index-ignored-failure-count", All),
];

const CONDITION: [(&str, FieldSelection); 5] =
    [("type", All), ("status", All), ("reason", All), ("message", All), ("lastTransitionTime", All)];

const ABOUT: [(&str, FieldSelection); 4] = [("kind", All), ("namespace", All), ("name", All), ("uid", All)];

const EVENT: [(&str, FieldSelection); 20] = [
    ("apiVersion", All),
    ("kind", All),
    ("metadata", IDENTITY),
    ("involvedObject", Only(&ABOUT)),
    ("regarding", Only(&ABOUT)),
    ("reason", All),
    ("message", All),
    ("note", All),
    ("count", All),
    ("deprecatedCount", All),
    ("series", All),
    ("firstTimestamp", All),
    ("deprecatedFirstTimestamp", All),
    ("lastTimestamp", All),
    ("deprecatedLastTimestamp", All),
    ("eventTime", All),
    ("source", Only(&[("component", All)])),
    ("deprecatedSource", Only(&[("component", All)])),
    ("reportingComponent", All),
    ("reportingController", All),
];

const OWNER: [(&str, FieldSelection); 5] = [
    ("apiVersion", All),
    ("kind", All),
    (
        "metadata",
        Only(&[
            ("name", All),
            ("namespace", All),
            ("uid", All),
            ("generation", All),
            ("resourceVersion", All),
            ("labels", All),
            ("annotations", All),
            ("ownerReferences", All),
            ("finalizers", All),
            ("creationTimestamp", All),
            ("deletionTimestamp", All),
            ("deletionGracePeriodSeconds", All),
            ("managedFields", Only(&[("manager", All), ("operation", All), ("subresource", All), ("time", All)])),
        ]),
    ),
    ("spec", All),
    ("status", All),
];

fn selection(kind: &str) -> &'static FieldSelection {
    match OBJECTS.iter().find(|(known, _)| *known == kind) {
        Some((_, selection)) => selection,
        None if kind.is_empty() || kind.ends_with("List") => &ANY,
        None => &OTHER,
    }
}

impl Dump {
    /// Takes in a text: objects or lists, JSON or YAML. In JSON a field that stands twice has its last value.
    ///
    /// # Errors
    /// The text is neither, or holds something that is no object.
    pub fn read(&mut self, content: &str) -> Result<(), String> {
        let json = content.trim_start_matches('\u{feff}');
        if !is_plain_json(content) {
            let nodes = read_documents(content).map_err(|error| format!("neither JSON nor YAML: {}", error.message))?;
            return nodes.into_iter().try_for_each(|node| self.take(TreeNode::to_json(&node)));
        }
        let mut from = serde_json::Deserializer::from_str(json);
        // Documents may follow one another.
        while from.end().is_err() {
            let mut refusal = None;
            let read = from.deserialize_any(DumpedDocument { dump: self, refusal: &mut refusal });
            refusal.map_or(Ok(()), Err)?;
            read.map_err(|error| match error.is_data() {
                true => format!("neither an object nor a list of objects: {error}"),
                false => format!("not valid JSON: {error}"),
            })?;
        }
        Ok(())
    }
}

/// Reads a value of whatever type the text has with a visitor, which serde takes for members only in this form.
struct AnyValue<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for AnyValue<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<V::Value, D::Error> {
        from.deserialize_any(self.0)
    }
}

/// A document of a dump: an object, or a list of them, whose members are taken one by one.
struct DumpedDocument<'a> {
    dump: &'a mut Dump,
    /// Why an object was not taken.
    refusal: &'a mut Option<String>,
}

impl DumpedDocument<'_> {
    fn take(&mut self, object: Value, kind_of_list: &str) {
        if self.refusal.is_none() {
            *self.refusal = self.dump.take_as(object, kind_of_list).err();
        }
    }
}

impl<'de> Visitor<'de> for DumpedDocument<'_> {
    type Value = ();

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some(object) = members.next_element_seed(AnyValue(DumpedMember { kind_of_list: "" }))? {
            self.take(object, "");
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        let mut object = ObjectInPart::new("");
        // Members that do not say their kind, which the list may say behind them.
        let mut bare = Vec::new();
        let mut is_list = false;
        while let Some(name) = fields.next_key::<Cow<'de, str>>()? {
            if name == "items" && (object.kind().is_empty() || object.kind().ends_with("List")) {
                let kind_of_list = object.kind().strip_suffix("List").unwrap_or_default();
                let items = DumpedItems { document: &mut self, bare: &mut bare, kind_of_list };
                fields.next_value_seed(AnyValue(items))?;
                is_list = true;
            } else {
                object.read(&name, &mut fields)?;
            }
        }
        let kind_of_list = object.kind().strip_suffix("List").unwrap_or_default();
        for item in bare {
            self.take(item, kind_of_list);
        }
        // A list is nothing beside its members.
        if !is_list {
            self.take(Value::Object(object.fields), "");
        }
        Ok(())
    }
}

/// What has been read of an object so far.
struct ObjectInPart {
    fields: Map<String, Value>,
    /// What is read of the rest.
    selection: &'static FieldSelection,
}

impl ObjectInPart {
    fn new(kind: &str) -> Self {
        ObjectInPart { fields: Map::new(), selection: selection(kind) }
    }

    fn kind(&self) -> &str {
        self.fields.get("kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// Reads a field, if it is asked for in objects of that kind.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<(), A::Error> {
        let Some(selection) = self.selection.of(name) else { return from.next_value::<IgnoredAny>().map(|_| ()) };
        self.fields.insert(name.to_owned(), from.next_value_seed(selection)?);
        if name == "kind" && !self.kind().is_empty() {
            self.selection = self::selection(self.kind());
        }
        Ok(())
    }
}

/// The members of a list.
struct DumpedItems<'a, 'b> {
    document: &'a mut DumpedDocument<'b>,
    bare: &'a mut Vec<Value>,
    kind_of_list: &'a str,
}

impl<'de> Visitor<'de> for DumpedItems<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects as items")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let kind_of_list = self.kind_of_list;
        while let Some(item) = members.next_element_seed(AnyValue(DumpedMember { kind_of_list }))? {
            let says_kind = item.get("kind").is_some_and(|kind| kind.as_str().is_some_and(|kind| !kind.is_empty()));
            match says_kind || !kind_of_list.is_empty() {
                true => self.document.take(item, kind_of_list),
                false => self.bare.push(item),
            }
        }
        Ok(())
    }
}

/// An object in a list, of which only what an autopsy reads is kept.
struct DumpedMember<'a> {
    kind_of_list: &'a str,
}

impl<'de> Visitor<'de> for DumpedMember<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = ObjectInPart::new(self.kind_of_list);
        while let Some(name) = fields.next_key::<Cow<'de, str>>()? {
            object.read(&name, &mut fields)?;
        }
        Ok(Value::Object(object.fields))
    }
}
