//! Drivers carry changes out, one for each kind of target.
//!
//! [`document`] is what all of them share: the desired document of one identity, as plan and state
//! keep it. [`tree`] writes documents into a folder for Git.

pub mod document;
pub mod risk;
pub mod tree;
