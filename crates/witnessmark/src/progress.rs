//! A progress bar with a rate and the time left, and Ctrl-C that stops at a safe point.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use witnessmark_case::Progress;

const BYTES: &str = "{msg:8} {bar:24} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
const ITEMS: &str = "{msg:8} {bar:24} {pos}/{len}, {per_sec}, {eta} left";

/// A running display; it ends when dropped.
pub(crate) struct Display {
    pub(crate) progress: Arc<Progress>,
    bar: ProgressBar,
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Display {
    /// Shows a bar on stderr if that is a terminal, and listens for Ctrl-C: the first stops at the next safe point, the second
    /// at once.
    pub(crate) fn start(shown: bool) -> Self {
        let progress = Arc::new(Progress::new());
        let shown = shown && std::io::stderr().is_terminal();
        let target =
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let done = Arc::new(AtomicBool::new(false));
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // Where a handler cannot be set, the signal ends the program at once, which is safe too.
            let second =
                signal_hook::flag::register_conditional_shutdown(signal, 1, interrupted.clone());
            let _ = second.and_then(|_| signal_hook::flag::register(signal, interrupted.clone()));
        }
        let thread = {
            let (progress, bar, done) = (progress.clone(), bar.clone(), done.clone());
            std::thread::spawn(move || {
                let mut before = "";
                while !done.load(Ordering::Relaxed) {
                    if interrupted.load(Ordering::Relaxed) && !progress.stopped() {
                        progress.stop();
                        bar.println("stopping at the next safe point (Ctrl-C again: at once)");
                    }
                    let (what, [items, bytes], [items_done, bytes_done]) = progress.now();
                    // How long a page of the web is, nobody knows before it has come.
                    let by_items = bytes == 0;
                    if what != before {
                        bar.reset();
                        bar.set_message(what);
                        let template = if by_items { ITEMS } else { BYTES };
                        if let Ok(style) = ProgressStyle::with_template(template) {
                            bar.set_style(style);
                        }
                        before = what;
                    }
                    let (total, done) =
                        if by_items { (items, items_done) } else { (bytes, bytes_done) };
                    bar.set_length(total);
                    bar.set_position(done.min(total));
                    std::thread::sleep(Duration::from_millis(80));
                }
            })
        };
        Self { progress, bar, done, thread: Some(thread) }
    }

    /// Runs `print` without the bar in between.
    pub(crate) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
