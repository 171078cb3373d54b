//! Progress of long work: a bar on a terminal, events for programs, nothing for the quiet.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::ui::Ui;

/// Something that moves while work is done.
pub struct Progress<'a> {
    ui: &'a Ui,
    bar: ProgressBar,
    what: &'static str,
}

impl<'a> Progress<'a> {
    /// Starts; `what` says what is going on, in one word or two.
    pub fn start(ui: &'a Ui, what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if !ui.moving() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what);
        Self { ui, bar, what }
    }

    /// So many of so many are done.
    pub fn at(&self, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        if self.ui.json() {
            let _ = self.ui.print_json(
                &json!({ "event": "progress", "what": self.what, "done": done, "total": total }),
            );
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
