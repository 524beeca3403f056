//! The scripted answer to questions.

use super::scripted::Scripted;
use crate::ids::RequestId;
use crate::model::diagnosis::{Check, Diagnosis};
use crate::ops::api::diagnose::Question;
use crate::ops::api::{Diagnose, Reply};

impl Diagnose for Scripted {
    fn diagnose(&self, question: Question) -> Reply<'_, Diagnosis> {
        let checks = vec![
            Check::fine("org", "é"),
            Check::problem("token", "gone", ["do it"]).shown_by([RequestId(uuid::Uuid::nil())]),
        ];
        let diagnosis = Diagnosis::of(question.about, question.org.clone(), None, checks);
        self.reply(format!("diagnose {question:?}"), diagnosis)
    }
}
