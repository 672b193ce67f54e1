//! The live page in a real browser, and under a real attack: what a person sees, and what the browser has to say of it.

mod browser;
mod find;
mod hostile;
mod live;
mod screens;
mod slow_clients;

use std::time::Duration;

use calipers::prelude::*;
use calipers::report::http::Server;
use calipers::{CountBy, Meter, Registry, StateSet, States, Sum, UpDownCounter};
use calipers_tests::parts::Folder;

use browser::Browser;

/// The paths of the stats that are shown, in the order they are.
const SHOWN: &str = "return [...document.querySelectorAll('.stats tr[data-key]')].map(row => row.dataset.key).join(' ')";

#[derive(Instrumented)]
struct Pool {
    /// Tasks done.
    done: Counter,
    level: UpDownCounter,
    #[stat(unit = "By")]
    memory: Gauge,
    /// Time of a task.
    latency: Timer,
    #[stat(unit = "By")]
    sizes: Histogram,
    received: Meter,
    by_path: Family<String, Counter>,
    state: CountBy<StateSet<Phase>>,
    total: Sum<Counter>,
}

#[derive(Instrumented)]
#[instrumented(parent = Pool, label = "worker")]
pub(crate) struct Worker {
    state: StateSet<Phase>,
    total: Counter,
}

#[derive(States)]
pub(crate) enum Phase {
    Waiting,
    Working,
}

/// A page that is served, of a registry with something in it, and a browser.
pub(crate) struct Scene {
    registry: Registry,
    pool: Pool,
    workers: Vec<Worker>,
    server: Server,
    browser: Browser,
    // The last to go: the browser's profile is in it.
    _folder: Folder,
}

impl Scene {
    fn set(name: &str) -> Scene {
        let folder = Folder::new(name);
        let registry = Registry::new();
        let pool = Pool::init_in(&registry, "/pool");
        let workers = (0..3).map(|_| Worker::init_child_numbered(&pool, "worker"));
        let workers: Vec<Worker> = workers.collect();
        let server = Server::builder("127.0.0.1:0")
            .name("a site")
            .registry(&registry)
            .start();
        let scene = Scene {
            registry,
            pool,
            workers,
            server: server.expect("a free port"),
            browser: Browser::start(&folder),
            _folder: folder,
        };
        scene.work(100);
        scene
    }

    fn work(&self, times: u64) {
        let pool = &self.pool;
        pool.done.add(times);
        pool.level.add(1);
        pool.memory.set(3.4 * 1024.0 * 1024.0);
        pool.received.add(times);
        for n in 1..=times {
            pool.latency.record(Duration::from_micros(100 * n));
            pool.sizes.record(n);
        }
        pool.by_path.get("/index").add(times);
        for worker in &self.workers {
            worker.total.add(times);
            worker.state.set(Phase::Waiting);
        }
    }

    /// Opens a path of the page, asking every second. What the page is left with of this is told by `is_the_same`.
    fn open(&self, path: &str) {
        let url = self.server.url();
        self.browser.open(&format!("{url}{path}?refresh=1"));
        self.browser.run("window.opened = true");
    }

    /// That the page was not loaded again.
    fn is_the_same(&self) {
        assert_eq!(self.browser.run("return window.opened"), true);
    }

    /// The text of a row's cell.
    fn cell(&self, key: &str, class: &str) -> String {
        let text = format!(
            "return document.querySelector('[data-key=\"{key}\"] {class}')?.textContent ?? 'no such cell'"
        );
        self.browser.text(&text)
    }

    /// That nothing of what is shown leaves the screen, but in frames that can be moved.
    fn fits(&self, path: &str) {
        let wide = "const wide = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, svg') \
            && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80)); \
            return `${document.documentElement.scrollWidth > innerWidth} ${wide.slice(0, 3)}`";
        assert_eq!(self.browser.text(wide), "false ", "/{path}");
    }

    /// That nothing was refused, and nothing went wrong.
    fn nothing_was_complained_about(&self) {
        assert_eq!(self.browser.console(), [""; 0]);
    }

    fn requests(&self) -> u64 {
        let snapshot = self.registry.snapshot();
        let requests = snapshot.counter("/calipers/report/http/requests");
        requests.expect("the page counts")
    }
}
