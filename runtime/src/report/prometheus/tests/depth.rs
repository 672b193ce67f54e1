//! Which of a total and the instances it adds up are shown, and that no metric holds both.

use super::*;

fn finished(exposition: Exposition, registry: &Registry) -> Vec<String> {
    let text = exposition.text(&registry.snapshot());
    let lines = samples(&text).into_iter();
    lines
        .filter(|line| line.contains("finished"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn totals_are_shown_without_what_they_add_up() {
    let registry = Registry::new();
    let (_processor, workers) = processor(&registry);
    assert_eq!(
        finished(Exposition::new(), &registry),
        ["processor_finished_total 3"]
    );
    drop(workers);
    assert_eq!(
        finished(Exposition::new(), &registry),
        ["processor_finished_total 3"]
    );
    let text = Exposition::new().text(&registry.snapshot());
    assert!(!text.contains("thread="), "{text}");
    assert!(
        text.contains("processor_state{state=\"performing_task\"} 0"),
        "{text}"
    );
}

#[test]
fn instances_are_shown_without_their_totals() {
    let registry = Registry::new();
    let (_processor, workers) = processor(&registry);
    let instances = Exposition::new().depth(Depth::Instances);
    let expected = ["a", "b"].into_iter().zip([2, 1]);
    let expected: Vec<String> = expected
        .map(|(thread, count)| format!("processor_finished_total{{thread=\"{thread}\"}} {count}"))
        .collect();
    assert_eq!(finished(instances.clone(), &registry), expected);
    let text = instances.text(&registry.snapshot());
    assert!(
        text.contains("processor_state{thread=\"b\",processor_state=\"performing_task\"} 1"),
        "{text}"
    );
    drop(workers);
    assert_eq!(finished(instances, &registry), [""; 0]);
}

#[test]
fn both_are_told_apart_by_name() {
    let registry = Registry::new();
    let _all = processor(&registry);
    assert_eq!(
        finished(Exposition::new().depth(Depth::Both), &registry),
        [
            "processor_finished_total 3",
            "processor_finished_by_thread_total{thread=\"a\"} 2",
            "processor_finished_by_thread_total{thread=\"b\"} 1"
        ]
    );
}

#[derive(Instrumented)]
struct Server {
    jobs: Sum<Counter>,
}

#[derive(Instrumented)]
#[instrumented(label = "pool")]
struct Pool {
    jobs: Sum<Counter>,
}

#[derive(Instrumented)]
#[instrumented(label = "worker")]
struct Member {
    jobs: Counter,
    /// Nobody adds these up.
    idle: Counter,
}

#[test]
fn each_level_of_totals_has_a_name_of_its_own() {
    let registry = Registry::new();
    let server: Server = init_in(&registry, "/server", ());
    let mut members = Vec::new();
    for pool in ["x", "y"] {
        let pool = Pool::init_child(&server, pool);
        for worker in ["1", "2"] {
            let member = Member::init_child(&pool, worker);
            member.jobs.inc();
            member.idle.add(3);
            members.push((member, pool.jobs.clone()));
        }
    }
    let text = |depth| Exposition::new().depth(depth).text(&registry.snapshot());
    let jobs = |depth| {
        let text = text(depth);
        let lines = samples(&text).into_iter();
        lines
            .filter(|line| line.contains("jobs"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(jobs(Depth::Totals), ["server_jobs_total 4"]);
    let members = [("x", 1), ("x", 2), ("y", 1), ("y", 2)];
    let of_members = |name: &str| {
        members
            .map(|(pool, worker)| format!("{name}{{pool=\"{pool}\",worker=\"{worker}\"}} 1"))
            .to_vec()
    };
    assert_eq!(jobs(Depth::Instances), of_members("server_jobs_total"));
    let mut all = vec!["server_jobs_total 4".to_owned()];
    all.extend(["x", "y"].map(|pool| format!("server_jobs_by_pool_total{{pool=\"{pool}\"}} 2")));
    all.extend(of_members("server_jobs_by_worker_total"));
    assert_eq!(jobs(Depth::Both), all);
    // What no aggregate adds up is shown at every depth, under one name.
    for depth in [Depth::Totals, Depth::Instances, Depth::Both] {
        assert!(text(depth).contains("server_idle_total{pool=\"y\",worker=\"2\"} 3"));
    }
}

#[test]
fn an_instance_without_a_label_has_its_place_in_the_name() {
    #[derive(Instrumented)]
    struct Plain {
        jobs: Counter,
    }
    let registry = Registry::new();
    let server: Server = init_in(&registry, "/server", ());
    let _plain = Plain::init_child(&server, "one");
    let text = Exposition::new()
        .depth(Depth::Both)
        .text(&registry.snapshot());
    assert_eq!(
        samples(&text),
        ["server_jobs_total 0", "server_one_jobs_total 0"]
    );
}

#[test]
fn a_numbered_instance_has_its_number_as_label() {
    let registry = Registry::new();
    let server: Server = init_in(&registry, "/server", ());
    let _members = [(); 2].map(|()| Member::init_child_numbered(&server, "member"));
    let text = Exposition::new().text(&registry.snapshot());
    let idle = |number| format!("server_member_idle_total{{worker=\"{number}\"}} 0");
    assert_eq!(samples(&text)[1..], [idle(1), idle(2)]);
}
