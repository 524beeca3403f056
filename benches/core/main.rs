//! What the pure core costs: filters, PATCH, validation, representation, Bulk, tokens, rules of alerts.
//!
//! Names read `group/step/case`. Numbers are to be read as ratios within one run (`parse` to
//! `bind`, one case to the next, 100 operations to one), never as promises: machines differ.
//! `cargo bench --bench core -- --test` runs each once, which is what a build checks.

mod bulk;
mod filter;
mod patch;
mod resource;
mod sample;
mod token;
mod watch;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    filter::benches(&mut criterion);
    patch::benches(&mut criterion);
    resource::benches(&mut criterion);
    bulk::benches(&mut criterion);
    token::benches(&mut criterion);
    watch::benches(&mut criterion);
    criterion.final_summary();
}
