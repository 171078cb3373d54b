//! Who may reach the machines from outside of the cluster.

use aegis_plugin::cidr::Block;
use aegis_plugin::{ConfigProblem, Problems, pointer};

/// Reads a list of networks for which a firewall is opened. The machines have private addresses and their load
/// balancer is internal: a network of others could not reach them, but would open them if that ever changed.
pub fn networks(texts: &[String], list: &str, problems: &mut Problems) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match network(text, &blocks) {
            Ok(block) => blocks.push(block),
            Err(message) => problems.add(ConfigProblem::new(
                pointer::of([list, &index.to_string()]),
                message,
            )),
        }
    }
    blocks
}

fn network(text: &str, before: &[Block]) -> Result<Block, String> {
    let block: Block = text.parse().map_err(|error| format!("{error}"))?;
    if !block.is_private() {
        return Err(format!(
            "`{block}` holds addresses of the internet; only private networks may come in"
        ));
    }
    if before.contains(&block) {
        return Err(format!("`{block}` is listed twice"));
    }
    Ok(block)
}

#[cfg(test)]
mod tests {
    use aegis_plugin::Failure;

    use super::*;

    #[test]
    fn every_network_that_may_not_come_in_is_pointed_at() {
        let texts = [
            "10.8.0.0/16",
            "0.0.0.0/0",
            "::/0",
            "10.8.0.1/16",
            "home",
            "10.8.0.0/16",
        ]
        .map(str::to_owned);
        let mut problems = Problems::default();
        let blocks = networks(&texts, "api-access", &mut problems);
        assert_eq!(blocks.len(), 1);
        let Err(Failure::InvalidConfig(problems)) = problems.finish() else {
            panic!("accepted")
        };
        let found: Vec<_> = problems
            .iter()
            .map(|problem| (problem.pointer.as_str(), problem.message.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (
                    "/api-access/1",
                    "`0.0.0.0/0` holds addresses of the internet; only private networks may come in"
                ),
                (
                    "/api-access/2",
                    "`::/0` holds addresses of the internet; only private networks may come in"
                ),
                (
                    "/api-access/3",
                    "the address is not the first of its block; `10.8.0.0/16` is"
                ),
                (
                    "/api-access/4",
                    "not a block of addresses, such as `10.0.0.0/16`"
                ),
                ("/api-access/5", "`10.8.0.0/16` is listed twice"),
            ]
        );
    }
}
