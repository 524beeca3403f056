//! D3: groups that were renamed. D5: accounts that are here already. D6: accounts that come and go.

use std::collections::BTreeMap;

use super::marks::{Keyed, Marks};
use super::{Known, Machine, hours, minutes};
use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::alert_settings::{AlertSettings, Duplicates, GroupRenamed, UserFlapping};
use crate::model::event::EventKind;
use crate::model::exchange::ExchangeSummary;
use crate::model::happening::Happening;

#[derive(Debug, Default)]
struct Named {
    at: Timestamp,
    name: String,
    why: String,
}

/// D3.
pub(super) struct Renamed {
    settings: GroupRenamed,
    groups: Keyed<(OrgId, ResourceId), Named>,
}

impl Renamed {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.group_renamed.clone(),
            groups: Keyed::new(settings.remember),
        }
    }
}

impl Machine for Renamed {
    fn happening(&mut self, seen: &Happening) {
        let new = match seen.kind {
            EventKind::GroupCreated => true,
            EventKind::GroupPatched | EventKind::GroupReplaced => seen.renamed_from.is_some(),
            EventKind::GroupDeleted => {
                self.groups.remove(&(seen.org, seen.subject));
                return;
            }
            _ => return,
        };
        let delimiter = &self.settings.delimiter;
        let why = match &seen.renamed_from {
            Some(before) if seen.roles => format!("the group with roles was named {before}"),
            _ if new && !delimiter.is_empty() && seen.name.contains(delimiter) => {
                format!("its name contains {delimiter}, which separates group and Org at sign-on")
            }
            _ => return,
        };
        *self.groups.at(&(seen.org, seen.subject), seen.at) = Named {
            at: seen.at,
            name: seen.name.clone(),
            why,
        };
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        self.groups.forget(known.now, hours(self.settings.hours));
        for ((org, id), named) in self.groups.iter() {
            alerts.push(Alert {
                subject: named.name.clone(),
                since: named.at,
                last: named.at,
                why: named.why.clone(),
                advice:
                    "look whether rules and applications know it by its name: scimtop roles list"
                        .to_owned(),
                group: Some(*id),
                ..Alert::new(
                    Rule::GroupRenamed,
                    Severity::Warning,
                    Some(*org),
                    &id.to_string(),
                )
            });
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.groups.deadline(now, hours(self.settings.hours))
    }
}

#[derive(Debug, Default)]
struct Doubled {
    conflicts: BTreeMap<String, (Timestamp, u64)>,
    twins: Marks,
    /// Twins when they were last too many.
    wrong: Option<usize>,
    /// Since when it is told, and when the last one came.
    told: Option<(Timestamp, Timestamp)>,
}

impl Doubled {
    /// One more came at `at`.
    fn came(&mut self, at: Timestamp, set: &Duplicates) {
        let span = minutes(set.minutes);
        let twins = self.twins.count(at, span);
        let lately = self.conflicts.values();
        let conflicts = lately.filter(|(seen, _)| at.since(*seen) < span).count();
        let told = self.told.filter(|(_, last)| !over(at, *last, set));
        if told.is_none() {
            self.wrong = None;
        }
        if twins >= set.twins {
            self.wrong = Some(twins);
        }
        self.told = match told {
            Some((since, last)) => Some((since, last.max(at))),
            None if twins >= set.twins || conflicts >= set.conflicts => Some((at, at)),
            None => None,
        };
    }
}

fn over(now: Timestamp, last: Timestamp, set: &Duplicates) -> bool {
    now.since(last) >= hours(set.hours)
}

/// D5.
pub(super) struct Duplicated {
    settings: Duplicates,
    orgs: Keyed<OrgId, Doubled>,
}

impl Duplicated {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.duplicates.clone(),
            orgs: Keyed::new(settings.remember),
        }
    }
}

impl Machine for Duplicated {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        let (409, Some("uniqueness"), Some(org)) =
            (seen.status, seen.scim_type.as_deref(), seen.org)
        else {
            return;
        };
        let most = self.settings.conflicts.max(super::EVIDENCE);
        let doubled = self.orgs.at(&org, seen.at);
        let conflicts = &mut doubled.conflicts;
        conflicts.insert(seen.subject.to_lowercase(), (seen.at, seen.seq));
        while conflicts.len() > most {
            let oldest = conflicts.iter().min_by_key(|(_, at)| **at);
            let Some(oldest) = oldest.map(|(subject, _)| subject.clone()) else {
                break;
            };
            conflicts.remove(&oldest);
        }
        doubled.came(seen.at, &self.settings);
    }

    fn happening(&mut self, seen: &Happening) {
        if seen.kind == EventKind::UserCreated && seen.twin {
            let doubled = self.orgs.at(&seen.org, seen.at);
            doubled.twins.push(seen.at, seen.seq, self.settings.twins);
            doubled.came(seen.at, &self.settings);
        }
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let set = &self.settings;
        let kept = hours(set.hours).max(minutes(set.minutes));
        self.orgs.forget(known.now, kept);
        for (org, doubled) in self.orgs.iter() {
            let told = doubled
                .told
                .filter(|(_, last)| !over(known.now, *last, set));
            let Some((since, last)) = told else {
                continue;
            };
            let mut conflicts: Vec<_> = doubled.conflicts.iter().collect();
            conflicts.sort_by_key(|(_, at)| std::cmp::Reverse(**at));
            let evidence = conflicts.iter().take(super::EVIDENCE);
            let mut alert = Alert {
                subject: known.org_name(Some(*org)),
                since,
                last,
                evidence: evidence.map(|(_, (_, seq))| *seq).collect(),
                filter: Some(format!("org:{org} status:409 scimType:uniqueness")),
                ..Alert::new(Rule::Duplicates, Severity::Warning, Some(*org), "")
            };
            if let Some(twins) = doubled.wrong {
                alert.count = twins as u64;
                alert.why = format!(
                    "{twins} accounts were created whose address a live account has under another userName"
                );
                "the provider matches by the wrong attribute: let it match by the one that userName holds"
                    .clone_into(&mut alert.advice);
            } else {
                let named: Vec<_> = conflicts
                    .iter()
                    .take(3)
                    .map(|(subject, _)| subject.as_str())
                    .collect();
                alert.count = conflicts.len() as u64;
                alert.why = format!(
                    "the provider creates what is here already: {}",
                    named.join(", ")
                );
                "let the provider import or match its users first; the accounts here may have come from another source"
                    .clone_into(&mut alert.advice);
            }
            alerts.push(alert);
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let told = self.orgs.iter().filter_map(|(_, doubled)| doubled.told);
        let ends = told.map(|(_, last)| last.plus(hours(self.settings.hours)));
        ends.filter(|at| *at > now).min()
    }
}

/// D6.
pub(super) struct ComesAndGoes {
    settings: UserFlapping,
    removed: Keyed<(OrgId, String), Marks>,
}

impl ComesAndGoes {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.user_flapping.clone(),
            removed: Keyed::new(settings.remember),
        }
    }
}

impl Machine for ComesAndGoes {
    /// Who is removed a second time was created in between.
    fn happening(&mut self, seen: &Happening) {
        if matches!(seen.kind, EventKind::UserRemoved | EventKind::UserHeld) {
            let key = (seen.org, seen.name.to_lowercase());
            let marks = self.removed.at(&key, seen.at);
            marks.push(seen.at, seen.seq, self.settings.count);
        }
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let span = hours(self.settings.hours);
        self.removed.forget(known.now, span);
        for ((org, name), marks) in self.removed.iter() {
            if marks.count(known.now, span) < self.settings.count {
                continue;
            }
            let mut alert = Alert {
                why: format!("removed {} times within {} h", self.settings.count, self.settings.hours),
                advice: "look for two assignments or sources that disagree about the account at the provider"
                    .to_owned(),
                user: Some(name.clone()),
                ..Alert::new(Rule::UserFlapping, Severity::Warning, Some(*org), name)
            };
            marks.tell(known.now, span, &mut alert);
            // Those are numbers of events.
            alert.evidence.clear();
            alerts.push(alert);
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let (span, least) = (hours(self.settings.hours), self.settings.count);
        let marks = self.removed.iter();
        marks
            .filter_map(|(_, marks)| marks.falls(now, span, least))
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn renamed_groups_with_roles_and_names_with_the_delimiter() {
        let renamed = |roles, name: &str| Happening {
            renamed_from: Some("Finance".to_owned()),
            roles,
            ..happened(EventKind::GroupPatched, name, NOW)
        };
        for (event, fires) in [
            (renamed(true, "Money"), true),
            (renamed(false, "Money"), false),
            (renamed(false, "Money@sales"), true),
            (happened(EventKind::GroupCreated, "Money@sales", NOW), true),
            (happened(EventKind::GroupCreated, "Money", NOW), false),
            (happened(EventKind::GroupPatched, "Money@sales", NOW), false),
        ] {
            let mut rule = Renamed::new(&AlertSettings::default());
            rule.happening(&event);
            assert_eq!(!at(&mut rule, NOW).is_empty(), fires, "{event:?}");
            assert_eq!(rule.next_deadline(NOW), fires.then(|| NOW.plus(hours(24))));
            assert!(at(&mut rule, NOW.plus(hours(24))).is_empty());
        }
    }

    #[test]
    fn three_conflicting_subjects_or_twenty_twins() {
        let mut rule = Duplicated::new(&AlertSettings::default());
        for (subject, told) in [("ada", 0), ("Ada", 0), ("bob", 0), ("eve", 1)] {
            let mut seen = request(NOW);
            (seen.status, seen.scim_type) = (409, Some("uniqueness".to_owned()));
            seen.subject = subject.to_owned();
            rule.exchange(&seen);
            assert_eq!(at(&mut rule, NOW).len(), told, "{subject}");
        }
        // One more, hours later, goes on with it.
        let later = NOW.plus(hours(20));
        let mut seen = request(later);
        (seen.status, seen.scim_type) = (409, Some("uniqueness".to_owned()));
        rule.exchange(&seen);
        assert_eq!(rule.next_deadline(later), Some(later.plus(hours(25))));
        assert_eq!(at(&mut rule, later.plus(hours(24))).len(), 1);
        assert!(at(&mut rule, later.plus(hours(25))).is_empty());
        let mut rule = Duplicated::new(&AlertSettings::default());
        for count in 1..=20 {
            rule.happening(&happened(EventKind::UserCreated, "plain", NOW));
            rule.happening(&Happening {
                twin: true,
                ..happened(EventKind::UserCreated, "ada", NOW)
            });
            assert_eq!(at(&mut rule, NOW).len(), usize::from(count == 20));
        }
        assert!(at(&mut rule, NOW.plus(hours(25))).is_empty());
    }

    #[test]
    fn an_account_that_is_removed_three_times_a_day() {
        let mut rule = ComesAndGoes::new(&AlertSettings::default());
        for (name, ago, told) in [("ada", 23, 0), ("Ada", 5, 0), ("bob", 4, 0), ("ada", 1, 1)] {
            rule.happening(&happened(
                EventKind::UserCreated,
                name,
                NOW.minus(hours(ago)),
            ));
            rule.happening(&happened(
                EventKind::UserRemoved,
                name,
                NOW.minus(hours(ago)),
            ));
            assert_eq!(at(&mut rule, NOW).len(), told);
        }
        assert_eq!(rule.next_deadline(NOW), Some(NOW.plus(hours(1))));
        assert!(at(&mut rule, NOW.plus(hours(1))).is_empty());
    }
}
