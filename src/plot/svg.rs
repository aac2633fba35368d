//! A scene as SVG. Colours are classes, so that a page can give the same picture a dark theme; a file of its own carries
//! the light one with it.

use super::font::FAMILY;
use super::scene::{Anchor, Item, Scene};
use super::theme::{Ink, RAMP, SERIES};
use std::fmt::Write as _;

/// Rules for all classes that do not depend on the theme.
pub const STYLE: &str = ".jp text{font-family:DejaVu Sans,Verdana,sans-serif}.jp .b{font-weight:bold}";

/// The picture as a file of its own, on white paper.
pub fn svg(scene: &Scene) -> String {
    let mut style = STYLE.to_owned();
    let inks = [Ink::Text, Ink::Muted, Ink::Grid, Ink::Paper].into_iter();
    let inks = inks.chain((0..SERIES.len() as u8).map(Ink::Series)).chain((0..RAMP.len() as u8).map(Ink::Ramp));
    for ink in inks {
        let (class, colour) = (ink.class(), ink.light());
        let _ = write!(style, ".f{class}{{fill:#{colour:06x}}}");
        if !matches!(ink, Ink::Ramp(_)) {
            let _ = write!(style, ".s{class}{{stroke:#{colour:06x}}}");
        }
    }
    let paper = format!("<rect class=\"fp\" width=\"{}\" height=\"{}\"/>\n", tenth(scene.width), tenth(scene.height));
    body(scene, &format!("<style>{style}</style>\n{paper}"))
}

/// The picture for a page that has rules for the classes (`f…` for surfaces and texts, `s…` for lines).
pub fn svg_inline(scene: &Scene) -> String {
    body(scene, "")
}

fn body(scene: &Scene, before: &str) -> String {
    let (width, height) = (tenth(scene.width), tenth(scene.height));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"jp\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" font-family=\"{FAMILY}\">\n<title>{}</title>\n<desc>{}</desc>\n{before}",
        escaped(&scene.title),
        escaped(&scene.description)
    );
    scene.items.iter().for_each(|item| write_item(&mut text, item));
    text += "</svg>\n";
    text
}

/// Writing to a String cannot fail.
fn write_item(out: &mut String, item: &Item) {
    match item {
        Item::Stroke { paths, ink, width, dash } => {
            let _ = write!(out, "<path class=\"s{}\" fill=\"none\" stroke-width=\"{}\"", ink.class(), tenth(*width));
            let lengths: Vec<String> = dash.lengths().iter().map(|l| tenth(*l)).collect();
            if !lengths.is_empty() {
                let _ = write!(out, " stroke-dasharray=\"{}\"", lengths.join(" "));
            }
            let _ = writeln!(out, " d=\"{}\"/>", path(paths, false));
        }
        Item::Fill { paths, ink, opacity } => {
            let _ = write!(out, "<path class=\"f{}\"", ink.class());
            if *opacity < 1.0 {
                let _ = write!(out, " fill-opacity=\"{opacity:.2}\"");
            }
            let _ = writeln!(out, " d=\"{}\"/>", path(paths, true));
        }
        Item::Text { at: [x, y], text, size, anchor, ink, bold, upwards } => {
            let bold = if *bold { " b" } else { "" };
            let _ = write!(out, "<text class=\"f{}{bold}\" font-size=\"{}\"", ink.class(), tenth(*size));
            match anchor {
                Anchor::Start => {}
                Anchor::Middle => out.push_str(" text-anchor=\"middle\""),
                Anchor::End => out.push_str(" text-anchor=\"end\""),
            }
            let (x, y) = (tenth(*x), tenth(*y));
            let _ = match upwards {
                true => write!(out, " transform=\"translate({x} {y})rotate(-90)\""),
                false => write!(out, " x=\"{x}\" y=\"{y}\""),
            };
            let _ = writeln!(out, ">{}</text>", escaped(text));
        }
    }
}

/// Path data: absolute where a path begins, then relative to the point before, with a tenth of a pixel.
fn path(paths: &[Vec<[f64; 2]>], is_closed: bool) -> String {
    let mut out = String::new();
    for points in paths {
        let mut before: Option<[i64; 2]> = None;
        for point in points {
            let now = point.map(tenths);
            match before {
                None => {
                    let _ = write!(out, "M{} {}", decimal(now[0]), decimal(now[1]));
                }
                Some(b) => {
                    let [dx, dy] = [now[0] - b[0], now[1] - b[1]];
                    let _ = match (dx, dy) {
                        (0, 0) => Ok(()),
                        (dx, 0) => write!(out, "h{}", decimal(dx)),
                        (0, dy) => write!(out, "v{}", decimal(dy)),
                        (dx, dy) => write!(out, "l{} {}", decimal(dx), decimal(dy)),
                    };
                }
            }
            before = Some(now);
        }
        if is_closed {
            out.push('z');
        }
    }
    out
}

fn tenths(x: f64) -> i64 {
    (x * 10.0).round() as i64
}

fn tenth(x: f64) -> String {
    decimal(tenths(x))
}

/// So many tenths as a decimal number.
fn decimal(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    match rest {
        0 => format!("{sign}{whole}"),
        rest if whole == 0 => format!("{sign}.{rest}"),
        rest => format!("{sign}{whole}.{rest}"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::theme::Dash;

    #[test]
    fn paths_are_short() {
        let points = vec![vec![[0.0, 0.0], [10.04, 0.0], [10.04, 2.5], [9.0, 3.0]]];
        assert_eq!(path(&points, true), "M0 0h10v2.5l-1 .5z");
    }

    #[test]
    fn texts_cannot_break_out() {
        let text = Item::Text {
            at: [1.0, 2.0],
            text: "</svg><script>&".to_owned(),
            size: 12.0,
            anchor: Anchor::Start,
            ink: Ink::Text,
            bold: false,
            upwards: false,
        };
        let line =
            Item::Stroke { paths: vec![vec![[0.0, 0.0], [1.0, 1.0]]], ink: Ink::Grid, width: 1.0, dash: Dash::Dots };
        let scene = Scene { width: 10.0, height: 5.5, items: vec![text, line], ..Scene::default() };
        let svg = svg_inline(&scene);
        assert!(
            svg.contains("&lt;/svg&gt;&lt;script&gt;&amp;</text>") && svg.contains("viewBox=\"0 0 10 5.5\""),
            "{svg}"
        );
        assert!(svg.contains("stroke-dasharray=\"1.5 3\" d=\"M0 0l1 1\""), "{svg}");
    }
}
