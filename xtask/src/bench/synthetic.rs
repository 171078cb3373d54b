//! Stack files with as many clusters as are asked for.

/// Most clusters that have an address range of their own below.
pub const MOST: usize = 1900;

/// Adds clusters to a stack file until it has `count`, and returns the new text. The clusters that
/// are there stay, because stages may name them. `None` if there is no block `clusters:` with one
/// entry a line or more, or it has more than `count` entries.
pub fn with_clusters(stack: &str, count: usize) -> Option<String> {
    let lines: Vec<&str> = stack.lines().collect();
    let start = lines
        .iter()
        .position(|line| line.trim_end() == "clusters:")?
        + 1;
    let length = lines
        .iter()
        .skip(start)
        .position(|line| !line.is_empty() && !line.starts_with([' ', '#']))
        .unwrap_or(lines.len() - start);
    let block = lines.get(start..start + length)?;

    let entries = || {
        block
            .iter()
            .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
    };
    let indent = entries().map(|line| indent_of(line)).min()?;
    let present = entries().filter(|line| indent_of(line) == indent).count();
    let more = count.checked_sub(present)?;
    if more > MOST {
        return None;
    }

    let mut text = lines.get(..start + length)?.join("\n");
    text.push('\n');
    for index in 0..more {
        text.push_str(&" ".repeat(indent));
        text.push_str(&cluster(index));
        text.push('\n');
    }
    for line in lines.get(start + length..)? {
        text.push_str(line);
        text.push('\n');
    }
    Some(text)
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Ranges of 8,192 addresses each, upwards of 10.16.0.0: below that are the example's own.
fn cluster(index: usize) -> String {
    let second = 16 + index / 8;
    let third = index % 8 * 32;
    format!("c{index:04}: {{region: us-east-1, zones: 3, cidr: 10.{second}.{third}.0/19}}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const STACK: &str = "\
aegis: 1
clusters:
  # the first
  use1: {region: us-east-1, zones: 3, cidr: 10.0.0.0/16}
  euw1:
    region: eu-west-1

stages: {}
";

    #[test]
    fn clusters_are_added_behind_those_that_are_there() {
        let text = with_clusters(STACK, 3).expect("a stack");
        assert!(text.contains(
            "    region: eu-west-1\n\n  \
             c0000: {region: us-east-1, zones: 3, cidr: 10.16.0.0/19}\nstages: {}\n"
        ));
        assert_eq!(with_clusters(STACK, 2).as_deref(), Some(STACK));
    }

    #[test]
    fn the_block_may_be_the_last_of_the_file() {
        let stack = "clusters:\n  a: {}\n";
        let text = with_clusters(stack, 2).expect("a stack");
        assert!(text.starts_with("clusters:\n  a: {}\n  c0000: "));
    }

    #[test]
    fn what_cannot_be_extended_is_refused() {
        for (stack, count) in [
            ("aegis: 1\n", 10),
            ("clusters: {a: {}}\n", 10),
            ("clusters:\nstages: {}\n", 10),
            (STACK, 1),
            (STACK, MOST + 3),
        ] {
            assert_eq!(with_clusters(stack, count), None, "{count} of {stack}");
        }
    }

    #[test]
    fn no_two_clusters_share_an_address() {
        let ranges: BTreeSet<String> = (0..MOST).map(cluster).collect();
        assert_eq!(ranges.len(), MOST);
        assert!(cluster(MOST - 1).contains("10.253.96.0/19"));
    }
}
