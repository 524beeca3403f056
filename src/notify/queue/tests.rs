//! The queue against receivers that fail in every way, and against restarts.

use proptest::prelude::*;

use super::*;

const START: Timestamp = Timestamp(1_700_000_000_000);

fn policy() -> Policy {
    Policy {
        window: 100,
        concurrency: 3,
        attempts: 3,
        patience: None,
        holds: true,
        backoff: Backoff {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
        },
    }
}

fn subject(number: u8) -> String {
    format!("subject {number}")
}

fn mark(event: u64, about: u8) -> Mark {
    Mark {
        event,
        kind: "user-patched".to_owned(),
        subject: Some(subject(about)),
    }
}

fn no(why: &str) -> Refusal {
    Refusal {
        why: why.to_owned(),
        rest: None,
    }
}

/// A queue of notices in these groups, of which the first is given up while others are taken.
fn notices(about: &[u8], patience: Option<Duration>) -> Queue {
    let policy = Policy {
        holds: false,
        patience,
        ..policy()
    };
    let mut queue = Queue::new("pager", policy, 0, Vec::new());
    let marks: Vec<_> = (1..)
        .zip(about)
        .map(|(event, about)| mark(event, *about))
        .collect();
    queue.offer(&marks, about.len() as u64);
    queue
}

#[test]
fn a_notice_that_is_given_up_keeps_no_later_one_back_and_can_be_tried_again() {
    let mut queue = notices(&[1, 1, 2], Some(Duration::from_secs(3600)));
    assert_eq!(all(&mut queue, START), [1, 3]);
    queue.took(3);
    queue.refused(1, no("down"), START, 1.0);
    // It is tried for an hour, and no longer.
    let mut now = START;
    let mut attempts = 1;
    while let Some(at) = queue.wake() {
        now = at;
        let next = queue.next(now).unwrap();
        if next != 1 {
            assert_eq!(next, 2);
            queue.took(2);
            break;
        }
        attempts += 1;
        queue.refused(1, no("down"), now, 1.0);
    }
    assert!(now.since(START) >= Duration::from_secs(3600) && attempts > 3);
    let settled = queue.settle().unwrap();
    assert_eq!((settled.event, settled.open.len()), (3, 1));
    assert_eq!(settled.open[0].state, DeliveryState::Failed);
    // After a restart it is still given up, until an operator wants it.
    let again = Policy {
        holds: false,
        ..policy()
    };
    let mut queue = Queue::new("pager", again, 3, settled.open);
    queue.offer(&[mark(4, 1)], 4);
    assert_eq!(all(&mut queue, now), [4]);
    queue.again([1]);
    assert_eq!(all(&mut queue, now), [1]);
    queue.took(1);
    queue.took(4);
    let settled = queue.settle().unwrap();
    assert_eq!((settled.event, settled.done), (4, vec![1]));
}

fn after(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

/// Events 1, 2, … about these subjects.
fn queue(about: &[u8]) -> Queue {
    let mut queue = Queue::new("app", policy(), 0, Vec::new());
    let marks: Vec<_> = (1..)
        .zip(about)
        .map(|(event, about)| mark(event, *about))
        .collect();
    queue.offer(&marks, about.len() as u64);
    queue
}

fn all(queue: &mut Queue, now: Timestamp) -> Vec<u64> {
    std::iter::from_fn(|| queue.next(now)).collect()
}

#[test]
fn subjects_go_side_by_side_and_each_in_its_order() {
    let mut queue = queue(&[1, 1, 2, 1, 3, 4]);
    assert_eq!(all(&mut queue, START), [1, 3, 5]);
    assert_eq!(queue.wake(), None);
    queue.took(3);
    assert_eq!(all(&mut queue, START), [6]);
    queue.took(1);
    assert_eq!(all(&mut queue, START), [2]);
    queue.passed_over(2);
    assert_eq!(all(&mut queue, START), [4]);
}

#[test]
fn a_receiver_that_is_down_gets_one_request_at_a_time_and_loses_nothing() {
    let mut queue = queue(&[1, 2, 3, 4]);
    for event in all(&mut queue, START) {
        queue.refused(event, no("down"), START, 1.0);
    }
    assert_eq!(all(&mut queue, START), Vec::<u64>::new());
    let mut now = START;
    for _ in 0..50 {
        now = queue.wake().unwrap();
        let tried = all(&mut queue, now);
        assert_eq!(tried.len(), 1, "at {now}");
        queue.refused(tried[0], no("down"), now, 1.0);
    }
    // No wait is longer than the longest, and nothing was given up.
    assert_eq!(queue.wake().unwrap().since(now), Duration::from_secs(60));
    assert!(
        queue
            .settle()
            .unwrap()
            .open
            .iter()
            .all(|it| it.state == DeliveryState::Waiting)
    );
    now = queue.wake().unwrap();
    let first = queue.next(now).unwrap();
    queue.took(first);
    // It is back, and whatever waits goes at once.
    assert_eq!(all(&mut queue, now).len(), 3);
}

#[test]
fn what_alone_is_not_taken_is_given_up_and_holds_its_subject_until_it_is_tried_again() {
    let mut queue = queue(&[1, 1, 2, 3, 4]);
    assert_eq!(all(&mut queue, START), [1, 3, 4]);
    queue.took(3);
    let mut now = START;
    for (attempt, other) in [(1, 4), (2, 5), (3, 0)] {
        queue.refused(1, no("answered 500"), now, 1.0);
        if other != 0 {
            all(&mut queue, now);
            queue.took(other);
        }
        if attempt < 3 {
            now = queue.wake().unwrap();
            assert_eq!(all(&mut queue, now), [1]);
        }
    }
    assert_eq!((queue.wake(), queue.next(now)), (None, None));
    let settled = queue.settle().unwrap();
    assert_eq!(settled.event, 5);
    let rows: Vec<_> = settled
        .open
        .iter()
        .map(|row| {
            (
                row.event,
                row.state.as_str(),
                row.attempts,
                row.error.as_str(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [(1, "failed", 3, "answered 500"), (2, "waiting", 0, "")]
    );
    assert_eq!(queue.settle(), None);
    // After a restart it is still so, until an operator has it tried again.
    let mut queue = Queue::new("app", policy(), 5, settled.open);
    assert_eq!(queue.next(now), None);
    queue.again([1, 2, 99]);
    assert_eq!(all(&mut queue, now), [1]);
    queue.took(1);
    assert_eq!(all(&mut queue, now), [2]);
    queue.took(2);
    let settled = queue.settle().unwrap();
    assert_eq!(
        (settled.event, settled.open.len(), settled.done),
        (5, 0, vec![1, 2])
    );
}

#[test]
fn the_place_does_not_pass_what_was_never_tried_and_is_not_held_by_what_has_a_row() {
    let mut queue = queue(&[1, 2, 1, 3]);
    assert_eq!(all(&mut queue, START), [1, 2, 4]);
    assert_eq!(queue.settle(), None);
    queue.refused(1, no("x"), START, 1.0);
    queue.took(4);
    let settled = queue.settle().unwrap();
    // Event 2 is under way.
    assert_eq!((settled.event, settled.open.len()), (1, 1));
    queue.took(2);
    let settled = queue.settle().unwrap();
    // Event 3 waits behind 1.
    assert_eq!((settled.event, settled.open.len()), (4, 1));
    assert_eq!(settled.open[0].event, 3);
}

#[test]
fn a_receiver_may_ask_for_rest_and_a_clock_that_goes_back_delays_nothing() {
    let mut queue = queue(&[1, 2]);
    queue.next(START);
    let refusal = Refusal {
        why: "answered 429".to_owned(),
        rest: Some(Duration::from_secs(600)),
    };
    queue.refused(1, refusal, START, 0.0);
    assert_eq!(queue.next(after(599)), None);
    assert_eq!(queue.wake(), Some(after(600)));
    let year = Duration::from_secs(365 * 86_400);
    assert_eq!(queue.next(START.minus(year)), Some(2));
}

#[test]
fn a_full_queue_asks_for_no_more() {
    let mut queue = Queue::new(
        "app",
        Policy {
            window: 2,
            ..policy()
        },
        7,
        Vec::new(),
    );
    assert_eq!(queue.wants(), Some(7));
    queue.offer(&[mark(8, 1), mark(9, 1)], 9);
    assert_eq!(queue.wants(), None);
    let event = queue.next(START).unwrap();
    queue.took(event);
    assert_eq!(queue.wants(), Some(9));
}

/// What happens next to a queue.
#[derive(Clone, Copy, Debug)]
enum Step {
    Happen(u8),
    Send,
    Answer { first: bool, taken: bool },
    Wait(u16),
    Store,
    Kill,
    Again,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0_u8..4).prop_map(Step::Happen),
        4 => Just(Step::Send),
        4 => any::<(bool, bool)>().prop_map(|(first, taken)| Step::Answer { first, taken }),
        2 => (0_u16..100).prop_map(Step::Wait),
        2 => Just(Step::Store),
        1 => Just(Step::Kill),
        1 => Just(Step::Again),
    ]
}

/// The tables of the store.
#[derive(Default)]
struct Stored {
    event: u64,
    rows: BTreeMap<u64, Delivery>,
}

impl Stored {
    fn settle(&mut self, settled: Settled) {
        self.event = settled.event;
        for row in settled.open {
            self.rows.insert(row.event, row);
        }
        for event in settled.done {
            self.rows.remove(&event);
        }
    }

    fn queue(&self) -> Queue {
        Queue::new(
            "app",
            policy(),
            self.event,
            self.rows.values().cloned().collect(),
        )
    }
}

proptest! {
    /// Whatever the receiver answers and whenever the daemon is killed: in the end every event was
    /// taken, and a receiver that passes over what it has seen sees each subject in its order.
    #[test]
    fn nothing_is_lost_or_out_of_order(steps in proptest::collection::vec(step(), 0..300)) {
        let mut stored = Stored::default();
        let mut queue = stored.queue();
        let mut events: Vec<Mark> = Vec::new();
        let mut under_way: Vec<u64> = Vec::new();
        let mut taken: Vec<u64> = Vec::new();
        let mut now = START;
        for step in steps {
            match step {
                Step::Happen(about) => events.push(mark(events.len() as u64 + 1, about)),
                Step::Send => {
                    if let Some(after) = queue.wants() {
                        let new: Vec<_> = events.iter().filter(|it| it.event > after).cloned().collect();
                        queue.offer(&new, events.len() as u64);
                    }
                    under_way.extend(queue.next(now));
                }
                Step::Answer { first, taken: yes } if !under_way.is_empty() => {
                    let event = under_way.remove(if first { 0 } else { under_way.len() - 1 });
                    if yes {
                        taken.push(event);
                        queue.took(event);
                    } else {
                        queue.refused(event, no("no"), now, 0.5);
                    }
                }
                Step::Answer { .. } => {}
                Step::Wait(seconds) => now = now.plus(Duration::from_secs(seconds.into())),
                Step::Store => {
                    if let Some(settled) = queue.settle() {
                        stored.settle(settled);
                    }
                }
                Step::Kill => {
                    // What is under way may or may not have arrived.
                    taken.extend(under_way.drain(..).filter(|event| event % 2 == 0));
                    queue = stored.queue();
                }
                Step::Again => {
                    let failed: Vec<_> = stored
                        .rows
                        .values_mut()
                        .filter(|row| row.state == DeliveryState::Failed)
                        .collect();
                    let mut again = Vec::new();
                    for row in failed {
                        (row.state, row.attempts) = (DeliveryState::Waiting, 0);
                        again.push(row.event);
                    }
                    queue.again(again);
                }
            }
            prop_assert!(under_way.len() <= 3);
        }
        // The receiver takes everything from here on.
        taken.append(&mut under_way);
        queue = stored.queue();
        let all: Vec<_> = events.iter().filter(|it| it.event > stored.event).cloned().collect();
        queue.offer(&all, events.len() as u64);
        for row in stored.rows.values() {
            queue.again([row.event]);
        }
        while let Some(event) = queue.next(now) {
            taken.push(event);
            queue.took(event);
        }
        let settled = queue.settle();
        if let Some(settled) = settled {
            stored.settle(settled);
        }
        prop_assert_eq!((stored.event, stored.rows.len()), (events.len() as u64, 0));
        let mut seen = BTreeSet::new();
        let mut last: HashMap<Option<String>, u64> = HashMap::new();
        for event in taken {
            if seen.insert(event) {
                let subject = events[usize::try_from(event).unwrap() - 1].subject.clone();
                let before = last.insert(subject, event).unwrap_or(0);
                prop_assert!(before < event, "{} came after {}", event, before);
            }
        }
        prop_assert_eq!(seen.len(), events.len());
    }
}
