//! The two text formats: 0.0.4, and OpenMetrics 1.0.
//!
//! Labels are collected as the bytes they become, `thread="0",key="a"`, so that the lines of one histogram copy them
//! rather than escape them anew.

use super::lines::Lines;
use super::name::without_nul;
use crate::report::families::{Added, Header, Scale, Type, Writer, since_1970};
use crate::report::names::label_value;
use crate::snapshot::{Distribution, Number, StatShape};

pub(super) struct Text<'a> {
    out: &'a mut Vec<u8>,
    /// Whether it is OpenMetrics.
    open: bool,
    created: bool,
    /// Of the present family.
    name: String,
    of: Type,
    /// Where the family began, and where its first sample is to be.
    start: usize,
    samples: usize,
}

impl<'a> Text<'a> {
    pub(super) fn plain(out: &'a mut Vec<u8>) -> Text<'a> {
        Text::new(out, false, false)
    }

    pub(super) fn open_metrics(out: &'a mut Vec<u8>, created: bool) -> Text<'a> {
        Text::new(out, true, created)
    }

    fn new(out: &'a mut Vec<u8>, open: bool, created: bool) -> Text<'a> {
        Text {
            out,
            open,
            created,
            name: String::new(),
            of: Type::Gauge,
            start: 0,
            samples: 0,
        }
    }

    /// Ends the exposition.
    pub(super) fn finish(self) {
        if self.open {
            self.out.extend_from_slice(b"# EOF\n");
        }
    }

    /// One line of what there is to know about the family.
    fn about(&mut self, word: &str, name: &str, text: impl FnOnce(&mut Vec<u8>)) {
        for part in ["# ", word, " ", name, " "] {
            self.out.extend_from_slice(part.as_bytes());
        }
        text(self.out);
        self.out.push(b'\n');
    }

    /// The beginning of a line, up to its number.
    fn named(&mut self, suffix: &str, labels: &[u8]) {
        let out = &mut *self.out;
        out.reserve(self.name.len() + suffix.len() + labels.len() + 32);
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(suffix.as_bytes());
        if labels.is_empty() {
            out.push(b' ');
        } else {
            out.push(b'{');
            out.extend_from_slice(labels);
            out.extend_from_slice(b"} ");
        }
    }

    fn bucket(&mut self, labels: &[u8], bound: &str, count: u64) {
        let out = &mut *self.out;
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(b"_bucket{");
        out.extend_from_slice(labels);
        if !labels.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(b"le=\"");
        out.extend_from_slice(bound.as_bytes());
        out.extend_from_slice(b"\"} ");
        push_whole(out, count);
        out.push(b'\n');
    }

    fn created(&mut self, labels: &[u8], stat: &StatShape) {
        if self.created {
            self.named("_created", labels);
            push_created(self.out, stat);
        }
    }

    /// The beginning of a line up to the value of its last label.
    fn head(&self, suffix: &str, labels: &[u8], label: &str) -> Vec<u8> {
        let mut head = [self.name.as_bytes(), suffix.as_bytes(), b"{", labels].concat();
        if !labels.is_empty() {
            head.push(b',');
        }
        head.extend_from_slice(label.as_bytes());
        head.extend_from_slice(b"=\"");
        head
    }
}

impl Writer for Text<'_> {
    fn begin(&mut self, family: &Header<'_>) {
        self.start = self.out.len();
        self.name.clear();
        self.name.push_str(family.name);
        self.of = family.of;
        let (open, suffix) = (self.open, suffix(family.of));
        let of = match family.of {
            Type::Counter => "counter",
            Type::Histogram => "histogram",
            Type::Info if open => "info",
            Type::StateSet if open => "stateset",
            Type::Gauge | Type::Level | Type::Info | Type::StateSet => "gauge",
        };
        // The text format names the samples, OpenMetrics the family.
        let name = match open {
            true => family.name.to_owned(),
            false => [family.name, suffix].concat(),
        };
        let help = |out: &mut Vec<u8>| push_help(out, family, open);
        if open {
            self.about("TYPE", &name, |out| out.extend_from_slice(of.as_bytes()));
            if !family.unit.is_empty() {
                self.about("UNIT", &name, |out| {
                    out.extend_from_slice(family.unit.as_bytes())
                });
            }
            self.about("HELP", &name, help);
        } else {
            self.about("HELP", &name, help);
            self.about("TYPE", &name, |out| out.extend_from_slice(of.as_bytes()));
        }
        self.samples = self.out.len();
    }

    fn end(&mut self) {
        if self.out.len() == self.samples {
            self.out.truncate(self.start); // a family in which nothing has a value yet
        }
    }

    fn label(&self, labels: &mut Vec<u8>, name: &str, value: &str) {
        if !labels.is_empty() {
            labels.push(b',');
        }
        labels.extend_from_slice(name.as_bytes());
        labels.extend_from_slice(b"=\"");
        push_label_value(labels, value);
        labels.push(b'"');
    }

    fn number(&mut self, labels: &[u8], number: Number, stat: &StatShape) {
        self.named(suffix(self.of), labels);
        push_number(self.out, number);
        self.out.push(b'\n');
        if self.of == Type::Counter {
            self.created(labels, stat);
        }
    }

    fn numbers<'n>(
        &mut self,
        labels: &[u8],
        label: Added<'_>,
        numbers: impl Iterator<Item = (&'n str, Number)>,
        stat: &StatShape,
    ) {
        let head = self.head(suffix(self.of), labels, label.name);
        let created = (self.created && self.of == Type::Counter).then(|| {
            let mut end = b"\"} ".to_vec();
            push_created(&mut end, stat);
            (self.head("_created", labels, label.name), end)
        });
        let mut lines = Lines::new(self.out);
        let mut escaped = Vec::new();
        for (value, number) in numbers {
            lines.put(&head);
            let begin = lines.end();
            if label.plain {
                lines.put(value.as_bytes());
            } else {
                escaped.clear();
                push_label_value(&mut escaped, value);
                lines.put(&escaped);
            }
            let end = lines.end();
            lines.put(b"\"} ");
            match number {
                // Without the call that the others share: most are counts.
                Number::U64(count) => lines.put(itoa::Buffer::new().format(count).as_bytes()),
                other => with_number(other, |number| lines.put(number)),
            }
            lines.put(b"\n");
            if let Some((head, tail)) = &created {
                lines.put(head);
                lines.repeat(begin, end);
                lines.put(tail);
            }
        }
    }

    fn histogram(&mut self, labels: &[u8], of: &Distribution, scale: &Scale, stat: &StatShape) {
        let count = of.count();
        scale.cumulative(of, |bound, below| self.bucket(labels, &bound.text, below));
        self.bucket(labels, "+Inf", count);
        self.named("_count", labels);
        push_whole(self.out, count);
        self.out.push(b'\n');
        self.named("_sum", labels);
        push_number(self.out, Number::F64(scale.sum(of)));
        self.out.push(b'\n');
        self.created(labels, stat);
    }
}

/// What the name of a family's samples ends in.
fn suffix(of: Type) -> &'static str {
    match of {
        Type::Counter => "_total",
        Type::Info => "_info",
        Type::Gauge | Type::Level | Type::StateSet | Type::Histogram => "",
    }
}

/// Whether a byte of a label's value may need escaping. The last begins the sign that stands for NUL.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | b'\n' | 0 | 0xE2)
}

fn push_label_value(out: &mut Vec<u8>, value: &str) {
    let value = &*label_value(value);
    // Every byte is looked at, also behind one that is special: so several are compared at once.
    if value
        .bytes()
        .fold(false, |found, byte| found | is_special(byte))
    {
        push_escaped(out, &without_nul(value), true);
    } else {
        out.extend_from_slice(value.as_bytes());
    }
}

/// When counting began, in seconds since 1970, and the end of the line.
fn push_created(out: &mut Vec<u8>, stat: &StatShape) {
    let since = since_1970(stat.created);
    push_whole(out, since.as_secs());
    out.push(b'.');
    let thousandths = since.subsec_millis();
    for power in [100, 10, 1] {
        out.push(b'0' + (thousandths / power % 10) as u8);
    }
    out.push(b'\n');
}

fn push_escaped(out: &mut Vec<u8>, text: &str, quotes: bool) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'"' if quotes => out.extend_from_slice(b"\\\""),
            other => out.push(other),
        }
    }
}

fn push_help(out: &mut Vec<u8>, family: &Header<'_>, open: bool) {
    out.extend_from_slice(family.about.as_bytes());
    push_escaped(out, &without_nul(family.help), open);
}

fn push_whole(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn push_number(out: &mut Vec<u8>, number: Number) {
    with_number(number, |text| out.extend_from_slice(text));
}

/// Hands on how a number is written.
#[inline(always)]
fn with_number(number: Number, take: impl FnOnce(&[u8])) {
    match number {
        Number::U64(number) => take(itoa::Buffer::new().format(number).as_bytes()),
        Number::I64(number) => take(itoa::Buffer::new().format(number).as_bytes()),
        Number::Bool(flag) => take(if flag { b"1" } else { b"0" }),
        Number::F64(number) if number.is_finite() => {
            take(zmij::Buffer::new().format_finite(number).as_bytes());
        }
        Number::F64(number) if number.is_nan() => take(b"NaN"),
        Number::F64(number) if number > 0.0 => take(b"+Inf"),
        Number::F64(_) => take(b"-Inf"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(number: Number) -> String {
        let mut out = Vec::new();
        push_number(&mut out, number);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_exact_and_never_foreign() {
        for (number, text) in [
            (Number::U64(u64::MAX), "18446744073709551615"),
            (Number::I64(i64::MIN), "-9223372036854775808"),
            (Number::Bool(true), "1"),
            (Number::Bool(false), "0"),
            (Number::F64(0.1), "0.1"),
            (Number::F64(-0.0), "-0.0"),
            (Number::F64(f64::NAN), "NaN"),
            (Number::F64(-f64::NAN), "NaN"),
            (Number::F64(f64::INFINITY), "+Inf"),
            (Number::F64(f64::NEG_INFINITY), "-Inf"),
        ] {
            assert_eq!(written(number), text);
        }
        for number in [f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e21, 1.0 / 3.0] {
            assert_eq!(written(Number::F64(number)).parse(), Ok(number));
        }
    }

    #[test]
    fn a_help_text_is_escaped_as_each_format_wants_it() {
        let header = Header {
            name: "x",
            of: Type::Gauge,
            unit: "",
            about: "About: ",
            help: "a \"b\" \\n\nc\0",
        };
        for (open, text) in [
            (false, "About: a \"b\" \\\\n\\nc\u{2400}0"),
            (true, "About: a \\\"b\\\" \\\\n\\nc\u{2400}0"),
        ] {
            let mut out = Vec::new();
            push_help(&mut out, &header, open);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn a_label_is_escaped_and_stays_one_line() {
        for (value, text) in [
            ("plain", r#"k="plain""#),
            ("", r#"k="""#),
            ("say \"hi\"\\\n", r#"k="say \"hi\"\\\n""#),
            ("a\0b", "k=\"a\u{2400}0b\""),
            ("\u{2400}", "k=\"\u{2400}1\""),
            ("\u{2028}\r\t…", "k=\"\u{2028}\r\t…\""),
        ] {
            let mut labels = Vec::new();
            Text::plain(&mut Vec::new()).label(&mut labels, "k", value);
            assert_eq!(String::from_utf8(labels).unwrap(), text);
        }
    }
}
