//! E-mail as a sink: SMTP to an address that was checked, over TLS.

use std::path::Path;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use zeroize::Zeroizing;

use super::message::notice_id;
use super::queue::Refusal;
use super::send::{Door, resolve};
use super::settings::MailTls;
use super::text::{text, title};
use crate::model::notice::Notice;

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
        let sending = tokio::time::timeout(door.patience, self.attempt(notice, number, door));
        sending.await.unwrap_or_else(|_| Err(door.no_answer()))
    }

    async fn attempt(&self, notice: &Notice, number: u64, door: &Door) -> Result<(), Refusal> {
        let secure = self.tls.is_some();
        let address = resolve(&self.server, self.port, secure, &door.reachable).await?;
        let tls = match self.tls.clone() {
            Some((MailTls::Implicit, parameters)) => Tls::Wrapper(parameters),
            Some((_, parameters)) => Tls::Required(parameters),
            None => Tls::None,
        };
        // To the address that was checked; the certificate must be that of the name.
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
                .port(self.port)
                .tls(tls)
                .timeout(Some(door.patience));
        if let Some((user, password)) = &self.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.to_string()));
        }
        let message = self.message(notice, number)?;
        match builder.build().send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Refusal::because(why(&error))),
        }
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

fn parameters(server: &str, roots: Option<&Path>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(server.to_owned());
    if let Some(file) = roots {
        let unread = || format!("cannot read {} as PEM", file.display());
        let pem = std::fs::read(file).map_err(|_| unread())?;
        let authority = Certificate::from_pem(&pem).map_err(|_| unread())?;
        builder = builder
            .certificate_store(CertificateStore::None)
            .add_root_certificate(authority);
    }
    builder.build().map_err(|_| {
        "TLS cannot be set up: the server is no host name, or no certificate authority is known"
            .to_owned()
    })
}

/// Why mail was not taken, without what the server said: that may repeat what it was told.
fn why(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("answered {code}"),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None if error.is_tls() => "TLS failed".to_owned(),
        None if error.is_client() => "the server offers no login or TLS as it should".to_owned(),
        None => "cannot connect, or the connection ended".to_owned(),
    }
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
