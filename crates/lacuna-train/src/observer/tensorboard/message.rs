//! The part of TensorFlow's protocol that is used here: `tensorflow/core/util/event.proto` and
//! `tensorflow/core/framework/summary.proto`, with their field numbers.

use prost::{Enumeration, Message, Oneof};

/// One record of an event file.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub(super) wall_time: f64,
    #[prost(int64, tag = "2")]
    pub(super) step: i64,
    #[prost(oneof = "event::What", tags = "3, 5, 7")]
    pub(super) what: Option<event::What>,
}

pub(super) mod event {
    use super::{Oneof, SessionLog, Summary};

    #[derive(Clone, PartialEq, Oneof)]
    pub(in super::super) enum What {
        #[prost(string, tag = "3")]
        FileVersion(String),
        #[prost(message, tag = "5")]
        Summary(Summary),
        #[prost(message, tag = "7")]
        SessionLog(SessionLog),
    }
}

/// Values with their tags.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub(super) value: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Value {
    #[prost(string, tag = "1")]
    pub(super) tag: String,
    #[prost(oneof = "value::Value", tags = "2, 4")]
    pub(super) value: Option<value::Value>,
}

pub(super) mod value {
    use super::{Image, Oneof};

    #[derive(Clone, PartialEq, Oneof)]
    pub(in super::super) enum Value {
        #[prost(float, tag = "2")]
        SimpleValue(f32),
        #[prost(message, tag = "4")]
        Image(Image),
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Image {
    #[prost(int32, tag = "1")]
    pub(super) height: i32,
    #[prost(int32, tag = "2")]
    pub(super) width: i32,
    #[prost(int32, tag = "3")]
    pub(super) colorspace: i32,
    #[prost(bytes = "vec", tag = "4")]
    pub(super) encoded_image_string: Vec<u8>,
}

impl Image {
    /// Value of `colorspace`.
    pub(super) const RGB: i32 = 3;
}

/// Says that a process begins to write at a step.
#[derive(Clone, PartialEq, Message)]
pub(super) struct SessionLog {
    #[prost(enumeration = "SessionStatus", tag = "1")]
    pub(super) status: i32,
}

impl SessionLog {
    /// The only kind that is written.
    pub(super) fn start() -> Self {
        Self { status: SessionStatus::Start as i32 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enumeration)]
#[repr(i32)]
pub(super) enum SessionStatus {
    Unspecified = 0,
    Start = 1,
}
