//! A table as RFC 4180 CSV, numbers in full.

use super::{Cell, Spread, Table};

pub(super) fn render(table: &Table) -> String {
    let kinds: Vec<_> = (0..table.columns.len()).map(|c| spread_of(table, c)).collect();
    let mut out = String::new();
    let heads = table.columns.iter().zip(&kinds);
    let heads: Vec<_> = heads.flat_map(|(column, kind)| heads_of(&column.head, *kind)).collect();
    push_line(&mut out, &heads);
    for row in &table.rows {
        let cells = row.iter().zip(&kinds);
        let cells: Vec<_> = cells.flat_map(|(cell, kind)| fields_of(cell, *kind)).collect();
        push_line(&mut out, &cells);
    }
    out
}

/// What spreads a column has, so that all of its rows have the same number of fields.
#[derive(Clone, Copy, Default)]
struct Spreads {
    sd: bool,
    interval: bool,
}

fn spread_of(table: &Table, column: usize) -> Spreads {
    let mut spreads = Spreads::default();
    for row in &table.rows {
        if let Cell::Number { spread, .. } = &row[column] {
            spreads.sd |= matches!(spread, Spread::Sd(_));
            spreads.interval |= matches!(spread, Spread::Interval(_));
        }
    }
    spreads
}

fn heads_of(head: &str, spreads: Spreads) -> Vec<String> {
    let mut heads = vec![head.to_owned()];
    if spreads.sd {
        heads.push(format!("{head} sd"));
    }
    if spreads.interval {
        heads.extend([format!("{head} lower"), format!("{head} upper")]);
    }
    heads
}

fn fields_of(cell: &Cell, spreads: Spreads) -> Vec<String> {
    let number = |value: f64| if value.is_finite() { value.to_string() } else { String::new() };
    let (mut fields, spread) = match cell {
        Cell::Missing => (vec![String::new()], Spread::None),
        Cell::Text(text) => (vec![text.clone()], Spread::None),
        Cell::Number { value, spread, .. } => (vec![number(*value)], *spread),
    };
    if spreads.sd {
        fields.push(if let Spread::Sd(sd) = spread { number(sd) } else { String::new() });
    }
    if spreads.interval {
        fields.extend(match spread {
            Spread::Interval(ends) => ends.map(number),
            _ => [String::new(), String::new()],
        });
    }
    fields
}

fn push_line(out: &mut String, fields: &[String]) {
    let quoted: Vec<_> = fields.iter().map(|field| quote(field)).collect();
    out.push_str(&quoted.join(","));
    out.push('\n');
}

fn quote(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn csv_is_whole_and_quoted() {
        let expected = "\
policy,gum,gum lower,gum upper,HD95 (mm),cases
standard,0.381,0.3,0.4512,12.25,8
fusion|box <b>,0.874,0.85,0.9,3,8
\"nothing, \"\"painted\"\"\",,,,,
";
        assert_eq!(super::super::tests::sample().to_csv(), expected);
    }
}
