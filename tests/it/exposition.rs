//! A strict reader of metrics: what it takes, Prometheus takes. It knows the text format 0.0.4 and
//! OpenMetrics 1.0 as far as they are written here (no exemplars, no timestamps), and fails on
//! everything else.

use std::collections::{BTreeMap, BTreeSet};

type Labels = BTreeMap<String, String>;

/// The samples of an exposition by name.
#[derive(Debug, Default)]
pub struct Exposition {
    samples: BTreeMap<String, BTreeMap<Labels, f64>>,
}

impl Exposition {
    /// Reads the text format.
    pub fn text(written: &str) -> Self {
        read(written, false)
    }

    /// Reads OpenMetrics.
    pub fn open_metrics(written: &str) -> Self {
        let written = written.strip_suffix("# EOF\n").expect("it ends with EOF");
        read(written, true)
    }

    /// The names of all samples.
    pub fn names(&self) -> BTreeSet<&str> {
        self.samples.keys().map(String::as_str).collect()
    }

    /// Every name of a label that samples of that name have.
    pub fn labels(&self, name: &str) -> BTreeSet<&str> {
        let samples = self.samples.get(name).into_iter().flatten();
        samples
            .flat_map(|(labels, _)| labels.keys().map(String::as_str))
            .collect()
    }

    /// The sum of the samples of that name that have these labels; 0 if there is none.
    pub fn sum(&self, name: &str, having: &[(&str, &str)]) -> f64 {
        let samples = self.samples.get(name).into_iter().flatten();
        let having = samples.filter(|(labels, _)| {
            having
                .iter()
                .all(|(name, value)| labels.get(*name).is_some_and(|found| found == value))
        });
        // What is summed is never negative.
        having
            .map(|(_, value)| value)
            .fold(0.0, |sum, value| sum + value)
    }

    /// How many samples there are.
    pub fn count(&self, name: &str) -> usize {
        self.samples.get(name).map_or(0, BTreeMap::len)
    }
}

/// What is known of the family that is being read.
#[derive(Default)]
struct Family {
    name: String,
    kind: String,
    unit: Option<String>,
}

fn read(written: &str, open: bool) -> Exposition {
    assert!(written.is_empty() || written.ends_with('\n'));
    let (mut all, mut family) = (Exposition::default(), Family::default());
    let mut families = BTreeSet::new();
    for line in written.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let (word, rest) = comment.split_once(' ').expect("a word");
            let (name, said) = rest.split_once(' ').expect("a name");
            match word {
                "HELP" => {
                    assert!(families.insert(name.to_owned()), "{name} comes twice");
                    family = Family {
                        name: name.to_owned(),
                        ..Family::default()
                    };
                    assert!(is_name(name) && !said.is_empty(), "{line}");
                }
                "TYPE" => {
                    assert_eq!(name, family.name, "{line}");
                    assert!(family.kind.is_empty(), "{line}");
                    assert!(["counter", "gauge", "histogram"].contains(&said), "{line}");
                    said.clone_into(&mut family.kind);
                    // In the text format a counter's family has the name of its sample.
                    let total = name.ends_with("_total");
                    assert_eq!(total, said == "counter" && !open, "{line}");
                }
                "UNIT" => {
                    assert!(open && name.ends_with(&format!("_{said}")), "{line}");
                    family.unit = Some(said.to_owned());
                }
                _ => panic!("{line}"),
            }
            continue;
        }
        let (name, labels, value) = sample(line);
        let suffix = name.strip_prefix(&family.name).expect("of the family");
        let fine = match family.kind.as_str() {
            "counter" if open => suffix == "_total",
            "histogram" => ["_bucket", "_sum", "_count"].contains(&suffix),
            "counter" | "gauge" => suffix.is_empty(),
            _ => false,
        };
        assert!(fine, "{line} in {}", family.name);
        assert_eq!(labels.contains_key("le"), suffix == "_bucket", "{line}");
        assert!(family.kind == "gauge" || value >= 0.0, "{line}");
        let known = all.samples.entry(name.to_owned()).or_default();
        assert!(known.insert(labels, value).is_none(), "twice: {line}");
    }
    check_histograms(&all);
    all
}

/// Buckets add up, and the last one has everything.
fn check_histograms(all: &Exposition) {
    for (name, buckets) in &all.samples {
        let Some(family) = name.strip_suffix("_bucket") else {
            continue;
        };
        let mut series: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
        for (labels, count) in buckets {
            let mut labels = labels.clone();
            let bound = labels.remove("le").unwrap();
            let bound = if bound == "+Inf" {
                f64::INFINITY
            } else {
                bound.parse().unwrap()
            };
            series.entry(labels).or_default().push((bound, *count));
        }
        for (labels, mut buckets) in series {
            buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
            let (bound, all_of_them) = *buckets.last().unwrap();
            assert!(bound.is_infinite(), "{family}");
            let whole = all.samples[&format!("{family}_count")][&labels];
            assert!((whole - all_of_them).abs() < 0.5, "{family}");
            assert!(all.samples[&format!("{family}_sum")].contains_key(&labels));
        }
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    let letter = |c: char| c.is_ascii_lowercase() || c == '_';
    chars.next().is_some_and(letter) && chars.all(|c| letter(c) || c.is_ascii_digit())
}

/// `name{label="value",…} number`
fn sample(line: &str) -> (&str, Labels, f64) {
    let end = line.find(['{', ' ']).expect("a value");
    let (name, mut rest) = line.split_at(end);
    assert!(is_name(name), "{line}");
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, after) = rest.split_once("=\"").expect("a label");
            assert!(is_name(label), "{line}");
            let (value, after) = quoted(after);
            assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
            match after.split_at(1) {
                (",", more) => rest = more,
                ("}", more) => {
                    rest = more;
                    break;
                }
                _ => panic!("{line}"),
            }
        }
    }
    let number = rest.strip_prefix(' ').expect("one space");
    let value = number.parse().unwrap_or_else(|_| panic!("{line}"));
    (name, labels, value)
}

/// What stands before the closing quote, and what behind it.
fn quoted(text: &str) -> (String, &str) {
    let (mut value, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, c @ ('"' | '\\'))) => value.push(c),
                other => panic!("no such escape: {other:?}"),
            },
            c => value.push(c),
        }
    }
    panic!("no closing quote: {text}")
}

#[test]
fn the_reader_takes_what_is_right_and_nothing_else() {
    let right =
        "# HELP a_total what it counts.\n# TYPE a_total counter\na_total{b=\"c\\\"\\n\"} 1\n";
    let read = Exposition::text(right);
    assert!((read.sum("a_total", &[("b", "c\"\n")]) - 1.0).abs() < 0.1);
    for wrong in [
        right.replace("a_total{", "b_total{"),
        right.replace(" 1\n", " 1"),
        right.replace(" 1\n", " x\n"),
        right.replace("\\n", "\\t"),
        right.replace("counter", "gauge"),
        format!("{right}{right}"),
        format!("{right}a_total{{b=\"c\\\"\\n\"}} 2\n"),
        "a_total 1\n".to_owned(),
    ] {
        let read = std::panic::catch_unwind(|| Exposition::text(&wrong));
        assert!(read.is_err(), "{wrong}");
    }
}
