//! XML as far as tests need it: a reader of elements, attributes and text, and a check against the part of XML Schema that
//! `tests/schemas` uses. Neither knows namespaces, and both refuse what they do not know.

/// An element.
#[derive(Debug, Default, PartialEq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    pub text: String,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The elements below it with this name, at any depth.
    pub fn all<'a>(&'a self, name: &'a str) -> Box<dyn Iterator<Item = &'a Element> + 'a> {
        let own = self.children.iter().filter(move |child| child.name == name);
        Box::new(own.chain(self.children.iter().flat_map(move |child| child.all(name))))
    }
}

/// Reads a document; panics with what is wrong, as tests do.
pub fn read(text: &str) -> Element {
    let forbidden = |c: char| (c < ' ' && !"\t\n\r".contains(c)) || "\u{fffe}\u{ffff}".contains(c);
    assert!(!text.contains(forbidden), "a character that XML does not have");
    let mut rest = text;
    let mut open = vec![Element::default()];
    while let Some((before, after)) = rest.split_once('<') {
        open.last_mut().expect("the document").text += &unescaped(before);
        let end = if after.starts_with("!--") { "-->" } else { ">" };
        let (tag, after) = after.split_once(end).expect("a tag ends");
        rest = after;
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            let done = open.pop().expect("it was opened");
            assert_eq!(done.name, name.trim(), "elements are closed in their order");
            open.last_mut().expect("there is one around it").children.push(done);
            continue;
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let element = Element { name: name.to_owned(), attributes: attributes_of(attributes), ..Element::default() };
        match is_empty {
            true => open.last_mut().expect("the document").children.push(element),
            false => open.push(element),
        }
    }
    assert!(open.len() == 1 && rest.trim().is_empty(), "{} is not closed", open.last().expect("one").name);
    let mut document = open.pop().expect("the document");
    assert_eq!(document.children.len(), 1, "one root");
    document.children.pop().expect("the root")
}

fn attributes_of(text: &str) -> Vec<(String, String)> {
    let mut attributes: Vec<(String, String)> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("an attribute: {rest}"));
        let (value, after) = after.split_once('"').expect("a value ends");
        assert!(!value.contains('<') && attributes.iter().all(|(known, _)| known != name), "{name}");
        attributes.push((name.trim().to_owned(), unescaped(value)));
        rest = after.trim_start();
    }
    attributes
}

fn unescaped(text: &str) -> String {
    let mut shown = String::new();
    for (n, part) in text.split('&').enumerate() {
        let Some((name, rest)) = part.split_once(';').filter(|_| n > 0) else {
            assert!(n == 0, "& stands alone: {text}");
            shown.push_str(part);
            continue;
        };
        shown.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            other => panic!("&{other};"),
        });
        shown.push_str(rest);
    }
    shown
}

/// What of a document is not as a schema says.
pub fn violations(document: &Element, schema: &Element) -> Vec<String> {
    let mut wrong = Vec::new();
    let root = schema.children.iter().find(|child| child.name == "xs:element").expect("a root element");
    assert_eq!(root.attribute("name"), Some(document.name.as_str()));
    check(document, root, schema, &mut wrong);
    wrong
}

/// The type of an element's declaration: its own, or one by name; none for types of the language.
fn type_of<'a>(declared: &'a Element, schema: &'a Element) -> Option<&'a Element> {
    let named = declared.attribute("type");
    let own = declared.children.iter().find(|child| child.name == "xs:complexType");
    own.or_else(|| schema.children.iter().find(|t| t.name != "xs:element" && t.attribute("name") == named))
}

fn check(element: &Element, declared: &Element, schema: &Element, wrong: &mut Vec<String>) {
    let Some(of) = type_of(declared, schema) else {
        assert_eq!(declared.attribute("type"), Some("xs:string"));
        if !element.children.is_empty() {
            wrong.push(format!("{} has elements", element.name));
        }
        return;
    };
    let attributes: Vec<&Element> = of.all("xs:attribute").collect();
    for attribute in &attributes {
        let (name, kind) = (attribute.attribute("name").expect("a name"), attribute.attribute("type").expect("a type"));
        match element.attribute(name) {
            None if attribute.attribute("use") == Some("required") => {
                wrong.push(format!("{}: no {name}", element.name))
            }
            Some(value) if !fits(value, kind, schema) => wrong.push(format!("{name} {value:?} is no {kind}")),
            _ => {}
        }
    }
    for (name, _) in &element.attributes {
        if !attributes.iter().any(|known| known.attribute("name") == Some(name)) {
            wrong.push(format!("{}: {name} is not in the schema", element.name));
        }
    }
    if of.all("xs:simpleContent").next().is_none() && !element.text.trim().is_empty() {
        wrong.push(format!("{}: text", element.name));
    }
    children(element, of, schema, wrong);
}

fn children(element: &Element, of: &Element, schema: &Element, wrong: &mut Vec<String>) {
    let mut rest = element.children.iter().peekable();
    let one_of = of.children.iter().find(|child| child.name == "xs:choice");
    let in_order = of.children.iter().find(|child| child.name == "xs:sequence");
    if let Some(choice) = one_of
        && let Some(child) = rest.next()
    {
        match choice.children.iter().find(|known| known.attribute("name") == Some(&child.name)) {
            Some(declared) => check(child, declared, schema, wrong),
            None => wrong.push(format!("{} in {}", child.name, element.name)),
        }
    }
    for declared in in_order.map_or(&[][..], |sequence| &sequence.children[..]) {
        let (name, mut count) = (declared.attribute("name").expect("a name"), 0);
        while let Some(child) = rest.next_if(|child| child.name == name) {
            check(child, declared, schema, wrong);
            count += 1;
        }
        let is_fine = match (declared.attribute("minOccurs"), declared.attribute("maxOccurs")) {
            (Some("0"), Some("unbounded")) => true,
            (Some("0"), None) => count <= 1,
            _ => count == 1,
        };
        if !is_fine {
            wrong.push(format!("{}: {count} of {name}", element.name));
        }
    }
    wrong.extend(rest.map(|child| format!("{} is out of place in {}", child.name, element.name)));
}

/// Whether a value is one of a type: of the language, or of the schema's own.
fn fits(value: &str, kind: &str, schema: &Element) -> bool {
    let is_token = value.split_whitespace().collect::<Vec<_>>().join(" ") == value;
    match kind {
        "xs:string" => true,
        "xs:token" => is_token,
        "xs:int" => value.parse::<i32>().is_ok(),
        "xs:decimal" => value.parse::<f64>().is_ok_and(f64::is_finite) && !value.contains(['e', 'E']),
        "timestamp" => {
            let shape: String = value.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            shape == "0000-00-00T00:00:00"
        }
        "name" => is_token && !value.is_empty(),
        other => panic!("{other} in {}", schema.name),
    }
}

#[test]
fn the_check_finds_what_is_wrong() {
    let schema = read(&std::fs::read_to_string("tests/schemas/junit.xsd").expect("the schema is there"));
    let suite = "name=\"a\" package=\"p\" id=\"0\" timestamp=\"2026-01-01T00:00:00\" hostname=\"h\" tests=\"1\" failures=\"0\" \
                 errors=\"0\" time=\"0\"";
    let whole = |suite: &str, cases: &str| {
        let document = format!(
            "<testsuites><testsuite {suite}><properties/>{cases}<system-out/><system-err/></testsuite></testsuites>"
        );
        violations(&read(&document), &schema)
    };
    let case = "<testcase name=\"a\" classname=\"b\" time=\"0\"/>";
    assert_eq!(whole(suite, case), Vec::<String>::new());
    for (suite, cases) in [
        (suite.replace("T00:00:00", "T00:00:00Z"), case.to_owned()),
        (suite.replace("tests=\"1\" ", ""), case.to_owned()),
        (suite.replace("tests=\"1\"", "tests=\"one\""), case.to_owned()),
        (suite.replace("tests=\"1\"", "tests=\"1\" color=\"red\""), case.to_owned()),
        (suite.to_owned(), case.replace(" time=\"0\"", "")),
        (suite.to_owned(), "<system-err/>".to_owned()),
        (suite.to_owned(), "<testcase name=\"a\" classname=\"b\" time=\"0\"><failure/></testcase>".to_owned()),
        (suite.to_owned(), "text".to_owned()),
    ] {
        assert_ne!(whole(&suite, &cases), Vec::<String>::new(), "{suite} {cases}");
    }
}
