//! Rules and lives of alerts in a running house, fed with what is recorded and what changes.
//!
//! After a start the last recorded requests and events are read once more, so that rules know what
//! they knew; lives are kept in the store.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::engine::watch::{Gauges, Hushed, Known, Life, Lives, Rhythm, Rules, refuses_writes};
use crate::ids::{OrgId, TokenId};
use crate::model::alert::{Alert, AlertChange, State as AlertState};
use crate::model::alert_settings::AlertSettings;
use crate::model::exchange::ExchangeSummary;
use crate::ops::api::OpsError;
use crate::ops::house::House;
use crate::ops::metrics::counters::Counters;
use crate::ops::tally::Tally;
use crate::ops::{guard, tokens};
use crate::store::{TrafficQuery, Walk, inspect};

/// Events read at once.
const EVENTS: u64 = 2_000;
/// Changes that wait to be stored; beyond, the oldest are given up.
const WAITING: usize = 10_000;
/// How often all is looked at although nothing happened: gauges and tokens change by themselves.
const LOOK: Duration = Duration::from_secs(30);
/// How often the rhythms of clients are kept; what was recorded since is read again at the start.
const KEEPING: Duration = Duration::from_secs(15 * 60);
/// How long changes of alerts are kept.
const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// Counts and rules.
pub(super) struct Watcher {
    pub tally: Tally,
    /// What only metrics tell, counted since the process started.
    pub counters: Counters,
    state: Mutex<State>,
    /// Held while all is looked at.
    turning: Mutex<()>,
}

struct State {
    rules: Rules,
    lives: Lives,
    settings: AlertSettings,
    /// The first exchange that was noted as it came; those before are read from the store.
    first: Option<u64>,
    primed: bool,
    /// Noted before that.
    waiting: VecDeque<Arc<ExchangeSummary>>,
    /// The last event that was looked at.
    event: u64,
    unsaved: Vec<AlertChange>,
    /// When the rhythms of clients are to be kept again.
    keep: Timestamp,
    /// Rhythms were read from the store.
    resumed: bool,
    /// Something was recorded since all was looked at.
    news: bool,
    /// When that was.
    looked: Timestamp,
    /// When time alone changes what stands.
    deadline: Option<Timestamp>,
}

/// What is to be stored.
#[derive(Clone)]
struct Unsaved {
    changes: Vec<AlertChange>,
    /// By fingerprint; `None`: over.
    lives: Vec<(String, Option<Life>)>,
    rhythms: Vec<(TokenId, Rhythm)>,
}

impl Unsaved {
    fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.lives.is_empty() && self.rhythms.is_empty()
    }
}

impl Watcher {
    pub fn new(settings: &AlertSettings) -> Self {
        Self {
            tally: Tally::default(),
            counters: Counters::default(),
            state: Mutex::new(State {
                rules: Rules::new(settings),
                lives: Lives::new(settings),
                settings: settings.clone(),
                first: None,
                primed: false,
                waiting: VecDeque::new(),
                event: 0,
                unsaved: Vec::new(),
                keep: Timestamp::default(),
                resumed: false,
                news: false,
                looked: Timestamp::default(),
                deadline: None,
            }),
            turning: Mutex::new(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thresholds.
    pub fn settings(&self) -> AlertSettings {
        self.state().settings.clone()
    }

    /// How near each Org's provider is to being stopped by Entra's measure, of 1.
    pub fn nearness(&self, now: Timestamp) -> Vec<(OrgId, f64)> {
        self.state().rules.nearness(now)
    }

    /// Takes in exchanges as they are recorded.
    pub fn note(&self, stored: &[Arc<ExchangeSummary>]) {
        let mut state = self.state();
        state.news = true;
        for summary in stored {
            self.counters.count(summary);
            state.first.get_or_insert(summary.seq);
            if state.primed {
                self.tally.note(summary);
                state.rules.exchange(summary);
            } else {
                state.waiting.push_back(Arc::clone(summary));
                if state.waiting.len() as u64 > state.settings.read {
                    state.waiting.pop_front();
                }
            }
        }
    }

    /// Other thresholds from now on.
    fn set(&self, settings: &AlertSettings) {
        let mut state = self.state();
        state.rules.renew(settings);
        state.lives.set(settings);
        state.settings = settings.clone();
        (state.first, state.primed) = (None, false);
    }

    /// Takes what is to be stored.
    fn take_unsaved(&self, now: Timestamp) -> Unsaved {
        let mut state = self.state();
        let mut rhythms = Vec::new();
        if state.primed && now >= state.keep {
            rhythms = state.rules.take_changed();
            state.keep = now.plus(KEEPING);
        }
        Unsaved {
            changes: std::mem::take(&mut state.unsaved),
            lives: state.lives.take_changed(),
            rhythms,
        }
    }

    /// That was not stored.
    fn keep_again(&self, unsaved: Unsaved) {
        let mut state = self.state();
        let newer = std::mem::replace(&mut state.unsaved, unsaved.changes);
        state.unsaved.extend(newer);
        let excess = state.unsaved.len().saturating_sub(WAITING);
        state.unsaved.drain(..excess);
        let touched = unsaved.lives.into_iter();
        state
            .lives
            .keep_again(touched.map(|(fingerprint, _)| fingerprint));
        let tokens = unsaved.rhythms.into_iter();
        state.rules.keep_again(tokens.map(|(token, _)| token));
    }

    /// Reads what was recorded before the start, once. Blocks.
    pub fn prime(&self, house: &House) -> Result<(), OpsError> {
        let _turn = self.turning.lock().unwrap_or_else(PoisonError::into_inner);
        self.read_back(house)
    }

    fn read_back(&self, house: &House) -> Result<(), OpsError> {
        let (first, read, hours) = {
            let state = self.state();
            if state.primed {
                return Ok(());
            }
            let set = &state.settings;
            (state.first, set.read, set.expired_token_in_use.hours)
        };
        let query = TrafficQuery {
            walk: Walk::Newest { before: first },
            ..TrafficQuery::default()
        };
        let earlier = house.store.traffic().page(&query, read)?;
        // A provider in quarantine asks once a day: refusals are looked for further back.
        let refused = match earlier.last() {
            Some(oldest) if earlier.len() as u64 == read => {
                let reach = Duration::from_secs(3_600 * u64::from(hours));
                let query = TrafficQuery {
                    status: Some(401..=403),
                    since: Some(house.clock.now().minus(reach)),
                    walk: Walk::Newest {
                        before: Some(oldest.seq),
                    },
                    ..TrafficQuery::default()
                };
                house.store.traffic().page(&query, read)?
            }
            _ => Vec::new(),
        };
        let (lives, rhythms, event) = house.store.read(|reader| {
            let lives: Vec<Life> = reader.alert_lives()?;
            Ok((lives, reader.rhythms()?, reader.last_event()?))
        })?;
        let mut state = self.state();
        // With other thresholds, what was learned, told and counted stays.
        let anew = !std::mem::replace(&mut state.resumed, true);
        if anew {
            let now = house.clock.now();
            state.rules.resume(rhythms, house.started.unwrap_or(now));
            state.keep = now.plus(KEEPING);
            for life in lives {
                state.lives.resume(life);
            }
        }
        state.event = event.saturating_sub(read);
        let first = state.first;
        for summary in refused.iter().rev() {
            state.rules.exchange(summary);
        }
        // What was recorded while the store was read is waiting too.
        let before = earlier.into_iter().rev();
        for summary in before.filter(|summary| first.is_none_or(|first| summary.seq < first)) {
            if anew {
                self.tally.note(&summary);
            }
            state.rules.exchange(&summary);
        }
        while let Some(summary) = state.waiting.pop_front() {
            self.tally.note(&summary);
            state.rules.exchange(&summary);
        }
        state.primed = true;
        Ok(())
    }

    /// True if something happened since all was looked at, or time has come.
    fn is_due(&self, house: &House) -> Result<bool, OpsError> {
        let last = house.store.read(|reader| reader.last_event())?;
        let state = self.state();
        let due = state.looked.plus(LOOK);
        let due = state.deadline.map_or(due, |deadline| deadline.min(due));
        Ok(state.news || !state.primed || last > state.event || house.clock.now() >= due)
    }

    /// Looks at all; what calls for an operator now. Blocks.
    pub fn turn(&self, house: &House) -> Result<Vec<Alert>, OpsError> {
        let _turn = self.turning.lock().unwrap_or_else(PoisonError::into_inner);
        self.read_back(house)?;
        let mut event = self.state().event;
        loop {
            let (happened, next) = house
                .store
                .read(|reader| reader.happenings(event, EVENTS))?;
            let mut state = self.state();
            for happening in &happened {
                state.rules.happening(happening);
            }
            (state.event, event) = (next, next);
            if (happened.len() as u64) < EVENTS {
                break;
            }
        }
        let now = house.clock.now();
        let (tokens, guards) = (tokens::list(house, None)?, guard::guarded(house)?);
        let (acknowledged, silences, backlogs) = house.store.read(|reader| {
            Ok((
                reader.acknowledgements()?,
                reader.silences(now)?,
                reader.backlogs()?,
            ))
        })?;
        let hushed = Hushed {
            acknowledged,
            silences,
        };
        let known = Known {
            now,
            tokens: &tokens,
            guards: &guards,
            base_url: &house.base_url,
            gauges: gauges(house),
            backlogs: &backlogs,
        };
        let mut state = self.state();
        let refuses = refuses_writes(&state.settings.storage, &known.gauges);
        house.provision.refuse_writes(refuses);
        (state.news, state.looked) = (false, now);
        let standing = state.rules.standing(&known);
        let changes = state.lives.turn(now, standing, &hushed);
        state.unsaved.extend(changes);
        let rules = state.rules.next_deadline(now);
        let lives = state.lives.next_deadline(now, &hushed);
        let due = rules.into_iter().chain(lives).min();
        state.deadline = due;
        Ok(state.lives.alerts())
    }
}

/// Bytes free on the disk of the data, and its size; `None`: the system does not say.
pub(super) fn disk(house: &House) -> Option<(u64, u64)> {
    match &house.gauges {
        Some(measure) => Some(measure().disk),
        None => inspect::disk(&house.data_dir),
    }
}

/// Measures the machine.
fn gauges(house: &House) -> Gauges {
    if let Some(measure) = &house.gauges {
        return measure();
    }
    Gauges {
        log_bytes: house.store.sizes().log,
        disk: disk(house).unwrap_or_default(),
        oldest_write: house.store.write_stats().oldest,
    }
}

impl House {
    /// Fingerprints of alerts that stand and that nobody is to be spared.
    pub fn loud_alerts(&self) -> BTreeSet<String> {
        let alerts = self.watcher.state().lives.alerts();
        let loud = alerts.into_iter().filter(|alert| {
            alert.quiet.is_none()
                && matches!(alert.state, AlertState::Firing | AlertState::Recovering)
        });
        loud.map(|alert| alert.fingerprint).collect()
    }

    /// Looks for what calls for an operator, if something happened or time has come, and stores
    /// what changed. For every second of a daemon, and of no one else: two would both tell. Blocks.
    ///
    /// # Errors
    /// Those of the store; what was to be stored is stored the next time.
    pub fn watch(&self) -> Result<(), OpsError> {
        if self.watcher.is_due(self)? {
            self.watcher.turn(self)?;
        }
        self.keep_changes()
    }

    /// The same, without asking whether it is due; when time alone changes what stands. For
    /// simulated time.
    ///
    /// # Errors
    /// As for [`House::watch`].
    pub fn watch_now(&self) -> Result<Option<Timestamp>, OpsError> {
        self.watcher.turn(self)?;
        self.keep_changes()?;
        Ok(self.watcher.state().deadline)
    }

    /// Waits until everything that was answered is recorded and counted. Blocks.
    pub fn settle_record(&self) {
        self.store.traffic().flush();
    }

    fn keep_changes(&self) -> Result<(), OpsError> {
        let unsaved = self.watcher.take_unsaved(self.clock.now());
        if unsaved.is_empty() {
            return Ok(());
        }
        let again = unsaved.clone();
        let before = self.clock.now().minus(KEPT);
        let stored = self.store.write_blocking(move |tx| {
            tx.prune_alert_changes(before)?;
            let mut last = None;
            for change in &unsaved.changes {
                last = Some(tx.append_alert_change(change)?);
            }
            for (fingerprint, life) in &unsaved.lives {
                tx.keep_alert_life(fingerprint, life.as_ref())?;
            }
            for (token, rhythm) in &unsaved.rhythms {
                tx.keep_rhythm(token, rhythm)?;
            }
            Ok::<_, OpsError>(last)
        });
        match stored {
            Ok(last) => {
                if let Some(last) = last {
                    self.alert_news.send_replace(last);
                }
                Ok(())
            }
            Err(error) => {
                self.watcher.keep_again(again);
                Err(error)
            }
        }
    }

    /// Other thresholds from now on: the rules look once more at what was recorded lately.
    pub fn set_alerts(&self, settings: &AlertSettings) {
        self.watcher.set(settings);
    }
}
