//! Removals from the request to the last operator's verdict, on a clock that tests move.

mod guard;
