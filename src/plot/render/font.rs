//! The bundled font: how wide texts are, and the outlines of letters for PNG. An SVG names the font and leaves the letters
//! to the reader's machine.

use ttf_parser::{Face, OutlineBuilder};

/// DejaVu Sans, reduced to what is needed; see the licence beside it.
const FONT: &[u8] = include_bytes!("font/DejaVuSans-subset.ttf");

/// What SVG asks for: the same font, or one of the same widths.
pub const FAMILY: &str = "DejaVu Sans,Verdana,sans-serif";

/// The font, parsed.
pub struct Font {
    face: Face<'static>,
    per_em: f64,
}

impl Font {
    /// The font.
    pub fn new() -> Self {
        let face = Face::parse(FONT, 0).expect("the bundled font is a font");
        let per_em = f64::from(face.units_per_em());
        Font { face, per_em }
    }

    /// The width of a text, in pixels.
    pub fn width(&self, text: &str, size: f64) -> f64 {
        text.chars().map(|c| self.advance(c, size)).sum()
    }

    /// The advance width of a letter, in pixels. A letter that is not in the font is as wide as an `n`.
    pub fn advance(&self, c: char, size: f64) -> f64 {
        let glyph = self.face.glyph_index(c).or_else(|| self.face.glyph_index('n'));
        let units = glyph.and_then(|g| self.face.glyph_hor_advance(g)).unwrap_or(0);
        f64::from(units) * size / self.per_em
    }

    /// Gives the outline of a letter to a builder, in font units with y upwards; returns the pixels of a font unit.
    pub fn outline(&self, c: char, size: f64, builder: &mut dyn OutlineBuilder) -> f64 {
        if let Some(glyph) = self.face.glyph_index(c).or_else(|| self.face.glyph_index('?')) {
            let _ = self.face.outline_glyph(glyph, builder);
        }
        size / self.per_em
    }

    /// A text in lines no wider than `width` pixels, broken at spaces other than no-break spaces.
    pub fn wrapped(&self, text: &str, size: f64, width: f64) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
            match lines.last_mut() {
                Some(line) if self.width(line, size) + self.width(word, size) + self.advance(' ', size) <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }

    /// A text cut to a width in pixels. An ellipsis stands for what is missing in the middle: names often differ at the end.
    pub fn cut(&self, text: &str, size: f64, width: f64) -> String {
        if self.width(text, size) <= width {
            return text.to_owned();
        }
        let room = (width - self.advance('…', size)) / 2.0;
        let fitting = |letters: &mut dyn Iterator<Item = char>| -> String {
            let mut left = room;
            let fits = |c: &char| {
                left -= self.advance(*c, size);
                left >= 0.0
            };
            letters.take_while(fits).collect()
        };
        let (start, end) = (fitting(&mut text.chars()), fitting(&mut text.chars().rev()));
        format!("{start}…{}", end.chars().rev().collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_measured_wrapped_and_cut() {
        let font = Font::new();
        assert!((font.width("n", 10.0) - 6.34).abs() < 0.01);
        assert_eq!(font.wrapped("one two three", 10.0, font.width("one two", 10.0)), ["one two", "three"]);
        let cut = font.cut("parallelism", 10.0, 40.0);
        assert!(
            cut.starts_with("pa") && cut.contains('…') && cut.ends_with('m') && font.width(&cut, 10.0) <= 40.0,
            "{cut}"
        );
        assert_eq!(font.cut("short", 10.0, 40.0), "short");
    }
}
