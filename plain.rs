//! The console of `--no-tui`: one line an exchange, appended, fit for logs and screen readers.
