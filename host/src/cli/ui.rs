//! What a person or a program sees. The result goes to standard output, everything else to standard error.

use std::io::{IsTerminal as _, Write as _};

use aegis_document::deceives;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use serde::Serialize;
use serde_json::{Value, json};

use super::args::{Color, Global, Output};
use super::failure::{Failure, OUTPUT, plain};

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
#[derive(Clone, Copy)]
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
            .with_writer(std::io::stderr)
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
        write_out(text.as_bytes())
    }

    /// The result for programs: one line of JSON.
    pub fn print_json<T: Serialize>(&self, value: &T) -> Result<(), Failure> {
        let mut line = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut line, Visible);
        value
            .serialize(&mut serializer)
            .map_err(|error| output_failure(&error))?;
        line.push(b'\n');
        write_out(&line)
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

/// JSON in which every character that deceives the eye is escaped: it is often read on a terminal.
struct Visible;

impl serde_json::ser::Formatter for Visible {
    fn write_string_fragment<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        for c in fragment.chars() {
            let mut units = [0; 2];
            if deceives(c) {
                for unit in c.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                write!(writer, "{c}")?;
            }
        }
        Ok(())
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
    let _ = writeln!(std::io::stderr().lock(), "{line}");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_escaped_in_json_and_reads_back() {
        let text = "a\u{9b}31m\u{202e}b\u{e0041}é\n\"";
        let mut line = Vec::new();
        text.serialize(&mut serde_json::Serializer::with_formatter(
            &mut line, Visible,
        ))
        .unwrap();
        let line = String::from_utf8(line).unwrap();
        assert!(line.chars().all(|c| !deceives(c)), "{line}");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
