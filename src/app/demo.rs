//! `scimtop demo`: a server with a store that is thrown away, and three simulated identity
//! providers that work on it and make a mistake every minute or two.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::sync::watch;
use tokio::time::sleep;

use super::serve::{self, Purpose};
use crate::cli::args::{Demo, Place, Reach};
use crate::clock::Clock;
use crate::config::{Loaded, Settings};
use crate::model::org::RemovalPolicy;
use crate::model::token::TokenKind;
use crate::ops::api::content::{NewContent, Register};
use crate::ops::api::directory::DirectoryQuery;
use crate::ops::api::roles::{NewRole, SetRule};
use crate::ops::api::{Failure, NewOrg, NewToken, Ops, OpsError, OrgChange};
use crate::scim::quirk::Dialect;
use crate::simulate::{self, Options, Plan, Scenario, Timed, Watching};

/// How often the mistakes of a play come again.
const ROUNDS: u32 = 1_000;
/// Removals that are usual in an hour here, where an hour is a working week.
const USUAL: u64 = 40;
/// People of an Org who own something.
const OWNERS: usize = 40;
/// How often the application looks for people who could own something.
const LOOKS: Duration = Duration::from_secs(3);

/// An Org and who fills it.
struct Cast {
    org: &'static str,
    policy: RemovalPolicy,
    scenario: &'static str,
    /// Label of the first token.
    label: &'static str,
    /// How long that lives, if not as long as can be.
    lasts: Option<Duration>,
    /// Label of a second one, and whether it is revoked.
    other: Option<(&'static str, bool)>,
}

const CAST: [Cast; 3] = [
    Cast {
        org: "Primary",
        policy: RemovalPolicy::Hold,
        scenario: include_str!("../../scenarios/demo/okta.toml"),
        label: "okta-setup",
        lasts: None,
        other: Some(("okta-prod", false)),
    },
    Cast {
        org: "sales",
        policy: RemovalPolicy::Delete,
        scenario: include_str!("../../scenarios/demo/entra.toml"),
        label: "entra-sales",
        lasts: None,
        other: Some(("entra-old", true)),
    },
    Cast {
        org: "partners",
        policy: RemovalPolicy::Suspend,
        scenario: include_str!("../../scenarios/demo/partners.toml"),
        label: "okta-partners",
        lasts: Some(Duration::from_secs(5 * 24 * 3600)),
        other: None,
    },
];

/// Runs it until the operator leaves.
///
/// # Errors
/// The server cannot start.
pub async fn run(place: &Place, args: &Demo) -> anyhow::Result<()> {
    if place.data.is_some() || place.reach != Reach::default() {
        bail!("demo has a server and a store of its own: run it without --data and --daemon");
    }
    let home = tempfile::Builder::new()
        .prefix("scimtop-demo-")
        .tempdir()
        .context("cannot make a temporary directory")?;
    let own = super::load(place)?;
    // How the dashboard looks is the operator's; all else is made up.
    let mut settings = Settings {
        listen: args.listen,
        theme: own.settings.theme,
        mouse: own.settings.mouse,
        terminal: own.settings.terminal,
        ..Settings::default()
    };
    settings.guard.hour.min = USUAL;
    settings.guard.day.min = USUAL * 2;
    settings.guard.test_minutes = 0;
    let loaded = Loaded {
        settings,
        data_dir: home.path().join("data"),
        state_dir: home.path().to_path_buf(),
        file: None,
        ..own
    };
    let purpose = Purpose::Demo { speed: args.speed };
    let ended = serve::run(loaded, &args.serve(), purpose).await;
    // What cannot be removed should be known; what went wrong before says more.
    ended.and(
        home.close()
            .context("the temporary directory could not be removed"),
    )
}

/// Sets the scene, and plays on it until `stop`.
pub async fn play(
    ops: Arc<dyn Ops>,
    base_url: String,
    speed: f64,
    mut stop: watch::Receiver<bool>,
) {
    let played = async {
        match set(&*ops, &base_url, speed).await {
            Ok(actors) => {
                let actors = futures_util::future::join_all(actors.into_iter().map(act));
                tokio::join!(actors, fill(&*ops));
            }
            Err(error) => tracing::error!(%error, "the demonstration could not be set up"),
        }
        // The server goes on, with what is there.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = played => {}
        _ = stop.changed() => {}
    }
}

async fn act(options: Options) {
    let quiet = |_: &str| {};
    if let Err(error) = simulate::run(options, None, quiet).await {
        tracing::warn!(%error, "a simulated identity provider stopped");
    }
}

/// Makes Orgs, roles and tokens; what the providers are to do.
async fn set(ops: &dyn Ops, base_url: &str, speed: f64) -> Result<Vec<Options>, OpsError> {
    let mut actors = Vec::new();
    for cast in &CAST {
        if cast.org != "Primary" {
            ops.create_org(NewOrg {
                name: cast.org.to_owned(),
                policy: cast.policy,
                dialect: Dialect::default(),
            })
            .await?;
        }
        ops.change_org(
            cast.org,
            OrgChange {
                scim_enabled: Some(true),
                policy: Some(cast.policy),
                ..OrgChange::default()
            },
        )
        .await?;
        for (name, group, privileges) in [
            (
                "Analyst",
                "Finance",
                ["DATADOWNLOADING", "DEVELOPER"].as_slice(),
            ),
            ("Uploader", "Engineering", &["USERDATAUPLOADING"]),
            ("Steward", "Legal", &["DATAMANAGEMENT"]),
        ] {
            let privileges = privileges.iter().map(|name| (*name).to_owned()).collect();
            ops.put_role(
                cast.org,
                NewRole {
                    name: name.to_owned(),
                    privileges,
                    dry_run: false,
                },
            )
            .await?;
            ops.set_role_rule(
                cast.org,
                SetRule {
                    role: name.to_owned(),
                    group: group.to_owned(),
                    given: true,
                    dry_run: false,
                },
            )
            .await?;
        }
        actors.push(actor(ops, cast, base_url, speed).await?);
    }
    Ok(actors)
}

async fn actor(
    ops: &dyn Ops,
    cast: &Cast,
    base_url: &str,
    speed: f64,
) -> Result<Options, OpsError> {
    let now = Clock::system().now();
    let token = |label: &str, lasts: Option<Duration>| NewToken {
        org: cast.org.to_owned(),
        kind: TokenKind::Scim,
        role: None,
        label: label.to_owned(),
        expires: lasts.map(|lasts| now.plus(lasts)),
    };
    let first = ops.create_token(token(cast.label, cast.lasts)).await?;
    let mut other_tokens = BTreeMap::new();
    if let Some((label, revoked)) = cast.other {
        let issued = ops.create_token(token(label, None)).await?;
        if revoked {
            ops.revoke_token(&issued.token.id).await?;
        }
        other_tokens.insert(label.to_owned(), issued.secret.into());
    }
    let scenario =
        Scenario::parse(cast.scenario).map_err(|error| OpsError::new(Failure::Internal, error))?;
    Ok(Options {
        url: base_url.to_owned(),
        token: first.secret.into(),
        other_tokens,
        policy: scenario.policy,
        speed: Some(speed),
        expect: None,
        checks: Vec::new(),
        watching: Watching::default(),
        plan: endless(&scenario, cast.org),
    })
}

/// The scenario over and over.
fn endless(scenario: &Scenario, org: &str) -> Plan {
    let rounds = (0..ROUNDS).flat_map(|round| {
        let later = scenario.span * round;
        scenario.incidents.iter().map(move |timed| Timed {
            at: timed.at + later,
            incident: timed.incident.clone(),
        })
    });
    Plan {
        incidents: rounds.collect(),
        span: scenario.span * ROUNDS,
        domain: format!("{}.example", org.to_lowercase()),
        client: scenario.client,
        seed: scenario.seed,
        people: scenario.people,
        groups: String::new(),
        pace: scenario.pace,
        around_the_clock: scenario.around_the_clock,
        threshold: scenario.threshold,
    }
}

/// The application: people make things, and scimtop is told who owns them.
async fn fill(ops: &dyn Ops) {
    let mut number = 0;
    loop {
        sleep(LOOKS).await;
        if let Err(error) = own(ops, &mut number).await {
            // Somebody left meanwhile; there will be others.
            tracing::debug!(%error, "content could not be registered");
        }
    }
}

async fn own(ops: &dyn Ops, number: &mut u32) -> Result<(), OpsError> {
    for org in ops.orgs().await? {
        let page = ops
            .users(DirectoryQuery {
                org: Some(org.id),
                limit: 500,
                ..DirectoryQuery::default()
            })
            .await?;
        let owners = page.items.iter().filter(|user| user.content > 0).count();
        let missing = OWNERS.saturating_sub(owners);
        let idle = page.items.iter().filter(|user| user.content == 0);
        let mut items = Vec::new();
        for user in idle.take(missing) {
            for _ in 0..=(*number % 5) {
                *number += 1;
                items.push(item(*number, &user.user_name));
            }
        }
        if !items.is_empty() {
            let items = Register {
                items,
                dry_run: false,
            };
            ops.register(&org.name, items).await?;
        }
    }
    Ok(())
}

fn item(number: u32, owner: &str) -> NewContent {
    let (kind, title) = match number % 4 {
        0 => ("schedule", "Weekly numbers"),
        1 => ("liveboard", "Revenue"),
        2 => ("answer", "Churn by region"),
        _ => ("liveboard", "Pipeline"),
    };
    let scheduled = kind == "schedule";
    NewContent {
        kind: kind.to_owned(),
        id: format!("{kind}-{number}"),
        title: format!("{title} {number}"),
        owner: owner.to_owned(),
        cron: scheduled.then(|| "0 8 * * MON".to_owned()),
        time_zone: scheduled.then(|| "Europe/Berlin".to_owned()),
        recipients: if scheduled {
            vec![owner.to_owned()]
        } else {
            Vec::new()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_play_can_be_read_and_comes_again() {
        for cast in &CAST {
            let scenario = Scenario::parse(cast.scenario).unwrap();
            let incidents = scenario.incidents.len();
            let (first, span) = (scenario.incidents[0].at, scenario.span);
            assert!(scenario.incidents.iter().all(|timed| timed.at < span));
            let plan = endless(&scenario, cast.org);
            assert_eq!(plan.incidents.len(), incidents * ROUNDS as usize);
            assert_eq!(plan.incidents[incidents].at, first + span);
        }
    }
}
