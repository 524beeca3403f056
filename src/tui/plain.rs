//! The console of `--no-tui`: each exchange one line, append-only, fit for logs and screen readers.
