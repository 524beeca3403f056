//! Which addresses may be listened on, and what clients are told to use.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Refuses to carry tokens in the clear over a network: without TLS only loopback addresses are
/// served, unless `insecure_http` says that a proxy terminates TLS.
///
/// # Errors
/// What to do about it, for the operator.
pub fn refuse_exposed(addr: SocketAddr, insecure_http: bool) -> Result<(), String> {
    if addr.ip().to_canonical().is_loopback() || insecure_http {
        return Ok(());
    }
    Err(format!(
        "refusing to listen on {addr} without TLS: tokens would cross the network in the clear. \
         Listen on 127.0.0.1, or give --insecure-http if a proxy before it terminates TLS"
    ))
}

/// What comes before `/scim/v2` in every URL that clients are given: the configured public URL
/// (with or without `/scim/v2`), or else the address listened on. Never what a request claims
/// in `Host` or `Forwarded`.
pub fn origin(public_url: Option<&str>, listen: SocketAddr) -> String {
    if let Some(url) = public_url {
        let url = url.trim_end_matches('/');
        let url = url.strip_suffix("/scim/v2").unwrap_or(url);
        return url.trim_end_matches('/').to_owned();
    }
    // "Any address" is none that a client could connect to.
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, listen.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_served_in_the_clear() {
        for (addr, allowed) in [
            ("127.0.0.1:8080", true),
            ("127.9.9.9:1", true),
            ("[::1]:8080", true),
            ("[::ffff:127.0.0.1]:8080", true),
            ("0.0.0.0:8080", false),
            ("[::]:8080", false),
            ("192.168.1.5:8080", false),
            ("[2001:db8::1]:8080", false),
        ] {
            let addr: SocketAddr = addr.parse().unwrap();
            assert_eq!(refuse_exposed(addr, false).is_ok(), allowed, "{addr}");
            assert!(refuse_exposed(addr, true).is_ok(), "{addr}");
        }
        let refused = refuse_exposed("0.0.0.0:1".parse().unwrap(), false).unwrap_err();
        assert!(refused.contains("--insecure-http"), "{refused}");
    }

    #[test]
    fn origins() {
        for (public, listen, expected) in [
            (None, "127.0.0.1:8080", "http://127.0.0.1:8080"),
            (None, "0.0.0.0:80", "http://127.0.0.1:80"),
            (None, "[::]:80", "http://[::1]:80"),
            (
                Some("https://id.example"),
                "127.0.0.1:1",
                "https://id.example",
            ),
            (
                Some("https://id.example/"),
                "127.0.0.1:1",
                "https://id.example",
            ),
            (
                Some("https://id.example/a/scim/v2/"),
                "127.0.0.1:1",
                "https://id.example/a",
            ),
        ] {
            assert_eq!(origin(public, listen.parse().unwrap()), expected);
        }
    }
}
