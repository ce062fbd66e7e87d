//! Names that lie: the address that was looked at is the one that is called.

use crate::hooks::Hooks;
use scheduler_plugin::Tick;
use scheduler_plugin::web::{Answer, Client, Names, Reach};
use serde_json::json;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use webhook::call::Caller;
use webhook::job::Call;

/// A name service that gives one answer after the other, and keeps to the last.
struct Scripted(Mutex<(usize, Vec<Vec<&'static str>>)>);

impl Scripted {
    fn new(answers: &[&[&'static str]]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        Arc::new(Self(Mutex::new((0, answers))))
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().0
    }
}

impl Names for Scripted {
    fn look_up(&self, _host: String) -> Answer {
        let mut script = self.0.lock().unwrap();
        let answer = script.1[script.0.min(script.1.len() - 1)].clone();
        script.0 += 1;
        let addresses = answer.iter().map(|a| a.parse::<IpAddr>().unwrap()).collect();
        Box::pin(async move { Ok(addresses) })
    }
}

fn caller(names: &Arc<Scripted>) -> Caller {
    let names = Arc::clone(names) as Arc<dyn Names>;
    Caller::new(Client::new(names, Reach::PublicAndLoopback, "test").unwrap(), None)
}

fn tick(hooks: &Hooks) -> Tick<Call> {
    let url = format!("http://hook.test:{}/hook", hooks.port());
    let job = crate::world::job(json!({"url": url})).to_string();
    let job = scheduler_plugin::Job::parse(&job).ok().unwrap();
    Tick { job, id: "m".to_owned(), attempt: 1 }
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_that_address_is_called() {
    let hooks = Hooks::new();
    let names = Scripted::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
    caller(&names).call(&tick(&hooks)).await.unwrap();
    assert_eq!(names.asked(), 1, "a second look could get another answer");
    let host = format!("hook.test:{}", hooks.port());
    assert_eq!(hooks.only().header("host"), Some(&*host));
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called() {
    let hooks = Hooks::new();
    for inside in ["10.0.0.1", "169.254.169.254", "fd00:ec2::254", "::ffff:192.168.0.1"] {
        let names = Scripted::new(&[&[inside]]);
        // Done with: the same name leads to the same place tomorrow.
        caller(&names).call(&tick(&hooks)).await.unwrap();
        assert_eq!(names.asked(), 1);
    }
    assert_eq!(hooks.asked().len(), 0);
}

#[tokio::test]
async fn of_mixed_addresses_only_the_open_ones_are_called() {
    let hooks = Hooks::new();
    let names = Scripted::new(&[&["10.0.0.1", "fc00::1", "127.0.0.1"]]);
    caller(&names).call(&tick(&hooks)).await.unwrap();
    assert_eq!(hooks.asked().len(), 1);
}
