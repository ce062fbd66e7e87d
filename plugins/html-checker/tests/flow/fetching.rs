//! Names that lie, and servers that take their time.

use crate::site::{Page, Site};
use html_checker::fetch::{FetchError, Web};
use scheduler_plugin::web::{Answer, Names, Reach};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

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

fn web(names: &Arc<Scripted>) -> Web {
    Web::new(Arc::clone(names) as Arc<dyn Names>, Reach::PublicAndLoopback).unwrap()
}

fn at(site: &Site, path: &str) -> String {
    format!("http://page.test:{}{path}", site.port())
}

#[tokio::test]
async fn a_name_is_looked_up_once_a_hop_and_that_address_is_used() {
    let site = Site::new();
    site.html("/p", "<p>here</p>");
    let names = Scripted::new(&[&["127.0.0.1"], &["10.0.0.1"]]);
    let page = web(&names).page(&at(&site, "/p")).await.unwrap();
    assert_eq!(page.body, b"<p>here</p>");
    assert_eq!(names.asked(), 1, "a second look could get another answer");
}

#[tokio::test]
async fn a_name_that_changes_its_mind_between_hops_is_refused() {
    let site = Site::new();
    site.redirect("/p", "/q");
    site.html("/q", "<p>inside</p>");
    let names = Scripted::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let refused = web(&names).page(&at(&site, "/p")).await.unwrap_err();
    assert!(matches!(&refused, FetchError::Refused { host } if host == "page.test"), "{refused:?}");
    assert_eq!(site.asked(), ["/p"]);
}

#[tokio::test]
async fn of_mixed_addresses_only_the_open_ones_are_tried() {
    let site = Site::new();
    site.html("/p", "<p>here</p>");
    let names = Scripted::new(&[&["10.0.0.1", "192.168.0.1", "127.0.0.1", "fc00::1"]]);
    let web = web(&names).within(Duration::from_secs(5));
    assert!(web.page(&at(&site, "/p")).await.is_ok());
}

#[tokio::test]
async fn a_server_that_drips_is_left() {
    let site = Site::new();
    let endless = Page::new(200, b"").header("content-length", "10").times(0);
    site.set("/p", endless);
    site.set("/drip", Page::new(200, b"").times(usize::MAX));
    let names = Scripted::new(&[&["127.0.0.1"]]);
    let web = web(&names).within(Duration::from_millis(300));
    let error = web.page(&at(&site, "/drip")).await.unwrap_err();
    assert!(matches!(error, FetchError::TooSlow(_)) && error.may_pass(), "{error:?}");
    let broken = web.page(&at(&site, "/p")).await.unwrap_err();
    assert!(matches!(broken, FetchError::Unreachable(_)), "{broken:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_may_come_back() {
    let gone = Site::new();
    let url = gone.url("/");
    drop(gone);
    let names = Scripted::new(&[&[]]);
    let error = web(&names).page(&url).await.unwrap_err();
    assert!(error.may_pass(), "{error:?}");
}
