//! Consumers as processes, and the host that gives them their events.

mod cloud;
mod fakes;
mod fixture;
mod host;
mod mail;
mod program;

pub(crate) use fakes::{fake_aws, fake_aws_with};
pub(crate) use fixture::{Fixture, fixtures, job};
pub(crate) use mail::{names_in, read_mail};
pub(crate) use program::{Language, Program, Run};
