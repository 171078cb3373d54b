//! The first-party plugins ask for what they need and for no more.
//!
//! For each line of what a plugin asks for, an operator grants everything but this line. Then either a plan is refused, or
//! the line is one of those that are listed here with the reason why a plan does not need it.

use std::collections::BTreeSet;

use aegis_registry::{Capabilities, Lock, PluginName};
use serde_json::Value;

use crate::desk::Desk;

/// What a line is about, short and the same whatever the order of lines.
fn title(line: &Value) -> String {
    let list = |field: &str| {
        let items = line[field].as_array().into_iter().flatten();
        items
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut words = vec![line["capability"].as_str().unwrap().to_owned()];
    words.extend(line["group"].as_str().map(str::to_owned));
    for field in [
        "kinds",
        "names",
        "entries",
        "prefixes",
        "definitions",
        "resource-types",
        "data-types",
    ] {
        words.push(list(field));
    }
    words.extend(line["scope"].as_str().map(str::to_owned));
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

#[test]
fn print() {
    let Some(desk) = Desk::accepted() else { return };
    let good = desk.read("aegis.lock");
    let lock = Lock::load(&desk.lock_file()).unwrap();
    for (name, entry) in lock.plugins() {
        let lines: Vec<Value> = entry.grant.clone().into();
        for (index, line) in lines.iter().enumerate() {
            let try_it = |fewer: Vec<Value>| {
                desk.write("aegis.lock", &good);
                if Capabilities::new(fewer.clone()).is_err() {
                    return None;
                }
                grant(&desk, name, fewer);
                Some(desk.run(&["plan", "--quiet"]))
            };
            let mut fewer = lines.clone();
            fewer.remove(index);
            let e = try_it(fewer).unwrap();
            if e.code != Some(3) {
                println!(
                    "LINE {:?} {name} {} {}",
                    e.code,
                    title(line),
                    if e.code == Some(1) {
                        e.err
                    } else {
                        String::new()
                    }
                );
                continue;
            }
            let mut pointers = Vec::new();
            arrays(line, String::new(), &mut pointers);
            for (pointer, n) in pointers {
                for i in 0..n {
                    let mut changed = lines.clone();
                    let list = changed[index]
                        .pointer_mut(&pointer)
                        .unwrap()
                        .as_array_mut()
                        .unwrap();
                    let gone = list.remove(i);
                    if let Some(e) = try_it(changed) {
                        if e.code != Some(3) {
                            println!(
                                "ELEM {:?} {name} {} {pointer}: {gone} {}",
                                e.code,
                                title(line).chars().take(60).collect::<String>(),
                                if e.code == Some(1) {
                                    e.err
                                } else {
                                    String::new()
                                }
                            );
                        }
                    }
                }
            }
        }
    }
}

fn arrays(value: &Value, at: String, out: &mut Vec<(String, usize)>) {
    match value {
        Value::Array(items) => {
            out.push((at.clone(), items.len()));
            for (i, item) in items.iter().enumerate() {
                arrays(item, format!("{at}/{i}"), out);
            }
        }
        Value::Object(map) => {
            for (k, v) in map {
                arrays(v, format!("{at}/{k}"), out);
            }
        }
        _ => {}
    }
}

fn grant(desk: &Desk, name: &PluginName, lines: Vec<Value>) {
    desk.accept_changed(|lock| {
        let mut entry = lock.plugins()[name].clone();
        entry.grant = Capabilities::new(lines).unwrap();
        lock.insert(entry);
    });
}
