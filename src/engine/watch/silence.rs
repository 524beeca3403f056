//! C1, C2: clients that have stopped asking. C3: clients whose silence would not be noticed.
//!
//! What a client is held against is its own [`Rhythm`] up to its last request. The tokens of a
//! chain are one client.

use std::collections::{BTreeMap, BTreeSet};

use super::marks::Keyed;
use super::rhythm::Rhythm;
use super::tokens::name;
use super::{Known, Machine, days, hours};
use crate::clock::Timestamp;
use crate::ids::{OrgId, TokenId};
use crate::model::alert::{Alert, Rule, Severity};
use crate::model::alert_settings::{AlertSettings, Silence, SilenceBursty};
use crate::model::exchange::ExchangeSummary;
use crate::model::token::{Token, TokenKind};
use crate::text::length;

/// Names in one line.
const NAMED: usize = 3;

/// C1, C2, C3.
pub(super) struct Silences {
    regular: Silence,
    bursty: SilenceBursty,
    tokens: Keyed<TokenId, Rhythm>,
    /// Those that are not kept as they are now.
    changed: BTreeSet<TokenId>,
    /// Before that the server did not run, and nobody was heard.
    began: Timestamp,
    /// When the next one is silent for too long, as far as it was known when it was last asked.
    next: Option<Timestamp>,
}

/// When silence says that a client has stopped.
struct Limit {
    at: Timestamp,
    rule: Rule,
    why: String,
}

impl Silences {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            regular: settings.silence.clone(),
            bursty: settings.silence_bursty.clone(),
            tokens: Keyed::new(settings.remember),
            changed: BTreeSet::new(),
            began: Timestamp::default(),
            next: None,
        }
    }

    /// Other thresholds from now on.
    pub fn set(&mut self, settings: &AlertSettings) {
        self.regular = settings.silence.clone();
        self.bursty = settings.silence_bursty.clone();
    }

    /// Goes on with what was kept; the server did not run before `began`.
    pub fn resume(&mut self, kept: Vec<(TokenId, Rhythm)>, began: Timestamp) {
        self.began = began;
        for (token, rhythm) in kept {
            let last = rhythm.last();
            *self.tokens.at(&token, last) = rhythm;
        }
    }

    /// Takes those that changed since this was last asked.
    pub fn take_changed(&mut self) -> Vec<(TokenId, Rhythm)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        changed
            .filter_map(|token| {
                let rhythm = self.tokens.get(&token)?.clone();
                Some((token, rhythm))
            })
            .collect()
    }

    /// Those were not kept after all.
    pub fn keep_again(&mut self, tokens: impl Iterator<Item = TokenId>) {
        self.changed.extend(tokens);
    }

    fn chains<'a>(&self, known: &Known<'a>) -> BTreeMap<&'a TokenId, Chain<'a>> {
        let mut chains: BTreeMap<&TokenId, Chain<'_>> = BTreeMap::new();
        let of_providers = |token: &&Token| token.kind == TokenKind::Scim;
        for token in known.tokens.iter().filter(of_providers) {
            let Some(rhythm) = self.tokens.get(&token.id) else {
                continue;
            };
            let chain = chains.entry(&token.lineage).or_insert_with(|| Chain {
                rhythm: Rhythm::default(),
                newest: token,
                live: false,
            });
            chain.rhythm.join(rhythm);
            chain.live |= token.revoked.is_none() && known.now < token.expires;
            if chain.newest.created < token.created {
                chain.newest = token;
            }
        }
        chains
    }

    /// When nothing since `from` means something; `None`: not within two weeks.
    fn limit(&self, rhythm: &Rhythm, from: Timestamp) -> Option<Limit> {
        let last = rhythm.last();
        let set = &self.regular;
        let (pause, longer) =
            rhythm.pauses(last, set.exceptions, set.times, hours(set.least_hours));
        if pause <= hours(set.regular_hours) && longer <= set.exceptions {
            return Some(Limit {
                at: from.plus(pause),
                rule: Rule::Silence,
                why: format!(
                    "nothing since {last}; it never paused for {} before",
                    length(pause)
                ),
            });
        }
        let set = &self.bursty;
        let many = (set.times * rhythm.missed(last, self.regular.exceptions)).max(set.least);
        let week = rhythm.expectation(last);
        let at = week.reached(from, many)?;
        Some(Limit {
            at: at.max(from.plus(hours(set.least_hours))),
            rule: Rule::SilenceBursty,
            why: format!(
                "nothing since {last}; at such hours it asks in {:.0} minutes of a week, and {many:.0} \
                 are missing",
                week.week()
            ),
        })
    }
}

/// A chain of tokens that a client uses.
struct Chain<'a> {
    rhythm: Rhythm,
    newest: &'a Token,
    live: bool,
}

/// C1, C2.
fn silent(chain: &Chain<'_>, limit: Limit) -> Alert {
    let severity = if limit.rule == Rule::Silence {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let Chain { rhythm, newest, .. } = chain;
    Alert {
        subject: name(newest),
        since: rhythm.last(),
        last: rhythm.last(),
        why: limit.why,
        advice: "look at the provider whether provisioning is on and its job not in quarantine; \
                 if it is silent on purpose, revoke the token"
            .to_owned(),
        token: Some(newest.id.clone()),
        evidence: vec![rhythm.seq()],
        filter: Some(format!("token:{}", newest.id)),
        ..Alert::new(limit.rule, severity, Some(newest.org), &newest.lineage.0)
    }
}

/// C3.
fn unmonitored(org: OrgId, mut names: Vec<String>) -> Alert {
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    names.truncate(NAMED);
    Alert {
        why: format!(
            "whoever uses {}{more} asks too seldom: that it stopped would not be noticed within \
             two weeks",
            names.join(", ")
        ),
        advice: "let something ask with the token once an hour, for ServiceProviderConfig say, \
                 or look at the provider's own log every week"
            .to_owned(),
        filter: Some(format!("org:{org}")),
        ..Alert::new(Rule::NotMonitorable, Severity::Info, Some(org), "")
    }
}

impl Machine for Silences {
    fn exchange(&mut self, seen: &ExchangeSummary) {
        let Some(token) = seen.token.as_ref().filter(|_| seen.refusal.is_none()) else {
            return;
        };
        let began = self.began;
        self.tokens
            .at(token, seen.at)
            .note(seen.seq, seen.at, began);
        self.changed.insert(token.clone());
    }

    fn standing(&mut self, known: &Known<'_>, alerts: &mut Vec<Alert>) {
        let enough = days(self.regular.days);
        let mut next: Vec<Timestamp> = Vec::new();
        let mut unheard: BTreeMap<OrgId, (Timestamp, Vec<String>)> = BTreeMap::new();
        let chains = self.chains(known).into_values();
        for chain in chains.filter(|chain| chain.live) {
            let learned = chain.rhythm.first().plus(enough);
            if known.now < learned {
                next.push(learned);
                continue;
            }
            let from = chain.rhythm.last().max(self.began);
            // Who fell silent within the first days was not heard for long enough.
            let heard = chain.rhythm.last().since(chain.rhythm.first());
            let known_well = heard * 2 >= enough;
            let limit = known_well.then(|| self.limit(&chain.rhythm, from));
            match limit.flatten() {
                Some(limit) if known.now < limit.at => next.push(limit.at),
                Some(limit) => alerts.push(silent(&chain, limit)),
                None => {
                    let org = chain.newest.org;
                    let (since, names) = unheard.entry(org).or_insert((learned, Vec::new()));
                    *since = learned.max(*since);
                    names.push(name(chain.newest));
                }
            }
        }
        self.next = next.into_iter().min();
        for (org, (since, names)) in unheard {
            alerts.push(Alert {
                subject: known.org_name(Some(org)),
                since,
                last: since,
                ..unmonitored(org, names)
            });
        }
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        self.next.filter(|at| *at > now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{DAY, MINUTE};
    use super::*;

    /// Has asked with token `id` at these moments.
    fn heard(id: &str, moments: impl Iterator<Item = Timestamp>) -> Silences {
        let mut rule = Silences::new(&AlertSettings::default());
        for (seq, at) in (1..).zip(moments) {
            rule.exchange(&ExchangeSummary {
                seq,
                token: Some(TokenId(id.to_owned())),
                ..request(at)
            });
        }
        rule
    }

    /// From `days` ago until now, so often.
    fn every(minutes: u32, days: u32) -> impl Iterator<Item = Timestamp> {
        let all = 0..=days * 1_440 / minutes;
        all.map(move |number| NOW.minus(DAY * days).plus(MINUTE * number * minutes))
    }

    fn told(rule: &mut Silences, tokens: &[Token], now: Timestamp) -> Vec<(Rule, Severity)> {
        let known = Known {
            now,
            ..known(tokens)
        };
        let alerts = standing(rule, &known);
        alerts
            .iter()
            .map(|alert| (alert.rule, alert.severity))
            .collect()
    }

    const C1: (Rule, Severity) = (Rule::Silence, Severity::Critical);
    const C2: (Rule, Severity) = (Rule::SilenceBursty, Severity::Warning);
    const C3: (Rule, Severity) = (Rule::NotMonitorable, Severity::Info);

    #[test]
    fn a_regular_client_that_stops() {
        let tokens = [token("t", 90)];
        // What is observed, and after how many minutes silence is told; 0: never.
        for (minutes, days, after) in [(40, 14, 120), (40, 15, 120), (40, 13, 1_440), (40, 6, 0)] {
            let mut rule = heard("t", every(minutes, days));
            assert_eq!(told(&mut rule, &tokens, NOW), []);
            let due = rule.next_deadline(NOW).unwrap();
            if after == 0 {
                // It was not observed for long enough: that is said once it should have been.
                assert_eq!(due, NOW.plus(DAY * 8));
                assert_eq!(told(&mut rule, &tokens, due), [C3]);
                continue;
            }
            assert_eq!(due, NOW.plus(MINUTE * after));
            assert_eq!(told(&mut rule, &tokens, Timestamp(due.0 - 1)), []);
            assert_eq!(told(&mut rule, &tokens, due), [C1]);
            // It stands however long it lasts, and one request ends it.
            let later = NOW.plus(DAY * 6);
            assert_eq!(told(&mut rule, &tokens, later), [C1]);
            rule.exchange(&ExchangeSummary {
                seq: 100_000,
                token: Some(TokenId("t".to_owned())),
                ..request(later)
            });
            assert_eq!(told(&mut rule, &tokens, later), []);
        }
        // Nobody misses who has no valid token.
        let mut rule = heard("t", every(40, 20));
        assert_eq!(told(&mut rule, &[token("t", -1)], NOW.plus(DAY)), []);
    }

    #[test]
    fn a_pause_of_the_server_is_none_of_the_client() {
        let tokens = [token("t", 90)];
        let mut before = heard("t", every(40, 20));
        let kept = before.take_changed();
        assert_eq!(kept.len(), 1);
        assert!(before.take_changed().is_empty());
        let (began, mut rule) = (NOW.plus(DAY), Silences::new(&AlertSettings::default()));
        rule.resume(kept, began);
        assert_eq!(told(&mut rule, &tokens, began), []);
        assert_eq!(rule.next_deadline(began), Some(began.plus(hours(2))));
        assert_eq!(told(&mut rule, &tokens, began.plus(hours(2))), [C1]);
    }

    #[test]
    fn the_tokens_of_a_chain_are_one_client() {
        let mut old = token("old", 1);
        old.successor = Some(TokenId("new".to_owned()));
        let mut new = token("new", 90);
        new.lineage = old.lineage.clone();
        new.created = NOW;
        let mut rule = heard("old", every(40, 20));
        let later = NOW.plus(DAY);
        for number in 0..=36 {
            rule.exchange(&ExchangeSummary {
                seq: 200_000 + number,
                token: Some(new.id.clone()),
                ..request(NOW.plus(MINUTE * 40 * u32::try_from(number).unwrap()))
            });
        }
        let tokens = [old, new];
        assert_eq!(told(&mut rule, &tokens, later), []);
        assert_eq!(told(&mut rule, &tokens, later.plus(hours(2))), [C1]);
    }

    /// Every five minutes of office hours, but on weekends. `NOW` is a Friday, 8:00.
    fn office(weeks: u32) -> impl Iterator<Item = Timestamp> {
        every(5, 7 * weeks).filter(|at| {
            let hour = at.0.div_euclid(3_600_000);
            let (day, hour) = ((hour.div_euclid(24) + 4) % 7, hour % 24);
            (1..6).contains(&day) && (8..17).contains(&hour)
        })
    }

    #[test]
    fn a_client_of_office_hours_is_missed_in_office_hours() {
        let tokens = [token("t", 90)];
        let mut rule = heard("t", office(6));
        // It last asked at 8:00; twelve minutes with a request are expected an hour.
        assert_eq!(told(&mut rule, &tokens, NOW), []);
        let due = rule.next_deadline(NOW).unwrap();
        assert!((hours(2)..hours(9)).contains(&due.since(NOW)), "{due}");
        assert_eq!(told(&mut rule, &tokens, Timestamp(due.0 - 1)), []);
        assert_eq!(told(&mut rule, &tokens, due), [C2]);
        // Nights and weekends are as ever.
        let friday = office(6).chain((1..108).map(|number| NOW.plus(MINUTE * 5 * number)));
        let mut rule = heard("t", friday);
        let monday = NOW.plus(DAY * 3);
        assert_eq!(told(&mut rule, &tokens, monday), []);
        // Monday begins at 8:00, too.
        assert!(rule.next_deadline(monday).unwrap() > monday.plus(MINUTE * 40));
    }

    #[test]
    fn too_seldom_to_be_missed() {
        let tokens = [token("t", 90)];
        let mut rule = heard("t", every(1_440 * 5, 40));
        assert_eq!(told(&mut rule, &tokens, NOW), [C3]);
        let mut rule = heard("t", [NOW.minus(DAY * 13)].into_iter());
        assert_eq!(told(&mut rule, &tokens, NOW), []);
        let due = rule.next_deadline(NOW).unwrap();
        assert_eq!(due, NOW.plus(DAY));
        assert_eq!(told(&mut rule, &tokens, due), [C3]);
    }
}
