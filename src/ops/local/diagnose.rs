//! Diagnoses, over the house.

use super::LocalOps;
use crate::model::diagnosis::Diagnosis;
use crate::ops::api::diagnose::Question;
use crate::ops::api::{Diagnose, Reply};
use crate::ops::diagnose;

impl Diagnose for LocalOps {
    fn diagnose(&self, question: Question) -> Reply<'_, Diagnosis> {
        self.run(move |house, _| diagnose::answer(house, &question))
    }
}
