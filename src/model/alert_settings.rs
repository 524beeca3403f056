//! Thresholds of the detection rules (`[alerts]` in the configuration file) and bounds of what the
//! rules remember.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A table of settings, each number with its default.
macro_rules! settings {
    ($($(#[$about:meta])* $table:ident { $($(#[$what:meta])* $key:ident: $kind:ty = $default:expr,)* })*) => { $(
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct $table { $($(#[$what])* pub $key: $kind,)* }

        impl Default for $table {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }
    )* };
}

settings! {
    /// All of them.
    AlertSettings {
        /// Tokens, sources, users or groups that each rule remembers at most; the one seen least
        /// lately is forgotten first.
        remember: usize = 1_000,
        /// Recorded requests, and events, that are read when the daemon starts.
        read: u64 = 20_000,
        /// A condition that was measured must be gone for so many minutes before its alert ends.
        recover_minutes: u32 = 5,
        /// An acknowledgement ends after so many hours.
        acknowledged_hours: u32 = 24,
        /// A silence lasts so many days at most.
        silence_days: u32 = 30,
        /// So many changes ...
        flap_changes: usize = 4,
        /// ... within so many minutes are flapping; the alert is kept firing as long.
        flap_minutes: u32 = 30,
        /// A1
        expired_token_in_use: Remembered = Remembered::default(),
        /// A2
        revoked_token_in_use: RevokedToken = RevokedToken::default(),
        /// A3
        wrong_org: WrongOrg = WrongOrg::default(),
        /// A4
        unknown_token: UnknownToken = UnknownToken::default(),
        /// A5
        malformed_credential: Malformed = Malformed::default(),
        /// A6
        refusal_burst: Burst = Burst::default(),
        /// A7
        wrong_base_url: WrongBaseUrl = WrongBaseUrl::default(),
        /// A8
        stale_ids: StaleIds = StaleIds::default(),
        /// A9
        token_expiry: Expiry = Expiry::default(),
        /// B1
        failure_rate: FailureRate = FailureRate::default(),
        /// B2
        latency: Latencies = Latencies::default(),
        /// B3
        client_errors: ClientErrors = ClientErrors::default(),
        /// B4
        backlog: BacklogLimits = BacklogLimits::default(),
        /// B6
        storage: StorageLimits = StorageLimits::default(),
        /// C1
        silence: Silence = Silence::default(),
        /// C2
        silence_bursty: SilenceBursty = SilenceBursty::default(),
        /// D2
        group_emptied: GroupEmptied = GroupEmptied::default(),
        /// D3
        group_renamed: GroupRenamed = GroupRenamed::default(),
        /// D5
        duplicates: Duplicates = Duplicates::default(),
        /// D6
        user_flapping: UserFlapping = UserFlapping::default(),
        /// D7
        came_back_bare: CameBackBare = CameBackBare::default(),
        /// P1
        provisioning_lag: Lag = Lag::default(),
    }

    /// A1
    Remembered {
        /// A refused token is remembered for so many hours: a provider in quarantine asks once a
        /// day, and one that pushes changes asks nothing over a weekend.
        hours: u32 = 73,
    }

    /// A2; a refused token is remembered as for A1.
    RevokedToken {
        /// Critical if the Org had no success for so many hours.
        critical_hours: u32 = 2,
    }

    /// A3
    WrongOrg {
        /// Critical at so many requests ...
        critical: usize = 3,
        /// ... within so many minutes.
        minutes: u32 = 10,
    }

    /// A4
    UnknownToken {
        /// So many requests ...
        count: usize = 3,
        /// ... within so many minutes.
        minutes: u32 = 30,
        /// Critical if the network had a success within so many days.
        known_days: u32 = 30,
    }

    /// A5
    Malformed {
        /// So many requests ...
        count: usize = 5,
        /// ... within so many minutes, from a network that had a success within A4's days.
        minutes: u32 = 10,
        /// From others: so many requests ...
        scan_count: usize = 30,
        /// ... within so many minutes are a scan.
        scan_minutes: u32 = 5,
    }

    /// A6
    Burst {
        /// So many refusals within a minute.
        minute: usize = 20,
        /// So many within ten.
        ten_minutes: usize = 100,
    }

    /// A7
    WrongBaseUrl {
        /// So many requests ...
        count: usize = 10,
        /// ... or so many different paths ...
        paths: usize = 3,
        /// ... within so many minutes.
        minutes: u32 = 10,
        /// One request with a valid token for what would be an endpoint below the right base URL is
        /// enough, and is told until that token is used well, for so many hours at most.
        hours: u32 = 73,
    }

    /// A8
    StaleIds {
        /// So many different ids ...
        count: usize = 5,
        /// ... within so many minutes.
        minutes: u32 = 60,
    }

    /// A9
    Expiry {
        /// Days before the end at which it is told, once each.
        days: Vec<u32> = vec![30, 14, 7, 3, 1, 0],
        /// A warning from so many days on; before, information.
        warning: u32 = 14,
        /// Critical from so many days on.
        critical: u32 = 3,
        /// A token that was not used for so many days is not missed.
        in_use_days: u32 = 30,
    }

    /// B1
    FailureRate {
        /// Per cent of requests that are answered without a fault of this side.
        objective: f64 = 99.5,
        /// At least so many bad ones within a window.
        bad: u64 = 10,
        /// With fewer requests an hour ...
        few: u64 = 100,
        /// ... so many bad ones an hour are told.
        few_bad: u64 = 5,
        /// How fast the budget burns, and in which windows.
        burn: Vec<Burn> = Burn::ladder(),
    }

    /// B2; the windows are B1's.
    Latencies {
        /// Milliseconds for a write.
        write_ms: u32 = 500,
        /// Milliseconds for a read.
        read_ms: u32 = 300,
        /// Per cent of requests that are as quick.
        objective: f64 = 99.0,
        /// At least so many slow ones within a window.
        bad: u64 = 10,
    }

    /// B3
    ClientErrors {
        /// At least so many requests of an Org are answered alike with 400, 409 or 412 ...
        count: u64 = 20,
        /// ... and at least so many per cent of its requests ...
        percent: u64 = 20,
        /// ... or one subject fails so often ...
        repeats: u64 = 5,
        /// ... within so many minutes; 60 at most.
        minutes: u32 = 60,
        /// It is told until so many hours have passed without another such answer.
        hours: u32 = 25,
    }

    /// B4
    BacklogLimits {
        /// The oldest message to a webhook or sink waits for so many minutes: a warning.
        warning_minutes: u32 = 5,
        /// Critical after so many.
        critical_minutes: u32 = 30,
    }

    /// B6
    StorageLimits {
        /// Megabytes of the directory's log.
        log_megabytes: u64 = 256,
        /// Per cent of the disk that are free: a warning below.
        disk_warning: u64 = 10,
        /// Critical below.
        disk_critical: u64 = 5,
        /// Writes of clients are refused below, with 503; 0: never.
        disk_refuse: u64 = 2,
    }

    /// C1; a client that is not regular is C2's.
    Silence {
        /// A client is observed for so many days before its silence means anything.
        days: u32 = 14,
        /// Silence of at least so many hours ...
        least_hours: u32 = 2,
        /// ... and so many times the pause that one in a thousand of two weeks exceeded.
        times: f64 = 1.5,
        /// So many pauses more say nothing about the client: they may have been failures.
        exceptions: u64 = 1,
        /// A client for which that is longer is not regular, nor one that paused for longer more
        /// often than there are exceptions.
        regular_hours: u32 = 24,
    }

    /// C2; what is expected is counted in minutes with a request, by the hour of the week over
    /// eight weeks.
    SilenceBursty {
        /// Silence in which at least so many are expected ...
        least: f64 = 12.0,
        /// ... and so many times what one pause in a thousand had more of ...
        times: f64 = 3.0,
        /// ... and of at least so many hours.
        least_hours: u32 = 2,
    }

    /// D2
    GroupEmptied {
        /// From so many members to none.
        members: u64 = 10,
        /// Or half of them, and at least so many ...
        lost: u64 = 20,
        /// ... within so many minutes.
        minutes: u32 = 10,
        /// It is told for so many hours, or until the group has as many members again.
        hours: u32 = 24,
    }

    /// D3
    GroupRenamed {
        /// What separates group and Org in the names of single sign-on.
        delimiter: String = "@".to_owned(),
        /// It is told for so many hours.
        hours: u32 = 24,
    }

    /// D5
    Duplicates {
        /// 409 uniqueness on so many subjects ...
        conflicts: usize = 3,
        /// ... or so many accounts created with the address of a live one ...
        twins: usize = 20,
        /// ... within so many minutes.
        minutes: u32 = 60,
        /// It is told until so many hours have passed without another: a provider tries again more
        /// and more seldom, once a day in the end.
        hours: u32 = 25,
    }

    /// D6
    UserFlapping {
        /// Removed so often ...
        count: usize = 3,
        /// ... within so many hours.
        hours: u32 = 24,
    }

    /// D7
    CameBackBare {
        /// Groups may come so many minutes later.
        minutes: u32 = 60,
        /// It is told for so many hours, and a removal is remembered for so many days.
        hours: u32 = 24,
        /// See above.
        days: u32 = 30,
    }

    /// P1
    Lag {
        /// A burst that still runs after so many minutes.
        minutes: u32 = 40,
        /// A burst is over after so many minutes without a write.
        pause_minutes: u32 = 2,
        /// Writes wait so many seconds.
        queue_seconds: u32 = 30,
    }
}

/// A burn rate and the two windows in which it must hold: the short one says that it still does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Burn {
    /// How many times faster than allowed.
    pub rate: f64,
    /// Minutes of the long window; three days at most.
    pub long_minutes: u32,
    /// Minutes of the short window.
    pub short_minutes: u32,
    /// Critical, else a warning.
    pub critical: bool,
}

impl Burn {
    fn ladder() -> Vec<Self> {
        [
            (14.4, 60, 5, true),
            (6.0, 360, 30, true),
            (1.0, 4_320, 360, false),
        ]
        .map(|(rate, long_minutes, short_minutes, critical)| Self {
            rate,
            long_minutes,
            short_minutes,
            critical,
        })
        .to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_may_be_set_and_the_others_keep_their_default() {
        let text = r#"{ "unknown_token": { "count": 9 } }"#;
        let set: AlertSettings = serde_json::from_str(text).unwrap();
        assert_eq!(
            (set.unknown_token.count, set.unknown_token.minutes),
            (9, 30)
        );
        assert_eq!(set.refusal_burst, Burst::default());
        let wrong = serde_json::from_str::<AlertSettings>(r#"{ "unknown_token": { "n": 9 } }"#);
        assert!(wrong.is_err());
    }
}
