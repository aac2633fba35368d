//! From a chart to a scene: title, legend, panels with axes and ticks, caption. It decides where things stand, not what
//! is shown.

use super::axis::{Axis, Tick, Unit};
use super::chart::{Chart, Look, Mark, Panel, Series, Shape, Words};
use super::font::Font;
use super::scene::{Anchor, Item, Scene, rectangle};
use super::shapes::{self, Frame};
use super::theme::{Dash, Ink, Marker};

/// The width of every picture, in pixels.
const WIDTH: f64 = 820.0;
/// The space at its edges.
const EDGE: f64 = 14.0;
const TITLE: f64 = 15.0;
const TEXT: f64 = 11.0;
const CAPTION: f64 = 12.0;
/// Rows of words at vertical lines at the most.
const MARK_ROWS: usize = 6;

impl Chart {
    /// The chart as a scene.
    pub fn scene(&self) -> Scene {
        let mut layout = Layout { font: Font::new(), items: Vec::new(), y: EDGE };
        layout.title(&self.title);
        layout.legend(&self.panels);
        let left = self.panels.iter().map(|p| layout.room_left(p)).fold(0.0, f64::max);
        for panel in &self.panels {
            layout.panel(panel, left);
        }
        layout.caption(&self.caption);
        let (title, description) = (self.title.clone(), self.caption.clone());
        Scene { width: WIDTH, height: layout.y + EDGE, title, description, items: layout.items }
    }
}

struct Layout {
    font: Font,
    items: Vec<Item>,
    /// How far down things stand.
    y: f64,
}

fn text(at: [f64; 2], text: impl Into<String>, size: f64, anchor: Anchor, ink: Ink) -> Item {
    Item::Text { at, text: text.into(), size, anchor, ink, bold: false, upwards: false }
}

fn line(from: [f64; 2], to: [f64; 2], ink: Ink, width: f64, dash: Dash) -> Item {
    Item::Stroke { paths: vec![vec![from, to]], ink, width, dash }
}

impl Layout {
    fn title(&mut self, title: &str) {
        for part in self.font.wrapped(title, TITLE, WIDTH - 2.0 * EDGE - 20.0) {
            self.y += TITLE + 3.0;
            let mut item = text([EDGE, self.y - 4.0], part, TITLE, Anchor::Start, Ink::Text);
            if let Item::Text { bold, .. } = &mut item {
                *bold = true;
            }
            self.items.push(item);
        }
        self.y += 4.0;
    }

    fn caption(&mut self, caption: &str) {
        self.y += 6.0;
        for part in self.font.wrapped(caption, CAPTION, WIDTH - 2.0 * EDGE) {
            self.y += CAPTION + 4.0;
            self.items.push(text([EDGE, self.y - 4.0], part, CAPTION, Anchor::Start, Ink::Text));
        }
    }

    /// Each name once, in the order in which it comes.
    fn legend(&mut self, panels: &[Panel]) {
        let mut entries: Vec<&Series> = Vec::new();
        for series in panels.iter().flat_map(|p| &p.series) {
            if !series.name.is_empty() && !entries.iter().any(|e| e.name == series.name) {
                entries.push(series);
            }
        }
        if entries.is_empty() {
            return;
        }
        self.y += 16.0;
        let mut x = EDGE;
        for entry in entries {
            let name = self.font.cut(&entry.name, TEXT, 420.0);
            let width = 30.0 + self.font.width(&name, TEXT) + 16.0;
            if x > EDGE && x + width > WIDTH - EDGE {
                (x, self.y) = (EDGE, self.y + 17.0);
            }
            self.swatch(entry, [x, self.y - 4.0]);
            self.items.push(text([x + 30.0, self.y], name, TEXT, Anchor::Start, Ink::Text));
            x += width;
        }
        self.y += 8.0;
    }

    fn swatch(&mut self, series: &Series, [x, y]: [f64; 2]) {
        let Look { ink, dash, width, marker, .. } = series.look;
        match series.shape {
            Shape::Area(_) | Shape::Ranges(_) | Shape::Cells(_) => {
                let frame = rectangle([x, x + 24.0], [y - 6.0, y + 5.0]);
                shapes::fill(&mut self.items, vec![frame], &series.look);
            }
            Shape::Labels(_) => {}
            Shape::Line(_) | Shape::Steps(_) | Shape::Segments(_) => {
                self.items.push(line([x, y], [x + 24.0, y], ink, width.max(1.6), dash));
                shapes::marker(&mut self.items, &[[x + 12.0, y]], marker, ink);
            }
            Shape::Marks(_) | Shape::Points(_) | Shape::PointsAcross(_) => {
                let marker = if marker == Marker::None { Marker::Circle } else { marker };
                shapes::marker(&mut self.items, &[[x + 12.0, y]], marker, ink);
            }
        }
    }

    /// The room that the vertical axis needs for its ticks and label.
    fn room_left(&self, panel: &Panel) -> f64 {
        let ticks = self.ticks_down(panel);
        let widest = ticks.iter().map(|t| self.font.width(&self.short(t, &panel.y), TEXT)).fold(0.0, f64::max);
        EDGE + widest + 10.0 + if panel.y.label.is_empty() { 0.0 } else { 16.0 }
    }

    fn ticks_down(&self, panel: &Panel) -> Vec<Tick> {
        let room = if matches!(panel.y.unit, Unit::Names(_)) { 13.0 } else { 30.0 };
        panel.y.ticks((panel.height / room) as usize)
    }

    /// The text of a tick; names do not take more than their share of the picture.
    fn short(&self, tick: &Tick, axis: &Axis) -> String {
        if matches!(axis.unit, Unit::Names(_)) { self.font.cut(&tick.text, TEXT, 210.0) } else { tick.text.clone() }
    }

    fn panel(&mut self, panel: &Panel, left: f64) {
        if !panel.title.is_empty() {
            self.y += 18.0;
            self.items.push(text([left, self.y], panel.title.clone(), CAPTION, Anchor::Start, Ink::Muted));
        }
        self.y += 10.0;
        let mut frame = Frame { x: [left, WIDTH - EDGE - 8.0], y: [self.y + panel.height, self.y] };
        let above = self.room_above(panel, &frame);
        frame.y = frame.y.map(|y| y + above);
        self.down(panel, &frame);
        self.across(panel, &frame);
        for series in &panel.series {
            shapes::draw(&mut self.items, series, panel, &frame, &self.font);
        }
        self.marks(panel, &frame);
        let border = vec![[frame.x[0], frame.y[1]], [frame.x[0], frame.y[0]], [frame.x[1], frame.y[0]]];
        self.items.push(Item::Stroke { paths: vec![border], ink: Ink::Text, width: 1.0, dash: Dash::Solid });
        self.y = frame.y[0] + 20.0;
        if !panel.x.label.is_empty() {
            self.y += 14.0;
            let middle = (frame.x[0] + frame.x[1]) / 2.0;
            self.items.push(text([middle, self.y - 2.0], panel.x.full_label(), TEXT, Anchor::Middle, Ink::Muted));
        }
    }

    /// Ticks, grid and label of the vertical axis.
    fn down(&mut self, panel: &Panel, frame: &Frame) {
        let mut grid = Vec::new();
        for tick in self.ticks_down(panel) {
            let y = frame.down(&panel.y, tick.at);
            if !matches!(panel.y.unit, Unit::Names(_)) {
                grid.push(vec![[frame.x[0], y], [frame.x[1], y]]);
            }
            let shown = self.short(&tick, &panel.y);
            self.items.push(text([frame.x[0] - 6.0, y + 4.0], shown, TEXT, Anchor::End, Ink::Muted));
        }
        self.items.push(Item::Stroke { paths: grid, ink: Ink::Grid, width: 1.0, dash: Dash::Solid });
        if !panel.y.label.is_empty() {
            let middle = (frame.y[0] + frame.y[1]) / 2.0;
            let mut label = text([EDGE + 9.0, middle], panel.y.full_label(), TEXT, Anchor::Middle, Ink::Muted);
            if let Item::Text { upwards, .. } = &mut label {
                *upwards = true;
            }
            self.items.push(label);
        }
    }

    /// Ticks and grid of the horizontal axis: as many as have room.
    fn across(&mut self, panel: &Panel, frame: &Frame) {
        let room = frame.x[1] - frame.x[0];
        let mut wanted = 10;
        let mut ticks = panel.x.ticks(wanted);
        let is_full = |ticks: &[Tick], font: &Font| {
            let needed: f64 = ticks.iter().map(|t| font.width(&t.text, TEXT) + 14.0).sum();
            needed > room
        };
        while is_full(&ticks, &self.font) && wanted > 2 {
            wanted -= 2;
            ticks = panel.x.ticks(wanted);
        }
        let mut grid = Vec::new();
        for tick in ticks {
            let x = frame.across(&panel.x, tick.at);
            if !matches!(panel.x.unit, Unit::Names(_)) {
                grid.push(vec![[x, frame.y[0]], [x, frame.y[1]]]);
            }
            let shown = self.font.cut(&tick.text, TEXT, room / 2.0);
            self.items.push(text([x, frame.y[0] + 15.0], shown, TEXT, Anchor::Middle, Ink::Muted));
        }
        self.items.push(Item::Stroke { paths: grid, ink: Ink::Grid, width: 1.0, dash: Dash::Solid });
    }

    /// Lines across, with their words where no other words stand.
    fn marks(&mut self, panel: &Panel, frame: &Frame) {
        for Mark { at, text: words, .. } in panel.marks.iter().filter(|mark| !mark.is_vertical) {
            let y = frame.down(&panel.y, *at);
            self.items.push(line([frame.x[0], y], [frame.x[1], y], Ink::Text, 1.2, Dash::Long));
            self.items.push(text([frame.x[0] + 6.0, y - 4.0], words.clone(), TEXT, Anchor::Start, Ink::Text));
        }
        for (Mark { at, text: words, words: place, .. }, row) in self.rows(panel, frame) {
            let x = frame.across(&panel.x, *at);
            let down = 11.0 + 14.0 * (row % MARK_ROWS) as f64;
            let (y, top) = match place {
                Words::Top => (frame.y[1] + down, frame.y[1]),
                Words::Bottom => (frame.y[0] - down + 5.0, frame.y[1]),
                Words::Above => (frame.y[1] - down + 6.0, frame.y[1] - down - 3.0),
            };
            self.items.push(line([x, frame.y[0]], [x, top], Ink::Text, 1.0, Dash::Short));
            let is_left = x + self.mark_width(words) > frame.x[1];
            let (x, anchor) = if is_left { (x - 4.0, Anchor::End) } else { (x + 4.0, Anchor::Start) };
            self.items.push(text([x, y], words.clone(), TEXT, anchor, Ink::Text));
        }
    }

    fn mark_width(&self, words: &str) -> f64 {
        self.font.width(words, TEXT) + 6.0
    }

    /// Vertical lines, each with the row in which its words do not run into others; from right to left, as words stand to
    /// the right of their line and would cross the next one in the same row or above.
    fn rows<'a>(&self, panel: &'a Panel, frame: &Frame) -> Vec<(&'a Mark, usize)> {
        let mut taken: Vec<[f64; 2]> = Vec::new();
        let mut marks: Vec<&Mark> = panel.marks.iter().filter(|mark| mark.is_vertical).collect();
        if marks.iter().any(|mark| mark.words == Words::Above) {
            // Words to the left of their line are first, from left to right.
            let key = |mark: &Mark| {
                let x = frame.across(&panel.x, mark.at);
                if x + self.mark_width(&mark.text) > frame.x[1] { x - frame.x[1] } else { frame.x[1] - x }
            };
            marks.sort_by(|a, b| key(a).total_cmp(&key(b)));
        }
        let mut rows = Vec::new();
        for mark in marks {
            let (x, width) = (frame.across(&panel.x, mark.at), self.mark_width(&mark.text));
            let span = if x + width > frame.x[1] { [x - width, x] } else { [x, x + width] };
            rows.push((mark, taken.iter().filter(|t| t[0] < span[1] && span[0] < t[1]).count()));
            taken.push(span);
        }
        rows
    }

    /// The room that words above a panel take.
    fn room_above(&self, panel: &Panel, frame: &Frame) -> f64 {
        let above = self.rows(panel, frame).into_iter().filter(|(mark, _)| mark.words == Words::Above);
        above.map(|(_, row)| 14.0 * (row % MARK_ROWS + 1) as f64).fold(0.0, f64::max)
    }
}
