//! What a person or a program sees. The result goes to standard output, everything else to standard error.

use std::io::{IsTerminal as _, Write as _};

use aegis_document::escape;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use serde::Serialize;
use serde_json::{Value, json};

use super::args::{Color, Global, Output};
use super::failure::{Failure, OUTPUT, plain};
use super::lines;

/// How to speak.
pub struct Ui {
    json: bool,
    quiet: bool,
    verbose: u8,
    color_out: bool,
    color_err: bool,
    terminal: bool,
}

/// Colours of the terminal, by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
    Warn,
    Faint,
    Strong,
}

impl Tone {
    const fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Bad => "31",
            Self::Warn => "33",
            Self::Faint => "2",
            Self::Strong => "1",
        }
    }
}

impl Ui {
    pub fn new(global: &Global) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = |terminal: bool| match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !plain,
        };
        Self {
            json: global.output == Output::Json,
            quiet: global.quiet,
            verbose: global.verbose,
            color_out: color(std::io::stdout().is_terminal()),
            color_err: color(std::io::stderr().is_terminal()),
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// Plain text on standard output, for tests.
    #[cfg(test)]
    pub const fn plain() -> Self {
        Self {
            json: false,
            quiet: false,
            verbose: 0,
            color_out: false,
            color_err: false,
            terminal: false,
        }
    }

    pub const fn json(&self) -> bool {
        self.json
    }

    pub const fn quiet(&self) -> bool {
        self.quiet
    }

    /// Whether there is a person who has seen what was shown and can answer.
    pub fn asks(&self) -> bool {
        !self.quiet && !self.json && self.terminal && std::io::stdin().is_terminal()
    }

    /// Whether a bar that moves makes sense.
    pub const fn moving(&self) -> bool {
        self.terminal && !self.quiet && !self.json
    }

    /// Messages of the host and of plugins, on standard error.
    pub fn start_log(&self) {
        let level = match (self.quiet, self.verbose) {
            (true, _) => "error",
            (false, 0) => "warn",
            (false, 1) => "info",
            (false, _) => "debug",
        };
        let filter = tracing_subscriber::EnvFilter::try_from_env("AEGIS_LOG")
            .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(|| lines::OneLine(std::io::stderr()))
            .with_ansi(self.color_err)
            .without_time()
            .try_init();
    }

    /// A text of the result, coloured.
    pub fn paint(&self, tone: Tone, text: impl std::fmt::Display) -> String {
        if self.color_out {
            format!("\x1b[{}m{text}\x1b[0m", tone.code())
        } else {
            text.to_string()
        }
    }

    /// The result for people.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        write_out(lines::safe(text).as_bytes())
    }

    /// A result in a format that has an escaper of its own.
    pub fn print_raw(&self, text: &str) -> Result<(), Failure> {
        write_out(text.as_bytes())
    }

    /// The result for programs: one line of JSON.
    pub fn print_json<T: Serialize>(&self, value: &T) -> Result<(), Failure> {
        let mut line = escape::json(value).map_err(|error| output_failure(&error))?;
        line.push('\n');
        write_out(line.as_bytes())
    }

    /// Either, whichever was asked for.
    pub fn answer<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if self.json {
            self.print_json(value)
        } else {
            self.print(&text())
        }
    }

    /// Something worth knowing that is not the result.
    pub fn note(&self, text: impl std::fmt::Display) {
        if !self.quiet {
            write_err(&text);
        }
    }

    /// Shows why a command failed.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            let problems: Vec<Value> = failure
                .problems
                .iter()
                .map(|problem| problem_json(problem.as_ref()))
                .collect();
            let _ = self.print_json(&json!({ "diagnostics": problems }));
            return;
        }
        let theme = if self.color_err {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(100)
            .with_links(false);
        for problem in &failure.problems {
            let mut text = String::new();
            match handler.render_report(&mut text, problem.as_ref()) {
                Ok(()) => write_err(&text),
                Err(_) => write_err(&format_args!("error: {problem}")),
            }
        }
    }
}

/// A problem for programs. Line and column count from 1.
fn problem_json(problem: &(dyn Diagnostic + Send + Sync)) -> Value {
    let place = problem
        .labels()
        .and_then(|mut labels| labels.next())
        .and_then(|label| {
            let contents = problem.source_code()?.read_span(label.inner(), 0, 0).ok()?;
            Some((
                contents.name().map(str::to_owned),
                contents.line() + 1,
                contents.column() + 1,
            ))
        });
    let (file, line, column) = place.map_or((None, None, None), |(file, line, column)| {
        (file, Some(line), Some(column))
    });
    json!({
        "code": problem.code().map(|code| code.to_string()),
        "message": problem.to_string(),
        "help": problem.help().map(|help| help.to_string()),
        "file": file,
        "line": line,
        "column": column,
    })
}

/// A line for people. Nobody may be reading any more, which is no reason to stop.
pub fn write_err(line: &dyn std::fmt::Display) {
    let _ = writeln!(
        std::io::stderr().lock(),
        "{}",
        lines::safe(&line.to_string())
    );
}

fn write_out(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // The reader has seen enough, for example `head`.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(output_failure(&error)),
        Ok(()) => Ok(()),
    }
}

fn output_failure(error: &dyn std::fmt::Display) -> Failure {
    plain(OUTPUT, &format!("the result cannot be written: {error}"))
}
