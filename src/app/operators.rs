//! Where operators reach the daemon: the Unix socket, and TCP if that is configured.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;

use super::tasks::Tasks;
use crate::config::Settings;
use crate::http::limits::Limits;
use crate::http::listen::{origin, refuse_exposed};
use crate::http::ops::socket::Socket;
use crate::http::ops::{self, tcp};
use crate::http::tls::{Identity, Secured};
use crate::model::operator::OperatorRule;
use crate::ops::api::Ops;
use crate::ops::house::House;
use crate::ops::local::LocalOps;

/// A TCP listener for operators.
pub struct Listener {
    tcp: TcpListener,
    identity: Option<Identity>,
}

impl Listener {
    /// Listens as `[ops]` says; `None` if it names no address.
    ///
    /// # Errors
    /// The address is open to others and nothing encrypts, or it or the certificate is of no use.
    pub async fn bind(settings: &Settings) -> anyhow::Result<Option<Self>> {
        let configured = &settings.ops;
        let identity = match (&configured.tls_cert, &configured.tls_key) {
            (Some(cert), Some(key)) => Some(Identity::read(cert, key).map_err(anyhow::Error::msg)?),
            (None, None) => None,
            _ => bail!("ops.tls_cert and ops.tls_key belong together: set both or none"),
        };
        let Some(addr) = configured.listen else {
            return Ok(None);
        };
        if identity.is_none() {
            refuse_exposed(addr, settings.insecure_http)
                .map_err(anyhow::Error::msg)
                .context("ops.listen needs ops.tls_cert and ops.tls_key")?;
        }
        let tcp = TcpListener::bind(addr)
            .await
            .with_context(|| format!("cannot listen on {addr}: choose another in ops.listen"))?;
        Ok(Some(Self { tcp, identity }))
    }

    /// The URL that operators give with `--daemon`.
    ///
    /// # Errors
    /// Those of the system.
    pub fn url(&self) -> std::io::Result<String> {
        let url = origin(None, self.tcp.local_addr()?);
        Ok(match self.identity {
            Some(_) => url.replacen("http", "https", 1),
            None => url,
        })
    }

    /// Serves operators with a token.
    pub fn start(self, house: Arc<House>, limits: Limits, tasks: &mut Tasks) {
        const NAME: &str = "the operations API";
        let endpoint = tcp::endpoint(Arc::new(house), limits, tasks.stop());
        match self.identity {
            Some(identity) => {
                let tcp = self.tcp;
                tasks.start(
                    NAME,
                    endpoint.serve(Secured { tcp, identity }, tasks.stop()),
                );
            }
            None => tasks.start(NAME, endpoint.serve(self.tcp, tasks.stop())),
        }
    }
}

/// Serves operators on the socket.
pub fn start_socket(
    socket: Socket,
    rules: Vec<OperatorRule>,
    house: Arc<House>,
    limits: Limits,
    tasks: &mut Tasks,
) {
    let operators =
        Arc::new(move |name: String| Arc::new(LocalOps::new(house.clone(), &name)) as Arc<dyn Ops>);
    let stop = tasks.stop();
    tasks.start("the operations socket", async move {
        ops::serve(socket, &limits, &rules, operators, stop).await;
    });
}
