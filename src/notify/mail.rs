//! E-mail as a sink: SMTP to an address that was checked, over TLS.

mod byte_wise;

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection as Connection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use self::byte_wise::ByteWise;
use super::message::notice_id;
use super::queue::Refusal;
use super::send::{Door, no_tls, resolve};
use super::settings::MailTls;
use super::text::{text, title};
use crate::model::notice::Notice;
use crate::ops::remote::tls::{TlsFault, authorities};

/// What a server that took a message gets to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

/// Where mail goes, and from whom.
#[derive(Clone)]
pub struct Mail {
    server: String,
    port: u16,
    tls: Option<(MailTls, TlsParameters)>,
    login: Option<(String, Zeroizing<String>)>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail({})", self.shown())
    }
}

impl Mail {
    /// By the server of that name. Trusts the authorities in the PEM file `roots`, or those of this
    /// system.
    ///
    /// # Errors
    /// What is wrong, without secrets.
    pub fn new(
        server: &str,
        port: Option<u16>,
        tls: MailTls,
        roots: Option<&Path>,
        login: Option<(String, Zeroizing<String>)>,
        (from, to): (&str, &[String]),
    ) -> Result<Self, String> {
        let mailbox = |text: &str| {
            text.parse::<Mailbox>().map_err(|_| {
                "an address is written as `name@example.com`, or `Name <…>`".to_owned()
            })
        };
        if tls == MailTls::None && login.is_some() {
            return Err("a password is not sent without TLS".to_owned());
        }
        let usual = match tls {
            MailTls::Implicit => 465,
            MailTls::Starttls => 587,
            MailTls::None => 25,
        };
        let parameters = (tls != MailTls::None).then(|| parameters(server, roots));
        Ok(Self {
            server: server.to_owned(),
            port: port.unwrap_or(usual),
            tls: parameters.transpose()?.map(|parameters| (tls, parameters)),
            login,
            from: mailbox(from)?,
            to: to.iter().map(|to| mailbox(to)).collect::<Result<_, _>>()?,
        })
    }

    /// Server and port.
    pub fn shown(&self) -> String {
        format!("smtp {}:{}", self.server, self.port)
    }

    /// Sends a notice; that the server took it means that it was taken.
    pub(super) async fn send(
        &self,
        notice: &Notice,
        number: u64,
        door: &Door,
    ) -> Result<(), Refusal> {
        let message = self.message(notice, number)?;
        let sending = tokio::time::timeout(door.patience, self.attempt(&message, door));
        let sent = sending.await.unwrap_or_else(|_| Err(door.no_answer()));
        // However the server takes leave, it has the message: it must not get it again.
        let _ = tokio::time::timeout(FAREWELL, sent?.abort()).await;
        Ok(())
    }

    /// The connection over which the server took the message.
    async fn attempt(&self, message: &Message, door: &Door) -> Result<Connection, Refusal> {
        let secure = self.tls.is_some();
        // To the address that was checked; the certificate must be that of the name.
        let address = resolve(&self.server, self.port, secure, &door.reachable).await?;
        let (me, patience) = (ClientId::default(), Some(door.patience));
        let mut connection = match self.tls.clone() {
            Some((MailTls::Starttls, parameters)) => upgraded(address, parameters, &me).await?,
            tls => {
                let tls = tls.map(|(_, parameters)| parameters);
                let opened = Connection::connect_tokio1(address, patience, &me, tls, None).await;
                opened.map_err(|error| why(&error))?
            }
        };
        if let Some((user, password)) = &self.login {
            let login = Credentials::new(user.clone(), password.to_string());
            let logged_in = connection.auth(DEFAULT_MECHANISMS, &login).await;
            logged_in.map_err(|error| match error.status() {
                None if error.is_client() => {
                    Refusal::because("it takes no password by AUTH PLAIN or LOGIN")
                }
                _ => why(&error),
            })?;
        }
        let sent = connection
            .send(message.envelope(), &message.formatted())
            .await;
        sent.map_err(|error| why(&error))?;
        Ok(connection)
    }

    fn message(&self, notice: &Notice, number: u64) -> Result<Message, Refusal> {
        let host = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(title(notice))
            // The same however often it is sent, so that a mailbox can tell.
            .message_id(Some(format!("<{}@{host}>", notice_id(notice, number))))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            message = message.to(to.clone());
        }
        message
            .body(text(notice))
            .map_err(|_| Refusal::because("the message cannot be put together"))
    }
}

/// A connection under TLS by `STARTTLS`.
async fn upgraded(
    address: SocketAddr,
    parameters: TlsParameters,
    me: &ClientId,
) -> Result<Connection, Refusal> {
    let stream = TcpStream::connect(address).await;
    let stream = stream.map_err(|error| Refusal::because(unreached(&error)))?;
    let opened = Connection::connect_with_transport(Box::new(ByteWise(stream)), me).await;
    let mut connection = match opened {
        Ok(connection) if connection.can_starttls() => connection,
        Ok(_) => {
            return Err(Refusal::because(
                "it offers no STARTTLS, and without TLS nothing is sent: if it has a port with TLS \
                 from the first byte on (465), write `tls = \"implicit\"`",
            ));
        }
        Err(error) => return Err(why(&error)),
    };
    let upgraded = connection.starttls(parameters, me).await;
    upgraded.map_err(|error| why(&error))?;
    Ok(connection)
}

fn parameters(server: &str, roots: Option<&Path>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(server.to_owned());
    if let Some(file) = roots {
        builder = builder.certificate_store(CertificateStore::None);
        for authority in authorities(file)? {
            let authority = Certificate::from_der(authority.to_vec());
            let authority = authority
                .map_err(|_| format!("{} holds no certificate authority", file.display()))?;
            builder = builder.add_root_certificate(authority);
        }
    }
    builder.build().map_err(|_| {
        "TLS cannot be set up: the server is no host name, or what ca_file names holds no \
         certificate authority"
            .to_owned()
    })
}

/// Why mail was not taken, without what the server said: that may repeat what it was told.
fn why(error: &Error) -> Refusal {
    Refusal::because(match error.status().map(u16::from) {
        Some(code @ 530) => format!("answered {code}: it wants a login (user and secret_file)"),
        Some(code @ 535) => format!("answered {code}: it does not accept that user and password"),
        Some(code) => format!("answered {code}"),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None if error.is_client() => "it cannot take such addresses".to_owned(),
        None if error.is_response() => {
            "the connection ended in the middle, or it does not speak SMTP".to_owned()
        }
        None => match connection_error(error) {
            Some(cause) if TlsFault::of(cause).is_some() => no_tls(cause),
            Some(cause) => unreached(cause),
            None => "cannot connect, or the connection ended".to_owned(),
        },
    })
}

fn unreached(error: &io::Error) -> String {
    format!("cannot connect: {}", error.kind())
}

/// The error of the connection that it comes from; TLS from the first byte on wraps it twice.
fn connection_error(error: &Error) -> Option<&io::Error> {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(found) = found.downcast_ref() {
            return Some(found);
        }
        cause = found.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_mail_is_said_at_the_start_and_no_password_shown() {
        let make = |tls, from: &str, password: Option<&str>| {
            let login = password.map(|it| ("u".to_owned(), Zeroizing::new(it.to_owned())));
            let to = ["ops@example.com".to_owned()];
            Mail::new("mail.example", None, tls, None, login, (from, &to))
        };
        let mail = make(MailTls::None, "a <a@example.com>", None).unwrap();
        assert_eq!(format!("{mail:?}"), "Mail(smtp mail.example:25)");
        let error = make(MailTls::None, "a@example.com", Some("hunter2")).unwrap_err();
        assert!(error.contains("without TLS") && !error.contains("hunter2"));
        assert!(
            make(MailTls::None, "nobody", None)
                .unwrap_err()
                .contains("address")
        );
    }
}
