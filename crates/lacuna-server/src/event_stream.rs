//! What happens, told to every open page as server-sent events, with replay for a page that was away.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::response::sse::Event;
use futures_util::stream::{self, Stream};
use serde::Serialize;
use tokio::sync::watch;

use crate::lock;

/// Events kept for those who come back, and their bytes.
const KEPT: usize = 4_096;
const KEPT_BYTES: usize = 16 << 20;

/// The events of one start of the server. Clones share them.
#[derive(Clone)]
pub(crate) struct EventStream(Arc<Shared>);

struct Shared {
    /// Tells the events of this start from those of another.
    start: String,
    history: Mutex<History>,
    /// Number of the next event.
    next: watch::Sender<u64>,
}

#[derive(Default)]
struct History {
    events: VecDeque<Told>,
    bytes: usize,
    next: u64,
}

#[derive(Clone)]
struct Told {
    name: &'static str,
    data: Arc<str>,
    audience: Audience,
}

/// Who is told of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Everybody,
    /// One person, by name.
    Only(String),
    /// Everybody else.
    AllBut(Vec<String>),
}

impl Audience {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::Only(one) => one == name,
            Self::AllBut(names) => !names.iter().any(|one| one == name),
        }
    }
}

/// Where a listener stands.
enum Position {
    At(u64),
    /// It knows events that are not there any more, or of another start.
    Lost,
}

impl EventStream {
    /// Nothing has happened yet.
    pub(crate) fn new(start: impl Into<String>) -> Self {
        let (next, _) = watch::channel(0);
        Self(Arc::new(Shared { start: start.into(), history: Mutex::default(), next }))
    }

    /// Tells everybody.
    pub(crate) fn tell(&self, name: &'static str, data: &impl Serialize) {
        self.tell_to(Audience::Everybody, name, data);
    }

    /// Tells some people, also those of them who come back later.
    pub(crate) fn tell_to(&self, audience: Audience, name: &'static str, data: &impl Serialize) {
        let Ok(data) = serde_json::to_string(data) else { return };
        let mut history = lock(&self.0.history);
        history.push(Told { name, data: data.into(), audience });
        let next = history.next;
        drop(history);
        self.0.next.send_replace(next);
    }

    /// How many listen now.
    pub(crate) fn listeners(&self) -> usize {
        self.0.next.receiver_count()
    }

    /// Everything after the event with the id `last`, or from now on, that the person `name` is told.
    pub(crate) fn listen(
        &self,
        last: Option<&str>,
        name: &str,
    ) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
        let shared = Arc::clone(&self.0);
        let receiver = self.0.next.subscribe();
        let (position, name) = (self.0.position(last), name.to_owned());
        stream::unfold((shared, receiver, position), move |(shared, mut receiver, position)| {
            let name = name.clone();
            async move {
                let mut at = match position {
                    Position::Lost => return Some(shared.reset(receiver)),
                    Position::At(at) => at,
                };
                loop {
                    match shared.after(at) {
                        Some(Ok(told)) if !told.audience.has(&name) => at += 1,
                        Some(Ok(told)) => {
                            let event = Ok(shared.event(at, &told));
                            return Some((event, (shared, receiver, Position::At(at + 1))));
                        }
                        Some(Err(())) => return Some(shared.reset(receiver)),
                        // the sender lives in `shared`
                        None => receiver.changed().await.ok()?,
                    }
                }
            }
        })
    }
}

impl History {
    fn push(&mut self, told: Told) {
        self.bytes += told.data.len();
        self.events.push_back(told);
        self.next += 1;
        while self.events.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.data.len();
        }
    }
}

type State = (Arc<Shared>, watch::Receiver<u64>, Position);

impl Shared {
    /// The place of the listener who has seen `last`.
    fn position(&self, last: Option<&str>) -> Position {
        let next = lock(&self.history).next;
        let Some(last) = last else { return Position::At(next) };
        let number = last
            .rsplit_once('-')
            .filter(|(start, _)| *start == self.start)
            .and_then(|(_, number)| number.parse::<u64>().ok())
            .filter(|number| *number < next);
        number.map_or(Position::Lost, |number| Position::At(number + 1))
    }

    /// The event of that number; `Err` if it is kept no more, `None` if it is still to come.
    fn after(&self, at: u64) -> Option<Result<Told, ()>> {
        let history = lock(&self.history);
        let first = history.next - history.events.len() as u64;
        if at < first {
            return Some(Err(()));
        }
        history.events.get((at - first) as usize).cloned().map(Ok)
    }

    fn event(&self, at: u64, told: &Told) -> Event {
        let id = format!("{}-{at}", self.start);
        Event::default().id(id).event(told.name).data(&*told.data)
    }

    /// Tells a listener to load everything again; it goes on from now.
    fn reset(
        self: Arc<Self>,
        receiver: watch::Receiver<u64>,
    ) -> (Result<Event, Infallible>, State) {
        let next = lock(&self.history).next;
        let mut event = Event::default().event("reset").data("{}");
        if let Some(last) = next.checked_sub(1) {
            event = event.id(format!("{}-{last}", self.start));
        }
        (Ok(event), (self, receiver, Position::At(next)))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::StreamExt;

    use super::*;

    /// The events that are there now, as debug text.
    fn ready(events: &EventStream, last: Option<&str>) -> Vec<String> {
        ready_for(events, last, "Ada")
    }

    fn ready_for(events: &EventStream, last: Option<&str>, name: &str) -> Vec<String> {
        let mut stream = Box::pin(events.listen(last, name));
        std::iter::from_fn(|| stream.next().now_or_never().flatten())
            .map(|event| format!("{event:?}"))
            .collect()
    }

    #[test]
    fn a_listener_who_was_away_gets_what_it_missed() {
        let events = EventStream::new("boot");
        for number in 0..3 {
            events.tell("model", &number);
        }
        assert!(ready(&events, None).is_empty(), "a new page loads everything itself");
        let missed = ready(&events, Some("boot-0"));
        assert_eq!(missed.len(), 2);
        assert!(missed[0].contains("boot-1") && missed[1].contains("boot-2"), "{missed:?}");
        assert!(ready(&events, Some("boot-2")).is_empty());
    }

    #[test]
    fn a_listener_who_cannot_be_told_what_it_missed_is_reset() {
        let events = EventStream::new("boot");
        for number in 0..KEPT + 2 {
            events.tell("model", &number);
        }
        for last in ["boot-0", "other-3", "boot-99999", "nonsense"] {
            let told = ready(&events, Some(last));
            assert_eq!(told.len(), 1, "{last}");
            assert!(told[0].contains("reset"), "{last}: {told:?}");
        }
        assert_eq!(ready(&events, Some("boot-1")).len(), KEPT);
    }

    #[test]
    fn what_is_not_for_everybody_is_told_to_nobody_else_also_later() {
        let events = EventStream::new("boot");
        events.tell("model", &0);
        events.tell_to(Audience::Only("Eva".to_owned()), "edit", &"hers");
        events.tell_to(Audience::AllBut(vec!["Eva".to_owned(), "Ben".to_owned()]), "edit", &"rest");
        events.tell("model", &1);
        let heard = |name| ready_for(&events, Some("boot-0"), name).join(" ");
        for (name, hers, rest) in
            [("Eva", true, false), ("Ben", false, false), ("Ada", false, true)]
        {
            let heard = heard(name);
            assert_eq!((heard.contains("hers"), heard.contains("rest")), (hers, rest), "{heard}");
            assert!(heard.contains("boot-3"), "{name} hears what comes after: {heard}");
        }
    }

    #[test]
    fn large_events_are_kept_for_a_shorter_time() {
        let events = EventStream::new("boot");
        let large = "x".repeat(KEPT_BYTES / 3);
        for _ in 0..4 {
            events.tell("edit", &large);
        }
        assert!(ready(&events, Some("boot-0"))[0].contains("reset"));
        assert_eq!(ready(&events, Some("boot-1")).len(), 2);
    }
}
