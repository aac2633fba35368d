//! Aligns columns of text. It knows nothing about their contents.

/// Cells as aligned text: each line begins with `indent` and ends with a line feed; `gap` spaces separate the columns;
/// the last column is not padded. A character counts as one column.
pub fn table(rows: &[Vec<String>], indent: &str, gap: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|c| rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = indent.to_owned();
        for (n, cell) in row.iter().enumerate() {
            line += cell;
            if n + 1 < row.len() {
                line.extend(std::iter::repeat_n(' ', widths[n] - cell.chars().count() + gap));
            }
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// A row of cells.
pub fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.iter().map(|&c| c.to_owned()).collect()
}
