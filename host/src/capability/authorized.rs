//! Values that were authorised.

use std::collections::BTreeSet;
use std::ops::Deref;

use super::denial::Denial;
use super::{DeriveContext, Effective, Request, Risk, authorize, derive};
use crate::proposal::Change;

/// A value of which everything that it implies was allowed. There is no other way to get one than
/// through authorisation, and what is inside cannot be changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Authorized<T> {
    value: T,
    requests: Vec<Request>,
    grants: BTreeSet<usize>,
}

impl<T> Authorized<T> {
    /// What the value implies, sorted, each once.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// The lines of the grant that were used.
    pub fn grants(&self) -> &BTreeSet<usize> {
        &self.grants
    }

    /// The highest class of risk in it.
    pub fn risk(&self) -> Risk {
        self.requests
            .iter()
            .map(Request::risk)
            .max()
            .unwrap_or(Risk::Plain)
    }

    /// The value, no longer marked as authorised.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Authorized<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Authorises a change: its tokens are declared and stand where they may, and everything that it implies is
/// allowed. Returns every refusal, not only the first.
pub fn authorize_change(
    effective: &Effective,
    change: Change,
    context: &DeriveContext,
) -> Result<Authorized<Change>, Vec<Denial>> {
    let requests = derive(&change, context).map_err(|denial| vec![denial.of(&change.id)])?;
    let (requests, grants) = authorize_all(effective, requests).map_err(|denials| {
        denials
            .into_iter()
            .map(|denial| denial.of(&change.id))
            .collect::<Vec<_>>()
    })?;
    Ok(Authorized {
        value: change,
        requests,
        grants,
    })
}

/// Authorises requests; sorted, each once, with the lines of the grant that allow them.
pub(super) fn authorize_all(
    effective: &Effective,
    mut requests: Vec<Request>,
) -> Result<(Vec<Request>, BTreeSet<usize>), Vec<Denial>> {
    requests.sort();
    requests.dedup();
    let mut grants = BTreeSet::new();
    let mut denials = Vec::new();
    for request in &requests {
        match authorize(effective, request).into_result() {
            Ok(line) => {
                grants.insert(line);
            }
            Err(denial) => denials.push(denial),
        }
    }
    if denials.is_empty() {
        Ok((requests, grants))
    } else {
        Err(denials)
    }
}
