//! How fast calipers is, beside the floor and beside every peer, in one run.
#![allow(
    dead_code,
    reason = "parts of the harness wait for the contenders that will use them"
)]

mod contenders;
mod inputs;
mod machine;
mod pool;
mod rounds;
mod suite;
mod workload;

use rounds::Plan;
use suite::Suite;
use workload::Workload;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let suite: &'static Suite = Box::leak(Box::new(contenders::suite()));
    let opt = |k: &str, d: &str| {
        args.iter()
            .position(|a| a == k)
            .map(|i| args[i + 1].clone())
            .unwrap_or(d.into())
    };
    let plan = Plan {
        rounds: opt("--rounds", "60").parse().unwrap(),
        millis: opt("--ms", "2").parse().unwrap(),
        only: opt("--only", ""),
        filter: opt("--filter", ""),
    };
    match args.first().map(String::as_str) {
        Some("serve") => pool::Pool::new(suite).serve().unwrap(),
        Some("list") => suite
            .rows
            .iter()
            .enumerate()
            .for_each(|(i, r)| println!("{i}\t{:?}\t{}", r.workload, r.name)),
        Some("one") => {
            calipers::background_tick(false);
            let (i, n): (usize, usize) = (args[1].parse().unwrap(), args[2].parse().unwrap());
            let mut r = suite.rows[i].runner();
            r(n.min(4096));
            r(n);
            if let Some(c) = machine::Counters::open() {
                let mut best = [f64::MAX; 2];
                for _ in 0..7 {
                    let a = c.read();
                    r(n);
                    let b = c.read();
                    for k in 0..2 {
                        best[k] = best[k].min((b[k] - a[k]) / n as f64);
                    }
                }
                println!("{:.2} {:.2}", best[0], best[1]);
            }
        }
        Some("mem") => match args.get(1).and_then(|a| a.parse::<usize>().ok()) {
            Some(i) => {
                let m = &suite.memory[i];
                let (r, h) = (machine::resident(), machine::allocated());
                let kept = (m.make)(m.n);
                println!(
                    "{:.0} {:.0}",
                    (machine::resident() - r) / m.n as f64,
                    (machine::allocated() - h) / m.n as f64
                );
                std::mem::forget(kept);
            }
            None => {
                for (i, m) in suite.memory.iter().enumerate() {
                    let o = std::process::Command::new(std::env::current_exe().unwrap())
                        .args(["mem", &i.to_string()])
                        .output()
                        .unwrap();
                    println!(
                        "{:?} {} {}",
                        m.thing,
                        m.name,
                        String::from_utf8_lossy(&o.stdout).trim()
                    );
                }
            }
        },
        _ => {
            let mut pool = pool::Pool::new(suite);
            for w in Workload::ALL {
                if !format!("{w:?}").contains(&plan.only) {
                    continue;
                }
                let rows = rounds::run(&mut pool, suite, w, &plan);
                for t in [1, 2] {
                    let mut rows: Vec<_> = rows.iter().filter(|r| r.threads == t).collect();
                    if rows.is_empty() {
                        continue;
                    }
                    let floor = rows
                        .iter()
                        .find(|r| r.side == suite::Side::Floor)
                        .map_or(f64::NAN, |r| r.median);
                    let ours = rows
                        .iter()
                        .find(|r| r.side == suite::Side::Ours)
                        .map_or(f64::NAN, |r| r.median);
                    println!("\n### {} - {t}", w.title());
                    rows.sort_by(|a, b| a.median.total_cmp(&b.median));
                    for r in rows {
                        println!(
                            "{:60} {:10.2} {:10.2} {:8.2} {:8.2} {}",
                            r.name,
                            r.min,
                            r.median,
                            r.median / floor,
                            r.median / ours,
                            r.note
                        );
                    }
                }
            }
        }
    }
}
