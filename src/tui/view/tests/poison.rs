//! Answers in which everything that came from outside means harm.

use std::sync::Arc;

use crate::model::deletion::Deletion;
use crate::model::event::{Actor, Event as Recorded};
use crate::model::exchange::Exchange;
use crate::model::guard::GuardStatus;
use crate::model::role::Access;
use crate::model::token::{LastUse, Token};
use crate::model::transfer::Transfer;
use crate::ops::api::directory::{GroupDetail, GroupLine, UserDetail, UserLine};
use crate::ops::api::removals::DeletionDetail;
use crate::tui::call::Answer;
use crate::tui::testing::hostile;
use crate::tui::testing::house::HOSTILE;

fn poison_token(token: &mut Token) {
    token.label = HOSTILE.to_owned();
    token.hint = HOSTILE.to_owned();
    token.last_used = Some(LastUse {
        at: token.created,
        source: HOSTILE.to_owned(),
        user_agent: HOSTILE.to_owned(),
    });
}

/// Everything that came from outside is hostile.
pub fn poisoned(answer: Answer) -> Answer {
    let bad = || HOSTILE.to_owned();
    let deletion = |deletion: &mut Deletion| {
        deletion.user_name = bad();
        deletion.external_id = Some(bad());
        deletion.groups = serde_json::json!([{"display": HOSTILE}, {"value": HOSTILE}]);
        deletion.roles = vec![bad()];
        deletion.content = [(bad(), 3)].into();
        if let Some(heir) = &mut deletion.heir {
            heir.user_name = bad();
        }
    };
    let transfer = |transfer: &mut Transfer| {
        for text in [
            &mut transfer.kind,
            &mut transfer.object,
            &mut transfer.title,
        ] {
            *text = bad();
        }
        transfer.from.user_name = bad();
        transfer.to.user_name = bad();
        transfer.recipient = transfer.recipient.as_ref().map(|_| bad());
    };
    let guard = |guard: &mut GuardStatus| {
        guard.org_name = bad();
        for batch in [&mut guard.open, &mut guard.last].into_iter().flatten() {
            batch.why = bad();
            batch.by = Some(bad());
        }
        if let Some(allowance) = &mut guard.allowance {
            (allowance.reason, allowance.by) = (bad(), bad());
        }
    };
    let user = |user: &mut UserLine| {
        user.user_name = bad();
        user.display_name = bad();
        user.external_id = Some(bad());
    };
    let group = |group: &mut GroupLine| {
        group.display_name = bad();
        group.external_id = Some(bad());
        for (role, _) in &mut group.roles {
            *role = bad();
        }
    };
    match answer {
        Answer::WhoAmI(mut me) => {
            me.operator = bad();
            Answer::WhoAmI(me)
        }
        Answer::Orgs(mut orgs) => {
            for org in &mut orgs {
                org.name = bad();
            }
            Answer::Orgs(orgs)
        }
        Answer::Alerts(mut alerts) => {
            for alert in &mut alerts {
                (alert.subject, alert.why, alert.advice) = (bad(), bad(), bad());
                if let Some(seen) = &mut alert.acknowledged {
                    seen.by = bad();
                }
                let mut silence = crate::tui::testing::watch::silence();
                (silence.by, silence.reason) = (bad(), bad());
                alert.silenced = Some(silence);
            }
            Answer::Alerts(alerts)
        }
        Answer::Silenced(mut silence) => {
            (silence.by, silence.reason) = (bad(), bad());
            Answer::Silenced(silence)
        }
        Answer::SilenceEnded(mut silence) => {
            (silence.by, silence.reason) = (bad(), bad());
            Answer::SilenceEnded(silence)
        }
        Answer::Acknowledged(mut alert) => {
            alert.subject = bad();
            Answer::Acknowledged(alert)
        }
        Answer::Health(mut health, mut targets) => {
            for target in &mut targets {
                target.webhook = bad();
            }
            for client in &mut health.clients {
                client.label = Some(bad());
            }
            Answer::Health(health, targets)
        }
        Answer::Diagnosis(mut found) => {
            found.sentence = bad();
            for check in &mut found.checks {
                check.finding = bad();
                check.steps.iter_mut().for_each(|step| *step = bad());
            }
            Answer::Diagnosis(found)
        }
        Answer::Deletions(mut rows) => {
            rows.iter_mut().for_each(deletion);
            Answer::Deletions(rows)
        }
        Answer::Deletion(mut detail) => {
            let DeletionDetail {
                deletion: of,
                transfers,
                batch,
                event,
                ..
            } = &mut *detail;
            deletion(of);
            transfers.iter_mut().for_each(transfer);
            if let Some(batch) = batch {
                batch.why = bad();
            }
            if let Some((_, hash)) = event {
                *hash = bad();
            }
            Answer::Deletion(detail)
        }
        Answer::Guard(mut rows) => {
            rows.iter_mut().for_each(guard);
            Answer::Guard(rows)
        }
        Answer::Transfers(mut rows) => {
            rows.iter_mut().for_each(transfer);
            Answer::Transfers(rows)
        }
        Answer::Users(mut page) => {
            page.items.iter_mut().for_each(user);
            Answer::Users(page)
        }
        Answer::User(mut detail) => {
            let UserDetail {
                line,
                resource,
                content,
                heir,
                roles,
                removals,
                ..
            } = &mut *detail;
            user(line);
            *resource = serde_json::json!({HOSTILE: HOSTILE});
            *content = [(bad(), 1)].into();
            heir.user_name = bad();
            *roles = vec![bad()];
            removals.iter_mut().for_each(deletion);
            Answer::User(detail)
        }
        Answer::Groups(mut page) => {
            page.items.iter_mut().for_each(group);
            Answer::Groups(page)
        }
        Answer::Group(mut detail) => {
            let GroupDetail { line, members, .. } = &mut *detail;
            group(line);
            for member in members {
                member.display = bad();
            }
            Answer::Group(detail)
        }
        Answer::History(mut events) => {
            for Recorded { cause, detail, .. } in &mut events {
                *cause = bad();
                *detail = serde_json::json!({"changes": [{"path": HOSTILE}]});
            }
            Answer::History(events)
        }
        Answer::Access(mut access) => {
            let Access { privileges, roles } = &mut access;
            *roles = vec![bad()];
            for path in privileges
                .iter_mut()
                .flat_map(|granted| &mut granted.through)
            {
                (path.role, path.group) = (bad(), bad());
            }
            Answer::Access(access)
        }
        Answer::Content(mut page) => {
            for item in &mut page.items {
                (item.kind, item.title) = (bad(), bad());
                if let Some(schedule) = &mut item.schedule {
                    (schedule.cron, schedule.time_zone) = (bad(), bad());
                }
            }
            Answer::Content(page)
        }
        Answer::Exchange(exchange) => Answer::Exchange(Box::new(Exchange {
            summary: hostile(3),
            ..*exchange
        })),
        Answer::Exchanges(mut page) => {
            page.exchanges = (0..3).map(|seq| Arc::new(hostile(seq))).collect();
            Answer::Exchanges(page)
        }
        Answer::Tokens(mut tokens) => {
            tokens.iter_mut().for_each(poison_token);
            Answer::Tokens(tokens)
        }
        Answer::Issued(mut issued) => {
            poison_token(&mut issued.token);
            issued.secret = bad();
            Answer::Issued(issued)
        }
        Answer::Revoked(mut token) => {
            poison_token(&mut token);
            Answer::Revoked(token)
        }
        Answer::Events(mut events) => {
            for event in &mut events {
                event.cause = bad();
                event.hash = bad();
                event.actor = Actor::Operator(bad());
                event.detail = serde_json::json!({
                    "subject": HOSTILE, "label": HOSTILE, HOSTILE: HOSTILE,
                    "changes": [{"path": HOSTILE, "before": HOSTILE, "added": [HOSTILE]}],
                });
            }
            Answer::Events(events)
        }
        Answer::Verified(mut report) => {
            report.head = bad();
            report.faults = vec![bad(), bad()];
            Answer::Verified(report)
        }
        Answer::Restored(mut did) => {
            did.restored
                .iter_mut()
                .for_each(|back| back.user.user_name = bad());
            for left in &mut did.left {
                (left.subject, left.why) = (bad(), bad());
            }
            Answer::Restored(did)
        }
        Answer::Decided(mut did) => {
            did.batch.why = bad();
            Answer::Decided(did)
        }
        Answer::GivenBack(mut did) => {
            did.to.user_name = bad();
            for left in &mut did.left {
                (left.subject, left.why) = (bad(), bad());
            }
            Answer::GivenBack(did)
        }
        Answer::Purged(did) => Answer::Purged(did),
    }
}
