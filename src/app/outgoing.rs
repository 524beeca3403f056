//! What goes out by itself, from the settings: secrets are read here, once, and everything that is
//! wrong is said before anything starts. Others can take the place of the settings meanwhile.

mod sinks;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::config::{Loaded, variable};
use crate::ids::OrgId;
use crate::model::delivery::{TOPICS, Topics};
use crate::model::org::Org;
use crate::notify::settings::{DeadMan, NoticeSettings, Outbound, WebhookSettings};
use crate::notify::sign::SigningKey;
use crate::notify::sinks::Sink;
use crate::notify::target::Target;
use crate::notify::webhooks::Hook;
use crate::notify::{alerts, dead_man, webhooks};
use crate::ops::api::deliveries::{SinkTest, TestOrder};
use crate::ops::api::{Failure, OpsError, Reply};
use crate::ops::deliveries::{SinkTester, Webhook};
use crate::ops::house::House;

/// Characters of a name.
const LONGEST_NAME: usize = 64;

/// Everybody who is told something.
pub struct Outgoing {
    /// Applications.
    hooks: Vec<Hook>,
    /// People.
    sinks: Vec<Sink>,
    /// A watchdog, and how often it is asked.
    dead_man: Option<(Target, Duration)>,
    notices: NoticeSettings,
    outbound: Outbound,
}

/// Tells everybody whom `told` names until `stop`; when others are named, these from then on.
///
/// All that was told to the former ones is stored before the latter are told: the queues go on
/// where they were, and nobody is told by two at a time.
pub async fn run(
    house: Arc<House>,
    clock: Clock,
    mut told: watch::Receiver<Arc<Outgoing>>,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        let now = Arc::clone(&told.borrow_and_update());
        let over = watch::Sender::new(false);
        let ending = || over.subscribe();
        let (notices, outbound) = (&now.notices, &now.outbound);
        let ended = async {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                Ok(()) = told.changed() => {}
            }
            over.send_replace(true);
        };
        tokio::join!(
            ended,
            webhooks::run(&house, &now.hooks, outbound, &clock, ending()),
            alerts::run(&house, &now.sinks, notices, outbound, &clock, ending()),
            dead_man::run(&house, now.dead_man.as_ref(), outbound, ending()),
        );
    }
}

/// Who is told something, by the settings. Without `orgs` it is not checked whether those that the
/// settings name are there.
///
/// # Errors
/// What is wrong with one.
pub fn read(loaded: &Loaded, orgs: Option<&[Org]>) -> anyhow::Result<Outgoing> {
    let settings = &loaded.settings;
    let webhooks = settings.webhooks.iter();
    let names_of_hooks = webhooks.clone().map(|webhook| webhook.name.as_str());
    let names_of_sinks = settings.sinks.iter().map(|sink| sink.name.as_str());
    names(names_of_hooks.chain(names_of_sinks))?;
    let hook = |webhook: &WebhookSettings| {
        hook(webhook, orgs).with_context(|| format!("webhook `{}`", webhook.name))
    };
    Ok(Outgoing {
        hooks: webhooks.map(hook).collect::<anyhow::Result<_>>()?,
        sinks: sinks::read(loaded, orgs)?,
        dead_man: watchdog(&settings.dead_man).context("dead_man")?,
        notices: settings.notices.clone(),
        outbound: settings.outbound.clone(),
    })
}

/// Who sends test notices: reads the settings anew each time.
pub fn tester(loaded: &Loaded) -> Arc<dyn SinkTester> {
    Arc::new(Tester(loaded.clone()))
}

struct Tester(Loaded);

impl SinkTester for Tester {
    fn test(&self, order: TestOrder) -> Reply<'_, Vec<SinkTest>> {
        Box::pin(async move {
            let wrong =
                |error: anyhow::Error| OpsError::new(Failure::Invalid, format!("{error:#}"));
            let loaded = self.0.again().map_err(|error| wrong(error.into()))?;
            let sinks = sinks::read(&loaded, None).map_err(wrong)?;
            let wanted = |sink: &&Sink| order.sink.as_ref().is_none_or(|name| *name == sink.name);
            let chosen: Vec<_> = sinks.iter().filter(wanted).collect();
            if let (Some(name), []) = (&order.sink, chosen.as_slice()) {
                let names: Vec<_> = sinks.iter().map(|sink| sink.name.as_str()).collect();
                let message = format!(
                    "no sink is called `{name}`; there are: {}",
                    if names.is_empty() {
                        "none".to_owned()
                    } else {
                        names.join(", ")
                    }
                );
                return Err(OpsError::new(Failure::NotFound, message));
            }
            if order.dry_run {
                let described = chosen.into_iter();
                return Ok(described
                    .map(|sink| alerts::described(sink, None))
                    .collect());
            }
            let outbound = &loaded.settings.outbound;
            Ok(alerts::test(&chosen, outbound, &Clock::system()).await)
        })
    }
}

fn watchdog(settings: &DeadMan) -> anyhow::Result<Option<(Target, Duration)>> {
    let Some(url) = url(
        settings.url.as_deref(),
        settings.url_file.as_deref(),
        settings.url_env.as_deref(),
    )?
    else {
        return Ok(None);
    };
    if settings.every_seconds == 0 {
        bail!("every_seconds must be 1 or more");
    }
    let target = Target::read(&url, settings.ca_file.as_deref()).map_err(anyhow::Error::msg)?;
    Ok(Some((target, Duration::from_secs(settings.every_seconds))))
}

fn hook(settings: &WebhookSettings, orgs: Option<&[Org]>) -> anyhow::Result<Hook> {
    let topics = Topics::read(&settings.kinds).map_err(|unknown| {
        let known: Vec<_> = TOPICS.iter().map(|(_, topic)| *topic).collect();
        anyhow::anyhow!(
            "no event is called `{unknown}`; there are {}, and `user.*`, `group.*`, \
             `content.transfer.*` and `*`",
            known.join(", ")
        )
    })?;
    let secret = secret(
        settings.secret_file.as_deref(),
        settings.secret_env.as_deref(),
    )?
    .context(
        "name the file that holds its secret with secret_file, or a variable with secret_env",
    )?;
    Ok(Hook {
        webhook: Webhook {
            name: settings.name.clone(),
            kinds: topics.kinds.clone(),
            org: org(settings.org.as_deref(), orgs)?,
        },
        topics,
        target: Target::read(plain(&settings.url)?, settings.ca_file.as_deref())
            .map_err(anyhow::Error::msg)?,
        key: SigningKey::read(&secret).map_err(anyhow::Error::msg)?,
    })
}

/// A URL that stands in the settings, where others may read it.
fn plain(url: &str) -> anyhow::Result<&str> {
    if url.contains('?') {
        bail!(
            "a URL with a query may hold a secret: leave the query out, or name a file with url_file"
        );
    }
    Ok(url)
}

/// A URL in the settings, a file or an environment variable.
fn url(
    url: Option<&str>,
    file: Option<&Path>,
    variable: Option<&str>,
) -> anyhow::Result<Option<Zeroizing<String>>> {
    let hidden = secret(file, variable)?;
    match (url, hidden) {
        (Some(_), Some(_)) => bail!("a URL is given once: url, url_file or url_env"),
        (Some(url), None) => Ok(Some(plain(url)?.to_owned().into())),
        (None, hidden) => Ok(hidden),
    }
}

/// The Org of that number or name. Where it is not known which there are, any name will do.
fn org(name: Option<&str>, orgs: Option<&[Org]>) -> anyhow::Result<Option<OrgId>> {
    let (Some(name), Some(orgs)) = (name, orgs) else {
        return Ok(None);
    };
    let found = orgs
        .iter()
        .find(|org| org.id.to_string() == name || org.name.to_lowercase() == name.to_lowercase());
    let found = found.with_context(|| format!("there is no Org `{name}`"))?;
    Ok(Some(found.id))
}

/// Names must be there, short, and each used once.
fn names<'a>(names: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
    let mut seen = Vec::new();
    for name in names {
        let fine = (1..=LONGEST_NAME).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if !fine {
            bail!(
                "the name of a webhook or sink has 1 to {LONGEST_NAME} letters, digits, `-`, `_` and `.`"
            );
        }
        if seen.contains(&name) {
            bail!("two webhooks or sinks are called `{name}`");
        }
        seen.push(name);
    }
    Ok(())
}

/// A secret in a file or an environment variable.
fn secret(
    file: Option<&Path>,
    variable_name: Option<&str>,
) -> anyhow::Result<Option<Zeroizing<String>>> {
    match (file, variable_name) {
        (Some(_), Some(_)) => bail!("a secret is in a file or in a variable, not in both"),
        (Some(file), None) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            Ok(Some(Zeroizing::new(text)))
        }
        (None, Some(name)) => {
            let text = variable(name).with_context(|| format!("${name} is not set"))?;
            Ok(Some(Zeroizing::new(text)))
        }
        (None, None) => Ok(None),
    }
}
