//! `scimtop doctor`: what is known of the installation, judged and printed.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use crate::config::Settings;
use crate::model::token::{Token, TokenState};
use crate::text::bytes;

mod facts;
mod print;

pub use facts::{Facts, File, Place, Running, Told};
pub use print::print;

/// Events at the end of the chain that are checked.
pub const TAIL: u64 = 1_000;
/// File descriptors beside those of connections.
const FILES: u64 = 128;
/// Percent of the file system that is to be free, and must be.
const FREE: [u64; 2] = [10, 5];
/// Clocks may differ by this much.
const SKEW: Duration = Duration::from_secs(5);
/// Days before a token's end.
const ENDS: [u64; 2] = [14, 3];
/// A token that was not used for so long is not missed.
const IN_USE: Duration = Duration::from_secs(30 * 86_400);

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// To be looked at.
    Warning,
    /// Something does not work, or is not safe.
    Critical,
}

impl Grade {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Stable name.
    pub name: &'static str,
    /// How it is.
    pub grade: Grade,
    /// What was found.
    pub finding: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

fn fine(name: &'static str, finding: impl Into<String>) -> Item {
    Item {
        name,
        grade: Grade::Ok,
        finding: finding.into(),
        step: None,
    }
}

fn bad(name: &'static str, grade: Grade, finding: impl Into<String>, step: &str) -> Item {
    Item {
        name,
        grade,
        finding: finding.into(),
        step: Some(step.to_owned()),
    }
}

/// The verdict on a configuration that cannot be read: nothing else can be looked at.
pub fn unreadable(why: &str) -> Vec<Item> {
    vec![bad(
        "configuration",
        Grade::Critical,
        why,
        "correct it; scimtop config check reads it again",
    )]
}

/// Every item, in a fixed order.
pub fn judge(facts: &Facts) -> Vec<Item> {
    let mut items = vec![
        fine("configuration", "it can be read"),
        exposure(&facts.settings),
    ];
    items.extend(guard(&facts.settings));
    items.extend(operators(&facts.settings));
    match &facts.place {
        Some(place) => items.extend([directory(place), disk(place)]),
        None => items.push(fine(
            "directory",
            "it is not there yet: the first start makes it",
        )),
    }
    items.extend(files(facts));
    items.extend(told(facts));
    items.push(daemon(facts));
    items.push(clock(facts));
    items.push(descriptors(facts));
    items
}

fn exposure(settings: &Settings) -> Item {
    const NAME: &str = "listening";
    let open = |addr: SocketAddr| !addr.ip().to_canonical().is_loopback();
    let exposed: Vec<String> = [Some(settings.listen), settings.api_listen]
        .into_iter()
        .flatten()
        .filter(|addr| open(*addr))
        .map(|addr| addr.to_string())
        .collect();
    let secure = settings
        .public_url
        .as_deref()
        .is_some_and(|url| url.starts_with("https://"));
    if exposed.is_empty() {
        return fine(NAME, format!("{}, for this machine alone", settings.listen));
    }
    let finding = format!(
        "{} can be reached from elsewhere without TLS",
        exposed.join(", ")
    );
    match (settings.insecure_http, secure) {
        (false, _) => bad(
            NAME,
            Grade::Critical,
            format!("{finding}: the server refuses to start so"),
            "listen on 127.0.0.1, or set insecure_http if a proxy ends TLS",
        ),
        (true, false) => bad(
            NAME,
            Grade::Warning,
            format!("{finding}, and public_url names no https:// address: is there a proxy?"),
            "set public_url to what the identity provider uses, and let only the proxy reach the port",
        ),
        (true, true) => fine(
            NAME,
            format!("{}, behind a proxy that ends TLS", exposed.join(", ")),
        ),
    }
}

fn guard(settings: &Settings) -> Option<Item> {
    (!settings.guard.enabled).then(|| {
        bad(
            "guard",
            Grade::Warning,
            "the guard against mass removals is off",
            "set guard.enabled = true",
        )
    })
}

fn operators(settings: &Settings) -> Option<Item> {
    const NAME: &str = "operators";
    let ops = &settings.ops;
    let tls = ops.tls_cert.is_some() && ops.tls_key.is_some();
    let open = ops
        .listen
        .filter(|addr| !addr.ip().to_canonical().is_loopback());
    if let (Some(addr), false) = (open, tls) {
        return Some(bad(
            NAME,
            Grade::Critical,
            format!("operators are served on {addr} without TLS"),
            "set ops.tls_cert and ops.tls_key",
        ));
    }
    if let (Some(group), true) = (&ops.socket_group, ops.operators.is_empty()) {
        return Some(bad(
            NAME,
            Grade::Warning,
            format!(
                "the group {group} may connect to the socket, and no rule says what its members may do"
            ),
            "add [[ops.operators]] rules, or remove ops.socket_group",
        ));
    }
    let admins = ops
        .operators
        .iter()
        .filter(|rule| rule.role == crate::model::operator::OperatorRole::Admin)
        .count();
    (!ops.operators.is_empty()).then(|| {
        fine(
            NAME,
            format!(
                "{} rules for the socket, {admins} of them for admins",
                ops.operators.len()
            ),
        )
    })
}

fn directory(place: &Place) -> Item {
    const NAME: &str = "directory";
    let path = place.path.display();
    let (owner, me) = place.owner;
    if place.mode & 0o022 != 0 {
        return bad(
            NAME,
            Grade::Critical,
            format!(
                "{path} can be written by others (mode {:o})",
                place.mode & 0o777
            ),
            "chmod 700 on it",
        );
    }
    if owner != me {
        return bad(
            NAME,
            Grade::Warning,
            format!("{path} belongs to user {owner}, and this runs as {me}"),
            "run this as the server's own user",
        );
    }
    if !place.open_files.is_empty() {
        return bad(
            NAME,
            Grade::Warning,
            format!("others may read {} in {path}", place.open_files.join(", ")),
            "chmod 600 on them",
        );
    }
    fine(
        NAME,
        format!("{path}, mode {:o}, its owner's alone", place.mode & 0o777),
    )
}

fn disk(place: &Place) -> Item {
    const NAME: &str = "disk";
    let Some((free, all)) = place.disk else {
        return bad(
            NAME,
            Grade::Warning,
            "the system does not say how full the disk is",
            "look with df",
        );
    };
    let finding = format!("{} free of {}", bytes(free), bytes(all));
    let under = |percent: u64| u128::from(free) * 100 < u128::from(all) * u128::from(percent);
    let step = "make room, or keep less: traffic.keep_days, traffic.max_bytes";
    match FREE.map(under) {
        [_, true] => bad(NAME, Grade::Critical, finding, step),
        [true, _] => bad(NAME, Grade::Warning, finding, step),
        _ => fine(NAME, finding),
    }
}

fn files(facts: &Facts) -> Vec<Item> {
    const NAME: &str = "store";
    let files = match &facts.files {
        Ok(files) => files,
        Err(why) => {
            return vec![bad(
                NAME,
                Grade::Critical,
                why,
                "restore a backup, and keep the damaged files",
            )];
        }
    };
    let mut items = Vec::new();
    for file in files {
        let (found, known) = file.version;
        let name = file.name;
        items.push(if !file.faults.is_empty() {
            bad(
                NAME,
                Grade::Critical,
                format!("{name} is damaged: {}", file.faults.join("; ")),
                "stop the server, keep the files, restore a backup",
            )
        } else if !file.ours {
            bad(
                NAME,
                Grade::Critical,
                format!("{name} is a database of another program"),
                "name the right data directory with --data",
            )
        } else if found > known {
            bad(
                NAME,
                Grade::Critical,
                format!("{name} has version {found}, and this binary knows {known}"),
                "install the newer scimtop",
            )
        } else if found < known {
            bad(
                NAME,
                Grade::Warning,
                format!("{name} has version {found}; the next start brings it to {known}"),
                "take a backup, then restart the server",
            )
        } else {
            fine(
                NAME,
                format!("{name} is sound, {}, version {found}", bytes(file.bytes)),
            )
        });
        let most = facts.settings.traffic.max_bytes;
        // Free pages inside the file are used again, so that somewhat more is no fault.
        if name == "traffic.db" && file.bytes > most.saturating_add(most / 4) {
            items.push(bad(
                "traffic",
                Grade::Warning,
                format!(
                    "recorded exchanges take {}, and traffic.max_bytes is {}",
                    bytes(file.bytes),
                    bytes(most)
                ),
                "see in the log whether pruning fails",
            ));
        }
    }
    items
}

fn told(facts: &Facts) -> Vec<Item> {
    let told = match &facts.told {
        None => return Vec::new(),
        Some(Ok(told)) => told,
        Some(Err(why)) => return vec![bad("events", Grade::Critical, why, "see the log")],
    };
    let (checked, faults) = &told.chain;
    let chain = match faults.first() {
        Some(first) => bad(
            "events",
            Grade::Critical,
            format!("the record of changes does not hold: {first}"),
            "scimtop events verify shows all; compare with an export kept elsewhere",
        ),
        None => fine("events", format!("the last {checked} events fit together")),
    };
    vec![chain, tokens(facts, &told.tokens)]
}

fn tokens(facts: &Facts, tokens: &[Token]) -> Item {
    const NAME: &str = "tokens";
    let ending = |days: u64| {
        tokens
            .iter()
            .filter(|token| token.state(facts.now) == TokenState::Active)
            .filter(|token| token.expires.since(facts.now).as_secs() <= days * 86_400)
            .filter(|token| {
                let used = token.last_used.as_ref();
                used.is_some_and(|used| facts.now.since(used.at) <= IN_USE)
            })
            .min_by_key(|token| token.expires)
    };
    for (days, grade) in ENDS
        .into_iter()
        .zip([Grade::Warning, Grade::Critical])
        .rev()
    {
        if let Some(token) = ending(days) {
            let finding = format!(
                "{} ({}) is in use and ends {}",
                token.label, token.id, token.expires
            );
            return bad(
                NAME,
                grade,
                finding,
                &format!("scimtop token rotate {}", token.id),
            );
        }
    }
    fine(
        NAME,
        format!(
            "{} known; none in use ends within {} days",
            tokens.len(),
            ENDS[0]
        ),
    )
}

fn daemon(facts: &Facts) -> Item {
    const NAME: &str = "daemon";
    match &facts.daemon {
        Ok(Some(running)) if running.version == facts.version => {
            fine(NAME, format!("it answers, version {}", running.version))
        }
        Ok(Some(running)) => bad(
            NAME,
            Grade::Warning,
            format!(
                "version {} runs, and this binary is {}",
                running.version, facts.version
            ),
            "restart the server, or use its own binary",
        ),
        Ok(None) if facts.socket => bad(
            NAME,
            Grade::Warning,
            "its socket is there and nobody answers: it ended without cleaning up",
            "start the server; it takes the socket over",
        ),
        Ok(None) => fine(NAME, "none runs"),
        Err(why) => bad(
            NAME,
            Grade::Critical,
            why,
            "see whether you may use the socket, and the server's log",
        ),
    }
}

fn clock(facts: &Facts) -> Item {
    const NAME: &str = "clock";
    let step = "let the system keep time (NTP): tokens and the guard depend on it";
    if let Some(Ok(told)) = &facts.told
        && let Some(last) = told.last
        && last.since(facts.now) > SKEW
    {
        return bad(
            NAME,
            Grade::Critical,
            format!(
                "the last change was recorded at {last}, and it is {} now",
                facts.now
            ),
            step,
        );
    }
    if let Ok(Some(running)) = &facts.daemon {
        let apart = running
            .now
            .since(facts.now)
            .max(facts.now.since(running.now));
        if apart > SKEW {
            return bad(
                NAME,
                Grade::Warning,
                format!(
                    "the daemon's clock and this one are {} s apart",
                    apart.as_secs()
                ),
                step,
            );
        }
    }
    fine(NAME, facts.now.to_string())
}

fn descriptors(facts: &Facts) -> Item {
    const NAME: &str = "descriptors";
    let needed = facts.settings.limits.connections as u64 + FILES;
    match facts.descriptors {
        Some(limit) if limit < needed => bad(
            NAME,
            Grade::Warning,
            format!(
                "a process may open {limit} files, and limits.connections = {} needs {needed}",
                facts.settings.limits.connections
            ),
            "raise it (ulimit -n; LimitNOFILE in systemd), or lower limits.connections",
        ),
        Some(limit) => fine(
            NAME,
            format!("a process may open {limit} files, {needed} are needed"),
        ),
        None => fine(NAME, "without limit"),
    }
}

#[cfg(test)]
mod tests;
