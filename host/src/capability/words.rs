//! Lists as people read them.

use std::fmt::Display;

use super::pattern::Pattern;
use super::reach::ClusterPattern;

/// `a`, `a and b`, `a, b and c`; `nothing` when there is none.
pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let mut words: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    let Some(last) = words.pop() else {
        return "nothing".to_owned();
    };
    if words.is_empty() {
        last
    } else {
        format!("{} and {last}", words.join(", "))
    }
}

/// Patterns as words; `any` when one of them is `*`.
pub(super) fn patterns(patterns: &[Pattern]) -> String {
    if patterns.iter().any(Pattern::is_everything) {
        "any".to_owned()
    } else {
        list(patterns)
    }
}

/// ` in namespace a`, ` in namespaces a and b`, ` in every namespace`.
pub(super) fn namespaces(namespaces: &[Pattern]) -> String {
    match namespaces {
        several if several.iter().any(Pattern::is_everything) => " in every namespace".to_owned(),
        [one] if !one.is_wildcard() => format!(" in namespace {one}"),
        several => format!(" in namespaces {}", list(several)),
    }
}

/// ` in its own cluster`, ` in every cluster`, ` in clusters a and b`.
pub(super) fn clusters(clusters: &[ClusterPattern]) -> String {
    if clusters.contains(&ClusterPattern::Any) {
        return " in every cluster".to_owned();
    }
    match clusters {
        [] => " in no cluster".to_owned(),
        [ClusterPattern::Own] => " in its own cluster".to_owned(),
        several => format!(" in clusters {}", list(several)),
    }
}
