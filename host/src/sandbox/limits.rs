//! How much of everything one call of a plugin may use.

use std::time::Duration;

/// The limits of one call. Every number has a reason, and every limit an error of its own.
///
/// The stack is limited too, to 1 MiB, for the whole engine: it is part of how code is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall clock, instantiation and host calls included. A plan of a large platform takes a plugin
    /// milliseconds; ten seconds is a plugin that hangs, and a person still waits for it.
    pub time: Duration,
    /// Bytes of all memories and tables of the call together. A plan's largest request and answer are
    /// tens of megabytes; a Python interpreter starts with about fifty.
    pub memory: usize,
    /// Core modules instantiated, memories and tables: each costs the host a little memory that `memory` does
    /// not count. A component of a composed toolchain has about ten.
    pub instances: usize,
    /// Bytes of an answer, and of the arguments of one host call.
    pub answer_bytes: usize,
    /// JSON values and records in an answer. The bodies of ten thousand Kubernetes objects have less.
    pub answer_nodes: usize,
    /// Calls of host functions, log messages included.
    pub host_calls: usize,
    /// Bytes that reads return in total: the objects of a cluster with several thousand of them.
    pub read_bytes: usize,
    /// Log messages. A person does not read more of them.
    pub log_messages: usize,
    /// Bytes of log messages in total.
    pub log_bytes: usize,
}

impl Limits {
    /// What a call gets unless somebody says otherwise:
    ///
    /// | limit | value |
    /// |---|---|
    /// | time | 10 s |
    /// | memory and tables | 256 MiB |
    /// | instances, memories, tables | 64 of each |
    /// | answer | 16 MiB, 1,000,000 values |
    /// | host calls | 10,000 calls, 64 MiB returned |
    /// | log | 1,000 messages, 256 KiB |
    pub const DEFAULT: Self = Self {
        time: Duration::from_secs(10),
        memory: 256 << 20,
        instances: 64,
        answer_bytes: 16 << 20,
        answer_nodes: 1_000_000,
        host_calls: 10_000,
        read_bytes: 64 << 20,
        log_messages: 1_000,
        log_bytes: 256 << 10,
    };

    /// What a call gets that judges the documents of a plan: so much more as there is to look at, because a thousand
    /// clusters are as many reads and findings. `bytes` is the size of all documents together.
    ///
    /// | limit | for each document |
    /// |---|---|
    /// | time | 2 ms |
    /// | answer | 8 KiB, 500 values: some thirty findings |
    /// | host calls | 4 calls, twice its bytes returned |
    pub fn judging(documents: usize, bytes: usize) -> Self {
        let all = Self::DEFAULT;
        let more = |limit: usize, each: usize| limit.saturating_add(documents.saturating_mul(each));
        let milliseconds = u64::try_from(documents.saturating_mul(2)).unwrap_or(u64::MAX);
        Self {
            time: all.time.saturating_add(Duration::from_millis(milliseconds)),
            answer_bytes: more(all.answer_bytes, 8 << 10),
            answer_nodes: more(all.answer_nodes, 500),
            host_calls: more(all.host_calls, 4),
            read_bytes: all.read_bytes.saturating_add(bytes.saturating_mul(2)),
            ..all
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
