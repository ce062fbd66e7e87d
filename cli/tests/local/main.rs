//! The server on a clock that is stepped: days pass in seconds.

mod days;
mod support;
