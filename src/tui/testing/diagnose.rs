//! A made-up diagnosis.

use uuid::Uuid;

use super::{Scripted, reply};
use crate::ids::RequestId;
use crate::model::diagnosis::{Check, Diagnosis};
use crate::ops::api::diagnose::Question;
use crate::ops::api::{Diagnose, Reply};

impl Diagnose for Scripted {
    fn diagnose(&self, question: Question) -> Reply<'_, Diagnosis> {
        reply(diagnosis(question))
    }
}

pub fn diagnosis(question: Question) -> Diagnosis {
    let checks = vec![
        Check::fine("org", "Org Primary accepts SCIM"),
        Check::problem(
            "failures",
            "POST /Users by okta was answered 409 uniqueness: the name is taken in this Org",
            ["correct the matching attribute: Okta: app › Provisioning › To App › Attribute Mappings"],
        )
        .shown_by([RequestId(Uuid::from_u128(7))]),
        Check::unknown("requests", "no request named it"),
    ];
    Diagnosis::of(question.about, question.org, question.which, checks)
}
