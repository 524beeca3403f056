//! What goes out by itself, from the settings: secrets are read here, once, and everything that is
//! wrong is said before anything starts.

use std::path::Path;

use anyhow::{Context as _, bail};
use zeroize::Zeroizing;

use crate::config::{Loaded, variable};
use crate::ids::OrgId;
use crate::model::delivery::{TOPICS, Topics};
use crate::model::org::Org;
use crate::notify::settings::WebhookSettings;
use crate::notify::sign::SigningKey;
use crate::notify::target::Target;
use crate::notify::webhooks::Hook;
use crate::ops::deliveries::Webhook;

/// Characters of a name.
const LONGEST_NAME: usize = 64;

/// The webhooks of the settings.
///
/// # Errors
/// What is wrong with one.
pub fn hooks(loaded: &Loaded, orgs: &[Org]) -> anyhow::Result<Vec<Hook>> {
    let settings = &loaded.settings.webhooks;
    names(
        "webhook",
        settings.iter().map(|webhook| webhook.name.as_str()),
    )?;
    settings
        .iter()
        .map(|webhook| hook(webhook, orgs).with_context(|| format!("webhook `{}`", webhook.name)))
        .collect()
}

fn hook(settings: &WebhookSettings, orgs: &[Org]) -> anyhow::Result<Hook> {
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
    let org = settings.org.as_deref().map(|name| org(name, orgs));
    Ok(Hook {
        webhook: Webhook {
            name: settings.name.clone(),
            kinds: topics.kinds.clone(),
            org: org.transpose()?,
        },
        topics,
        target: target(&settings.url, settings.ca_file.as_deref())?,
        key: SigningKey::read(&secret).map_err(anyhow::Error::msg)?,
    })
}

/// A URL that stands in the settings, where others may read it.
fn target(url: &str, roots: Option<&Path>) -> anyhow::Result<Target> {
    if url.contains('?') {
        bail!("a URL with a query may hold a secret: leave the query out");
    }
    Target::read(url, roots).map_err(anyhow::Error::msg)
}

/// The Org of that number or name.
fn org(name: &str, orgs: &[Org]) -> anyhow::Result<OrgId> {
    let found = orgs
        .iter()
        .find(|org| org.id.to_string() == name || org.name.to_lowercase() == name.to_lowercase());
    Ok(found
        .with_context(|| format!("there is no Org `{name}`"))?
        .id)
}

/// Names must be there, short, and each used once.
fn names<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
    let mut seen = Vec::new();
    for name in names {
        let fine = (1..=LONGEST_NAME).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if !fine {
            bail!("the name of a {what} has 1 to {LONGEST_NAME} letters, digits, `-`, `_` and `.`");
        }
        if seen.contains(&name) {
            bail!("two {what}s are called `{name}`");
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
