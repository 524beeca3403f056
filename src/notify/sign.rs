//! Signatures of webhooks as in Standard Webhooks 1.0: an HMAC over id, time and body, so that a
//! receiver knows who sent a message, and that it is neither altered nor an old one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What a secret in text begins with; base64 follows.
const PREFIX: &str = "whsec_";
/// Fewest bytes of a secret (Standard Webhooks: 24 to 64).
const FEWEST: usize = 24;
/// Most bytes of a secret.
const MOST: usize = 64;

/// A secret that a receiver shares; printed by nothing.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(****)")
    }
}

impl SigningKey {
    /// Reads `whsec_` and 24 to 64 bytes in base64.
    ///
    /// # Errors
    /// What is wrong, without the secret.
    pub fn read(text: &str) -> Result<Self, String> {
        let wrong = || {
            "a webhook's secret is `whsec_` and 24 to 64 random bytes in base64; make one with \
             `echo whsec_$(openssl rand -base64 32)`"
                .to_owned()
        };
        let encoded = text.trim().strip_prefix(PREFIX).ok_or_else(wrong)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| wrong())?);
        if !(FEWEST..=MOST).contains(&bytes.len()) {
            return Err(wrong());
        }
        Ok(Self(bytes))
    }

    /// Value of `webhook-signature` for a message; `seconds` since 1970 stand in
    /// `webhook-timestamp`.
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length");
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        let key = SigningKey::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(
            key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert_eq!(format!("{key:?}"), "SigningKey(****)");
    }

    #[test]
    fn secrets_that_are_none_are_refused_and_not_repeated() {
        for wrong in [
            "",
            "whsec_",
            "whsec_c2hvcnQ=",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_?",
        ] {
            let error = SigningKey::read(wrong).unwrap_err();
            assert!(
                error.contains("openssl") && !error.contains("c2hvcnQ"),
                "{error}"
            );
        }
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        assert!(SigningKey::read(&long).is_err());
    }
}
