//! The bundled font: the widths of texts, and the outlines of letters for PNG. An SVG only names the font; the viewer's
//! machine draws its letters.

use ttf_parser::{Face, OutlineBuilder};

/// DejaVu Sans, reduced to the characters that are needed; its licence is in the same folder.
const FONT: &[u8] = include_bytes!("font/DejaVuSans-subset.ttf");

/// The fonts that an SVG names: the same font, or fonts of about the same widths.
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

    /// Passes the outline of a letter to a builder, in font units with y upwards; returns the size of a font unit in
    /// pixels.
    pub fn outline(&self, c: char, size: f64, builder: &mut dyn OutlineBuilder) -> f64 {
        if let Some(glyph) = self.face.glyph_index(c).or_else(|| self.face.glyph_index('?')) {
            let _ = self.face.outline_glyph(glyph, builder);
        }
        size / self.per_em
    }

    /// Breaks a text into lines no wider than `width` pixels, at spaces other than no-break spaces.
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

    /// Shortens a text to a width in pixels. An ellipsis replaces its middle, because names often differ at the end.
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
