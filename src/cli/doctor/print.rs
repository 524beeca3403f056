//! The verdict of `scimtop doctor`, printed.

use super::{Grade, Item};
use crate::cli::CommandError;
use crate::cli::out::Out;
use crate::text::clean;

/// Prints the items.
///
/// # Errors
/// [`CommandError::Unsound`] unless all is well.
pub fn print(items: &[Item], out: &mut Out) -> Result<(), CommandError> {
    let worst = items
        .iter()
        .map(|item| item.grade)
        .max()
        .unwrap_or(Grade::Ok);
    if out.json() {
        out.value(&serde_json::json!({ "grade": worst, "items": items }))?;
    } else {
        let width = items.iter().map(|item| item.name.len()).max().unwrap_or(0);
        for item in items {
            out.line(&format!(
                "{:8}  {:width$}  {}",
                item.grade.as_str(),
                item.name,
                clean(&item.finding)
            ))?;
            if let Some(step) = &item.step {
                out.line(&format!("{}do: {}", " ".repeat(width + 12), clean(step)))?;
            }
        }
    }
    out.flush()?;
    let many = |grade| items.iter().filter(|item| item.grade == grade).count();
    let (warnings, critical) = (many(Grade::Warning), many(Grade::Critical));
    match worst {
        Grade::Ok => Ok(()),
        Grade::Warning => Err(CommandError::Unsound(1, format!("warnings: {warnings}"))),
        Grade::Critical => Err(CommandError::Unsound(
            2,
            format!("critical: {critical}, warnings: {warnings}"),
        )),
    }
}
