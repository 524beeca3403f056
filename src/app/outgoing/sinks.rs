//! Sinks from the settings: each type with the keys that it needs, and with no others.

use std::path::Path;

use anyhow::{Context as _, bail};
use http::HeaderValue;

use super::{org, secret, url};
use crate::config::Loaded;
use crate::model::org::Org;
use crate::notify::mail::Mail;
use crate::notify::settings::{MailTls, SinkKind, SinkSettings};
use crate::notify::sign::SigningKey;
use crate::notify::sinks::{Sink, Way};
use crate::notify::target::Target;

/// The sinks of the settings.
///
/// # Errors
/// What is wrong with one.
pub(super) fn read(loaded: &Loaded, orgs: Option<&[Org]>) -> anyhow::Result<Vec<Sink>> {
    let sinks = loaded.settings.sinks.iter();
    sinks
        .map(|sink| one(sink, orgs).with_context(|| format!("sink `{}`", sink.name)))
        .collect()
}

fn one(settings: &SinkSettings, orgs: Option<&[Org]>) -> anyhow::Result<Sink> {
    fits(settings)?;
    Ok(Sink {
        name: settings.name.clone(),
        severity: settings.severity,
        org: org(settings.org.as_deref(), orgs)?,
        way: way(settings)?,
    })
}

/// Keys that a type does not have are mistakes: somebody believes that they do something.
fn fits(settings: &SinkSettings) -> anyhow::Result<()> {
    use SinkKind::{Command, Mail, Ntfy, Slack, Webhook};
    let kind = settings.kind;
    let given = [
        ("url", settings.url.is_some(), &[Webhook, Ntfy][..]),
        (
            "url_file",
            settings.url_file.is_some(),
            &[Webhook, Slack, Ntfy],
        ),
        (
            "url_env",
            settings.url_env.is_some(),
            &[Webhook, Slack, Ntfy],
        ),
        (
            "secret_file",
            settings.secret_file.is_some(),
            &[Webhook, Ntfy, Mail],
        ),
        (
            "secret_env",
            settings.secret_env.is_some(),
            &[Webhook, Ntfy, Mail],
        ),
        (
            "ca_file",
            settings.ca_file.is_some(),
            &[Webhook, Slack, Ntfy, Mail],
        ),
        ("server", settings.server.is_some(), &[Mail]),
        ("port", settings.port.is_some(), &[Mail]),
        ("tls", settings.tls.is_some(), &[Mail]),
        ("user", settings.user.is_some(), &[Mail]),
        ("from", settings.from.is_some(), &[Mail]),
        ("to", !settings.to.is_empty(), &[Mail]),
        ("command", !settings.command.is_empty(), &[Command]),
    ];
    for (key, given, kinds) in given {
        if !given || kinds.contains(&kind) {
            continue;
        }
        if key == "url" && kind == Slack {
            bail!(
                "the URL of a chat's webhook is a secret: name a file that holds it with url_file"
            );
        }
        bail!("a sink of type `{}` has no `{key}`", kind.as_str());
    }
    Ok(())
}

fn way(settings: &SinkSettings) -> anyhow::Result<Way> {
    let secret = secret(
        settings.secret_file.as_deref(),
        settings.secret_env.as_deref(),
    )?;
    let target = || {
        let found = url(
            settings.url.as_deref(),
            settings.url_file.as_deref(),
            settings.url_env.as_deref(),
        )?;
        let url = found.context("it needs a url, or a file that holds it with url_file")?;
        Target::read(&url, settings.ca_file.as_deref()).map_err(anyhow::Error::msg)
    };
    Ok(match settings.kind {
        SinkKind::Webhook => {
            let secret = secret.context(
                "name the file that holds its secret with secret_file, or a variable with secret_env",
            )?;
            let key = SigningKey::read(&secret).map_err(anyhow::Error::msg)?;
            Way::Webhook(target()?, key)
        }
        SinkKind::Slack => Way::Slack(target()?),
        SinkKind::Ntfy => {
            let token = secret.map(|token| {
                let value = format!("Bearer {}", token.trim());
                let mut value = HeaderValue::from_str(&value)
                    .map_err(|_| anyhow::anyhow!("its token has characters that no token has"))?;
                value.set_sensitive(true);
                Ok::<_, anyhow::Error>(value)
            });
            Way::Ntfy(target()?, token.transpose()?)
        }
        SinkKind::Mail => {
            let login = match (&settings.user, secret) {
                (Some(user), Some(password)) => {
                    Some((user.clone(), password.trim_end().to_owned().into()))
                }
                (None, None) => None,
                _ => bail!("a user and a password (secret_file or secret_env) belong together"),
            };
            let server = settings.server.as_deref().context("it needs a server")?;
            let from = settings.from.as_deref().context("it needs a from")?;
            if settings.to.is_empty() {
                bail!("it needs a to: one address or several");
            }
            let tls = settings.tls.unwrap_or(MailTls::Implicit);
            let roots = settings.ca_file.as_deref();
            let mail = Mail::new(
                server,
                settings.port,
                tls,
                roots,
                login,
                (from, &settings.to),
            );
            Way::Mail(Box::new(mail.map_err(anyhow::Error::msg)?))
        }
        SinkKind::Command => {
            let (program, arguments) = settings
                .command
                .split_first()
                .context("it needs a command: [\"/path/of/program\", \"argument\"]")?;
            let program = Path::new(program);
            if !program.is_absolute() {
                bail!(
                    "the program must be named by its whole path: there is no shell that looks for it"
                );
            }
            if !program.is_file() {
                bail!("there is no program {}", program.display());
            }
            Way::Command(program.to_owned(), arguments.to_vec())
        }
        SinkKind::Log => Way::Log,
    })
}
