//! Metrics put together into datagrams, as many as fit, none of them split.

/// A datagram, and how many metrics are in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) text: String,
    pub(super) metrics: u64,
}

/// A datagram in the making.
#[derive(Debug)]
pub(super) struct Packets {
    most: usize,
    open: Packet,
}

/// A metric that no datagram holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Packets {
    pub(super) fn new(most: usize) -> Packets {
        Packets {
            most,
            open: Packet::default(),
        }
    }

    /// Adds a metric, of one line or more that stay together; gives the datagram that is full by that.
    pub(super) fn add(&mut self, metric: &str) -> Result<Option<Packet>, TooLong> {
        if metric.len() > self.most {
            return Err(TooLong);
        }
        let fits =
            self.open.text.is_empty() || self.open.text.len() + 1 + metric.len() <= self.most;
        let full = if fits { None } else { self.rest() };
        if !self.open.text.is_empty() {
            self.open.text.push('\n');
        }
        self.open.text.push_str(metric);
        self.open.metrics += 1;
        Ok(full)
    }

    /// The last one.
    pub(super) fn rest(&mut self) -> Option<Packet> {
        let rest = std::mem::take(&mut self.open);
        (rest.metrics > 0).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_are_full_and_no_metric_is_split() {
        let mut packets = Packets::new(11);
        let packet = |text: &str, metrics| {
            Some(Packet {
                text: text.to_owned(),
                metrics,
            })
        };
        assert_eq!(packets.add("a:1|c"), Ok(None));
        assert_eq!(packets.add("b:1|c"), Ok(None));
        assert_eq!(packets.add("c:0|g\nc:1|g"), Ok(packet("a:1|c\nb:1|c", 2)));
        assert_eq!(packets.add("much:too:long|c"), Err(TooLong));
        assert_eq!(packets.rest(), packet("c:0|g\nc:1|g", 1));
        assert_eq!(packets.rest(), None);
    }
}
