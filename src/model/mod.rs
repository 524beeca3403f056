//! Plain data that the rooms hand each other, with what is pure about it: naming, filtering,
//! explaining. No I/O, no clock.

pub mod advice;
pub mod alert;
pub mod alert_settings;
pub mod content;
pub mod curl;
pub mod deletion;
pub mod delivery;
pub mod diagnosis;
pub mod event;
pub mod event_filter;
pub mod exchange;
pub mod exchange_filter;
pub mod group;
pub mod guard;
pub mod happening;
pub mod health;
pub mod menus;
pub mod network;
pub mod notice;
pub mod operator;
pub mod org;
pub mod recording;
pub mod represent;
pub mod role;
pub mod runbook;
pub mod system;
pub mod token;
pub mod transfer;
pub mod user;
