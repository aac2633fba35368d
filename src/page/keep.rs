//! What was tried at a moment of a run, written back into the text: as actions of its scenario, before those that are
//! there, because only the beginning of a list has a known place. Actions have times; their order in the list matters
//! only within an instant. As with knobs all else stays as it is written, and the text is read again afterwards.

use super::edit::{TextEdit, is_scenario, set};
use super::{NAME, PageRefusal};
use crate::scenario::Problem;
use crate::text::{TreeNode, Value as Tree, read_documents};
use serde_json::{Value, json};

/// The text with these actions in its scenario.
///
/// # Errors
/// The text or an action cannot be read, or the actions cannot be added to the text.
pub fn keep(text: &str, actions: &[String]) -> Result<Value, PageRefusal> {
    let about = |message: String| PageRefusal::from(vec![Problem::about(NAME, message)]);
    let read = |text: &str| read_documents(text).map_err(|error| about(error.message));
    let mut new = Vec::new();
    for action in actions {
        new.extend(read(action)?.iter().map(TreeNode::to_json));
    }
    let documents = read(text)?;
    let place = documents.iter().position(is_scenario);
    let list = place.and_then(|place| documents[place].get("actions"));
    let Some((place, there)) =
        place.zip(list).filter(|(_, list)| matches!(&list.value, Tree::List(old) if !old.is_empty()))
    else {
        return set(text, "actions", &Value::Array(new).to_string());
    };
    let refused = || about("actions cannot be added from here: add them in the text".to_owned());
    let at = TextEdit { text, root: &documents[place] }.byte(there.line, there.column).ok_or_else(refused)?;
    let indent = " ".repeat(there.column - 1);
    // A list in lines, or one in brackets. Anything else, such as an alias, has its items elsewhere.
    let lines: String = match text.as_bytes().get(at) {
        Some(b'-') => new.iter().map(|action| format!("- {action}\n{indent}")).collect(),
        Some(b'[') => new.iter().map(|action| format!("{action}, ")).collect(),
        _ => return Err(refused()),
    };
    let at = at + usize::from(text[at..].starts_with('['));
    let edited = [&text[..at], &lines, &text[at..]].concat();
    // The edited text must have these actions, and otherwise say what it said before.
    let mut expected: Vec<Value> = documents.iter().map(TreeNode::to_json).collect();
    if let Some(old) = expected[place]["actions"].as_array_mut() {
        old.splice(0..0, new);
    }
    let found: Vec<Value> = read_documents(&edited).map_err(|_| refused())?.iter().map(TreeNode::to_json).collect();
    if found == expected { Ok(json!({"text": edited})) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIED: &str = r#"{"at":"12.5s","evictPod":{"job":"j","attempt":1}}"#;

    fn kept(text: &str) -> Result<String, String> {
        let said = |refusal: PageRefusal| refusal.to_json()["error"].as_str().unwrap_or_default().to_owned();
        keep(text, &[TRIED.to_owned()])
            .map(|answer| answer["text"].as_str().unwrap_or_default().to_owned())
            .map_err(said)
    }

    #[test]
    fn what_was_tried_becomes_actions_of_the_text() {
        let head = "# Mine.\napiVersion: jobsim/v1\nkind: Scenario\n";
        let new = format!("{head}actions: [{TRIED}]\nseed: 1\n");
        assert_eq!(kept(&format!("{head}seed: 1\n")), Ok(new));
        let old = "{at: 1s, deletePod: {job: j, attempt: 1}}";
        for (before, after) in [
            (format!("actions:\n  - {old} # first\n"), format!("actions:\n  - {TRIED}\n  - {old} # first\n")),
            (format!("actions: [{old}]\n"), format!("actions: [{TRIED}, {old}]\n")),
        ] {
            assert_eq!(kept(&format!("{head}{before}seed: 1\n")), Ok(format!("{head}{after}seed: 1\n")));
        }
        let job = "kind: Job\napiVersion: batch/v1\nspec: {}\n";
        let with = kept(job).expect("it gets a scenario");
        assert!(with.starts_with("apiVersion: jobsim/v1\nkind: Scenario\nactions: [") && with.ends_with(job), "{with}");
        assert!(kept(&format!("{head}x: &a [{old}]\nactions: *a\n")).unwrap_err().contains("add them in the text"));
    }
}
