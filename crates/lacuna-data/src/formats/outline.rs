//! Pixels to closed outlines along their edges. Filled, these are exactly the same pixels again.

use crate::annotation::BinaryMask;
use crate::image::Size;

/// Directions in which edges run with their pixel on the right hand, clockwise.
const RIGHT: usize = 0;
const DOWN: usize = 1;
const UP: usize = 3;
/// No outline.
const NONE: usize = usize::MAX;
/// Where in its row of pixels a cut runs: on no pixel's centre, which fills may count either way.
const CUT: f64 = 0.25;

type Corner = [usize; 2];

/// One closed line for every part of the pixels set that hangs together through edges, in reading order. Holes are
/// joined to it by cuts without width, since some formats have no other place for them.
pub(crate) fn closed_lines(pixels: &BinaryMask) -> Vec<Vec<[f64; 2]>> {
    let mut edges = Edges::of(pixels);
    let mut lines: Vec<Vec<[f64; 2]>> = Vec::new();
    for y in 0..=pixels.size().height {
        for x in 0..=pixels.size().width {
            // the first corner of an outside goes right along its top, that of a hole down along its left
            if edges.is_waiting([x, y], RIGHT) {
                let ring = edges.follow([x, y], RIGHT, lines.len());
                lines.push(ring.into_iter().map(point).collect());
            }
            if edges.is_waiting([x, y], DOWN) {
                let left = start_of_run(pixels, x, y);
                let around = edges.owner(left, y);
                let hole = edges.follow([x, y], DOWN, around);
                if let Some(line) = lines.get_mut(around) {
                    cut(line, left, &hole);
                }
            }
        }
    }
    lines
}

fn point([x, y]: Corner) -> [f64; 2] {
    [x as f64, y as f64]
}

/// The column at which the pixels set begin that end left of `x` in row `y`.
fn start_of_run(pixels: &BinaryMask, x: usize, y: usize) -> usize {
    (0..x).rev().take_while(|column| pixels.get(*column, y)).last().unwrap_or(x)
}

/// Joins a hole to the line whose edge at column `left` lies beside the hole's first corner.
fn cut(line: &mut Vec<[f64; 2]>, left: usize, hole: &[Corner]) {
    let [x, y] = point(hole[0]);
    let (left, y) = (left as f64, y + CUT);
    let runs_up = |i: &usize| {
        let (from, to) = (line[*i], line[(i + 1) % line.len()]);
        from[0] == left && to[0] == left && from[1] > y && to[1] < y
    };
    let Some(at) = (0..line.len()).find(runs_up) else { return };
    let there = [[left, y], [x, y]];
    let around = hole[1..].iter().chain(&hole[..1]).map(|corner| point(*corner));
    let back = [[x, y], [left, y]];
    let detour = there.into_iter().chain(around).chain(back);
    let rest = line.split_off(at + 1);
    line.extend(detour.chain(rest));
}

/// Edges between pixels that are set and others, by the corner at which they start.
struct Edges {
    size: Size,
    /// A bit a direction.
    all: Vec<u8>,
    /// Those that no outline has yet.
    waiting: Vec<u8>,
    /// The line that has the edge left of a pixel.
    owners: Vec<usize>,
}

impl Edges {
    fn of(pixels: &BinaryMask) -> Self {
        let size = pixels.size();
        let columns = size.width + 1;
        let mut all = vec![0; columns * (size.height + 1)];
        let is_set = |x: Option<usize>, y: Option<usize>| match (x, y) {
            (Some(x), Some(y)) => x < size.width && y < size.height && pixels.get(x, y),
            _ => false,
        };
        for (y, x) in (0..size.height).flat_map(|y| (0..size.width).map(move |x| (y, x))) {
            if !pixels.get(x, y) {
                continue;
            }
            let beside = [
                ((Some(x), y.checked_sub(1)), [x, y]),
                ((Some(x + 1), Some(y)), [x + 1, y]),
                ((Some(x), Some(y + 1)), [x + 1, y + 1]),
                ((x.checked_sub(1), Some(y)), [x, y + 1]),
            ];
            for (direction, ((column, row), from)) in beside.into_iter().enumerate() {
                if !is_set(column, row) {
                    all[from[1] * columns + from[0]] |= 1 << direction;
                }
            }
        }
        Self { size, waiting: all.clone(), all, owners: vec![NONE; size.area()] }
    }

    fn index(&self, [x, y]: Corner) -> usize {
        y * (self.size.width + 1) + x
    }

    fn is_waiting(&self, from: Corner, direction: usize) -> bool {
        self.waiting[self.index(from)] & 1 << direction != 0
    }

    fn owner(&self, x: usize, y: usize) -> usize {
        self.owners.get(y * self.size.width + x).copied().unwrap_or(NONE)
    }

    /// The corners of the outline that begins here, for line `owner`.
    fn follow(&mut self, start: Corner, first: usize, owner: usize) -> Vec<Corner> {
        let mut corners = vec![start];
        let (mut at, mut direction) = (start, first);
        loop {
            at = self.take(at, direction, owner);
            let next = self.next(at, direction);
            if (at, next) == (start, first) {
                return corners;
            }
            if next != direction {
                corners.push(at);
            }
            direction = next;
        }
    }

    /// Marks an edge and returns the corner where it ends.
    fn take(&mut self, from: Corner, direction: usize, owner: usize) -> Corner {
        let index = self.index(from);
        self.waiting[index] &= !(1 << direction);
        let [x, y] = from;
        if direction == UP {
            self.owners[(y - 1) * self.size.width + x] = owner;
        }
        match direction {
            RIGHT => [x + 1, y],
            DOWN => [x, y + 1],
            UP => [x, y - 1],
            _ => [x - 1, y],
        }
    }

    /// Where the outline goes on: right if it can, so that parts that share only a corner stay apart.
    fn next(&self, at: Corner, direction: usize) -> usize {
        let bits = self.all[self.index(at)];
        let turns = [1, 0, 3].map(|turn| (direction + turn) % 4);
        turns.into_iter().find(|turn| bits & 1 << turn != 0).unwrap_or(direction)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::formats::rings;

    fn mask(rows: &[&str]) -> BinaryMask {
        let size = Size::new(rows[0].len(), rows.len());
        let values = rows.iter().flat_map(|row| row.bytes().map(|byte| byte == b'#')).collect();
        BinaryMask::new(size, values).unwrap()
    }

    /// All lines filled, each apart.
    fn filled(lines: &[Vec<[f64; 2]>], size: Size) -> BinaryMask {
        let mut all = BinaryMask::empty(size);
        for line in lines {
            let part = rings::fill(std::slice::from_ref(line), size);
            for (set, more) in all.values_mut().iter_mut().zip(part.values()) {
                assert!(!(*set && *more), "parts overlap");
                *set |= more;
            }
        }
        all
    }

    #[test]
    fn parts_are_lines_and_holes_are_cuts() {
        let square = vec![[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]];
        assert_eq!(closed_lines(&mask(&["##.", "##."])), [square]);
        let table: [(&[&str], usize, usize); 5] = [
            (&["#.", ".#"], 2, 8),
            (&["###", "#.#", "###"], 1, 4 + 4 + 4),
            (&["####", "#.##", "##.#", "####"], 1, 4 + 4 + 8),
            (&["#####", "#.#.#", "#####"], 1, 4 + 2 * 8),
            (&["#####", "#...#", "#.#.#", "#...#", "#####"], 2, 4 + 8 + 4),
        ];
        for (rows, lines, corners) in table {
            let mask = mask(rows);
            let found = closed_lines(&mask);
            assert_eq!(found.len(), lines, "{rows:?}");
            assert_eq!(found.iter().map(Vec::len).sum::<usize>(), corners, "{found:?}");
            assert_eq!(filled(&found, mask.size()), mask, "{rows:?}");
        }
        assert!(closed_lines(&mask(&["..", ".."])).is_empty());
    }

    proptest! {
        #[test]
        fn filled_they_are_the_same_pixels(
            (width, height) in (1usize..24, 1usize..24),
            (share, seed) in (1u32..10, any::<u64>()),
        ) {
            let mut state = seed | 1;
            let mut draw = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                ((state >> 33) % 10) as u32
            };
            let size = Size::new(width, height);
            let values = (0..size.area()).map(|_| draw() < share).collect();
            let mask = BinaryMask::new(size, values).unwrap();
            prop_assert_eq!(filled(&closed_lines(&mask), size), mask);
        }
    }
}
