//! What an act would do, and what it did, in words.

use crate::model::guard::Verdict;
use crate::ops::api::OpsError;
use crate::ops::api::content::GivenBack;
use crate::ops::api::removals::{BackAgain, Decided, Left, Purged, Restored};
use crate::text::clean;
use crate::tui::call::Answer;
use crate::tui::state::acts::{Act, silence};
use crate::tui::state::audit::verified;
use crate::tui::theme::Role;
use crate::tui::widget::rich::{Line, paragraph};

/// Names that are listed in a confirmation.
const NAMED: usize = 3;

/// What an act would do.
#[derive(Debug, Default)]
pub struct Plan {
    /// What it is said of, and what.
    pub facts: Vec<(&'static str, String)>,
    /// There is something to do.
    pub possible: bool,
}

/// What `answer`, to a call that changed nothing, promises of `act`.
pub fn rehearsal(act: &Act, answer: Answer) -> Plan {
    let (mut plan, left) = match answer {
        Answer::Restored(would) => restored(would),
        Answer::Purged(would) => purged(would),
        Answer::Decided(would) => decided(act, would),
        Answer::GivenBack(would) => given_back(would),
        Answer::Silenced(would) => return silence::silenced(&would),
        Answer::SilenceEnded(would) => return silence::ended(&would),
        _ => return Plan::default(),
    };
    if let Some(first) = left.first() {
        let why = format!("{}: {}", clean(&first.subject), clean(&first.why));
        let text = format!("{} as it is: {why}", left.len());
        plan.facts.push(("Left", text));
    }
    plan
}

fn restored(would: Restored) -> (Plan, Vec<Left>) {
    let accounts = would.restored.len();
    let groups: u64 = would.restored.iter().map(|back| back.groups).sum();
    let names = would.restored.iter();
    let names = names.map(|back| back.user.user_name.as_str());
    let facts = vec![
        ("Accounts", as_before(accounts as u64)),
        ("Who", some(names, accounts)),
        (
            "Groups",
            count(groups, "membership again", "memberships again"),
        ),
        (
            "Then",
            "assign them in the identity provider, or it removes them again".to_owned(),
        ),
    ];
    let possible = accounts > 0;
    (Plan { facts, possible }, would.left)
}

fn purged(would: Purged) -> (Plan, Vec<Left>) {
    let deleted = held_deleted(would.deleted);
    let erased = count(would.erased, "account", "accounts");
    let facts = vec![
        (
            "Accounts",
            format!("{deleted} now, content moves to the heir"),
        ),
        (
            "Erased",
            format!("personal data of {erased} in records, transfers, events"),
        ),
        ("Undo", "impossible".to_owned()),
    ];
    let possible = would.erased > 0;
    (Plan { facts, possible }, would.left)
}

fn decided(act: &Act, would: Decided) -> (Plan, Vec<Left>) {
    let Act::Decide { verdict, only, .. } = act else {
        return (Plan::default(), would.left);
    };
    let whole = only.is_empty();
    let (accounts, content) = match verdict {
        Verdict::Approve => (
            format!("{} for good", held_deleted(would.done)),
            "moves to the heirs, in the same transactions",
        ),
        Verdict::Restore => (as_before(would.done), "stays where it is"),
    };
    let guard = if whole {
        "closes, and counts afresh"
    } else {
        "stays open for the others"
    };
    let facts = vec![
        ("Accounts", accounts),
        ("Content", content.to_owned()),
        ("Opened", clean(&would.batch.why)),
        ("Guard", guard.to_owned()),
    ];
    // A guard that has frozen nothing can still be closed.
    let possible = whole || would.done > 0;
    (Plan { facts, possible }, would.left)
}

fn given_back(would: GivenBack) -> (Plan, Vec<Left>) {
    let objects = count(would.given, "object goes", "objects go");
    let facts = vec![
        (
            "Content",
            format!("{objects} to {}", clean(&would.to.user_name)),
        ),
        (
            "Others",
            "what has a new owner since stays with that one".to_owned(),
        ),
    ];
    let possible = would.given > 0;
    (Plan { facts, possible }, would.left)
}

/// What an act did, and all that it left, in lines of about `columns`.
pub fn outcome(result: Result<Answer, OpsError>, columns: usize) -> Vec<Line> {
    let done = |text: String| vec![(Role::Ok, "done  ".to_owned()), (Role::Text, text)];
    let (mut lines, left) = match result {
        Ok(Answer::Restored(did)) => {
            let mut lines = vec![done(comes_back(did.restored.len() as u64))];
            lines.extend(did.restored.iter().map(back_again));
            if !did.restored.is_empty() {
                let next = "assign them in the identity provider too, or it removes them again";
                lines.extend(paragraph("next", Role::Text, next, columns));
            }
            (lines, did.left)
        }
        Ok(Answer::Purged(did)) => {
            let text = format!(
                "{}; {} erased, with the details of {}",
                held_deleted(did.deleted),
                count(did.erased, "account", "accounts"),
                count(did.events, "event", "events")
            );
            (vec![done(text)], did.left)
        }
        Ok(Answer::Decided(did)) => {
            let text = match did.batch.verdict {
                Some(Verdict::Restore) => comes_back(did.done),
                Some(Verdict::Approve) => held_deleted(did.done),
                None => count(did.done, "account decided", "accounts decided"),
            };
            let text = match did.batch.frozen {
                0 => text,
                frozen => format!("{text}; {frozen} still frozen"),
            };
            (vec![done(text)], did.left)
        }
        Ok(Answer::GivenBack(did)) => {
            let given = count(did.given, "object went", "objects went");
            let text = format!("{given} to {}", clean(&did.to.user_name));
            (vec![done(text)], did.left)
        }
        Ok(Answer::Revoked(token)) => {
            let text = format!(
                "{} is revoked; requests with it get 401",
                clean(&token.label)
            );
            (vec![done(text)], Vec::new())
        }
        Ok(Answer::Silenced(silence)) => {
            let text = format!("silence {} {}", silence.id, silence::reason(&silence));
            (vec![done(text)], Vec::new())
        }
        Ok(Answer::SilenceEnded(silence)) => {
            let text = format!("silence {} has ended", silence.id);
            (vec![done(text)], Vec::new())
        }
        Ok(Answer::Verified(report)) => return verified(&report, columns),
        Ok(_) => return Vec::new(),
        Err(error) => {
            let error = format!("! {}", error.message);
            let mut lines = paragraph("", Role::Crit, &error, columns);
            let next = "the list shows how things are now";
            lines.extend(paragraph("next", Role::Text, next, columns));
            return lines;
        }
    };
    lines.extend(those_left(&left, columns));
    lines
}

fn back_again(back: &BackAgain) -> Line {
    let groups = count(back.groups, "membership", "memberships");
    vec![
        (Role::Dim, format!("  #{} ", back.seq)),
        (Role::Subject, clean(&back.user.user_name)),
        (Role::Dim, format!("  {groups}")),
    ]
}

fn those_left(left: &[Left], columns: usize) -> Vec<Line> {
    if left.is_empty() {
        return Vec::new();
    }
    let head = format!("▲ {} left as it is:", left.len());
    let mut lines = vec![Line::new(), vec![(Role::Warn, head)]];
    for one in left {
        lines.push(vec![
            (Role::Dim, format!("  #{} ", one.seq)),
            (Role::Subject, clean(&one.subject)),
        ]);
        lines.extend(paragraph("", Role::Text, &one.why, columns));
    }
    lines
}

fn count(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn comes_back(accounts: u64) -> String {
    count(accounts, "account comes back", "accounts come back")
}

fn as_before(accounts: u64) -> String {
    format!(
        "{} as before, same id, with their content",
        comes_back(accounts)
    )
}

fn held_deleted(accounts: u64) -> String {
    count(
        accounts,
        "held account is deleted",
        "held accounts are deleted",
    )
}

/// The first names, and how many more.
fn some<'a>(each: impl Iterator<Item = &'a str>, all: usize) -> String {
    let mut named: Vec<String> = each.take(NAMED).map(clean).collect();
    if all > NAMED {
        named.push(format!("{} more", all - NAMED));
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::house::batch;

    fn decide(verdict: Verdict, only: &[u64]) -> Act {
        Act::Decide {
            org: "0".to_owned(),
            verdict,
            only: only.to_vec(),
        }
    }

    #[test]
    fn an_open_guard_can_be_closed_even_if_it_froze_nothing() {
        for (only, done, possible) in [(&[][..], 0, true), (&[7], 0, false), (&[7], 1, true)] {
            let would = Decided {
                done,
                left: Vec::new(),
                batch: batch(3),
            };
            let act = decide(Verdict::Approve, only);
            let plan = rehearsal(&act, Answer::Decided(would));
            assert_eq!(plan.possible, possible, "{only:?} {done}");
        }
    }

    #[test]
    fn nothing_to_do_is_not_possible() {
        let act = Act::Restore(vec![7]);
        let plan = rehearsal(&act, Answer::Restored(Restored::default()));
        assert!(!plan.possible);
        let act = Act::Purge(vec![7]);
        let plan = rehearsal(&act, Answer::Purged(Purged::default()));
        assert!(!plan.possible);
    }

    #[test]
    fn a_few_names_are_listed_and_the_others_counted() {
        let names = ["a", "b\u{1b}", "c", "d", "e"];
        assert_eq!(some(names.into_iter(), 5), "a, b^[, c, 2 more");
        assert_eq!(some(names.into_iter().take(2), 2), "a, b^[");
    }
}
