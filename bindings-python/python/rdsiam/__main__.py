"""The smallest command line: `python -m rdsiam token`, `explain`, `ca`."""

import argparse
import sys
from collections.abc import Sequence

import rdsiam

_ELSEWHERE = ("psql", "mysql", "exec", "doctor", "policy", "sql", "enable")
_HOW = (
    f"{', '.join(_ELSEWHERE)} are in the command rdsiam: pip install rdsiam-cli, or uvx --from "
    "rdsiam-cli rdsiam"
)


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Does what the arguments say; 1 where it cannot, 2 where they are wrong."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in _ELSEWHERE:
        print(f"rdsiam: {_HOW}", file=sys.stderr)
        return 2
    given = _parser().parse_args(words)
    try:
        print(given.run(given))
    except rdsiam.RdsIamError as error:
        print(f"rdsiam: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rdsiam", description=rdsiam.__doc__, epilog=_HOW
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    token = commands.add_parser("token", help="make a token; the options are the AWS CLI's")
    token.add_argument("--hostname", required=True)
    token.add_argument("--port", required=True)
    token.add_argument("--username", required=True)
    token.add_argument("--region")
    token.add_argument("--profile")
    token.set_defaults(run=_token)
    explain = commands.add_parser("explain", help="say what a token on standard input is for")
    explain.set_defaults(run=lambda _: rdsiam.explain(sys.stdin.read().strip()))
    ca = commands.add_parser("ca", help="print the path of a file with the certificates of RDS")
    ca.add_argument("--region")
    ca.set_defaults(run=lambda given: rdsiam.ca_bundle(given.region))
    return parser


def _token(given: argparse.Namespace) -> str:
    client = rdsiam.client("rds", profile_name=given.profile)
    return client.generate_db_auth_token(given.hostname, given.port, given.username, given.region)


if __name__ == "__main__":
    sys.exit(main())
