//! What the drafts of an env come to that AWS would refuse or quietly do wrong.
//!
//! In: the drafts. Out: warnings, since a project may grow past a limit while somebody works on it;
//! `deploy` refuses those whose code is a limit. Deliberately absent: what stands in the account
//! already.

use crate::app::App;
use crate::audit::Sizes;
use crate::code::Code;
use crate::limits::OPERATION_RESOURCES;
use crate::plan::{Plan, PluginStack};
use crate::problem::{Place, Problem};
use crate::synth::{Draft, Drafts, place};

/// Every warning about an env; what no plugin is to blame for stands at its `place`.
pub(crate) fn warnings(app: &App, plan: &Plan, drafts: &Drafts, at: &Place) -> Vec<Problem> {
    let stacks = plan.plugins.iter();
    let drafted = stacks.filter_map(|stack| Some((stack, drafts.plugins.get(&stack.plugin)?)));
    let of_plugins = drafted.flat_map(|(stack, draft)| of_plugin(stack, draft));
    of_plugins.chain(of_root(app, drafts, at)).chain(of_all(app, drafts, at)).collect()
}

fn of_plugin(stack: &PluginStack, draft: &Draft) -> Vec<Problem> {
    let findings = draft.findings.iter().map(|one| {
        let what = format!("`{}` {}", one.id, one.what);
        Problem::warning(one.code, place(stack, &one.id), what).hint(one.hint)
    });
    let over = draft.sizes.over().into_iter().map(|what| {
        let what = format!("the stack of plugin `{}` {what}", stack.plugin);
        Problem::warning(Code::OverLimit, place(stack, "Resources"), what)
            .hint("make two plugins of it, or give it fewer resources")
    });
    findings.chain(over).collect()
}

fn of_root(app: &App, drafts: &Drafts, at: &Place) -> Vec<Problem> {
    let findings = drafts.root.findings.iter();
    let findings = findings.map(|one| {
        let what = format!("`{}` {}", one.id, one.what);
        Problem::warning(one.code, at.clone(), what).hint(one.hint)
    });
    let over = drafts.root.sizes.over().into_iter().map(|what| {
        let what = format!("the root stack of env `{}` {what}", app.env);
        Problem::warning(Code::OverLimit, at.clone(), what).hint(SPLIT)
    });
    findings.chain(over).collect()
}

const SPLIT: &str = "give some plugins a service of their own: another `scheduler.toml`";

fn of_all(app: &App, drafts: &Drafts, at: &Place) -> Vec<Problem> {
    let sum = |part: fn(&Sizes) -> usize| {
        let of_plugins: usize = drafts.plugins.values().map(|draft| part(&draft.sizes)).sum();
        of_plugins + part(&drafts.root.sizes)
    };
    let (resources, subscriptions) = (sum(Sizes::total), sum(|sizes| sizes.filtered_subscriptions));
    let env = &app.env;
    let too_many = (resources > OPERATION_RESOURCES).then(|| {
        let what = format!(
            "the stacks of env `{env}` would have {resources} resources; one operation of \
             CloudFormation takes {OPERATION_RESOURCES}"
        );
        Problem::warning(Code::OverLimit, at.clone(), what).hint(SPLIT)
    });
    let quota = app.quotas.filtered_subscriptions;
    let over_quota = (subscriptions > quota).then(|| {
        let what = format!(
            "the topic of env `{env}` would have {subscriptions} filtered subscriptions; its \
             quota is {quota}"
        );
        Problem::warning(Code::OverQuota, at.clone(), what).hint(format!(
            "ask AWS for more, then say so: `quotas.filtered_subscriptions` in `[env.{env}]`; or \
             {SPLIT}"
        ))
    });
    too_many.into_iter().chain(over_quota).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Quotas, ResourcesTemplate};
    use crate::plan::plan;
    use crate::problem::Severity;
    use crate::synth::drafts;
    use crate::testing::{bare, plugin, with};

    fn found(app: &App) -> Vec<Problem> {
        let plan = plan(app);
        let (drafts, errors) = drafts(&plan);
        assert_eq!(errors, []);
        warnings(app, &plan, &drafts, &Place::file("scheduler.toml"))
    }

    fn crowd(number: usize) -> App {
        (0..number).map(|nth| plugin(&format!("p{nth}"))).fold(bare(), with)
    }

    fn codes(problems: &[Problem]) -> Vec<Code> {
        problems.iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn two_hundred_subscriptions_are_no_problem_and_one_more_is() {
        assert_eq!(found(&crowd(200)), []);
        let problems = found(&crowd(201));
        assert_eq!(codes(&problems), [Code::OverQuota]);
        assert_eq!(problems[0].severity, Severity::Warning);
        assert!(problems[0].what.contains("201 filtered subscriptions"), "{}", problems[0]);
    }

    #[test]
    fn what_aws_has_granted_counts() {
        let quotas = Quotas { filtered_subscriptions: 201 };
        assert_eq!(found(&App { quotas, ..crowd(201) }), []);
    }

    #[test]
    fn all_stacks_together_have_a_limit_that_no_quota_raises() {
        let quotas = Quotas { filtered_subscriptions: 1000 };
        let problems = found(&App { quotas, ..crowd(300) });
        assert_eq!(codes(&problems), [Code::OverLimit]);
        assert!(problems[0].what.ends_with("one operation of CloudFormation takes 2500"));
    }

    #[test]
    fn a_root_stack_has_a_limit_of_its_own() {
        let quotas = Quotas { filtered_subscriptions: 1000 };
        let problems = found(&App { quotas, ..crowd(450) });
        let over = "the root stack of env `dev` would have 535 resources";
        assert!(problems.iter().any(|one| one.what.starts_with(over)), "{problems:?}");
    }

    fn with_template(text: String) -> Vec<Problem> {
        let path = "plugins/mail/resources.json.j2".to_owned();
        let resources = Some(ResourcesTemplate { path, text });
        found(&with(bare(), crate::app::Plugin { resources, ..plugin("mail") }))
    }

    #[test]
    fn what_a_plugins_own_template_does_wrong_is_told_at_its_line() {
        let text = r#"{"Resources": {
            "Often": {
                "Type": "AWS::Scheduler::Schedule",
                "Properties": { "ScheduleExpression": "rate(1 minutes)" }
            }
        }}"#;
        let problems = with_template(text.to_owned());
        assert_eq!(codes(&problems), [Code::DoubtfulResource]);
        assert_eq!(problems[0].place.to_string(), "plugins/mail/resources.json.j2:2:1");
        assert!(problems[0].what.starts_with("`Often` has `rate(1 minutes)`"), "{}", problems[0]);
    }

    #[test]
    fn a_plugin_with_too_much_is_told_so() {
        let one = |nth| format!(r#""R{nth}": {{ "Type": "AWS::SNS::Topic" }}"#);
        let all: Vec<_> = (0..500).map(one).collect();
        let problems = with_template(format!(r#"{{"Resources": {{ {} }} }}"#, all.join(",\n")));
        assert_eq!(codes(&problems), [Code::OverLimit]);
        assert!(problems[0].what.starts_with("the stack of plugin `mail` would have 510 "));
    }
}
