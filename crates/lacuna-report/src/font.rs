//! Lettering for pictures: a small face of our own, drawn as rounded strokes at any size.
//!
//! `font/glyphs.txt` holds the printable ASCII characters as cells of five by nine dots, sixteen a
//! block (the last two rows are below the baseline). Neighbouring dots are joined by strokes, so
//! that text is smooth instead of blocky.

/// The dots of all characters from space to `~`.
const GLYPHS: &str = include_str!("font/glyphs.txt");
/// Characters side by side in the file.
const PER_BLOCK: usize = 16;
/// Dots across a character.
const COLUMNS: usize = 5;
/// Rows of dots.
const ROWS: usize = 9;
/// From one character to the next, in dots.
const ADVANCE: f32 = 6.0;
/// From one line to the next, in dots.
const LEADING: f32 = 12.0;
/// Dots from the top of a capital to the baseline; what a font size counts.
const CAPITAL: f32 = 6.0;

/// A line from one point to another, in dots from the cell's top-left dot.
pub(crate) type Stroke = [[f32; 2]; 2];

/// Pixels from one dot to the next when capitals are `size · 0.7` pixels high, as in most faces.
fn dot(size: f32) -> f32 {
    size * 0.7 / CAPITAL
}

/// Width of `text` in pixels.
pub(crate) fn width(text: &str, size: f32) -> f32 {
    text.chars().count() as f32 * ADVANCE * dot(size)
}

/// Height of a line in pixels.
pub(crate) fn line_height(size: f32) -> f32 {
    LEADING * dot(size)
}

/// How many characters fit into `width` pixels, at least one.
pub(crate) fn fitting(width: f32, size: f32) -> usize {
    ((width / (ADVANCE * dot(size))) as usize).max(1)
}

/// The strokes of one line of text in pixels, from the top left of its first capital.
pub(crate) fn strokes(text: &str, size: f32) -> Vec<Stroke> {
    let dot = dot(size);
    let mut all = Vec::new();
    for (i, c) in text.chars().enumerate() {
        let left = i as f32 * ADVANCE;
        let place = |[x, y]: [f32; 2]| [(left + x) * dot, y * dot];
        all.extend(glyph(replacement(c)).into_iter().map(|[a, b]| [place(a), place(b)]));
    }
    all
}

/// An ASCII stand-in for a character the face does not have.
fn replacement(c: char) -> char {
    match c {
        ' '..='~' => c,
        '–' | '—' | '−' | '‐' => '-',
        '×' => 'x',
        '’' | '‘' => '\'',
        '“' | '”' => '"',
        '·' | '•' => '*',
        '\u{a0}' | '\u{2009}' | '\u{202f}' => ' ',
        'à'..='å' => 'a',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        'Ä' => 'A',
        'É' => 'E',
        'Ö' => 'O',
        'Ü' => 'U',
        'ç' => 'c',
        'ñ' => 'n',
        _ => '?',
    }
}

/// Joins neighbouring dots; diagonal neighbours only where no third dot joins them already.
fn glyph(c: char) -> Vec<Stroke> {
    let rows = rows(c);
    let set = |x: i32, y: i32| is_set(&rows, x, y);
    let mut strokes = Vec::new();
    for y in 0..ROWS as i32 {
        for x in (0..COLUMNS as i32).filter(|x| set(*x, y)) {
            let mut join = |dx: i32, dy: i32| {
                strokes.push([[x as f32, y as f32], [(x + dx) as f32, (y + dy) as f32]]);
            };
            for (dx, dy) in [(1, 0), (0, 1)].into_iter().filter(|(dx, dy)| set(x + dx, y + dy)) {
                join(dx, dy);
            }
            for dx in [-1, 1] {
                if set(x + dx, y + 1) && !set(x + dx, y) && !set(x, y + 1) {
                    join(dx, 1);
                }
            }
            let alone = |dx: i32, dy: i32| (dx == 0 && dy == 0) || !set(x + dx, y + dy);
            if (-1..=1).all(|dy| (-1..=1).all(|dx| alone(dx, dy))) {
                join(0, 0);
            }
        }
    }
    strokes
}

/// The rows of dots of an ASCII character.
fn rows(c: char) -> [&'static [u8]; ROWS] {
    let index = (c as usize).saturating_sub(' ' as usize);
    let from = index % PER_BLOCK * (COLUMNS + 1);
    let mut rows: [&[u8]; ROWS] = [&[]; ROWS];
    for (row, line) in rows.iter_mut().zip(GLYPHS.lines().skip(index / PER_BLOCK * (ROWS + 1))) {
        *row = line.as_bytes().get(from..from + COLUMNS).unwrap_or_default();
    }
    rows
}

fn is_set(rows: &[&[u8]; ROWS], x: i32, y: i32) -> bool {
    let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return false };
    rows.get(y).and_then(|row| row.get(x)) == Some(&b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_but_space_has_strokes() {
        for c in ' '..='~' {
            assert_eq!(glyph(c).is_empty(), c == ' ', "{c}");
        }
    }

    #[test]
    fn no_two_characters_look_alike() {
        let all: Vec<_> = (' '..='~').map(glyph).collect();
        for (i, a) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|b| b != a), "{}", (b' ' + i as u8) as char);
        }
    }

    #[test]
    fn text_outside_ascii_has_a_stand_in() {
        assert_eq!(strokes("é–×", 10.0), strokes("e-x", 10.0));
        assert_eq!(strokes("歯", 10.0), strokes("?", 10.0));
    }

    #[test]
    fn widths_add_up() {
        assert!((width("abcd", 12.0) - 4.0 * 6.0 * 12.0 * 0.7 / 6.0).abs() < 1e-4);
        assert_eq!(fitting(width("abcd", 12.0) + 0.5, 12.0), 4);
        assert_eq!(fitting(0.0, 12.0), 1);
    }
}
