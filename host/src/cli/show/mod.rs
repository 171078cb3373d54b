//! How plans, findings and state are shown to people.
//!
//! A [`report`] says what is shown, in [`line`]s that keep our words and foreign text apart. Each format renders it with
//! its own escapers of [`aegis_document::escape`].

pub mod diff;
pub mod findings;
pub mod first;
pub mod html;
pub mod line;
pub mod markdown;
pub mod report;
#[cfg(test)]
mod tests;
pub mod text;
mod words;
