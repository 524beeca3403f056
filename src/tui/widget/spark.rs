//! Sparklines: one character a value.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_span_zero_to_max() {
        assert_eq!(sparkline(&[0, 1, 50, 100, 900], 100), "▁▂▅██");
        assert_eq!(sparkline(&[0, 0], 0), "▁▁");
    }
}
