//! How wide an answer for people is, how long its lists are, and how its columns are aligned. It knows nothing of their
//! contents.
//!
//! A character counts as one column. Names in Kubernetes are ASCII, and so are our own words but for signs that are one
//! column wide. Where a user's text has wide or combining characters, only the alignment suffers.

/// The narrowest and the widest that lines are made for.
const WIDTHS: (usize, usize) = (80, 120);

/// The rows of a list that are shown unless all are asked for.
const LISTED: usize = 10;

/// The narrowest column whose text is broken into lines. In less room there would be a word or two on a line, which is
/// harder to read than a line that is too wide.
const NARROWEST: usize = 24;

/// How an answer is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    width: usize,
    shows_all: bool,
}

impl Layout {
    /// A layout for a terminal with this many columns (`None`: no terminal). With `shows_all` lists are not cut.
    pub fn new(columns: Option<usize>, shows_all: bool) -> Self {
        let width = columns.unwrap_or(WIDTHS.0).clamp(WIDTHS.0, WIDTHS.1);
        Layout { width, shows_all }
    }

    /// The layout of documents: as wide as lines may be.
    pub fn document() -> Self {
        Layout { width: WIDTHS.1, shows_all: false }
    }

    /// The most columns of a line.
    pub fn width(self) -> usize {
        self.width
    }

    /// Whether there is room for tables with all intervals.
    pub fn is_wide(self) -> bool {
        self.width >= WIDTHS.1
    }

    /// Whether lists are shown whole.
    pub fn shows_all(self) -> bool {
        self.shows_all
    }

    /// How many of a list's rows are shown.
    pub fn listed(self) -> usize {
        if self.shows_all { usize::MAX } else { LISTED }
    }

    /// Cells as aligned text, as by `report::table`; the last column is broken into lines. Rows that lack the last
    /// column are left as they are.
    pub fn table(self, rows: &[Vec<String>], indent: &str, gap: usize) -> String {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0);
        let before: usize =
            indent.chars().count() + (0..columns.saturating_sub(1)).map(|c| width(c) + gap).sum::<usize>();
        let room = self.width.saturating_sub(before);
        if room < NARROWEST {
            return super::table::table(rows, indent, gap);
        }
        let mut broken: Vec<Vec<String>> = Vec::new();
        for row in rows {
            let Some((last, first)) = row.split_last().filter(|_| row.len() == columns) else {
                broken.push(row.clone());
                continue;
            };
            for (n, line) in lines(last, room).into_iter().enumerate() {
                let mut cells = if n == 0 { first.to_vec() } else { vec![String::new(); first.len()] };
                cells.push(line);
                broken.push(cells);
            }
        }
        super::table::table(&broken, indent, gap)
    }

    /// Cells as aligned text, as by `report::table`. A table that is too wide is split into blocks of columns, one
    /// below the other, each with the first `keys` columns, so nothing is left out.
    pub fn blocks(self, rows: &[Vec<String>], keys: usize, indent: &str, gap: usize) -> String {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0) + gap;
        let of_keys: usize = indent.chars().count() + (0..keys.min(columns)).map(width).sum::<usize>();
        let mut parts = Vec::new();
        let mut from = keys.min(columns);
        loop {
            let mut to = from;
            let mut used = of_keys;
            while to < columns && (to == from || used + width(to) <= self.width + gap) {
                used += width(to);
                to += 1;
            }
            let part = |row: &Vec<String>| -> Vec<String> {
                let cells = row.iter().enumerate().filter(|(n, _)| *n < keys || (from..to).contains(n));
                cells.map(|(_, cell)| cell.clone()).collect()
            };
            let rows: Vec<Vec<String>> = rows.iter().map(part).collect();
            parts.push(self.fold(&super::table::table(&rows, indent, gap)));
            from = to;
            if from >= columns {
                break;
            }
        }
        parts.join("\n")
    }

    /// A text in which a line that is too wide continues on the next line, indented further. Words are not broken: a
    /// longer name or path has a line of its own.
    pub fn fold(self, text: &str) -> String {
        let mut folded = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
            if line.chars().count() <= self.width {
                folded += line;
            } else {
                self.fold_line(line, &mut folded);
            }
            folded += end;
        }
        folded
    }

    fn fold_line(self, line: &str, folded: &mut String) {
        let indent = line.chars().take_while(|c| *c == ' ').count();
        // A deep indentation leaves half of the width for text.
        let further = " ".repeat((indent + 2).min(self.width / 2));
        let mut size = indent;
        folded.extend(std::iter::repeat_n(' ', indent));
        // A percent sign stays with its number: until lines are broken, a no-break space stands before it.
        let joined = line[indent..].replace(" %", "\u{a0}%");
        let mut spaces = 0;
        let mut is_first = true;
        for word in joined.split(' ') {
            if word.is_empty() {
                spaces += 1;
                continue;
            }
            let length = word.chars().count();
            let gap = if is_first { 0 } else { spaces + 1 };
            if is_first && indent + length > self.width {
                // It does not fit behind the indentation, so it moves to the left as far as it has to.
                let out = (indent + length - self.width).min(indent);
                folded.truncate(folded.len() - out);
                size -= out;
            }
            if !is_first && size + gap + length > self.width {
                *folded += "\n";
                *folded += &further;
                size = further.len();
            } else {
                folded.extend(std::iter::repeat_n(' ', gap));
                size += gap;
            }
            *folded += &word.replace('\u{a0}', " ");
            (size, spaces, is_first) = (size + length, 0, false);
        }
    }

    /// A text as lines that begin with `indent`.
    pub fn paragraph(self, text: &str, indent: &str) -> String {
        let room = self.width.saturating_sub(indent.chars().count());
        lines(text, room).iter().map(|line| format!("{indent}{line}\n")).collect()
    }
}

/// A text broken at spaces into lines of at most `room` characters; a longer word has a line of its own.
fn lines(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut size = 0;
    // A percent sign stays with its number, as in `fold_line`.
    let joined = text.replace(" %", "\u{a0}%");
    for word in joined.split(' ') {
        let word = &word.replace('\u{a0}', " ");
        let length = word.chars().count();
        let line = lines.last_mut().expect("there is a line");
        if size > 0 && size + 1 + length > room {
            lines.push(word.clone());
            size = length;
        } else {
            let space = if line.is_empty() { "" } else { " " };
            size += length + space.len();
            *line += &format!("{space}{word}");
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_column_is_broken_at_spaces() {
        let layout = Layout::new(None, false);
        let words = "word ".repeat(30);
        let text = layout.table(&[vec!["Result:".to_owned(), words.trim().to_owned()]], "", 2);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("         word")), "{text}");
        assert_eq!(text.split_whitespace().count(), 31);
        assert_eq!(lines("a-word-longer-than-the-room b", 5), ["a-word-longer-than-the-room", "b"]);
    }

    #[test]
    fn a_line_that_is_too_wide_goes_on_further_in() {
        let layout = Layout::new(None, false);
        let name = "x".repeat(70);
        let text = format!("short   as it is\n  {name}   True   of 100 %\n{}\n", "word ".repeat(20).trim());
        let folded = layout.fold(&text);
        assert!(
            folded.starts_with("short   as it is\n") && folded.lines().all(|line| line.chars().count() <= 80),
            "{folded}"
        );
        assert!(folded.contains("   True\n    of 100 %\n") || folded.contains("x\n    True   of 100 %\n"), "{folded}");
        assert_eq!(folded.split_whitespace().count(), text.split_whitespace().count());
    }

    #[test]
    fn a_table_that_is_too_wide_stands_in_blocks() {
        let layout = Layout::new(None, false);
        let row = |n: usize| (0..6).map(|c| format!("cell {n}.{c} of twenty ch")).collect::<Vec<_>>();
        let text = layout.blocks(&[row(0), row(1)], 1, "", 2);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("cell 0.0")).count(), 3, "{text}");
        assert!((0..6).all(|c| text.contains(&format!("cell 1.{c} "))), "{text}");
        let narrow = layout.blocks(&[vec!["a".to_owned(), "b".to_owned()]], 1, "  ", 2);
        assert_eq!(narrow, "  a  b\n");
    }

    #[test]
    fn a_layout_is_as_wide_as_the_terminal_within_bounds() {
        for (columns, width) in [(None, 80), (Some(40), 80), (Some(100), 100), (Some(300), 120)] {
            assert_eq!(Layout::new(columns, false).width, width);
        }
        assert_eq!(Layout::new(None, true).listed(), usize::MAX);
    }
}
