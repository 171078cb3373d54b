//! TLS probes of endpoints.

use std::fmt;

use aegis_document::{Identifier, untrusted};
use serde::{Deserialize, Serialize};

use super::grant::{Grant, Problem};
use super::sorted::{Patterns, Sorted};
use super::{Pattern, Reach, Request, Risk, words};

/// `probe`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProbeGrant {
    /// Exact names or addresses: with a wildcard, the name itself could carry data out.
    pub hosts: Patterns,
    pub ports: Sorted<u16>,
}

/// One handshake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProbeRequest {
    pub host: String,
    pub port: u16,
}

impl ProbeRequest {
    /// Power: a connection from the operator's network.
    pub const fn risk(&self) -> Risk {
        Risk::Power
    }

    pub const fn cluster(&self) -> Option<&Identifier> {
        None
    }
}

impl fmt::Display for ProbeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connect to {} port {}", untrusted(&self.host), self.port)
    }
}

impl Grant for ProbeGrant {
    fn covers(&self, request: &Request, _: Reach<'_>) -> bool {
        let Request::Probe(request) = request else {
            return false;
        };
        self.hosts.covers(&request.host, request.risk()) && self.ports.contains(&request.port)
    }

    fn describe(&self) -> String {
        format!(
            "connect with TLS to {} on ports {}",
            words::list(self.hosts.iter()),
            words::list(self.ports.iter())
        )
    }

    fn risk(&self) -> Risk {
        Risk::Power
    }

    fn problem(&self) -> Option<Problem> {
        self.hosts
            .iter()
            .any(Pattern::is_wildcard)
            .then_some(Problem {
                pointer: "/hosts",
                message: "hosts have to be exact",
            })
    }
}
