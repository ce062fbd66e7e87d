//! The SDK itself against a limited number of calls a second, on a clock that jumps to whatever is
//! waited for: its patience is what `tests/burst` takes it for.

use super::*;
use crate::ports::ScheduleReader as _;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use futures_util::stream::{StreamExt as _, iter};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const A_SECOND: f64 = 20.0;
/// What five controllers with ten messages each have under way.
const AT_ONCE: usize = 50;
const CALLS: usize = 2_000;

/// A token bucket of one second, and how many calls were throttled.
#[derive(Debug, Clone)]
struct Limited(Arc<Mutex<(f64, Instant, usize)>>);

impl Limited {
    fn status(&self) -> u16 {
        let mut state = self.0.lock().unwrap();
        let (left, then, _) = *state;
        let left = (left + then.elapsed().as_secs_f64() * A_SECOND).min(A_SECOND);
        state.1 = Instant::now();
        if left >= 1.0 {
            state.0 = left - 1.0;
            return 200;
        }
        state.0 = left;
        state.2 += 1;
        429
    }
}

impl HttpConnector for Limited {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let limited = self.clone();
        HttpConnectorFuture::new(async move {
            sleep(Duration::from_millis(20)).await;
            let status = limited.status();
            let body = match status {
                200 => json!({"ScheduleArn": "a", "Name": "u-3"}),
                _ => json!({"__type": "ThrottlingException", "Message": "slower"}),
            };
            let status = status.try_into().unwrap();
            Ok(HttpResponse::new(status, SdkBody::from(body.to_string())))
        })
    }
}

/// `scheduler verify`, with the configuration of whoever types it.
#[tokio::test(start_paused = true)]
async fn no_look_at_a_schedule_is_given_up() {
    let limited = Limited(Arc::new(Mutex::new((A_SECOND, Instant::now(), 0))));
    let connector = SharedHttpConnector::new(limited.clone());
    let environment = environment("http://127.0.0.1:9");
    let settings = |name: &str| environment.get(name).cloned();
    let own = Clients::new(&Settings::new(&settings), Patience::REQUEST).unwrap().config();
    let own = own.into_builder().timeout_config(TimeoutConfig::disabled()).build();
    let clients = Clients::of(own).over(http_client_fn(move |_, _| connector.clone()));
    let reader = EventBridgeReader::new(clients.scheduler(), "group".to_owned());
    let looks = iter(0..CALLS).map(|_| reader.get("u-3")).buffer_unordered(16);
    let given_up = looks.filter(|done| std::future::ready(done.is_err())).count().await;
    let throttled = limited.0.lock().unwrap().2;
    assert!(throttled > CALLS / 4, "{throttled} of {CALLS} calls were throttled");
    assert_eq!(given_up, 0);
}

#[tokio::test(start_paused = true)]
async fn hardly_a_call_of_a_burst_is_given_up() {
    let limited = Limited(Arc::new(Mutex::new((A_SECOND, Instant::now(), 0))));
    let connector = SharedHttpConnector::new(limited.clone());
    let environment = environment("http://127.0.0.1:9");
    let settings = |name: &str| environment.get(name).cloned();
    let clients = Clients::new(&Settings::new(&settings), Patience::MESSAGE).unwrap();
    let clients = clients.over(http_client_fn(move |_, _| connector.clone()));
    let schedules = EventBridgeSchedules::new(clients.scheduler(), "group".to_owned());
    let wanted = wanted();
    let calls =
        iter(0..CALLS).map(|_| schedules.update(&wanted, Some(0))).buffer_unordered(AT_ONCE);
    let given_up = calls.filter(|done| std::future::ready(done.is_err())).count().await;
    let throttled = limited.0.lock().unwrap().2;
    assert!(throttled > CALLS / 4, "{throttled} of {CALLS} calls were throttled");
    // Each is tried again ten minutes later, nine times.
    assert!(given_up < CALLS / 5, "{given_up} of {CALLS} calls were given up");
}
