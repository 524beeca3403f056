//! Sparklines and charts of bars, in eighths of a character.

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws `values` against `max`; anything above zero is told apart from zero.
pub fn sparkline(values: &[u32], max: u32) -> String {
    let max = u64::from(max.max(1));
    values
        .iter()
        .map(|value| {
            let level = (u64::from(*value) * 7).div_ceil(max).min(7);
            LEVELS[usize::try_from(level).unwrap_or(7)]
        })
        .collect()
}

/// Draws `values` against `max` as bars `width` columns wide and `rows` high, top row first;
/// anything above zero is told apart from zero.
pub fn bars(values: &[u32], max: u32, width: usize, rows: usize) -> Vec<String> {
    let eighths = (rows * LEVELS.len()) as u64;
    let max = u64::from(max.max(1));
    let height = |value: &u32| (u64::from(*value) * eighths).div_ceil(max).min(eighths);
    (0..rows)
        .rev()
        .map(|row| {
            let below = (row * LEVELS.len()) as u64;
            let cell = |value: &u32| match height(value).saturating_sub(below) {
                0 if row == 0 => LEVELS[0],
                0 => ' ',
                level => usize::try_from(level - 1)
                    .ok()
                    .and_then(|level| LEVELS.get(level).copied())
                    .unwrap_or('█'),
            };
            values
                .iter()
                .flat_map(|value| std::iter::repeat_n(cell(value), width))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_span_zero_to_max() {
        assert_eq!(sparkline(&[0, 1, 50, 100, 900], 100), "▁▂▅██");
        assert_eq!(sparkline(&[0, 0], 0), "▁▁");
    }

    #[test]
    fn bars_grow_from_the_bottom_row() {
        assert_eq!(
            bars(&[0, 1, 8, 16, 99], 16, 2, 2),
            ["      ████", "▁▁▁▁██████"]
        );
    }
}
