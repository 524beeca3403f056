//! What the palette offers, and what of it fits what is typed.

use std::collections::BTreeSet;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::ids::OrgId;
use crate::model::diagnosis::About;
use crate::model::runbook;
use crate::text::clean;
use crate::tui::keymap::{Command, Context, bindings};
use crate::tui::state::Model;
use crate::tui::state::palette::Deed;
use crate::tui::state::pane::{Object, Pane, View};
use crate::tui::state::related::named;

/// Most lines that are shown to fit.
const MOST: usize = 100;
/// How many of each kind of object are offered.
const OBJECTS: usize = 500;

/// A line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is typed for it.
    pub text: String,
    /// The keys that do the same.
    pub keys: String,
    /// What it does.
    pub help: String,
    /// The same, to be done.
    pub deed: Deed,
}

fn entry(text: impl Into<String>, help: impl Into<String>, deed: Deed) -> Entry {
    Entry {
        text: text.into(),
        keys: String::new(),
        help: help.into(),
        deed,
    }
}

/// Everything there is to offer now.
pub fn gather(model: &Model) -> Vec<Entry> {
    let mut offered = commands(model);
    let view = model.view;
    for (name, filter) in model.memory.saved(view) {
        let deed = Deed::Filter(name.clone());
        offered.push(entry(format!("filter {name}"), filter, deed));
    }
    let hint = |text: &str, help: &str| entry(text, help, Deed::Complete);
    offered.extend([
        hint("filter save ", "save the filter that is set, under a name"),
        hint("user ", "go to a user: a name, or words to look for"),
        hint("group ", "go to a group: a name, or words to look for"),
        hint("request ", "open a request, by its number or id"),
        hint(
            "diagnose user ",
            "why a user is not there, or not as it should be",
        ),
        hint("diagnose group ", "why a group does not follow"),
    ]);
    for (about, help) in [
        (About::Latency, "what makes answers slow"),
        (About::Auth, "who is refused, and why"),
    ] {
        let deed = Deed::Diagnose(about, None);
        offered.push(entry(format!("diagnose {}", about.as_str()), help, deed));
    }
    for runbook in runbook::ALL {
        let text = format!("runbook {}", runbook.id);
        let about = runbook.title().split_once(": ");
        let help = about.map_or("", |(_, about)| about);
        offered.push(entry(text, help, Deed::Runbook(*runbook)));
    }
    for (name, filter) in model.memory.saved(view) {
        let help = format!("forget the filter {filter}");
        let deed = Deed::Forget(name.clone());
        offered.push(entry(format!("filter delete {name}"), help, deed));
    }
    offered.push(entry("org all", "show every Org again", Deed::Org(None)));
    for org in &model.orgs {
        let help = format!("narrow every view to Org {}", org.id);
        let deed = Deed::Org(Some(org.id));
        offered.push(entry(format!("org {}", clean(&org.name)), help, deed));
    }
    for name in &model.look.themes {
        let help = if *name == model.look.kept {
            "the theme that is shown"
        } else {
            "show this theme"
        };
        let deed = Deed::Theme(name.clone());
        offered.push(entry(format!("theme {name}"), help, deed));
    }
    objects(model, &mut offered);
    offered
}

/// What keys do here, and after the keys that lead further.
fn commands(model: &Model) -> Vec<Entry> {
    let here = model.context();
    let mut contexts = vec![here];
    for binding in bindings(here) {
        match binding.command {
            Command::Copy if model.view == View::Live => contexts.push(Context::Copying),
            Command::Copy => contexts.push(Context::CopyingRow),
            Command::Export => contexts.push(Context::Exporting),
            Command::Related => contexts.push(model.of_what()),
            _ => {}
        }
    }
    let mut offered: Vec<Entry> = Vec::new();
    for context in contexts {
        // Out of what a key leads into, there is no way to go from here.
        let is_offered = |command| context == here || command != Command::Back;
        let is_offered = |command| {
            is_offered(command) && command != Command::Palette && model.leads(context, command)
        };
        let (bar, others): (Vec<_>, Vec<_>) = bindings(context)
            .filter(|binding| is_offered(binding.command))
            .partition(|binding| !binding.label.is_empty());
        // What the key bar has is asked for more than moving about is.
        for binding in bar.into_iter().chain(others) {
            let keys = model.keymap.names(context, binding).join(" ");
            let deed = Deed::Do(binding.command);
            let known = offered.iter_mut().find(|entry| entry.deed == deed);
            if let Some(entry) = known {
                entry.keys.push(' ');
                entry.keys.push_str(&keys);
                continue;
            }
            let forbidden = model.forbidden(binding.command);
            let help = forbidden.unwrap_or_else(|| binding.help.to_owned());
            offered.push(Entry {
                keys,
                ..entry(binding.command.name(), help, deed)
            });
        }
    }
    offered
}

/// Users, groups and requests that the lists hold.
fn objects(model: &Model, offered: &mut Vec<Entry>) {
    let mut seen = BTreeSet::new();
    for user in model.users.list.items.iter().take(OBJECTS) {
        seen.insert(user.user_name.as_str());
        let name = clean(&user.user_name);
        let deed = Deed::Go(Object::User(user.org, user.id), user.user_name.clone());
        let help = clean(&user.display_name);
        offered.push(entry(format!("user {name}"), help, deed));
    }
    for group in model.groups.list.items.iter().take(OBJECTS) {
        let name = clean(&group.display_name);
        let deed = Deed::Go(
            Object::Group(group.org, group.id),
            group.display_name.clone(),
        );
        let help = format!("{} members", group.members);
        offered.push(entry(format!("group {name}"), help, deed));
    }
    for exchange in model.live.log.newest_first().take(OBJECTS) {
        let subject = exchange.subject.as_str();
        let org = exchange.org.unwrap_or(OrgId::PRIMARY);
        if !subject.contains(' ')
            && let Some(which) = named(exchange)
            && seen.insert(subject)
        {
            let deed = Deed::User(org, which.to_owned());
            offered.push(entry(
                format!("user {}", clean(subject)),
                "seen in Live",
                deed,
            ));
        }
        let help = format!("{} {} {}", exchange.status, exchange.method, clean(subject));
        let deed = Deed::Request(exchange.seq.to_string());
        offered.push(entry(format!("request {}", exchange.seq), help, deed));
    }
}

/// What is meant if a word is not one of those offered.
fn free(typed: &str) -> Option<Entry> {
    type Make = fn(String) -> (String, Deed);
    const FORMS: [(&str, Make); 9] = [
        ("user ", |text| {
            (
                format!("look for users: {text}"),
                Deed::List(Pane::Users, text),
            )
        }),
        ("group ", |text| {
            (
                format!("look for groups: {text}"),
                Deed::List(Pane::Groups, text),
            )
        }),
        ("request ", |text| {
            ("open it".to_owned(), Deed::Request(text))
        }),
        ("diagnose user ", |text| {
            (
                format!("what is wrong with {text}"),
                Deed::Diagnose(About::User, Some(text)),
            )
        }),
        ("diagnose group ", |text| {
            (
                format!("what is wrong with {text}"),
                Deed::Diagnose(About::Group, Some(text)),
            )
        }),
        ("theme ", |text| {
            ("show this theme".to_owned(), Deed::Theme(text))
        }),
        ("filter save ", |text| {
            ("save the filter that is set".to_owned(), Deed::Save(text))
        }),
        ("filter delete ", |text| {
            ("forget it".to_owned(), Deed::Forget(text))
        }),
        ("filter ", |text| {
            ("apply it".to_owned(), Deed::Filter(text))
        }),
    ];
    FORMS.iter().find_map(|(form, make)| {
        let text = typed.strip_prefix(form)?.trim();
        if text.is_empty() {
            return None;
        }
        let (help, deed) = make(text.to_owned());
        Some(entry(typed.trim(), help, deed))
    })
}

/// What of `offered` fits `typed`, best first: what is typed so, then what begins so, then by
/// how well it fits; at last what only its explanation fits.
pub fn search(offered: &[Entry], typed: &str) -> Vec<Entry> {
    let wanted = typed.trim();
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(wanted, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
    let mut found: Vec<_> = offered
        .iter()
        .filter_map(|entry| {
            let begins = entry.text.starts_with(wanted) && !wanted.is_empty();
            let rank = match score(&entry.text) {
                Some(_) if entry.text == wanted => (4, 0),
                Some(fit) if begins => (3, fit),
                Some(fit) => (2, fit),
                None => (1, score(&entry.help)?),
            };
            Some((rank, entry))
        })
        .collect();
    // Stable: equals stay in the order of the table.
    found.sort_by(|(one, _), (other, _)| other.cmp(one));
    let mut found: Vec<Entry> = found.into_iter().map(|(_, entry)| entry.clone()).collect();
    found.truncate(MOST);
    if let Some(free) = free(typed)
        && found.iter().all(|entry| entry.text != free.text)
    {
        // Nothing that is offered is meant by a new name.
        let at = match free.deed {
            Deed::Save(_) => 0,
            _ => found.len(),
        };
        found.insert(at, free);
    }
    found
}
