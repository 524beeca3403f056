//! Which addresses requests may go to: those of the internet, and private ones that are named.
//!
//! A URL is what somebody typed, and a name means what a server elsewhere says: without this, a
//! name that leads to this machine or its network would have the daemon knock at doors that are
//! closed to strangers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::model::network::Network;

/// Where requests may go to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reachable(pub Vec<Network>);

impl Reachable {
    /// Whether a request may go there.
    pub fn allows(&self, address: IpAddr) -> bool {
        self.names(address) || is_public(address)
    }

    /// Whether the operator named this address: nothing need be hidden from its network.
    pub fn names(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }
}

/// Whether an address is one of the internet (IANA special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        // Shared by the customers of a provider (RFC 6598).
        || (a == 100 && b & 0xc0 == 64)
        // Protocol assignments, relays for 6to4, and benchmarks.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && b & 0xfe == 18))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // An address that leads to one of version 4 (RFC 6052) is as good as that.
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    // Global unicast is 2000::/3; not of it: protocol assignments and Teredo, documentation, 6to4.
    segments[0] & 0xe000 == 0x2000
        && !(segments[0] == 0x2001 && segments[1] < 0x200)
        && !(segments[0] == 0x2001 && segments[1] == 0xdb8)
        && segments[0] != 0x2002
        && !(segments[0] == 0x3fff && segments[1] < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for public in [
            "1.1.1.1",
            "93.184.216.34",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(ip(public)), "{public}");
        }
        for closed in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2001::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "3fff::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(ip(closed)), "{closed}");
        }
    }

    #[test]
    fn named_networks_are_reachable_and_no_others() {
        let reachable = Reachable(
            ["10.1.0.0/16", "::1", "fd00::/8", "192.168.7.7"]
                .map(|text| text.parse().unwrap())
                .to_vec(),
        );
        for (address, allowed) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("::1", true),
            ("::2", false),
            ("fd77::1", true),
            ("192.168.7.7", true),
            ("192.168.7.8", false),
            ("127.0.0.1", false),
            ("9.9.9.9", true),
        ] {
            assert_eq!(reachable.allows(ip(address)), allowed, "{address}");
        }
    }
}
