"""Reads an exposition with the parsers of prometheus_client, and says in JSON what they found.

    prometheus-parse.py openmetrics|text < exposition

One object a family. Numbers are texts, since JSON has no NaN. What the parser refuses ends this with its reason.
"""

import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

parsers = {"openmetrics": openmetrics_parser, "text": parser}
text = sys.stdin.buffer.read().decode("utf-8")
families = parsers[sys.argv[1]].text_string_to_metric_families(text)
json.dump(
    [
        {
            "name": family.name,
            "type": family.type,
            "unit": family.unit,
            "help": family.documentation,
            "samples": [[s.name, s.labels, repr(float(s.value))] for s in family.samples],
        }
        for family in families
    ],
    sys.stdout,
)
