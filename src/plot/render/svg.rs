//! A scene as SVG. Colours are classes, so a page can show the same picture in a dark theme; a separate file contains
//! the light theme. Coordinates are written in tenths of a pixel, the scene's grid.

use super::font::FAMILY;
use super::scene::{Anchor, At, Item, Label, Scene};
use crate::plot::theme::{Color, RAMP, SERIES};
use std::fmt::Write as _;

/// The style rules that do not depend on the theme. `h` is the rim of a text, drawn under its letters.
pub const STYLE: &str = ".jp text{font-family:DejaVu Sans,Verdana,sans-serif}.jp .b{font-weight:bold}\
                         .jp .h{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}";

/// The picture as a separate file, on a white background.
pub fn svg(scene: &Scene) -> String {
    let mut style = STYLE.to_owned();
    let colors = [Color::Text, Color::Muted, Color::Grid, Color::Paper].into_iter();
    let colors = colors.chain((0..SERIES.len() as u8).map(Color::Series)).chain((0..RAMP.len() as u8).map(Color::Ramp));
    for color in colors {
        let (class, rgb) = (color.class(), color.light());
        let _ = write!(style, ".f{class}{{fill:#{rgb:06x}}}");
        if !matches!(color, Color::Ramp(_)) {
            let _ = write!(style, ".s{class}{{stroke:#{rgb:06x}}}");
        }
    }
    let (width, height) = (decimal(scene.width), decimal(scene.height));
    let paper = format!("<rect class=\"fp\" width=\"{width}\" height=\"{height}\"/>\n");
    body(scene, &format!("<style>{style}</style>\n{paper}"))
}

/// The picture for a page that defines the classes (`f…` for surfaces and texts, `s…` for lines).
pub fn svg_inline(scene: &Scene) -> String {
    body(scene, "")
}

fn body(scene: &Scene, before: &str) -> String {
    let (width, height) = (decimal(scene.width), decimal(scene.height));
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
        Item::Stroke { paths, color, width, dash } => {
            let _ =
                write!(out, "<path class=\"s{}\" fill=\"none\" stroke-width=\"{}\"", color.class(), decimal(*width));
            let lengths: Vec<String> = dash.lengths().iter().map(|l| l.to_string()).collect();
            if !lengths.is_empty() {
                let _ = write!(out, " stroke-dasharray=\"{}\"", lengths.join(" "));
            }
            let _ = writeln!(out, " d=\"{}\"/>", path(paths, false));
        }
        Item::Fill { paths, color, opacity } => {
            let _ = write!(out, "<path class=\"f{}\"", color.class());
            if *opacity < 1.0 {
                let _ = write!(out, " fill-opacity=\"{opacity:.2}\"");
            }
            let _ = writeln!(out, " d=\"{}\"/>", path(paths, true));
        }
        Item::Text(label) => write_text(out, label),
    }
}

fn write_text(out: &mut String, label: &Label) {
    let bold = if label.bold { " b" } else { "" };
    let rim = if label.has_rim { " sp h" } else { "" };
    let size = decimal(label.size);
    let _ = write!(out, "<text class=\"f{}{bold}{rim}\" font-size=\"{size}\"", label.color.class());
    match label.anchor {
        Anchor::Start => {}
        Anchor::Middle => out.push_str(" text-anchor=\"middle\""),
        Anchor::End => out.push_str(" text-anchor=\"end\""),
    }
    let [x, y] = label.at.map(decimal);
    let _ = match label.upwards {
        true => write!(out, " transform=\"translate({x} {y})rotate(-90)\""),
        false => write!(out, " x=\"{x}\" y=\"{y}\""),
    };
    let _ = writeln!(out, ">{}</text>", escaped(&label.text));
}

/// Path data: the first point of a path is absolute, the others are relative to the previous point.
fn path(paths: &[Vec<At>], is_closed: bool) -> String {
    let mut out = String::new();
    for points in paths {
        let mut before: Option<At> = None;
        for &now in points {
            let _ = match before.map(|b| [now[0] - b[0], now[1] - b[1]]) {
                None => write!(out, "M{} {}", decimal(now[0]), decimal(now[1])),
                Some([0, 0]) => Ok(()),
                Some([dx, 0]) => write!(out, "h{}", decimal(dx)),
                Some([0, dy]) => write!(out, "v{}", decimal(dy)),
                Some([dx, dy]) => write!(out, "l{} {}", decimal(dx), decimal(dy)),
            };
            before = Some(now);
        }
        if is_closed {
            out.push('z');
        }
    }
    out
}

/// Grid units, which are tenths of a pixel, as a decimal number of pixels.
fn decimal(units: i32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let (whole, rest) = (units.abs() / 10, units.abs() % 10);
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
        let points = vec![vec![[0, 0], [100, 0], [100, 25], [90, 30]]];
        assert_eq!(path(&points, true), "M0 0h10v2.5l-1 .5z");
    }

    #[test]
    fn texts_cannot_break_out() {
        let mut scene = Scene { width: 100, height: 55, ..Scene::default() };
        scene.items.push(Item::Text(Label {
            at: [10, 20],
            text: "</svg><script>&".to_owned(),
            size: 120,
            anchor: Anchor::Start,
            color: Color::Text,
            bold: false,
            upwards: false,
            has_rim: true,
        }));
        scene.stroke(vec![[0, 0], [10, 10]], Color::Grid, 10, Dash::Dots);
        let svg = svg_inline(&scene);
        let text = "<text class=\"ft sp h\" font-size=\"12\" x=\"1\" y=\"2\">&lt;/svg&gt;&lt;script&gt;&amp;</text>";
        assert!(svg.contains(text) && svg.contains("viewBox=\"0 0 10 5.5\""), "{svg}");
        assert!(svg.contains("stroke-dasharray=\"1.5 3\" d=\"M0 0l1 1\""), "{svg}");
    }
}
