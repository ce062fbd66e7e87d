//! The original's defects, one by one: ours ends in step, and a port of the original does not, so
//! that it is known that the case bites.

use crate::api::{Action, Request, System};
use crate::check::{broken_promises, differences};
use crate::engine::Engine;
use crate::queue::RETENTION;
use crate::walk::{verified, whole_pass};
use crate::world::World;
use scheduler_contract::JobKey;
use serde_json::Value;

const MINUTE: &str = r#"{"job_type":"test","sleep_time":60}"#;
const A_DAY: &str = r#"{"job_type":"page","sleep_time":86400}"#;
const TWO_MINUTES: &str = r#"{"job_type":"test","sleep_time":120}"#;

/// A system in a world where nothing goes wrong but what a case says.
struct Scene(Engine);

impl Scene {
    fn start(&mut self, user: &str, job_id: &str, action: Action) {
        let (user, job_id) = (user.to_owned(), job_id.to_owned());
        self.0.ask(Request { user, job_id, action });
    }

    fn ask(&mut self, user: &str, job_id: &str, action: Action) {
        self.start(user, job_id, action);
        self.0.finish();
    }

    fn create(&mut self, user: &str, body: &str) {
        self.ask(user, "", Action::Create(body.to_owned()));
    }

    fn update(&mut self, user: &str, job_id: &str, body: &str) {
        self.ask(user, job_id, Action::Update(body.to_owned(), None));
    }

    fn delete(&mut self, user: &str, job_id: &str) {
        self.ask(user, job_id, Action::Delete);
    }

    /// All records become messages.
    fn stream(&mut self) {
        while (0..2).filter(|shard| self.0.deliver_records(*shard)).count() > 0 {
            self.0.finish();
        }
    }

    /// One batch of messages.
    fn change(&mut self) {
        self.0.deliver_changes();
        self.0.finish();
    }

    /// One batch, and SQS does not learn that it is done.
    fn change_and_forget(&mut self) {
        self.0.ports.world().faults.twice = 1_000;
        self.change();
        self.0.ports.world().faults.twice = 0;
    }

    /// Everything, as it should go.
    fn settle(&mut self) {
        self.0.quiet_down();
    }

    /// The reconciler's hour; the original had none.
    fn reconcile(&mut self) {
        self.settle();
        if self.0.system == System::Ours {
            whole_pass(&mut self.0);
        }
    }

    fn write(&mut self, user: &str, job_id: u64, body: &str) {
        let key = JobKey { user_id: user.to_owned(), job_id };
        let mut item: serde_json::Map<String, Value> = serde_json::from_str(body).unwrap();
        item.insert("user_id".to_owned(), user.into());
        item.insert("user_email".to_owned(), "u@example.com".into());
        item.insert("job_id".to_owned(), job_id.into());
        self.0.ports.world().put(key, item);
    }

    fn problems(&self) -> Vec<String> {
        let world = self.0.ports.world();
        [differences(&world), broken_promises(&world)].concat()
    }
}

/// Plays a case with both; what the original has to be caught at is a part of its problems.
fn case(caught: &str, play: fn(&mut Scene)) {
    let problems = |system| {
        let mut scene = Scene(Engine::new(system, World::new(1)));
        play(&mut scene);
        scene.settle();
        scene.problems()
    };
    assert_eq!(problems(System::Ours), Vec::<String>::new());
    let original = problems(System::Original);
    assert!(original.iter().any(|problem| problem.contains(caught)), "{original:?}");
}

#[test]
fn a_whole_batch_redelivered_after_one_bad_message() {
    case("`u-1` has no schedule", |scene| {
        scene.create("u", MINUTE);
        scene.create("u", MINUTE);
        scene.stream();
        // The second message of the batch fails once.
        scene.0.ports.world().group.failing.insert("u-1".to_owned(), 1);
        scene.change();
    });
}

/// The repair's message is there before the record of the stream.
#[test]
fn a_repair_that_overtakes_a_create_leaves_the_job_its_first_run() {
    let mut scene = Scene(Engine::new(System::Ours, World::new(1)));
    scene.create("u", A_DAY);
    whole_pass(&mut scene.0);
    scene.change();
    scene.settle();
    let mut world = scene.0.ports.world();
    assert!(world.group.schedules.contains_key("u-0") && world.runs.is_empty());
    world.pass(60);
    assert_eq!(world.runs.len(), 1);
}

#[test]
fn a_create_redelivered() {
    case("`u-0` has a wrong rate", |scene| {
        scene.create("u", MINUTE);
        scene.stream();
        scene.change_and_forget();
        scene.update("u", "0", TWO_MINUTES);
    });
}

#[test]
fn a_remove_redelivered() {
    case("`u-1` has a wrong rate", |scene| {
        scene.create("u", MINUTE);
        scene.create("u", MINUTE);
        scene.settle();
        scene.delete("u", "0");
        scene.stream();
        scene.change_and_forget();
        scene.update("u", "1", TWO_MINUTES);
        scene.stream();
        let visible = scene.0.ports.world().queue.next_visible().unwrap();
        let left = visible - scene.0.ports.world().now;
        scene.0.ports.world().pass(left);
    });
}

#[test]
fn a_b_a_b_within_one_second() {
    case("`u-0` has a wrong rate", |scene| {
        scene.create("u", MINUTE);
        scene.stream();
        for body in [TWO_MINUTES, MINUTE, TWO_MINUTES] {
            scene.update("u", "0", body);
        }
    });
}

#[test]
fn remove_create_remove_within_one_second() {
    case("`u-0` has no job", |scene| {
        scene.create("u", MINUTE);
        scene.settle();
        scene.delete("u", "0");
        scene.create("u", TWO_MINUTES);
        let id = scene.0.ports.world().told.last().unwrap().job_id.to_string();
        scene.delete("u", &id);
    });
}

#[test]
fn two_creates_at_once() {
    case("two creates were told the id of `u-0`", |scene| {
        scene.start("u", "", Action::Create(MINUTE.to_owned()));
        scene.start("u", "", Action::Create(TWO_MINUTES.to_owned()));
        scene.0.finish();
        assert_eq!(scene.0.ports.world().told.len(), 2);
    });
}

#[test]
fn an_id_reused() {
    case("two creates were told the id of `u-0`", |scene| {
        scene.create("u", MINUTE);
        scene.settle();
        scene.delete("u", "0");
        scene.settle();
        scene.create("u", TWO_MINUTES);
    });
}

#[test]
fn an_item_whose_type_is_no_longer_known() {
    case("`v-0` has no schedule", |scene| {
        scene.write("u", 0, r#"{"job_type":"gone","sleep_time":60}"#);
        scene.create("v", MINUTE);
        // Its owner goes on to make jobs, too.
        scene.create("u", MINUTE);
        let told = scene.0.ports.world().told.len();
        assert_eq!(told, if scene.0.system == System::Ours { 2 } else { 1 });
    });
}

#[test]
fn a_null_a_list_or_a_map() {
    for own in ["null", "[1]", "{}"] {
        let body = format!(r#"{{"job_type":"test","sleep_time":60,"own":{own}}}"#);
        let problems = |system| {
            let mut scene = Scene(Engine::new(system, World::new(1)));
            scene.create("u", &body);
            scene.create("v", MINUTE);
            scene.settle();
            scene.problems()
        };
        assert_eq!(problems(System::Ours), Vec::<String>::new());
        let lost = ["the job `u-0` has no schedule", "the job `v-0` has no schedule"];
        assert_eq!(problems(System::Original), lost);
    }
}

#[test]
fn an_integer_over_2_to_the_53() {
    case("`u-0` has a wrong input", |scene| {
        scene.create("u", r#"{"job_type":"test","sleep_time":60,"big":9007199254740993}"#);
    });
}

#[test]
fn a_name_over_64_characters() {
    case("has no schedule", |scene| scene.create(&"u".repeat(70), MINUTE));
}

#[test]
fn a_name_of_characters_that_no_schedule_may_have() {
    case("has no schedule", |scene| scene.create("someone@example.com", MINUTE));
}

#[test]
fn a_job_from_before_the_stream_was_read() {
    case("`u-0` has no schedule", |scene| {
        scene.create("u", MINUTE);
        scene.0.map_stream();
    });
}

#[test]
fn a_shard_behind_a_record_that_never_goes_through() {
    case("`v-0` has no schedule", |scene| {
        scene.create("u", r#"{"job_type":"test","sleep_time":60,"own":{"a":[null]}}"#);
        for user in ["v", "w"] {
            scene.create(user, MINUTE);
        }
    });
}

/// The queue takes the first message of a batch and not the second: the first is sent again when
/// nobody knows any more that it was.
#[test]
fn a_message_sent_again_after_five_minutes() {
    case("`u-0` has a wrong rate", |scene| {
        scene.create("u", MINUTE);
        scene.create("u", MINUTE);
        scene.0.ports.world().queue.refusing.insert("u-1".to_owned());
        scene.0.deliver_records(1);
        scene.0.finish();
        scene.change();
        scene.update("u", "0", TWO_MINUTES);
        scene.0.ports.world().pass(301);
    });
}

/// What fails for days must not vanish unseen: it lies in a dead-letter queue, and is made up for.
#[test]
fn a_message_that_fails_for_days() {
    case("`u-0` has no schedule", |scene| {
        scene.create("u", MINUTE);
        scene.stream();
        scene.0.outlast_the_queue();
        scene.0.ports.world().pass(RETENTION);
        scene.change();
        let dead = scene.0.ports.world().queue.dead;
        assert_eq!(dead, 1, "ours in its dead-letter queue, the original's nowhere");
        scene.reconcile();
    });
}

/// Of the stream's records nothing but a note is left: where they lay in the shard.
#[test]
fn records_that_could_not_be_sent_for_hours() {
    case("`u-0` has no schedule", |scene| {
        scene.create("u", MINUTE);
        scene.create("u", TWO_MINUTES);
        scene.0.outlast_the_stream();
        let world = scene.0.ports.world();
        assert_eq!((world.lost_records, world.items.len()), (2, 2));
        drop(world);
        scene.reconcile();
    });
}

/// A first run comes at once, and comes though the job is changed on the heels of a late create.
#[test]
fn a_change_right_after_a_late_create() {
    let mut scene = Scene(Engine::new(System::Ours, World::new(1)));
    scene.create("u", A_DAY);
    scene.stream();
    scene.0.ports.world().pass(7_000);
    scene.change();
    for own in [1, 2] {
        let body = format!(r#"{{"job_type":"page","sleep_time":86400,"own":{own}}}"#);
        scene.update("u", "0", &body);
        scene.settle();
    }
    let mut world = scene.0.ports.world();
    world.pass(60);
    assert_eq!((world.runs.len(), world.broken.len()), (1, 0), "{:?}", world.broken);
    world.pass(86_400);
    assert_eq!(world.runs.len(), 2, "the second one a day after the first");
}

#[test]
fn a_verification_agrees_with_a_second_look() {
    let mut scene = Scene(Engine::new(System::Ours, World::new(1)));
    scene.create("u", MINUTE);
    scene.settle();
    assert_eq!(verified(&mut scene.0), Ok(()));
    let schedules = std::mem::take(&mut scene.0.ports.world().group.schedules);
    assert!(verified(&mut scene.0).is_err(), "{schedules:?}");
}
