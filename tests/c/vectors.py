#!/usr/bin/env python3
"""Writes the vectors that C runs as a C header on standard output."""

import json
from pathlib import Path

VECTORS = Path(__file__).resolve().parent.parent / "vectors"


def literal(text):
    if text is None:
        return "NULL"
    return '"' + "".join(f"\\{byte:03o}" for byte in text.encode()) + '"'


def row(vector, *answer):
    strings = [vector[name] for name in ("id", "host", "user", "region", "access_key_id")]
    strings += [vector["secret_access_key"], vector["session_token"]]
    numbers = [vector["port"], vector["unix_time"], vector["expires"]]
    fields = [*map(literal, strings), *map(str, numbers), *answer]
    return f"    {{{', '.join(fields)}}},"


def main():
    tokens = json.loads((VECTORS / "tokens.json").read_text())
    print("static const struct vector TOKENS[] = {")
    for vector in tokens["vectors"]:
        if vector["style"] == "botocore":
            print(row(vector, literal(vector["token"]), "NULL", "NULL"))
    print("};")
    print(f"#define TOKENS_COUNT {tokens['count_by_style']['botocore']}")

    basic = next(v for v in tokens["vectors"] if v["id"] == "botocore: basic")
    invalid = json.loads((VECTORS / "invalid.json").read_text())
    here = [case for case in invalid["cases"] if "c" not in case.get("not_in", [])]
    print("static const struct vector INVALID[] = {")
    for case in here:
        code = literal(case.get("code", "ERR_RDSIAM_INVALID_ARGUMENT"))
        print(
            row(basic | case["changes"] | {"id": case["id"]}, "NULL", code, literal(case["field"]))
        )
    print("};")
    not_here = len(invalid["cases"]) - len(here)
    print(f"#define INVALID_COUNT {invalid['count'] - not_here}")

    endpoints = json.loads((VECTORS / "endpoints.json").read_text())["endpoints"]
    print("static const struct { const char *host, *region; } ENDPOINTS[] = {")
    for host, region in endpoints.items():
        print(f"    {{{literal(host)}, {literal(region)}}},")
    print("};")
    print(f"#define ENDPOINTS_COUNT {len(endpoints)}")


if __name__ == "__main__":
    main()
