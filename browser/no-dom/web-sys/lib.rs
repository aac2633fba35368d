//! In the place of web-sys. Compiled for WebAssembly, plotters would measure letters in the document of a page; the
//! simulator runs in a worker, which has none, and measures them with its own font. The real crate adds some thousand
//! functions to the program, and imports that only wasm-bindgen's glue can give. Here is what plotters names; nothing
//! calls it, and there is no window.

/// A window.
#[derive(Debug)]
pub struct Window;
/// A document.
#[derive(Debug)]
pub struct Document;
/// An element.
#[derive(Debug)]
pub struct Element;
/// An element of HTML.
#[derive(Debug)]
pub struct HtmlElement;

impl wasm_bindgen::JsCast for Element {}

/// There is none.
pub fn window() -> Option<Window> {
    None
}

impl Window {
    /// There is none.
    pub fn document(&self) -> Option<Document> {
        None
    }
}

impl Document {
    /// There is none.
    pub fn body(&self) -> Option<HtmlElement> {
        None
    }

    /// None can be made.
    ///
    /// # Errors
    /// Always.
    pub fn create_element(&self, name: &str) -> Result<Element, String> {
        Err(name.to_owned())
    }
}

impl Element {
    /// Does nothing.
    pub fn set_text_content(&self, _text: Option<&str>) {}

    /// Does nothing.
    ///
    /// # Errors
    /// Never.
    pub fn set_attribute(&self, _name: &str, _value: &str) -> Result<(), String> {
        Ok(())
    }
}

impl HtmlElement {
    /// Does nothing.
    ///
    /// # Errors
    /// Never.
    pub fn append_with_node_1(&self, _child: &Element) -> Result<(), String> {
        Ok(())
    }

    /// Nothing is laid out.
    pub fn offset_height(&self) -> i32 {
        0
    }

    /// Nothing is laid out.
    pub fn offset_width(&self) -> i32 {
        0
    }

    /// Does nothing.
    pub fn remove(&self) {}
}
