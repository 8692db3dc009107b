//! Tables in plain text, the same on every terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// A column's heading, and whether its numbers line up on the right.
pub enum Column {
    /// A column of words.
    Words(&'static str),
    /// A column of paths.
    Paths(&'static str),
    /// A column of numbers.
    Numbers(&'static str),
}

impl Column {
    /// Its heading.
    pub fn heading(&self) -> &'static str {
        match self {
            Column::Words(heading) | Column::Paths(heading) | Column::Numbers(heading) => heading,
        }
    }
}

/// The text of a table, indented by two, and an empty line before it.
pub fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(columns.iter().map(Column::heading));
    for row in rows {
        table.add_row(row);
    }
    for (at, column) in columns.iter().enumerate() {
        let Some(shown) = table.column_mut(at) else {
            continue;
        };
        shown.set_padding((0, 2));
        if matches!(column, Column::Numbers(_)) {
            shown.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = String::from("\n");
    for line in table.lines() {
        text.push_str("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
