//! The file, line by line: never more than one in memory, and what is wrong with it by line and
//! column.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::error::ReplayError;
use crate::model::recording::{FORMAT, Header, Recorded, VERSION};

/// Bytes of a line at most: more than two bodies of the size that is recorded, escaped.
const LONGEST_LINE: u64 = 8 << 20;

/// A file of recorded exchanges, opened and its header read.
pub(super) struct Recording {
    path: PathBuf,
    lines: BufReader<File>,
    /// Number of the line read last.
    line: u64,
    text: Vec<u8>,
}

impl Recording {
    /// Opens the file and reads its header.
    pub fn open(path: &Path) -> Result<(Self, Header), ReplayError> {
        let file = File::open(path).map_err(|error| ReplayError::File {
            path: path.to_owned(),
            error,
        })?;
        let mut recording = Self {
            path: path.to_owned(),
            lines: BufReader::new(file),
            line: 0,
            text: Vec::new(),
        };
        let header = recording.read::<Header>("the header of an export")?;
        let fault = match &header {
            None => "the file is empty".to_owned(),
            Some(header) if header.format != FORMAT => format!("the format is not {FORMAT}"),
            Some(header) if header.version != VERSION => {
                format!(
                    "this is version {} of the format, and {VERSION} is read",
                    header.version
                )
            }
            Some(_) => String::new(),
        };
        match header.filter(|_| fault.is_empty()) {
            Some(header) => Ok((recording, header)),
            None => Err(recording.fault(
                1,
                &format!("{fault}; write it with `scimtop requests export` of the same version"),
            )),
        }
    }

    /// The next exchange and its line.
    pub fn next(&mut self) -> Result<Option<(u64, Recorded)>, ReplayError> {
        let recorded = self.read::<Recorded>("an exchange")?;
        Ok(recorded.map(|recorded| (self.line, recorded)))
    }

    /// The next line that is not blank.
    fn read<T: DeserializeOwned>(&mut self, what: &str) -> Result<Option<T>, ReplayError> {
        loop {
            self.text.clear();
            self.line += 1;
            let mut rest = (&mut self.lines).take(LONGEST_LINE);
            let read = rest.read_until(b'\n', &mut self.text);
            let read = read.map_err(|error| ReplayError::File {
                path: self.path.clone(),
                error,
            })?;
            if read == 0 {
                return Ok(None);
            }
            if read as u64 == LONGEST_LINE && !self.text.ends_with(b"\n") {
                return Err(self.fault(
                    self.text.len(),
                    "the line is longer than any exchange; this is no export",
                ));
            }
            if self.text.iter().any(|byte| !byte.is_ascii_whitespace()) {
                break;
            }
        }
        self.text.truncate(self.text.trim_ascii_end().len());
        serde_json::from_slice(&self.text)
            .map(Some)
            .map_err(|error| {
                // The library's words would repeat what stands there.
                let wrong = if error.is_data() {
                    format!("this is not {what} as version {VERSION} of the format has it")
                } else {
                    "this is no JSON, or a line that was cut".to_owned()
                };
                let hint = "remove the line, or export again with `scimtop requests export`";
                self.fault(error.column().max(1), &format!("{wrong}; {hint}"))
            })
    }

    fn fault(&self, column: usize, what: &str) -> ReplayError {
        ReplayError::Line {
            line: self.line,
            column,
            what: what.to_owned(),
        }
    }
}
