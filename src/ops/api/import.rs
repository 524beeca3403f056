//! Importing content: CSV or JSON lines become items, and items go to the registry in batches.
//!
//! A line that is wrong is reported with its number and the others go in. The same code reads the
//! file of a command and the body of a request.

use std::collections::HashMap;
use std::io::{BufRead, Read as _};

use super::content::{BATCH, Batch, BatchLine, Contents, Imported, NewContent, WrongLine};
use super::{Failure, OpsError};

/// Wrong lines that are reported; further ones are counted.
const REPORTED: usize = 1_000;
/// Bytes of a JSON line at most: room for a schedule of 1 000 recipients.
const LONGEST_LINE: u64 = 1 << 20;
/// Columns of a CSV file; the first four must be there.
const COLUMNS: [&str; 7] = [
    "kind",
    "id",
    "title",
    "owner",
    "cron",
    "time_zone",
    "recipients",
];
const REQUIRED: usize = 4;

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `kind,id,title,owner,cron,time_zone,recipients` in a header row, recipients separated by `;`.
    Csv,
    /// A JSON object a line.
    JsonLines,
}

/// A line of a file, with its number from 1: an item, or what is wrong with it.
pub type Line = (u64, Result<NewContent, String>);

/// The lines of a file.
///
/// # Errors
/// The header row of a CSV file is missing or not understood.
pub fn lines<'r>(
    format: Format,
    from: impl BufRead + Send + 'r,
) -> Result<Box<dyn Iterator<Item = Line> + Send + 'r>, OpsError> {
    Ok(match format {
        Format::Csv => Box::new(csv_lines(from)?),
        Format::JsonLines => Box::new(JsonLines {
            from,
            number: 0,
            ended: false,
        }),
    })
}

/// Sends `lines` to the registry, a batch at a time.
///
/// # Errors
/// A batch failed as a whole; those before it are registered.
pub async fn run(
    contents: &dyn Contents,
    org: &str,
    lines: Box<dyn Iterator<Item = Line> + Send + '_>,
    dry_run: bool,
) -> Result<Imported, OpsError> {
    let mut done = Imported::default();
    let mut batch = Vec::new();
    for (line, item) in lines {
        match item {
            Ok(item) => batch.push(BatchLine { line, item }),
            Err(why) => done.add_wrong([WrongLine { line, why }], 1),
        }
        if batch.len() == BATCH {
            send(contents, org, &mut batch, dry_run, &mut done).await?;
        }
    }
    send(contents, org, &mut batch, dry_run, &mut done).await?;
    done.errors.sort_by_key(|wrong| wrong.line);
    Ok(done)
}

async fn send(
    contents: &dyn Contents,
    org: &str,
    batch: &mut Vec<BatchLine>,
    dry_run: bool,
    done: &mut Imported,
) -> Result<(), OpsError> {
    let Some(first) = batch.first().map(|line| line.line) else {
        return Ok(());
    };
    let lines = std::mem::take(batch);
    let sent = contents.import(org, Batch { lines, dry_run }).await;
    let some = sent.map_err(|error| {
        let message = format!("{error} (from line {first} on nothing was registered)");
        OpsError::new(error.failure, message)
    })?;
    done.registered.created += some.registered.created;
    done.registered.changed += some.registered.changed;
    done.registered.unchanged += some.registered.unchanged;
    done.add_wrong(some.errors, some.failed);
    Ok(())
}

impl Imported {
    fn add_wrong(&mut self, lines: impl IntoIterator<Item = WrongLine>, count: u64) {
        let room = REPORTED.saturating_sub(self.errors.len());
        self.errors.extend(lines.into_iter().take(room));
        self.failed += count;
    }
}

fn csv_lines<'r>(
    from: impl BufRead + Send + 'r,
) -> Result<impl Iterator<Item = Line> + Send + 'r, OpsError> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        // Lines are counted right only so; what is left of `\r\n` is trimmed.
        .terminator(csv::Terminator::Any(b'\n'))
        .trim(csv::Trim::All)
        .from_reader(from);
    let header = reader.byte_headers().map_err(|_| unreadable())?;
    let mut places = HashMap::new();
    for (place, name) in header.iter().enumerate() {
        // Spreadsheets put a byte order mark before the first name.
        let name = name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name);
        let known = COLUMNS.iter().find(|column| column.as_bytes() == name);
        let known = known.ok_or_else(header_wrong)?;
        if places.insert(*known, place).is_some() {
            return Err(header_wrong());
        }
    }
    let width = places.len();
    if COLUMNS[..REQUIRED]
        .iter()
        .any(|name| !places.contains_key(name))
    {
        return Err(header_wrong());
    }
    Ok(reader.into_byte_records().filter_map(move |record| {
        let Ok(record) = record else {
            return Some((0, Err("the file cannot be read further".to_owned())));
        };
        let line = record.position().map_or(0, csv::Position::line);
        let blank = record.len() == 1 && record[0].is_empty();
        let item = if record.len() == width {
            csv_item(&record, &places)
        } else {
            Err(format!(
                "there are {} columns instead of {width}",
                record.len()
            ))
        };
        (!blank).then_some((line, item))
    }))
}

fn csv_item(
    record: &csv::ByteRecord,
    places: &HashMap<&'static str, usize>,
) -> Result<NewContent, String> {
    let text = |name: &str| {
        let bytes = places.get(name).and_then(|place| record.get(*place));
        std::str::from_utf8(bytes.unwrap_or_default())
            .map(str::to_owned)
            .map_err(|_| format!("{name}: this is not UTF-8"))
    };
    let some = |name: &str| text(name).map(|text| Some(text).filter(|text| !text.is_empty()));
    Ok(NewContent {
        kind: text("kind")?,
        id: text("id")?,
        title: text("title")?,
        owner: text("owner")?,
        cron: some("cron")?,
        time_zone: some("time_zone")?,
        recipients: text("recipients")?
            .split(';')
            .map(str::trim)
            .filter(|recipient| !recipient.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

fn header_wrong() -> OpsError {
    OpsError::new(
        Failure::Invalid,
        "the first row must name the columns: kind,id,title,owner and, if there are schedules, \
         cron,time_zone,recipients; each once and no others",
    )
}

fn unreadable() -> OpsError {
    OpsError::new(Failure::Invalid, "the file cannot be read")
}

struct JsonLines<R> {
    from: R,
    number: u64,
    ended: bool,
}

impl<R: BufRead> JsonLines<R> {
    /// The next line without its end; `None` at the end of the file.
    fn line(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = (&mut self.from)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)?;
        Ok((read > 0).then_some(line))
    }
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        while !self.ended {
            self.number += 1;
            let Ok(line) = self.line() else {
                self.ended = true;
                return Some((
                    self.number,
                    Err("the file cannot be read further".to_owned()),
                ));
            };
            let line = line?;
            if line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
                // Where the next line begins is not known without reading on for ever.
                self.ended = true;
                let why = format!("longer than {LONGEST_LINE} bytes; what follows was not read");
                return Some((self.number, Err(why)));
            }
            if !line.trim_ascii().is_empty() {
                let item = serde_json::from_slice(&line).map_err(|error| {
                    format!(
                        "not an item: at column {} the JSON is broken, or a member is unknown, \
                         missing or of the wrong type",
                        error.column()
                    )
                });
                return Some((self.number, item));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: Format, text: &[u8]) -> Vec<Line> {
        lines(format, text).unwrap().collect()
    }

    #[test]
    fn csv_lines_become_items_in_any_order_of_columns() {
        let text = b"\xef\xbb\xbfowner,kind,id,title,recipients,cron\r\n\
            ada,answer,a1,\"Umsatz, \"\"DACH\"\"\",,\r\n\
            bob,schedule,s1,\"two\nlines\",a@x; b@x ;,0 8 * * *\r\n\
            bob,answer\r\n\
            \r\n\
            bob,answer,\xff,t,,\r\n";
        let lines = read(Format::Csv, text);
        let numbers: Vec<_> = lines.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [2, 3, 5, 7]);
        let first = lines[0].1.clone().unwrap();
        assert_eq!(
            (first.owner.as_str(), first.title.as_str(), first.cron),
            ("ada", "Umsatz, \"DACH\"", None)
        );
        let second = lines[1].1.clone().unwrap();
        assert_eq!(second.recipients, ["a@x", "b@x"]);
        assert_eq!(second.cron.as_deref(), Some("0 8 * * *"));
        let why = |at: usize| lines[at].1.clone().unwrap_err();
        assert_eq!(why(2), "there are 2 columns instead of 6");
        assert_eq!(why(3), "id: this is not UTF-8");
    }

    #[test]
    fn a_header_row_that_is_not_understood_is_refused() {
        for text in [
            "",
            "kind,id,title\n",
            "kind,id,title,owner,colour\n",
            "kind,kind,id,title,owner\n",
        ] {
            assert!(lines(Format::Csv, text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn json_lines_are_read_one_by_one() {
        let text = "{\"kind\":\"answer\",\"id\":\"1\",\"title\":\"t\",\"owner\":\"ada\"}\n\n\
            {\"kind\":\"answer\",\"secret\":1}\n[\n\
            {\"kind\":\"answer\",\"id\":\"2\",\"title\":\"t\",\"owner\":\"ada\"}";
        let lines = read(Format::JsonLines, text.as_bytes());
        let seen: Vec<_> = lines
            .iter()
            .map(|(number, item)| (*number, item.is_ok()))
            .collect();
        assert_eq!(seen, [(1, true), (3, false), (4, false), (5, true)]);
        assert!(!lines[1].1.clone().unwrap_err().contains("secret"));
        let long = vec![b' '; 3 << 20];
        let lines = read(Format::JsonLines, &long);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].1.is_err());
    }
}
