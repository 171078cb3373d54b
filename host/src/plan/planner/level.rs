//! Instances that do not wait for each other, worked on at the same time.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::runtime::Handle;

use crate::graph::Graph;

/// Indices of the instances of chosen stages, by level: every instance of a level waits only for
/// instances of levels before it.
pub fn levels(graph: &Graph, chosen: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let mut level: Vec<usize> = Vec::with_capacity(graph.instances.len());
    let mut levels: Vec<Vec<usize>> = Vec::new();
    for (index, node) in graph.instances.iter().enumerate() {
        let own = node
            .edges
            .iter()
            .filter_map(|edge| level.get(*edge))
            .map(|before| before + 1)
            .max()
            .unwrap_or(0);
        level.push(own);
        if !chosen(node.stage) {
            continue;
        }
        if levels.len() <= own {
            levels.resize_with(own + 1, Vec::new);
        }
        if let Some(members) = levels.get_mut(own) {
            members.push(index);
        }
    }
    levels.retain(|members| !members.is_empty());
    levels
}

/// Runs one future for each member, on so many threads, and gives the results in the order of the members.
pub fn run<T, F>(
    members: &[usize],
    runtime: &Handle,
    parallelism: usize,
    work: impl Fn(usize) -> F + Sync,
) -> Vec<T>
where
    T: Send,
    F: Future<Output = T>,
{
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<T>>> = members.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..parallelism.clamp(1, members.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(member), Some(result)) = (members.get(place), results.get(place))
                    else {
                        return;
                    };
                    let done = runtime.block_on(work(*member));
                    *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
                }
            });
        }
    });
    // A thread ends only when every member was taken and done, so no result is missing.
    results
        .into_iter()
        .filter_map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_members() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .unwrap();
        let work = |member: usize| async move {
            tokio::time::sleep(std::time::Duration::from_millis((5 - member as u64) * 3)).await;
            member * 10
        };
        assert_eq!(
            run(&[1, 3, 2, 4], runtime.handle(), 3, work),
            [10, 30, 20, 40]
        );
        assert!(run(&[], runtime.handle(), 3, work).is_empty());
    }
}
