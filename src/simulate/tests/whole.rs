//! Whole simulations: they repeat themselves, and what they find is right.

use std::time::Duration;

use super::server::Server;
use crate::simulate::client::Client;
use crate::simulate::compare::{Difference, Policy, compare};
use crate::simulate::incident::{Incident, Timed};
use crate::simulate::simulation::{MAIN, Order, Plan, Simulation};
use crate::simulate::talk::{Reply, Request};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn plan(client: Client, incidents: Vec<Timed>) -> Plan {
    Plan {
        client,
        seed: 3,
        people: 40,
        span: DAY * 40,
        pace: 20_000,
        around_the_clock: false,
        domain: "x.example".to_owned(),
        groups: String::new(),
        threshold: None,
        incidents,
    }
}

struct Run {
    said: Vec<Request>,
    differences: Vec<Difference>,
    simulation: Simulation,
    refused: usize,
    scanned: usize,
}

/// Runs it against a server that takes the first token at the first path only.
fn run(plan: &Plan, policy: Policy) -> Run {
    let mut server = Server::default();
    server.deletes = policy != Policy::Suspend;
    let mut simulation = Simulation::new(plan, "http://x");
    let (mut said, mut refused, mut scanned) = (Vec::new(), 0, 0);
    loop {
        match simulation.next() {
            Order::Send(wave) => {
                let denied = match (simulation.way.token.as_str(), &simulation.way.base) {
                    (MAIN, None) => None,
                    (MAIN, Some(_)) => Some(404),
                    _ => Some(401),
                };
                let answers = wave.iter().map(|request| match denied {
                    None => server.answer(request),
                    Some(status) => {
                        refused += 1;
                        Reply {
                            status,
                            ..Reply::default()
                        }
                    }
                });
                let answers = answers.collect();
                said.extend(wave);
                simulation.answers(answers);
            }
            Order::Scan(attempts) => scanned += attempts.len(),
            Order::Pause(_) | Order::Deed(_) => {}
            Order::Done => break,
        }
    }
    let listed = server.list();
    let differences = compare(&simulation.company, &*simulation.machine, policy, &listed);
    Run {
        said,
        differences,
        simulation,
        refused,
        scanned,
    }
}

fn timed(days: u32, incident: Incident) -> Timed {
    Timed {
        at: DAY * days,
        incident,
    }
}

#[test]
fn a_seed_decides_every_request() {
    for client in [Client::Okta, Client::Entra] {
        let plan = plan(client, Vec::new());
        let once = run(&plan, Policy::Delete);
        assert!(once.said.len() > 300, "{client}: {}", once.said.len());
        assert_eq!(once.said, run(&plan, Policy::Delete).said, "{client}");
        let other = Plan { seed: 4, ..plan };
        assert_ne!(once.said, run(&other, Policy::Delete).said, "{client}");
    }
}

#[test]
fn months_end_without_a_difference_under_each_policy() {
    for client in [Client::Okta, Client::OktaOin, Client::Entra] {
        for policy in [Policy::Delete, Policy::Suspend, Policy::Any] {
            let run = run(&plan(client, Vec::new()), policy);
            assert_eq!(run.differences, [], "{client} {policy:?}");
            assert!(run.simulation.events > 100);
        }
    }
}

#[test]
fn the_wrong_policy_is_noticed() {
    let mut plan = plan(Client::Okta, Vec::new());
    plan.pace = 40_000;
    let run = run(&plan, Policy::Delete);
    let simulation = &run.simulation;
    let listed = crate::simulate::compare::Listed::default();
    let found = compare(
        &simulation.company,
        &*simulation.machine,
        Policy::Suspend,
        &listed,
    );
    assert!(found.len() > simulation.company.people.len() / 2);
}

#[test]
fn a_token_that_dies_is_a_quarantine_until_another_one_is_entered() {
    let incidents = vec![
        timed(
            3,
            Incident::TokenDies {
                token: "expired".to_owned(),
            },
        ),
        timed(
            10,
            Incident::TokenEntered {
                token: MAIN.to_owned(),
            },
        ),
    ];
    let seen = run(&plan(Client::Entra, incidents.clone()), Policy::Delete);
    assert_eq!(seen.differences, []);
    let [quarantine] = seen.simulation.machine.quarantines() else {
        panic!("one quarantine");
    };
    let lasted = quarantine.until.unwrap().since(quarantine.from);
    assert!(lasted > DAY * 6 && lasted < DAY * 8, "{lasted:?}");
    // 6, 12 and 24 hours, then daily.
    assert!((7..10).contains(&seen.refused), "{}", seen.refused);

    // Okta goes on, and everything it tries becomes a task.
    let seen = run(&plan(Client::Okta, incidents), Policy::Delete);
    assert!(seen.refused > 20 && !seen.differences.is_empty());
    assert_eq!(seen.simulation.machine.quarantines(), []);
}

#[test]
fn incidents_do_what_they_say() {
    let share = |percent| timed(2, Incident::Unassign { percent });
    let mut quiet = plan(Client::Entra, vec![share(50)]);
    quiet.pace = 0;
    let half = run(&quiet, Policy::Delete);
    assert_eq!(half.differences, []);
    let company = &half.simulation.company;
    let out = company.people.iter().filter(|person| !person.assigned);
    assert_eq!(out.count(), 20);

    quiet.incidents = vec![
        timed(1, Incident::Onboard { people: 30 }),
        timed(
            2,
            Incident::RenameGroup {
                group: "Sales".to_owned(),
                to: "Vendite".to_owned(),
            },
        ),
        timed(
            3,
            Incident::EmptyGroup {
                group: "Legal".to_owned(),
            },
        ),
        timed(4, Incident::Scan { tokens: 30 }),
        timed(
            5,
            Incident::Flap {
                times: 4,
                every: DAY,
            },
        ),
        timed(
            20,
            Incident::BaseEntered {
                path: Some("/nowhere".to_owned()),
            },
        ),
        timed(22, Incident::BaseEntered { path: None }),
        timed(25, Incident::Restart),
    ];
    let seen = run(&quiet, Policy::Delete);
    assert_eq!(seen.differences, []);
    assert_eq!(
        (seen.scanned, seen.simulation.company.people.len()),
        (30, 70)
    );
    assert_eq!(seen.simulation.company.groups[0].name, "Vendite");
    assert_eq!(seen.simulation.machine.quarantines().len(), 1);

    // Nobody is found by the new names: each account is there twice.
    quiet.incidents = vec![timed(2, Incident::Rematch { percent: 25 })];
    let seen = run(&quiet, Policy::Delete);
    let strangers = seen
        .differences
        .iter()
        .filter(|one| one.what == "unexpected");
    assert_eq!(strangers.count(), 10);
}
