//! What can be asked on the command line.

use std::path::PathBuf;

use calipers::distributed::Merging;
use clap::{Args, Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit codes:
  0  it worked, also when the reader of the output went away
  1  something could not be read or done; what could was shown
  2  the command line makes no sense";

const SOURCES: &str = "\
Sources:
  web-17.mmstats        a file: of calipers, or of mmstats (version 1, Python's or ours)
  /run/stats            a folder: all such files in it
  127.0.0.1:9000        the address of a stats page, also as http://host:port/path/
  Without any: the folders that CALIPERS_DIR and MMSTATS_PATH name, or the temporary one.
  A process that has files of both formats counts twice where both are given.";

/// Looks at programs that calipers measures, from outside.
#[derive(Debug, Parser)]
#[command(name = "calipers", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// One look: all stats as a table, JSON, or what Prometheus reads
    #[command(after_help = format!("\
Examples:
  calipers slurp                                   all processes of the default folder
  calipers slurp web-17.mmstats --only '/db/**'    some stats of one
  calipers slurp /run/stats --merged --json        all of them added together
  calipers slurp 127.0.0.1:9000 --query 'latency.p99 > 50ms'

{SOURCES}

{EXIT_CODES}"))]
    Slurp(Slurp),
    /// Columns of what is added from moment to moment, like vmstat
    #[command(after_help = format!("\
Examples:
  calipers poll -p app. requests,errors            a row a second, from all files of the default folder
  calipers poll handler.latency.count,handler.latency.p99 127.0.0.1:9000
  calipers poll -r -d 5 -c 12 requests /run/stats  rates, a row every 5 seconds for a minute

Fields are labels with dots, as `calipers slurp --labels` lists them. Numbers that only go up are
shown as what came since the row before (the first row: since the start); all others as they are,
of several processes the sum.

{SOURCES}

{EXIT_CODES}"))]
    Poll(Poll),
    /// A full-screen live view: the tree, rates, percentiles, histories
    #[command(after_help = format!("\
Examples:
  calipers top                                     all processes of the default folder
  calipers top web-17.mmstats                      one
  calipers top -d 0.5 127.0.0.1:9000               the page's program, twice a second

Keys: arrows move, enter opens a stat, tab goes to the tree, / searches, n r p sort by name, rate
and p99, [ and ] choose the process, space pauses, ? lists all of them, q quits.

{SOURCES}

{EXIT_CODES}"))]
    Top(Top),
    /// Serves all processes of a folder in a browser, as JSON, and to Prometheus
    #[command(after_help = format!("\
Examples:
  calipers web                                     the default folder, at http://127.0.0.1:5002/
  calipers web /run/stats --listen 127.0.0.1:0     another, at a port that is free
  calipers web 10.0.0.7:9000 10.0.0.8:9000         the pages of two hosts on one

What is served:
  /                     the page: every process is a place of the tree; also /?format=json
  /metrics              what Prometheus reads, with a label `process`
  /stats/               all labels
  /stats/<label>        the values of all labels that begin so, a list each
                        ?exact=1  of this label alone    ?glob=web-*  of these files alone
                        ?aggr=    sum, avg, max, min, one, nonzero-min, nonzero-avg
  /files/, /files/<glob>  the files

There is no password, so it listens on this machine alone unless told otherwise.

{SOURCES}

{EXIT_CODES}"))]
    Web(Web),
    /// Removes the files of processes that are provably gone, and says why it keeps the rest
    #[command(after_help = format!("\
Examples:
  calipers clean --dry-run                         what would go, of the default folder
  calipers clean /run/stats                        it goes
  calipers clean /run/stats --totals /var/lib/web/totals.json
                                                   what the dead counted is added up there

The totals file is a source like any other: `calipers slurp --merged /run/stats totals.json` shows
sums that do not fall when processes end.

{SOURCES}

{EXIT_CODES}"))]
    Clean(Clean),
    /// What the named pipes of this host say, together, as JSON
    #[command(after_help = format!("\
Examples:
  calipers pipes                                   those of /tmp/stats-pipe
  calipers pipes /run/stats-pipe --serve           at http://127.0.0.1:7828/stats
  calipers pipes --serve 127.0.0.1:0               at a port that is free

Counts are added; what does not add up (gauges, percentiles, means) is told process by process.
A pipe that is late, or says more than 16 MiB, counts for nothing, and has the command end with 1;
so has a folder that is not there, which --serve waits for.

{EXIT_CODES}"))]
    Pipes(Pipes),
    /// Many servers' stats as one, by rules
    #[command(after_help = format!("\
Examples:
  calipers combine rules.toml web1:9000 web2:9000  pages, read side by side
  calipers combine rules.toml /var/stats --json    a folder of files <server>.json

The rules, in TOML:
  [[rule]]
  at = \"/web/*/latency\"
  merge = {{}}
  largest = {{ of = \"p99\", name = \"slowest\" }}

A server that is late or broken is told in the result, stops nothing, and has the command end with 1.
So are a server that is given twice, which counts once, and a rule that no server has anything for.

{EXIT_CODES}"))]
    Combine(Combine),
    /// Unites what the publishers of many processes send, and serves it as one
    #[command(after_help = format!("\
Examples:
  calipers aggregate --bind ipc:///run/stats/aggregator.sock
                                                   those of this host, at http://127.0.0.1:5003/
  calipers aggregate --bind tcp://127.0.0.1:5710 --http 127.0.0.1:0 --gauge '/queue/**=sum'
  calipers aggregate --bind tcp://10.0.0.7:5710 --beyond-loopback --key-file /etc/stats.key
                                                   those of other hosts, who know the key
  calipers aggregate --bind ipc:///run/stats/aggregator.sock --keep /var/lib/stats.totals
                                                   totals that outlive it

What is served:
  /                     the page: all of them as one tree; also /?format=json
  /metrics              what Prometheus reads

There is no password for what is served, so that is for this machine alone unless told otherwise.

{EXIT_CODES}"))]
    Aggregate(Aggregate),
    /// Prints a script that completes command lines
    #[command(after_help = "\
Examples:
  calipers completions bash > /etc/bash_completion.d/calipers
  calipers completions zsh > ~/.zfunc/_calipers")]
    Completions {
        /// The shell it is for
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Slurp {
    /// Files, folders, or addresses of stats pages
    pub(crate) sources: Vec<String>,
    /// All processes added together; of gauges that declare no sum, largest or smallest it is the first one's
    #[arg(short, long)]
    pub(crate) merged: bool,
    /// As JSON, in the shape of the tree
    #[arg(long, group = "format")]
    pub(crate) json: bool,
    /// As Prometheus reads it
    #[arg(long, group = "format")]
    pub(crate) prometheus: bool,
    /// As mmstats' labels with their values, one a line
    #[arg(long, group = "format")]
    pub(crate) labels: bool,
    /// Only stats whose path fits this glob, '/handler/**'
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Option<String>,
    /// Only stats that satisfy this query, 'latency.p99 > 50ms'
    #[arg(long)]
    pub(crate) query: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Poll {
    /// Labels to show, with commas between them
    pub(crate) fields: String,
    /// Files, folders, or addresses of stats pages
    pub(crate) sources: Vec<String>,
    /// What every field begins with
    #[arg(short, long, default_value = "")]
    pub(crate) prefix: String,
    /// Only processes that have a label beginning like this, or the value given: label, label=value
    #[arg(short, long, value_name = "LABEL[=VALUE]")]
    pub(crate) filter: Vec<String>,
    /// How many rows; without it, until interrupted
    #[arg(short, long)]
    pub(crate) count: Option<u64>,
    /// Seconds between rows
    #[arg(short, long, default_value = "1", value_parser = seconds)]
    pub(crate) delay: f64,
    /// Rows between headers
    #[arg(short = 'n', long, default_value = "20", value_name = "ROWS")]
    pub(crate) headers: u64,
    /// What came per second rather than per row
    #[arg(short, long)]
    pub(crate) rates: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Top {
    /// Files, folders, or addresses of stats pages
    pub(crate) sources: Vec<String>,
    /// Seconds between looks
    #[arg(short, long, default_value = "1", value_parser = seconds)]
    pub(crate) delay: f64,
}

#[derive(Debug, Args)]
pub(crate) struct Web {
    /// Files, folders, or addresses of stats pages
    pub(crate) sources: Vec<String>,
    /// Where to listen
    #[arg(short, long, default_value = "127.0.0.1:5002", value_name = "ADDRESS")]
    pub(crate) listen: String,
    /// Another name that the page is asked for by, that of a proxy for instance
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Clean {
    /// Files or folders
    pub(crate) sources: Vec<String>,
    /// Says what would be removed, and removes nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// A file in which to add up what the dead counted, before their files go
    #[arg(long, value_name = "FILE")]
    pub(crate) totals: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Pipes {
    /// The folder with the pipes
    #[arg(default_value = "/tmp/stats-pipe")]
    pub(crate) folder: PathBuf,
    /// Serves it as JSON, read anew for each request, rather than printing it once
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:7828")]
    pub(crate) serve: Option<String>,
    /// Seconds that each pipe may take
    #[arg(long, default_value = "1", value_parser = seconds)]
    pub(crate) patience: f64,
}

#[derive(Debug, Args)]
pub(crate) struct Combine {
    /// The file with the rules
    pub(crate) rules: PathBuf,
    /// Addresses of stats pages, or one folder of files
    #[arg(required = true)]
    pub(crate) servers: Vec<String>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Seconds that each page may take
    #[arg(long, default_value = "5", value_parser = seconds)]
    pub(crate) patience: f64,
}

#[derive(Debug, Args)]
pub(crate) struct Aggregate {
    /// Where publishers connect: ipc:///path or tcp://address:port
    #[arg(short, long, value_name = "ENDPOINT")]
    pub(crate) bind: String,
    /// Where to serve what they sent
    #[arg(long, default_value = "127.0.0.1:5003", value_name = "ADDRESS")]
    pub(crate) http: String,
    /// Each process by itself, below its name, rather than all as one
    #[arg(long)]
    pub(crate) side_by_side: bool,
    /// How gauges are merged, whatever they and their publishers say: sum, max, min, last, per-source
    #[arg(long, value_name = "GLOB=HOW", value_parser = gauge)]
    pub(crate) gauge: Vec<(String, Merging)>,
    /// A file with the key that publishers know too; spaces around it do not count
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Listens to other machines as well, which needs a key
    #[arg(long)]
    pub(crate) beyond_loopback: bool,
    /// A file to keep totals in, and to go on from
    #[arg(long, value_name = "FILE")]
    pub(crate) keep: Option<PathBuf>,
    /// Seconds that a process may be silent before only its totals stay
    #[arg(long, default_value = "60", value_parser = seconds)]
    pub(crate) forget_after: f64,
    /// Another name that the page is asked for by, that of a proxy for instance
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
}

/// `/queue/**=sum`.
fn gauge(text: &str) -> Result<(String, Merging), String> {
    let rule = text.rsplit_once('=').and_then(|(glob, how)| {
        let is_given = !glob.is_empty();
        Some((glob.to_owned(), Merging::named(how).filter(|_| is_given)?))
    });
    rule.ok_or_else(|| {
        format!(
            "give a glob and how, '/queue/**=sum'; one of {}",
            Merging::NAMES.join(", ")
        )
    })
}

/// A time that is neither none nor a month.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("give seconds from 0.01 to 86400".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples_and_names_its_exit_codes() {
        for command in Cli::command().get_subcommands() {
            let help = command
                .get_after_help()
                .unwrap_or_else(|| panic!("{}", command.get_name()))
                .to_string();
            assert!(help.contains("Examples:\n  calipers "), "{help}");
            assert!(
                command.get_name() == "completions" || help.contains("Exit codes:"),
                "{help}"
            );
        }
    }
}
