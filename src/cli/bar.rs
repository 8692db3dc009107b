//! How full something is, drawn.

/// Cells of a bar.
const CELLS: u64 = 20;

/// A bar of 20 cells, and the share in percent: `████████████░░░░░░░░  61.3 %`. Only what is full looks
/// full, and only what is empty looks empty; what is too much is told by the share alone.
pub fn bar(part: u64, whole: u64) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole.max(1)));
    let cells = (part * u128::from(CELLS))
        .div_ceil(whole)
        .min(u128::from(CELLS));
    let cells = match part >= whole {
        true => cells,
        false => cells.min(u128::from(CELLS - 1)),
    };
    let cells = usize::try_from(cells).unwrap_or_default();
    let rest = CELLS as usize - cells;
    let tenths = part * 1000 / whole;
    format!(
        "{}{} {:>3}.{} %",
        "█".repeat(cells),
        "░".repeat(rest),
        tenths / 10,
        tenths % 10
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_full_looks_full() {
        let cells = |part, whole| bar(part, whole).matches('█').count();
        assert_eq!([cells(0, 100), cells(1, 100), cells(50, 100)], [0, 1, 10]);
        assert_eq!(
            [cells(999, 1000), cells(1000, 1000), cells(7, 5)],
            [19, 20, 20]
        );
        assert_eq!([cells(0, 0), cells(u64::MAX, u64::MAX)], [0, 20]);
        assert!(bar(613, 1000).ends_with("  61.3 %"));
        assert!(bar(1, 1).ends_with(" 100.0 %"));
        assert!(bar(7, 5).ends_with(" 140.0 %"));
        assert_eq!(bar(1, 3).chars().count(), bar(1, 1).chars().count());
    }
}
