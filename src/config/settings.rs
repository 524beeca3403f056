//! The settings themselves, with their defaults.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::http::limits::Limits;
use crate::model::alert_settings::AlertSettings;
use crate::model::guard::GuardSettings;
use crate::model::operator::OperatorRule;
use crate::notify::settings::{DeadMan, NoticeSettings, Outbound, SinkSettings, WebhookSettings};
use crate::ops::provision::ProvisionLimits;
use crate::scim::builtin::DeclaredExtension;

/// Everything that can be set. The names are the keys of the TOML file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address and port of the SCIM endpoint.
    pub listen: SocketAddr,
    /// Address and port of the content API for applications; it is not served without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_listen: Option<SocketAddr>,
    /// Data directory; the default is `scimtop` in the XDG state directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// Scheme, host and port (and path, behind a proxy) under which clients reach the server;
    /// stands in `meta.location`. The default is `http://` and the listen address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Allows an address that others can reach without TLS: a proxy ends it.
    pub insecure_http: bool,
    /// Theme of the dashboard: the name of a shipped one or the path of a TOML file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// The dashboard uses the mouse; else it is left to the terminal.
    pub mouse: bool,
    /// How much the dashboard sends to its terminal.
    pub terminal: Terminal,
    /// The operations API.
    pub ops: Operations,
    /// Limits of the SCIM endpoint.
    pub limits: Limits,
    /// Limits of what one SCIM request may ask for.
    pub scim: ProvisionLimits,
    /// The guard against mass removals.
    pub guard: GuardSettings,
    /// When an operator is called.
    pub alerts: AlertSettings,
    /// What is kept of exchanges.
    pub traffic: Traffic,
    /// What is kept of events.
    pub events: Events,
    /// How requests go out.
    pub outbound: Outbound,
    /// Applications that are told of events.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<WebhookSettings>,
    /// When people are told of alerts.
    pub notices: NoticeSettings,
    /// Where people are told of alerts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sinks: Vec<SinkSettings>,
    /// A watchdog elsewhere.
    pub dead_man: DeadMan,
    /// Privileges that roles may hold beside the known ones, such as `MY_APP_ADMIN`.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "privilege_names"
    )]
    pub privileges: Vec<String>,
    /// Extension schemas beside the built-in ones (RFC 7643 §3.3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<DeclaredExtension>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            api_listen: None,
            data_dir: None,
            public_url: None,
            insecure_http: false,
            theme: None,
            mouse: true,
            terminal: Terminal::default(),
            ops: Operations::default(),
            limits: Limits::default(),
            scim: ProvisionLimits::default(),
            guard: GuardSettings::default(),
            alerts: AlertSettings::default(),
            traffic: Traffic::default(),
            events: Events::default(),
            outbound: Outbound::default(),
            webhooks: Vec::new(),
            notices: NoticeSettings::default(),
            sinks: Vec::new(),
            dead_man: DeadMan::default(),
            privileges: Vec::new(),
            extensions: Vec::new(),
        }
    }
}

fn privilege_names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    let fine = |name: &String| {
        (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
    };
    match names.iter().position(|name| !fine(name)) {
        Some(at) => Err(D::Error::custom(format!(
            "privilege {} must have 1 to 64 of A-Z, 0-9 and `_`, such as MY_APP_ADMIN",
            at + 1
        ))),
        None => Ok(names),
    }
}

/// How much the dashboard sends to its terminal. What is not set depends on whether SSH lies
/// between.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terminal {
    /// Most frames a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames_per_second: Option<NonZeroU32>,
    /// Bytes a second that data may cause; 0: as many as there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u32>,
}

/// Who operates the daemon, and from where.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Operations {
    /// The socket; the default is `scimtop.sock` in the data directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
    /// Group that may connect to the socket; without one only the daemon's own user may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket_group: Option<String>,
    /// Address and port for operators with a token; not served without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// Certificate chain for that address, a PEM file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert: Option<PathBuf>,
    /// Its key, a PEM file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
    /// What users and groups of this machine may do over the socket.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<OperatorRule>,
}

/// How long exchanges are kept.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Traffic {
    /// Days.
    pub keep_days: u32,
    /// Size of all exchanges, in bytes.
    pub max_bytes: u64,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            keep_days: 30,
            max_bytes: 1 << 30,
        }
    }
}

/// How long events are kept.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Events {
    /// Days.
    pub keep_days: u32,
}

impl Default for Events {
    fn default() -> Self {
        Self { keep_days: 400 }
    }
}
