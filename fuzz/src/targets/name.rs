//! Names and other short texts that become typed.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use aegis_document::{Digest, Identifier, Untrusted, untrusted};
use aegis_host::capability::{Pattern, path};
use aegis_host::cidr::Cidr;
use aegis_host::date::Date;
use aegis_host::fact::{FactRef, Format};
use aegis_host::plan::{Identity, InstanceId};
use aegis_registry::{Kind, Location, PluginName, PublicKey};

use crate::check;

pub(super) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let shown: Untrusted<'_> = untrusted(text);
    check::shown(&shown.to_string().replace('\n', "\0"));

    exact::<Identifier>(text);
    exact::<Digest>(text);
    exact::<FactRef>(text);
    exact::<InstanceId>(text);
    exact::<Identity>(text);
    exact::<PluginName>(text);
    exact::<PublicKey>(text);
    exact::<Kind>(text);
    exact::<Location>(text);
    exact::<Date>(text);
    stable::<Format>(text);
    stable::<Pattern>(text);
    if let Ok(block) = Cidr::parse(text) {
        assert_eq!(block.to_string(), text);
        assert!(block.contains(block) && block.overlaps(block));
    }
    if path::check(text).is_ok() {
        assert!(text.is_ascii() && !text.starts_with('/'));
        assert!(text.split('/').all(|part| !matches!(part, "" | "." | "..")));
    }
}

/// One spelling: what is read prints as it was written.
fn exact<T>(text: &str)
where
    T: FromStr + Display + Debug + PartialEq,
    T::Err: Display,
{
    match text.parse::<T>() {
        Ok(value) => assert_eq!(value.to_string(), text),
        Err(error) => check::refused(&error),
    }
}

/// Several spellings: what is printed reads back to the same.
fn stable<T>(text: &str)
where
    T: FromStr + Display + Debug + PartialEq,
    T::Err: Display,
{
    match text.parse::<T>() {
        Ok(value) => {
            let printed = value.to_string();
            let Ok(again) = printed.parse::<T>() else {
                panic!("`{printed}` is not read back");
            };
            assert_eq!(again, value);
            assert_eq!(again.to_string(), printed);
        }
        Err(error) => check::refused(&error),
    }
}
