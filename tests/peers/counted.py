#!/usr/bin/env python3
"""Prints how many lines, and how many of status 500, a tool's JSON output says that there were;
for Weir, how many of any status 5xx.

usage: counted.py TOOL FILE
"""

import json
import sys


def weir(text):
    """The account has the lines; the reports have the share of all 5xx."""
    events = [json.loads(line) for line in text.splitlines()]
    parsed = sum(event["parsed"] for event in events if event["type"] == "account")
    reported = [
        event["measures"]
        for event in events
        if event["type"] == "report" and event["monitor"] == "reporting"
    ]
    requests = sum(report["requests_processed"] for report in reported)
    errors = sum(
        round(report["requests_processed"] * report["response_5xx_pct"] / 100)
        for report in reported
    )
    return (parsed if parsed == requests else f"{parsed}/{requests}"), errors


def ag(text):
    by_status = {str(row["status"]): row["_count"] for row in json.loads(text)}
    return sum(by_status.values()), by_status.get("500", 0)


def mtail(text):
    values = [
        (value["Labels"][1], value["Value"]["Value"])
        for metric in json.loads(text)["hits"]
        for value in metric["LabelValues"]
    ]
    return (
        sum(count for _, count in values),
        sum(count for status, count in values if status == "500"),
    )


def goaccess(_text):
    with open("target/peers/out/goaccess.report.json", encoding="utf-8") as file:
        report = json.load(file)
    errors = sum(
        status["hits"]["count"]
        for status_class in report["status_codes"]["data"]
        for status in status_class["items"]
        if status["data"].startswith("500")
    )
    return report["general"]["valid_requests"], errors


READERS = {"weir": weir, "weir-all": weir, "ag": ag, "mtail": mtail, "goaccess": goaccess}

if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8", errors="replace") as output:
        print(*READERS[sys.argv[1]](output.read()))
