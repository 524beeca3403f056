//! D2: groups that were emptied. D7: accounts that came back without what they had.

use std::collections::VecDeque;

use super::marks::Keyed;
use super::{Known, Machine, days, hours, minutes};
use crate::clock::Timestamp;
use crate::ids::{OrgId, ResourceId};
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::alert_settings::{AlertSettings, CameBackBare, GroupEmptied};
use crate::model::event::EventKind;
use crate::model::happening::Happening;
use crate::text::shell_quote;

/// Changes of one group that are kept within the window.
const KEPT: usize = 500;

#[derive(Debug, Default)]
struct Group {
    name: String,
    roles: bool,
    size: u64,
    /// When, how many came and how many went.
    moved: VecDeque<(Timestamp, u64, u64)>,
    /// What was told: when, how many it had before.
    told: Option<(Timestamp, u64)>,
}

/// D2.
pub(super) struct Emptied {
    settings: GroupEmptied,
    groups: Keyed<(OrgId, ResourceId), Group>,
}

impl Emptied {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.group_emptied.clone(),
            groups: Keyed::new(settings.remember),
        }
    }
}

impl Machine for Emptied {
    fn happening(&mut self, seen: &Happening) {
        let moved = match seen.kind {
            EventKind::GroupPatched | EventKind::GroupReplaced | EventKind::MembersChanged => {
                (seen.at, seen.added.len() as u64, seen.removed)
            }
            EventKind::GroupDeleted => (seen.at, 0, seen.removed),
            _ => return,
        };
        let key = (seen.org, seen.subject);
        // Only a group that lost somebody is remembered.
        if moved.2 == 0 && self.groups.get(&key).is_none() {
            return;
        }
        // A group that gave nothing and is deleted is no loss.
        if seen.kind == EventKind::GroupDeleted && !seen.roles {
            self.groups.remove(&key);
            return;
        }
        let set = &self.settings;
        let group = self.groups.at(&key, seen.at);
        group.name.clone_from(&seen.name);
        group.roles |= seen.roles;
        group.size = seen.size;
        group.moved.push_back(moved);
        let span = minutes(set.minutes);
        while group.moved.len() > KEPT
            || group
                .moved
                .front()
                .is_some_and(|(at, ..)| seen.at.since(*at) >= span)
        {
            group.moved.pop_front();
        }
        let came: u64 = group.moved.iter().map(|(_, came, _)| came).sum();
        let went: u64 = group.moved.iter().map(|(_, _, went)| went).sum();
        let before = (group.size + went).saturating_sub(came);
        let lost = before.saturating_sub(group.size);
        let emptied = group.size == 0 && before >= set.members;
        if emptied || (lost >= set.lost && lost * 2 >= before) {
            group.told = Some((seen.at, before));
        }
        if group.told.is_some_and(|(_, before)| group.size >= before) {
            group.told = None;
        }
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let told_for = hours(self.settings.hours);
        self.groups
            .forget(known.now, told_for.max(minutes(self.settings.minutes)));
        for ((org, id), group) in self.groups.iter() {
            let Some((at, before)) = group.told.filter(|(at, _)| known.now.since(*at) < told_for)
            else {
                continue;
            };
            let (severity, roles) = if group.roles {
                (Severity::Critical, ", and roles hang on it")
            } else {
                (Severity::Warning, "")
            };
            alerts.push(Alert {
                subject: group.name.clone(),
                since: at,
                last: at,
                count: before.saturating_sub(group.size),
                why: format!("it had {before} members and has {}{roles}", group.size),
                advice: format!(
                    "ask whether the provider's assignment of the group was meant to change: scimtop groups history {}",
                    shell_quote(&group.name)
                ),
                group: Some(*id),
                ..Alert::new(Rule::GroupEmptied, severity, Some(*org), &id.to_string())
            });
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let told_for = hours(self.settings.hours);
        let told = self.groups.iter().filter_map(|(_, group)| group.told);
        told.map(|(at, _)| at.plus(told_for))
            .filter(|end| *end > now)
            .min()
    }
}

#[derive(Debug, Default)]
struct Account {
    name: String,
    had: u64,
    back: Timestamp,
}

/// D7.
pub(super) struct Bare {
    settings: CameBackBare,
    /// How many groups an account had when it went, by Org and name.
    gone: Keyed<(OrgId, String), u64>,
    /// Accounts that are back and have no group yet.
    back: Keyed<(OrgId, ResourceId), Account>,
}

impl Bare {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            settings: settings.came_back_bare.clone(),
            gone: Keyed::new(settings.remember),
            back: Keyed::new(settings.remember),
        }
    }
}

impl Machine for Bare {
    fn happening(&mut self, seen: &Happening) {
        let name = (seen.org, seen.name.to_lowercase());
        let id = (seen.org, seen.subject);
        match seen.kind {
            EventKind::UserRemoved | EventKind::UserHeld | EventKind::UserDisabled => {
                self.back.remove(&id);
                if seen.size > 0 {
                    *self.gone.at(&name, seen.at) = seen.size;
                }
            }
            EventKind::UserCreated | EventKind::UserReturned | EventKind::UserEnabled => {
                let Some(had) = self.gone.remove(&name).filter(|_| seen.size == 0) else {
                    return;
                };
                *self.back.at(&id, seen.at) = Account {
                    name: seen.name.clone(),
                    had,
                    back: seen.at,
                };
            }
            _ => {
                for member in &seen.added {
                    self.back.remove(&(seen.org, *member));
                }
            }
        }
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let grace = minutes(self.settings.minutes);
        self.gone.forget(known.now, days(self.settings.days));
        self.back
            .forget(known.now, grace + hours(self.settings.hours));
        for ((org, id), account) in self.back.iter() {
            if known.now < account.back.plus(grace) {
                continue;
            }
            alerts.push(Alert {
                subject: account.name.clone(),
                since: account.back,
                last: account.back,
                why: format!(
                    "the account is back, has no group, and had {} when it went: no roles come with it",
                    account.had
                ),
                advice: "assign the groups again at the provider: reactivation does not restore them"
                    .to_owned(),
                user: Some(id.to_string()),
                ..Alert::new(Rule::CameBackBare, Severity::Warning, Some(*org), &id.to_string())
            });
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let grace = minutes(self.settings.minutes);
        let due = self
            .back
            .iter()
            .map(|(_, account)| account.back.plus(grace));
        let over = self.back.deadline(now, grace + hours(self.settings.hours));
        due.filter(|at| *at > now).chain(over).min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn went(size: u64, removed: u64, ago: u32) -> Happening {
        Happening {
            removed,
            size,
            ..happened(
                EventKind::MembersChanged,
                "Finance",
                NOW.minus(minutes(ago)),
            )
        }
    }

    #[test]
    fn a_group_is_emptied_or_loses_half() {
        for (events, fires) in [
            (&[went(0, 9, 1)][..], false),
            (&[went(0, 10, 1)], true),
            (&[went(5, 5, 2), went(0, 5, 1)], true),
            (&[went(5, 5, 12), went(0, 5, 1)], false),
            (&[went(20, 20, 1)], true),
            (&[went(21, 20, 1)], false),
            (&[went(19, 19, 1)], false),
        ] {
            let mut rule = Emptied::new(&AlertSettings::default());
            for event in events {
                rule.happening(event);
            }
            assert_eq!(!at(&mut rule, NOW).is_empty(), fires, "{events:?}");
            assert_eq!(rule.next_deadline(NOW).is_some(), fires);
            assert!(at(&mut rule, NOW.plus(hours(24))).is_empty());
        }
    }

    #[test]
    fn a_deleted_group_is_told_where_roles_went_with_it() {
        for roles in [true, false] {
            let mut rule = Emptied::new(&AlertSettings::default());
            rule.happening(&Happening {
                roles,
                removed: 12,
                ..happened(EventKind::GroupDeleted, "Finance", NOW)
            });
            let found = at(&mut rule, NOW);
            let severity = found.first().map(|alert| alert.severity);
            assert_eq!(severity, roles.then_some(Severity::Critical));
        }
    }

    #[test]
    fn roles_make_it_critical_and_members_that_are_back_end_it() {
        let mut rule = Emptied::new(&AlertSettings::default());
        rule.happening(&Happening {
            roles: true,
            ..went(0, 10, 3)
        });
        assert_eq!(at(&mut rule, NOW)[0].severity, Severity::Critical);
        let back = |size: u64| Happening {
            added: vec![ResourceId(uuid::Uuid::nil()); 5],
            ..went(size, 0, 1)
        };
        rule.happening(&back(5));
        assert_eq!(at(&mut rule, NOW).len(), 1);
        rule.happening(&back(10));
        assert!(at(&mut rule, NOW).is_empty());
    }

    #[test]
    fn an_account_that_is_back_has_an_hour_to_get_its_groups() {
        let gone = |size| Happening {
            size,
            ..happened(EventKind::UserRemoved, "Ada", NOW.minus(days(1)))
        };
        let back = happened(EventKind::UserCreated, "ada", NOW);
        let joined = Happening {
            added: vec![back.subject],
            ..happened(EventKind::MembersChanged, "Finance", NOW)
        };
        let due = NOW.plus(minutes(60));
        for (events, fires) in [
            (&[gone(2), back.clone()][..], true),
            (&[gone(0), back.clone()], false),
            (std::slice::from_ref(&back), false),
            (&[gone(2), back.clone(), joined], false),
            (
                &[
                    gone(2),
                    Happening {
                        size: 1,
                        ..back.clone()
                    },
                ],
                false,
            ),
        ] {
            let mut rule = Bare::new(&AlertSettings::default());
            for event in events {
                rule.happening(event);
            }
            assert!(at(&mut rule, Timestamp(due.0 - 1)).is_empty());
            assert_eq!(!at(&mut rule, due).is_empty(), fires);
            if fires {
                assert_eq!(rule.next_deadline(NOW), Some(due));
            }
            assert!(at(&mut rule, due.plus(hours(24))).is_empty());
        }
    }
}
