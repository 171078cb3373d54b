//! One file for each target.

mod answer;
mod approval;
mod catalogue;
mod config_schema;
mod descriptor;
mod dry_run;
mod file_content;
mod grant;
mod journal;
mod json;
mod lease;
mod lock_file;
mod name;
mod outputs;
mod package;
mod plan;
mod proposal;
mod stack_file;
mod state;
mod statement;
mod template;
mod trust_file;

use crate::Target;

/// Seeds in files are enough.
fn none() -> Vec<Vec<u8>> {
    Vec::new()
}

macro_rules! targets {
    ($($name:ident $(with $made:path)?),* $(,)?) => {
        &[$(Target {
            name: stringify!($name),
            run: $name::run,
            made: targets!(@made $($made)?),
        }),*]
    };
    (@made $made:path) => { $made };
    (@made) => { none };
}

/// Every target, sorted by name.
pub static TARGETS: &[Target] = targets![
    answer,
    approval,
    catalogue with catalogue::made,
    config_schema with config_schema::made,
    descriptor with descriptor::made,
    dry_run,
    file_content,
    grant with grant::made,
    journal,
    json,
    lease,
    lock_file with lock_file::made,
    name,
    outputs with outputs::made,
    package with package::made,
    plan with plan::made,
    proposal,
    stack_file with stack_file::made,
    state,
    statement with statement::made,
    template,
    trust_file with trust_file::made,
];
