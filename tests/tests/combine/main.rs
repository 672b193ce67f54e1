//! Many servers as one: what each rule gives, servers that are missing, broken or late, and very many of them.

mod rules;
mod servers;

use calipers::combine::Rules;
use serde_json::{Value, json};

fn combined(rules: &Rules, servers: &[(&str, Value)]) -> Value {
    let mut combining = rules.combining();
    for (server, stats) in servers {
        combining.add(server, stats);
    }
    json!(combining.finish())
}
