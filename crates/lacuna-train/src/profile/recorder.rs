//! Listens to spans: sums by place, and the first events one by one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Instant;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::breakdown::{Breakdown, Total};
use super::trace::{Events, Span};

/// Whose spans are listened to.
const OURS: &str = "lacuna";
/// The field that counts arithmetic operations.
const OPERATIONS: &str = "operations";

/// What was heard so far.
pub(super) struct Recorder {
    start: Instant,
    main: ThreadId,
    most_events: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By the names from the outermost span to the innermost, on the main thread or beside it.
    totals: HashMap<(bool, Vec<&'static str>), Total>,
    /// Threads in the order in which they were heard of.
    threads: Vec<(ThreadId, String)>,
    spans: Vec<Span>,
    is_full: bool,
}

impl Recorder {
    pub(super) fn new(most_events: usize) -> Self {
        let (start, main) = (Instant::now(), thread::current().id());
        Self { start, main, most_events, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn breakdown(&self) -> Breakdown {
        let state = self.state();
        Breakdown::new(self.start.elapsed(), &state.totals, !state.is_full)
    }

    pub(super) fn events(&self) -> Events {
        let state = self.state();
        let threads = state.threads.iter().map(|(_, name)| name.clone()).collect();
        Events { threads, spans: state.spans.clone() }
    }

    fn add(&self, path: Vec<&'static str>, heard: &Heard, entered: Instant) {
        let now = Instant::now();
        let duration = now - entered;
        let mut state = self.state();
        let thread = state.thread();
        let beside = thread::current().id() != self.main;
        let name = path.last().copied().unwrap_or_default();
        state.totals.entry((beside, path)).or_default().add(duration, heard.operations());
        if state.spans.len() < self.most_events {
            let start = entered.saturating_duration_since(self.start);
            let fields = heard.fields.clone();
            state.spans.push(Span { name, thread, start, duration, fields });
        } else {
            state.is_full = true;
        }
    }
}

impl State {
    /// The index of the current thread.
    fn thread(&mut self) -> usize {
        let current = thread::current();
        let known = self.threads.iter().position(|(id, _)| *id == current.id());
        known.unwrap_or_else(|| {
            let number = self.threads.len();
            let name = current.name().map_or_else(|| format!("thread {number}"), str::to_owned);
            self.threads.push((current.id(), name));
            number
        })
    }
}

/// What an open span has told.
#[derive(Default)]
struct Heard {
    fields: Map<String, Value>,
    entered: Option<Instant>,
}

impl Heard {
    fn operations(&self) -> u64 {
        self.fields.get(OPERATIONS).and_then(Value::as_u64).unwrap_or(0)
    }
}

impl Visit for Heard {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.insert(field.name().to_owned(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name().to_owned(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.fields.insert(field.name().to_owned(), format!("{value:?}").into());
    }
}

/// Tells a recorder of the spans of this program.
pub(super) struct Spans(pub(super) Arc<Recorder>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let is_ours = metadata.is_span() && metadata.target().starts_with(OURS);
        if is_ours { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.is_span() && metadata.target().starts_with(OURS)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut heard = Heard::default();
            attributes.record(&mut heard);
            span.extensions_mut().insert(heard);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(heard) = span.extensions_mut().get_mut::<Heard>()
        {
            values.record(heard);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(heard) = span.extensions_mut().get_mut::<Heard>()
        {
            heard.entered = Some(Instant::now());
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let path = span.scope().from_root().map(|span| span.name()).collect();
        let extensions = span.extensions();
        if let Some(heard) = extensions.get::<Heard>()
            && let Some(entered) = heard.entered
        {
            self.0.add(path, heard, entered);
        }
    }
}
