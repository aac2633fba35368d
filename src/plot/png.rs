//! A scene as PNG, drawn at twice its size so that it is sharp on paper and on dense screens.

use super::font::Font;
use super::scene::{Anchor, Item, Scene};
use super::theme::Ink;
use tiny_skia::{FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};
use ttf_parser::OutlineBuilder;

/// Pixels of the image for one of the scene.
const SCALE: f32 = 2.0;

/// The bytes of a PNG file.
///
/// # Errors
/// If the picture has no size, or is too large to be held in memory.
pub fn png(scene: &Scene) -> Result<Vec<u8>, String> {
    let size = |x: f64| (x as f32 * SCALE).ceil() as u32;
    let mut canvas =
        Pixmap::new(size(scene.width), size(scene.height)).ok_or("the picture has no size that can be drawn")?;
    canvas.fill(colour(Ink::Paper, 1.0));
    let font = Font::new();
    for item in &scene.items {
        draw(&mut canvas, item, &font);
    }
    canvas.encode_png().map_err(|error| error.to_string())
}

fn colour(ink: Ink, opacity: f64) -> tiny_skia::Color {
    let [_, r, g, b] = ink.light().to_be_bytes();
    tiny_skia::Color::from_rgba8(r, g, b, (opacity * 255.0).round() as u8)
}

fn paint(ink: Ink, opacity: f64) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(colour(ink, opacity));
    paint
}

fn draw(canvas: &mut Pixmap, item: &Item, font: &Font) {
    let scale = Transform::from_scale(SCALE, SCALE);
    match item {
        Item::Stroke { paths, ink, width, dash } => {
            let Some(path) = path_of(paths, false) else { return };
            let lengths: Vec<f32> = dash.lengths().iter().map(|&l| l as f32).collect();
            let dash = if lengths.is_empty() { None } else { StrokeDash::new(lengths, 0.0) };
            let stroke = Stroke { width: *width as f32, line_join: LineJoin::Round, dash, ..Stroke::default() };
            canvas.stroke_path(&path, &paint(*ink, 1.0), &stroke, scale, None);
        }
        Item::Fill { paths, ink, opacity } => {
            if let Some(path) = path_of(paths, true) {
                canvas.fill_path(&path, &paint(*ink, *opacity), FillRule::Winding, scale, None);
            }
        }
        Item::Text { at, text, size, anchor, ink, bold, upwards } => {
            let width = font.width(text, *size);
            let before = match anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => width / 2.0,
                Anchor::End => width,
            };
            let turn = if *upwards {
                scale.pre_translate(at[0] as f32, at[1] as f32).pre_rotate(-90.0)
            } else {
                scale.pre_translate(at[0] as f32, at[1] as f32)
            };
            let place = turn.pre_translate(-before as f32, 0.0);
            if let Some(path) = letters(text, *size, font) {
                canvas.fill_path(&path, &paint(*ink, 1.0), FillRule::Winding, place, None);
                if *bold {
                    // There is one weight: a thin line around the letters makes them bold.
                    let stroke = Stroke { width: *size as f32 / 24.0, ..Stroke::default() };
                    canvas.stroke_path(&path, &paint(*ink, 1.0), &stroke, place, None);
                }
            }
        }
    }
}

fn path_of(paths: &[Vec<[f64; 2]>], is_closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for points in paths {
        let mut points = points.iter().map(|&[x, y]| (x as f32, y as f32));
        let Some((x, y)) = points.next() else { continue };
        builder.move_to(x, y);
        points.for_each(|(x, y)| builder.line_to(x, y));
        if is_closed {
            builder.close();
        }
    }
    builder.finish()
}

/// The outlines of a text that begins at the origin.
fn letters(text: &str, size: f64, font: &Font) -> Option<Path> {
    let mut pen = Pen { builder: PathBuilder::new(), x: 0.0, scale: (size / 2048.0) as f32 };
    for c in text.chars() {
        let mut outline = Outline::default();
        pen.scale = font.outline(c, size, &mut outline) as f32;
        pen.take(&outline);
        pen.x += font.advance(c, size) as f32;
    }
    pen.builder.finish()
}

/// A letter's outline in font units.
#[derive(Default)]
struct Outline(Vec<Segment>);

enum Segment {
    Move(f32, f32),
    Line(f32, f32),
    Quad(f32, f32, f32, f32),
    Curve(f32, f32, f32, f32, f32, f32),
    Close,
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.push(Segment::Move(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.push(Segment::Line(x, y));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.push(Segment::Quad(x1, y1, x, y));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.push(Segment::Curve(x1, y1, x2, y2, x, y));
    }

    fn close(&mut self) {
        self.0.push(Segment::Close);
    }
}

struct Pen {
    builder: PathBuilder,
    x: f32,
    scale: f32,
}

impl Pen {
    fn take(&mut self, outline: &Outline) {
        let (s, left) = (self.scale, self.x);
        let (x, y) = (|x: f32| left + x * s, |y: f32| -y * s);
        for segment in &outline.0 {
            match *segment {
                Segment::Move(a, b) => self.builder.move_to(x(a), y(b)),
                Segment::Line(a, b) => self.builder.line_to(x(a), y(b)),
                Segment::Quad(a, b, c, d) => self.builder.quad_to(x(a), y(b), x(c), y(d)),
                Segment::Curve(a, b, c, d, e, f) => self.builder.cubic_to(x(a), y(b), x(c), y(d), x(e), y(f)),
                Segment::Close => self.builder.close(),
            }
        }
    }
}
