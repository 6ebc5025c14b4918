//! The HTTP engine: jobs in, visits out, everything that passed kept.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::{mpsc as jobs, watch};

use crate::door::DoorError;
use crate::exchange::{Cut, Exchange, Failure, FailureKind, Purpose};
use crate::settings::CaptureSettings;
use crate::visitor::Visitor;

/// One address to capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The caller's own number for it.
    pub number: u64,
    /// What to ask for: http or https, absolute.
    pub url: String,
    /// The page that led here.
    pub referrer: Option<String>,
}

/// A job that is done, whatever came of it.
#[derive(Debug)]
pub struct Visit {
    /// What was to be done.
    pub job: Job,
    /// Everything that passed, in its order: the rules for robots where this job was the first of a site, further
    /// attempts, redirects.
    pub exchanges: Vec<Exchange>,
    /// Where the redirects led.
    pub landed_at: String,
    /// How it ended.
    pub ending: Ending,
}

impl Visit {
    /// The exchange that the job ended with, when one took place.
    pub fn page(&self) -> Option<&Exchange> {
        self.exchanges.iter().rev().find(|exchange| exchange.purpose == Purpose::Page)
    }
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A whole response came, of whatever status.
    Answered {
        /// Its status.
        status: u16,
    },
    /// A response came that is not whole.
    Cut {
        /// Its status.
        status: u16,
        /// Why it is not whole.
        cut: Cut,
    },
    /// No response came, or it was not asked for.
    Failed(Failure),
}

/// The engine was not started.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The settings cannot be used.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// This computer gives no thread or no polling.
    #[error("the engine was not started: {0}")]
    Machine(#[from] std::io::Error),
}

/// Captures by HTTP, on a thread of its own.
///
/// One thread may do both ends: submit while there [`is_room`](Self::has_room), then take the
/// [`next`](Self::next) visit, and so on until there is none. Visits come in the order in which they end.
pub struct Engine {
    jobs: Option<jobs::UnboundedSender<Job>>,
    visits: mpsc::Receiver<Visit>,
    under_way: usize,
    room: usize,
    stop: Arc<watch::Sender<bool>>,
    thread: Option<JoinHandle<()>>,
}

/// Stops an engine from another thread, such as one that waits for Ctrl-C.
#[derive(Clone)]
pub struct Stopper(Arc<watch::Sender<bool>>);

impl Stopper {
    /// Ends what is under way, as cut, and what waits, as not asked for. The visits can still be taken.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Engine {
    /// Starts an engine.
    pub fn start(settings: CaptureSettings) -> Result<Self, EngineError> {
        let room = settings.jobs.max(1);
        let (stop, stopped) = watch::channel(false);
        let visitor = Arc::new(Visitor::new(settings, stopped)?);
        let (send_jobs, mut receive_jobs) = jobs::unbounded_channel::<Job>();
        let (send_visits, visits) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("capture".to_owned()).spawn(move || {
            runtime.block_on(async move {
                while let Some(job) = receive_jobs.recv().await {
                    let (visitor, visits) = (visitor.clone(), send_visits.clone());
                    tokio::spawn(async move {
                        let lost = lost_visit(&job);
                        // A task of its own, so that a defect in one visit is one failed visit.
                        let visit = tokio::spawn(async move { visitor.visit(job).await }).await;
                        // Nobody listens when the engine was dropped.
                        let _ = visits.send(visit.unwrap_or(lost));
                    });
                }
            });
            // A name that is being resolved cannot be called off, and nobody waits for it any more.
            runtime.shutdown_background();
        })?;
        Ok(Self {
            jobs: Some(send_jobs),
            visits,
            under_way: 0,
            room,
            stop: Arc::new(stop),
            thread: Some(thread),
        })
    }

    /// Whether another job may be submitted.
    pub fn has_room(&self) -> bool {
        self.under_way < self.room
    }

    /// Takes a job, or gives it back when there is no room: then take the next visit first.
    pub fn submit(&mut self, job: Job) -> Result<(), Job> {
        match &self.jobs {
            Some(jobs) if self.has_room() => {
                jobs.send(job).map_err(|refused| refused.0)?;
                self.under_way += 1;
                Ok(())
            }
            _ => Err(job),
        }
    }

    /// Waits for the next visit that ends. `None` when nothing is under way.
    #[allow(
        clippy::should_implement_trait,
        reason = "jobs may follow after `None`; an iterator's end is the end"
    )]
    pub fn next(&mut self) -> Option<Visit> {
        if self.under_way == 0 {
            return None;
        }
        self.under_way -= 1;
        self.visits.recv().ok()
    }

    /// What stops it from another thread.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been printed; there is nothing to add.
            let _ = thread.join();
        }
    }
}

fn lost_visit(job: &Job) -> Visit {
    let detail = format!("the visit to {} broke off by a defect of the program", job.url);
    Visit {
        job: job.clone(),
        exchanges: Vec::new(),
        landed_at: job.url.clone(),
        ending: Ending::Failed(Failure::new(FailureKind::Machine, detail)),
    }
}
