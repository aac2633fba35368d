//! Texts that users wrote, as values that can be copied: conditions are copied at every sync, and most have no such
//! text.
//!
//! Each distinct text is kept once, until the process ends. They come from files of bounded size; a simulation adds
//! none.

use std::collections::HashMap;
use std::sync::{LazyLock, RwLock};

/// A text that a user wrote.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WrittenText(u32);

#[derive(Default)]
struct WrittenTexts {
    all: Vec<&'static str>,
    places: HashMap<&'static str, u32>,
}

static TEXTS: LazyLock<RwLock<WrittenTexts>> = LazyLock::new(RwLock::default);

impl WrittenText {
    /// The value that stands for a text.
    ///
    /// # Panics
    /// If there are more than 2³² texts.
    pub fn new(text: &str) -> Self {
        let mut texts = TEXTS.write().expect("nobody panics while they write a text");
        if let Some(&place) = texts.places.get(text) {
            return WrittenText(place);
        }
        let place = u32::try_from(texts.all.len()).expect("texts of files are fewer than 2³²");
        let kept: &'static str = Box::leak(text.into());
        texts.all.push(kept);
        texts.places.insert(kept, place);
        WrittenText(place)
    }

    /// The text.
    pub fn as_str(self) -> &'static str {
        TEXTS.read().expect("nobody panics while they write a text").all[self.0 as usize]
    }
}

impl std::fmt::Debug for WrittenText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_value() {
        let [a, b, c] = ["checked", "by a webhook", "checked"].map(WrittenText::new);
        assert_eq!((a, a.as_str(), b.as_str()), (c, "checked", "by a webhook"));
        assert_ne!(a, b);
        assert_eq!(format!("{a:?}"), "\"checked\"");
    }
}
