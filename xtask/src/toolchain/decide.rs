//! Which way to a WebAssembly toolchain is taken next: a table, free of side effects.

use clap::ValueEnum;

/// Which toolchain somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Choice {
    /// The first that works, starting with the one remembered from an earlier run
    #[default]
    Any,
    /// The target of the Rust in use, added with rustup if need be
    Target,
    /// Debian's rustc-web, compiling the standard library along
    Debian,
}

/// What there is on this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine {
    /// The standard library for WebAssembly of the Rust in use.
    pub target: bool,
    /// The program `rustup`.
    pub rustup: bool,
    /// Debian's packages, all of them.
    pub debian_packages: bool,
    /// Debian's package manager.
    pub apt: bool,
}

/// A way to a toolchain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    UseTarget,
    AddTarget,
    UseDebian,
    InstallDebian,
    GiveUp,
}

impl Step {
    /// Its name in a message.
    pub fn name(self) -> &'static str {
        match self {
            Self::UseTarget => "the target of the Rust in use",
            Self::AddTarget => "rustup target add",
            Self::UseDebian => "Debian's packages",
            Self::InstallDebian => "apt-get install",
            Self::GiveUp => "nothing",
        }
    }
}

/// The first way that is open and was not tried. What is there comes before what must be
/// installed, and a few seconds of rustup before 145 MB of Debian's packages.
pub fn next(machine: &Machine, choice: Choice, may_install: bool, tried: &[Step]) -> Step {
    let target = choice != Choice::Debian;
    let debian = choice != Choice::Target;
    [
        (Step::UseTarget, target && machine.target),
        (Step::AddTarget, target && may_install && machine.rustup),
        (Step::UseDebian, debian && machine.debian_packages),
        (Step::InstallDebian, debian && may_install && machine.apt),
    ]
    .into_iter()
    .find(|(step, open)| *open && !tried.contains(step))
    .map_or(Step::GiveUp, |(step, _)| step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Machine = Machine {
        target: false,
        rustup: false,
        debian_packages: false,
        apt: false,
    };
    const EVERYTHING: Machine = Machine {
        target: true,
        rustup: true,
        debian_packages: true,
        apt: true,
    };

    #[test]
    fn what_is_there_is_taken_in_order() {
        let rustup = Machine {
            rustup: true,
            debian_packages: true,
            apt: true,
            ..NOTHING
        };
        let debian = Machine {
            rustup: false,
            ..rustup
        };
        let bare_debian = Machine {
            apt: true,
            ..NOTHING
        };
        for (machine, expected) in [
            (EVERYTHING, Step::UseTarget),
            (rustup, Step::AddTarget),
            (debian, Step::UseDebian),
            (bare_debian, Step::InstallDebian),
            (NOTHING, Step::GiveUp),
        ] {
            assert_eq!(next(&machine, Choice::Any, true, &[]), expected);
        }
    }

    #[test]
    fn a_way_that_failed_is_not_taken_again() {
        let mut tried = Vec::new();
        loop {
            let step = next(&EVERYTHING, Choice::Any, true, &tried);
            if step == Step::GiveUp {
                break;
            }
            tried.push(step);
        }
        assert_eq!(
            tried,
            [
                Step::UseTarget,
                Step::AddTarget,
                Step::UseDebian,
                Step::InstallDebian
            ]
        );
    }

    #[test]
    fn a_choice_closes_the_other_ways() {
        for (choice, tried, expected) in [
            (Choice::Debian, &[][..], Step::UseDebian),
            (Choice::Debian, &[Step::UseDebian], Step::InstallDebian),
            (
                Choice::Debian,
                &[Step::UseDebian, Step::InstallDebian],
                Step::GiveUp,
            ),
            (Choice::Target, &[], Step::UseTarget),
            (
                Choice::Target,
                &[Step::UseTarget, Step::AddTarget],
                Step::GiveUp,
            ),
        ] {
            assert_eq!(next(&EVERYTHING, choice, true, tried), expected);
        }
    }

    #[test]
    fn nothing_is_installed_without_leave() {
        let bare = Machine {
            rustup: true,
            apt: true,
            ..NOTHING
        };
        assert_eq!(next(&bare, Choice::Any, false, &[]), Step::GiveUp);
    }
}
