//! Many jobs: created at once, listed whole and in pages.

use super::Place;
use crate::outcome::{Outcome, ensure, fail};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::thread;
use ureq::http::Method;

const MANY: usize = 16;

pub(super) fn creates_at_once_and_pages(place: Place<'_>) -> Outcome {
    let made = thread::scope(|scope| {
        let calls: Vec<_> =
            (0..MANY).map(|_| scope.spawn(move || place.create(&json!({})))).collect();
        let joined =
            calls.into_iter().map(|call| call.join().unwrap_or_else(|_| fail("a create panicked")));
        joined.collect::<Outcome<Vec<_>>>()
    })?;
    let ids: BTreeSet<u64> = made.iter().filter_map(|job| job["job_id"].as_u64()).collect();
    ensure(ids.len() == MANY, || format!("{MANY} creates at once gave the ids {ids:?}"))?;

    let whole = place.ok(Method::GET, "/jobs", &Value::Null)?;
    let listed = ids_of(&whole);
    ensure(listed.iter().copied().eq(ids.iter().copied()), || format!("listed: {listed:?}"))?;
    for limit in [1, 5, MANY, 1000] {
        let (paged, pages) = paged(place, limit)?;
        ensure(paged == listed, || format!("in pages of {limit}: {paged:?}"))?;
        ensure(pages >= MANY.div_ceil(limit), || format!("{pages} pages of {limit}"))?;
    }
    for query in ["limit=0", "limit=1001", "limit=many", "limit=-1", "cursor=nonsense!"] {
        place.wants(400, (Method::GET, &format!("/jobs?{query}")), &Value::Null)?;
    }
    made.iter().try_for_each(|job| place.delete(job))
}

/// All ids by pages, and how many pages it took.
fn paged(place: Place<'_>, limit: usize) -> Outcome<(Vec<u64>, usize)> {
    let (mut ids, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let path = format!("/jobs?limit={limit}{cursor}");
        let reply = place.call(Method::GET, &path, &Value::Null)?;
        let page = ids_of(&super::answered(&path, 200, &reply)?);
        ensure(page.len() <= limit, || format!("{path} answered {} jobs", page.len()))?;
        ids.extend(page);
        pages += 1;
        match reply.next_cursor {
            None => return Ok((ids, pages)),
            Some(_) if pages > MANY + 1 => return fail("the pages never end"),
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
}

fn ids_of(jobs: &Value) -> Vec<u64> {
    jobs.as_array().into_iter().flatten().filter_map(|job| job["job_id"].as_u64()).collect()
}
