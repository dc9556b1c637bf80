//! What a monitoring program such as Prometheus is told: how many requests came and how long they took, and what the app is
//! doing. Nothing in it names a person or a picture.

use std::time::{Duration, SystemTime};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::app::App;
use crate::problem::Problem;
use crate::worker::Phase;

/// Upper bounds of the buckets of durations, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// A request as it is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    pub(crate) method: String,
    /// As the router knows it: without names of pictures and people.
    pub(crate) route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    method: String,
    route: String,
    status: u16,
}

/// The counts since the server was started.
pub(crate) struct Metrics {
    registry: Registry,
    answers: Family<AnswerLabels, Counter>,
    durations: Family<RequestLabels, Histogram>,
    pictures: Gauge,
    models: Gauge,
    listeners: Gauge,
    is_training: Gauge,
    has_failed: Gauge,
    edits: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let make = || Histogram::new(BUCKETS);
        let metrics = Self {
            registry: Registry::with_prefix("lacuna"),
            answers: Family::default(),
            durations: Family::new_with_constructor(make),
            pictures: Gauge::default(),
            models: Gauge::default(),
            listeners: Gauge::default(),
            is_training: Gauge::default(),
            has_failed: Gauge::default(),
            edits: Gauge::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Version of the program", version);
        let begun: Gauge = Gauge::default();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        begun.set(now.as_secs() as i64);
        registry.register_with_unit(
            "start_time",
            "When the server was started",
            Unit::Seconds,
            begun,
        );
        registry.register("http_requests", "Requests that were answered", self.answers.clone());
        let about = "From the whole request to the beginning of the answer";
        registry.register_with_unit(
            "http_request_duration",
            about,
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register("pictures", "Pictures of the data set", self.pictures.clone());
        registry.register("models", "Complete models", self.models.clone());
        registry.register("event_listeners", "Pages that listen", self.listeners.clone());
        registry.register("training", "1 while a training runs", self.is_training.clone());
        registry.register(
            "training_failed",
            "1 if the last training failed",
            self.has_failed.clone(),
        );
        let about = "Edits since the last training began";
        registry.register("edits_since_training", about, self.edits.clone());
        self
    }

    /// Counts a request that was answered.
    pub(crate) fn count(&self, labels: RequestLabels, status: u16, duration: Duration) {
        self.durations.get_or_create(&labels).observe(duration.as_secs_f64());
        let RequestLabels { method, route } = labels;
        self.answers.get_or_create(&AnswerLabels { method, route, status }).inc();
    }

    /// Everything in the text format of OpenMetrics.
    pub(crate) fn text(&self, app: &App) -> Result<String, Problem> {
        let training = app.worker.training();
        let flag = |is: bool| i64::from(is);
        let pictures = app.project.find().map_or(0, |dataset| dataset.cases().len());
        self.pictures.set(pictures as i64);
        self.models.set(app.models.list().len() as i64);
        self.listeners.set(app.events.listeners() as i64);
        self.is_training.set(flag(matches!(training.state, Phase::Running | Phase::Stopping)));
        self.has_failed.set(flag(training.state == Phase::Failed));
        self.edits.set(i64::from(training.edits));
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(|error| Problem::failed(&error))?;
        Ok(text)
    }
}
