"""The published Selling Partner API contract: what a request must look like, what an answer may look like."""

import json
import re
from functools import cache
from pathlib import Path

import jsonschema_rs

PUBLISHED = Path(__file__).parent / "published" / "selling_partner.json"


class Operation:
    """One operation of the contract; `trouble` is the oracle for requests, `check_answer` for our own server."""

    def __init__(self, name, facts, definitions):
        self.name, self.facts, self.definitions = name, facts, definitions
        self.method, self.success = facts["method"].upper(), facts["success"]
        self.path = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", facts["path"]))

    def schema(self, found):
        return jsonschema_rs.validator_for(
            {**found, "definitions": self.definitions, "$schema": "http://json-schema.org/draft-04/schema#"}
        )

    def trouble(self, query, body):
        """Return what is wrong with a request, "" where nothing is."""
        for item in self.facts["parameters"]:
            if item["in"] == "body":
                errors = list(self.schema(item["schema"]).iter_errors(body))
                if errors:
                    return errors[0].message
            elif item["in"] == "query" and item.get("required") and item["name"] not in query:
                return f"{item['name']} is missing"
            elif item["in"] == "query" and item["name"] in query and item.get("type") == "array":
                values = query[item["name"]].split(",")
                allowed = item["items"].get("enum")
                if len(values) > item.get("maxItems", 10**6) or (allowed and not set(values) <= set(allowed)):
                    return f"{item['name']} is {values}"
        known = {item["name"] for item in self.facts["parameters"]}
        return "".join(name for name in query if name not in known)

    def check_answer(self, answer):
        self.schema(self.facts["response"]).validate(answer)

    def example(self, kind="examples"):
        """Return the published answer of success, or of refusal."""
        return self.facts[kind][0]["response"]


@cache
def operations():
    models = json.loads(PUBLISHED.read_text())
    return {
        name: Operation(name, facts, model["definitions"])
        for model in models.values()
        for name, facts in model["operations"].items()
    }
