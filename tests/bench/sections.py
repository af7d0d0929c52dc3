"""What BENCHMARKS.md shows, in which order and unit."""

from dataclasses import dataclass

# The factor from what was measured, nanoseconds or KiB, to what is shown, and its name.
MS, US, NS, MB = (1e-6, "ms"), (1e-3, "µs"), (1.0, "ns"), (1 / 1024, "MiB")


@dataclass(frozen=True)
class Section:
    name: str
    title: str
    text: str
    unit: tuple[float, str]
    # The label of each row and the name of its samples. The others are compared with the first.
    rows: tuple[tuple[str, str], ...]
    # Whether the other rows are peers, and not a measure to go by.
    has_peers: bool = True


def is_ours(label: str) -> bool:
    return label.startswith(("rdsiam", "C program"))


# No signer and no cache, but what each of them needs at least.
FLOOR, CLOCK = "the floor", "the wall clock"


def rows(pattern: str, *labels: str) -> tuple[tuple[str, str], ...]:
    """Rows whose samples are named as they are: `*` stands for the label."""
    return tuple((label, pattern.replace("*", label)) for label in labels)


PYTHON_COLD = (
    "rdsiam",
    "rdsiam TokenCache",
    "boto3",
    "botocore",
    "aws-advanced-python-wrapper",
    "awscrt",
    "by hand, hashlib",
)
NODE_COLD = ("rdsiam", "rds-signer", "rds-signer, bundled")

SECTIONS = (
    Section(
        "cold-python",
        "Cold start, Python",
        "A fresh interpreter, credentials in the environment: from the `import` to the first "
        "token, without the start of the interpreter itself.",
        MS,
        rows("python/cold/*/total", *PYTHON_COLD),
    ),
    Section(
        "cold-node",
        "Cold start, Node",
        "The same from `require`. The bundle is one minified file by esbuild.",
        MS,
        rows("node/cold/*/total", *NODE_COLD),
    ),
    Section(
        "fetched-python",
        "First token from a container endpoint, Python",
        "Credentials from `AWS_CONTAINER_CREDENTIALS_FULL_URI` on loopback, in a fresh process.",
        MS,
        rows("python/fetched/*/total", "rdsiam", "boto3"),
    ),
    Section(
        "fetched-node",
        "First token from a container endpoint, Node",
        "The same in Node.",
        MS,
        rows("node/fetched/*/total", "rdsiam", "rds-signer"),
    ),
    Section(
        "command",
        "From the start of a process to a token",
        "The whole process: `aws rds generate-db-auth-token` beside a C program that prints a "
        "token (tests/bench/c/token.c), linked with the shared and with the static library.",
        MS,
        rows("command/*/whole", "C program", "C program, static", "awscli"),
    ),
    Section(
        "lambda-python",
        "Cold start of a Lambda, Python",
        "examples/lambda-python under Lambda's own runtime, from the start of the process to the "
        "answer, with a login to a local PostgreSQL that checks the token; beside the same with "
        "boto3.",
        MS,
        rows("lambda/python/*", "rdsiam", "boto3"),
    ),
    Section(
        "lambda-node",
        "Cold start of a Lambda, Node",
        "The same for examples/lambda-node.",
        MS,
        rows("lambda/node/*", "rdsiam", "rds-signer"),
    ),
    Section(
        "sign-rust",
        "Signing in Rust",
        "The floor is what the SHA-256 blocks of this very token cost here: those of its canonical "
        "request, and those of an HMAC whose padded keys are hashed already. Of aws-sigv4 it is "
        "the signature alone, without putting the URL together.",
        US,
        (
            ("rdsiam", "rust/sign/rdsiam"),
            (FLOOR, "rust/floor"),
            ("aws-sigv4", "rust/sign/aws-sigv4"),
            ("aws-sdk-rds", "rust/sign/aws-sdk-rds"),
        ),
    ),
    Section(
        "sign-python",
        "Signing from Python",
        "Credentials given in code; clients are made once and used again.",
        US,
        rows(
            "python/sign/*/ns",
            *("rdsiam", "boto3", "botocore, signer alone", "awscrt", "by hand, hashlib"),
        ),
    ),
    Section(
        "sign-node",
        "Signing from Node",
        "`await signer.getAuthToken()`, credentials given in code.",
        US,
        rows("node/sign/*/ns", "rdsiam", "rds-signer", "by hand, node:crypto"),
    ),
    Section(
        "sign-other",
        "Signing from Go and C",
        "Go calls the C library; its peer is `auth.BuildAuthToken` of aws-sdk-go-v2.",
        US,
        (
            ("rdsiam, Go", "go/sign"),
            ("aws-sdk-go-v2", "go/BuildAuthToken"),
            ("rdsiam, C", "c/sign"),
        ),
    ),
    Section(
        "hit",
        "A token from the cache",
        "In Rust by what a program keeps for one login, and by the strings of the target. The "
        "clock is `SystemTime::now()`, which each hit has to read.",
        NS,
        (
            ("rdsiam, Rust", "rust/hit/handle"),
            (CLOCK, "rust/clock"),
            ("rdsiam, Rust, by strings", "rust/hit/target"),
            ("rdsiam, C", "c/hit"),
            ("rdsiam, Go", "go/hit"),
        ),
    ),
    Section(
        "hit-python",
        "A token from the cache, Python",
        "`get_token()` beside the class that articles show: 15 minutes from now, a new token when "
        "less than one is left, no lock (tests/bench/python/article.py). It reads the clock; "
        "rdsiam reads the second of the kernel's last tick, which its margins allow.",
        NS,
        rows("python/hit/*/ns", "rdsiam", "article's class", "article's class, datetime"),
    ),
    Section(
        "hit-node",
        "A token from the cache, Node",
        "`getTokenSync()` beside a string and a time that are compared with `Date.now()`.",
        NS,
        rows("node/hit/*/ns", "rdsiam", "by hand", "rdsiam, getToken()"),
    ),
    Section(
        "threads",
        "Threads",
        "Hits by handle, the time for one hit of all threads together: with two it should be half.",
        NS,
        rows("rust/hit/handle/*", "two threads", "one thread"),
        has_peers=False,
    ),
    Section(
        "memory-python",
        "Memory, Python",
        "Resident memory after the first token, above that of the bare interpreter.",
        MB,
        rows("python/cold/*/above", *PYTHON_COLD),
    ),
    Section(
        "memory-node",
        "Memory, Node",
        "The same in Node.",
        MB,
        rows("node/cold/*/above", *NODE_COLD),
    ),
    Section(
        "size-python",
        "Installed size, Python",
        "`du` of an empty folder into which pip installed the package and all that it needs.",
        MB,
        rows(
            "size/python/*",
            *("rdsiam", "boto3", "botocore", "awscrt", "awscli", "aws-advanced-python-wrapper"),
        ),
    ),
    Section(
        "size-node",
        "Installed size, Node",
        "`du` of `node_modules` after `npm install`; of the bundle, its one file.",
        MB,
        rows("size/node/*", "rdsiam", "rds-signer", "rds-signer, bundled"),
    ),
    Section(
        "size-library",
        "Our libraries",
        "The shared libraries that ship.",
        MB,
        rows("size/library/*", "C", "Python", "Node"),
        has_peers=False,
    ),
    Section(
        "keys",
        "A million distinct keys through one client",
        "Time for one key, none of which comes twice, beside one signature for a warm key, and one "
        "by `sign_at` for each of these keys, which lays out everything anew.",
        US,
        (
            ("a new key", "keys/keys"),
            ("a signature", "keys/signs"),
            ("a signature without a client", "keys/stateless"),
        ),
        has_peers=False,
    ),
    Section(
        "keys-memory",
        "Memory of a million keys",
        "Growth of resident memory over the first 1,024 keys, which is the bound, and over all.",
        MB,
        (("all keys", "keys/after"), ("the first 1,024", "keys/full")),
        has_peers=False,
    ),
)
