//! Diagnoses, of a running daemon.

use super::RemoteOps;
use crate::model::diagnosis::Diagnosis;
use crate::ops::api::diagnose::Question;
use crate::ops::api::{Diagnose, Reply};

impl Diagnose for RemoteOps {
    fn diagnose(&self, question: Question) -> Reply<'_, Diagnosis> {
        self.get("/diagnose", &question)
    }
}
