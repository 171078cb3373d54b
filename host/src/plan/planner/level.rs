//! Instances that do not wait for each other, worked on at the same time.

use std::future::Future;

use tokio::runtime::Handle;

use crate::graph::Graph;
use crate::parallel;

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
    parallel::map(members, parallelism, |member| {
        runtime.block_on(work(*member))
    })
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
