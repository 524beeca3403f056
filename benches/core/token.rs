//! `token/…`: what authentication costs each request before the store is asked.

use std::hint::black_box;

use criterion::Criterion;
use scimtop::ids::TokenId;
use scimtop::model::token::TokenKind;
use scimtop::secret::{PlainToken, Presented, TokenHash};

fn authenticate(text: &str) -> Option<TokenHash> {
    match PlainToken::recognise(text) {
        Presented::Token(token) => Some(token.hash()),
        Presented::Damaged | Presented::Foreign => None,
    }
}

/// Tokens.
pub fn benches(criterion: &mut Criterion) {
    let token =
        PlainToken::generate(TokenKind::Scim, &TokenId::new()).expect("the system has randomness");
    let whole = token.reveal().to_owned();
    let damaged = format!("{}!", &whole[..whole.len() - 1]);
    let mut group = criterion.benchmark_group("token");
    for (name, text) in [
        ("recognise_and_hash/ours", whole.as_str()),
        ("recognise_and_hash/damaged", damaged.as_str()),
        ("recognise_and_hash/foreign", "eyJhbGciOiJIUzI1NiJ9.e30.x"),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| authenticate(black_box(text)));
        });
    }
    group.finish();
}
