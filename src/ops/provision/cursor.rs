//! Cursors (RFC 9865): a place in a list, sealed so that it can be neither forged nor used for
//! another Org, query or page size.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::ids::OrgId;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::list::ListRequest;
use crate::scim::schema::Kind;
use crate::store::Position;

/// Bytes of the seal: half an HMAC-SHA-256.
const SEAL: usize = 16;

/// Seals and opens cursors.
pub(super) struct Sealer {
    key: Zeroizing<[u8; 32]>,
    /// Seconds a cursor can be used.
    timeout: u64,
}

/// What a cursor must fit.
pub(super) struct Fit<'a> {
    pub org: OrgId,
    /// Endpoints searched, in order.
    pub legs: &'a [Kind],
    pub request: &'a ListRequest,
    /// Page size in force.
    pub count: u64,
    pub now: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    o: OrgId,
    k: Kind,
    q: String,
    c: u64,
    t: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    p: Option<Position>,
}

impl Sealer {
    pub fn new(key: Zeroizing<[u8; 32]>, timeout: u64) -> Self {
        Self { key, timeout }
    }

    /// The cursor of the page that begins behind `position` in the list of `kind`.
    pub fn seal(
        &self,
        fit: &Fit<'_>,
        kind: Kind,
        position: Option<Position>,
    ) -> Result<String, ScimError> {
        let cursor = Cursor {
            o: fit.org,
            k: kind,
            q: query_hash(fit),
            c: fit.count,
            t: fit.now,
            p: position,
        };
        let text = serde_json::to_vec(&cursor)
            .map_err(|_| ScimError::status(500, "The cursor cannot be written."))?;
        let mut sealed = self.mac(&text).to_vec();
        sealed.extend(text);
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens a cursor. One that is forged and one that belongs to another Org answer alike.
    ///
    /// # Errors
    /// 400 `invalidCursor`, `expiredCursor`, or `invalidCount` if the page size changed.
    pub fn open(&self, fit: &Fit<'_>, text: &str) -> Result<(Kind, Option<Position>), ScimError> {
        let invalid = || {
            ScimError::new(
                ScimType::InvalidCursor,
                "This cursor does not belong to this query; start again with an empty cursor.",
            )
        };
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
        let (seal, text) = sealed.split_at_checked(SEAL).ok_or_else(invalid)?;
        let mine = self.mac(text);
        if !bool::from(subtle::ConstantTimeEq::ct_eq(seal, mine.as_slice())) {
            return Err(invalid());
        }
        let cursor: Cursor = serde_json::from_slice(text).map_err(|_| invalid())?;
        if cursor.o != fit.org || cursor.q != query_hash(fit) || !fit.legs.contains(&cursor.k) {
            return Err(invalid());
        }
        if fit.now.since(cursor.t).as_secs() > self.timeout {
            return Err(ScimError::new(
                ScimType::ExpiredCursor,
                "This cursor is too old; start again with an empty cursor.",
            ));
        }
        if cursor.c != fit.count {
            return Err(ScimError::new(
                ScimType::InvalidCount,
                "`count` must stay the same from page to page.",
            ));
        }
        Ok((cursor.k, cursor.p))
    }

    fn mac(&self, text: &[u8]) -> [u8; SEAL] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_ref())
            .expect("an HMAC takes a key of any length");
        mac.update(text);
        let whole = mac.finalize().into_bytes();
        let mut half = [0; SEAL];
        half.copy_from_slice(&whole[..SEAL]);
        half
    }
}

fn query_hash(fit: &Fit<'_>) -> String {
    let request = fit.request;
    let mut hash = Sha256::new();
    for part in [&request.filter, &request.sort_by] {
        hash.update([u8::from(part.is_some())]);
        hash.update(part.as_deref().unwrap_or_default());
        hash.update([0xff]);
    }
    hash.update([u8::from(request.descending)]);
    for leg in fit.legs {
        hash.update([*leg as u8]);
    }
    URL_SAFE_NO_PAD.encode(&hash.finalize()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_where_it_was_sealed() {
        let sealer = Sealer::new(Zeroizing::new([7; 32]), 60);
        let request = ListRequest {
            filter: Some("active eq true".to_owned()),
            ..ListRequest::default()
        };
        let other = ListRequest::default();
        let fit = |org, legs, request, count, seconds: i64| Fit {
            org: OrgId(org),
            legs,
            request,
            count,
            now: Timestamp(seconds * 1000),
        };
        let users: &[Kind] = &[Kind::User];
        let here = fit(1, users, &request, 10, 0);
        let cursor = sealer.seal(&here, Kind::User, None).unwrap();
        assert!(
            cursor
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        assert_eq!(
            sealer.open(&fit(1, users, &request, 10, 60), &cursor),
            Ok((Kind::User, None))
        );
        for (elsewhere, scim_type) in [
            (fit(2, users, &request, 10, 0), ScimType::InvalidCursor),
            (fit(1, users, &other, 10, 0), ScimType::InvalidCursor),
            (
                fit(1, &[Kind::Group], &request, 10, 0),
                ScimType::InvalidCursor,
            ),
            (fit(1, users, &request, 11, 0), ScimType::InvalidCount),
            (fit(1, users, &request, 10, 61), ScimType::ExpiredCursor),
        ] {
            let error = sealer.open(&elsewhere, &cursor).unwrap_err();
            assert_eq!(error.scim_type, Some(scim_type));
        }
        for at in 0..cursor.len() {
            let mut forged = cursor.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            if URL_SAFE_NO_PAD.decode(&forged) != URL_SAFE_NO_PAD.decode(&cursor) {
                let error = sealer.open(&here, &forged).unwrap_err();
                assert_eq!(error.scim_type, Some(ScimType::InvalidCursor), "{at}");
            }
        }
        assert!(sealer.open(&here, "").is_err() && sealer.open(&here, "%%%").is_err());
    }
}
