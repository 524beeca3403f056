//! `scimtop diagnose …` and `scimtop runbook …`

use super::CommandError;
use super::args::diagnose::{Diagnose, QuestionCommand};
use super::out::Out;
use crate::model::diagnosis::{About, Check};
use crate::model::runbook;
use crate::ops::api::diagnose::Question;
use crate::ops::api::{Failure, Ops, OpsError};
use crate::text::clean;

impl From<Diagnose> for Question {
    fn from(asked: Diagnose) -> Self {
        let (about, which) = match asked.question {
            QuestionCommand::User { which } => (About::User, Some(which)),
            QuestionCommand::Group { which } => (About::Group, Some(which)),
            QuestionCommand::Latency => (About::Latency, None),
            QuestionCommand::Auth => (About::Auth, None),
        };
        Self {
            about,
            which,
            org: asked.org,
        }
    }
}

pub(super) async fn run(
    ops: &dyn Ops,
    question: Question,
    out: &mut Out,
) -> Result<(), CommandError> {
    let diagnosis = ops.diagnose(question).await?;
    if out.json() {
        return Ok(out.value(&diagnosis)?);
    }
    checks(&diagnosis.checks, out)?;
    out.line("")?;
    Ok(out.line(&clean(&diagnosis.sentence))?)
}

/// Checks, one below the other.
pub fn checks(checks: &[Check], out: &mut Out) -> std::io::Result<()> {
    let width = checks
        .iter()
        .map(|check| check.name.len())
        .max()
        .unwrap_or(0);
    for check in checks {
        let Check {
            name,
            outcome,
            finding,
            ..
        } = check;
        out.line(&format!(
            "{:7}  {name:width$}  {}",
            outcome.as_str(),
            clean(finding)
        ))?;
        let margin = " ".repeat(width + 11);
        for request in &check.evidence {
            out.line(&format!("{margin}request {request}"))?;
        }
        for step in &check.steps {
            out.line(&format!("{margin}do: {}", clean(step)))?;
        }
    }
    Ok(())
}

/// `scimtop runbook ID`; needs neither daemon nor store.
///
/// # Errors
/// There is none of that number.
pub fn runbook(which: &str, out: &mut Out) -> Result<(), CommandError> {
    if which.eq_ignore_ascii_case("list") {
        if out.json() {
            let all: Vec<_> = runbook::ALL
                .iter()
                .map(|one| serde_json::json!({ "id": one.id, "rule": one.rule, "title": one.title() }))
                .collect();
            return Ok(out.value(&all)?);
        }
        for one in runbook::ALL {
            out.line(one.title())?;
        }
        return Ok(());
    }
    let Some(found) = runbook::find(which) else {
        let message = "there is no runbook of this number; `scimtop runbook list` shows them all";
        return Err(OpsError::new(Failure::NotFound, message).into());
    };
    if out.json() {
        let value = serde_json::json!({
            "id": found.id, "rule": found.rule, "title": found.title(), "text": found.text,
        });
        return Ok(out.value(&value)?);
    }
    Ok(out.text(found.text)?)
}
