"""Config and credentials files as people write them, for tests of what each language makes of them.

    cases = config_files.write(folder)    # writes them all, and tells how each is asked for

    python3 tests/emulator/config_files.py FOLDER    # the same, printed as JSON

Nothing here says what is right: boto3 and the JS SDK are asked in the same test. A case with a
`boto3` or `js` is one where this library differs on purpose, and says why.
"""

import json
import os
import sys
from pathlib import Path

KEYS = "aws_access_key_id = AKIDFILE\naws_secret_access_key = SECRETFILE\n"
SESSION = "aws_session_token = SESSIONFILE\n"
REGION = "region = eu-west-1\n"
OTHER = "aws_access_key_id = AKIDOTHER\naws_secret_access_key = SECRETOTHER\n"
# Prints credentials whose session token tells its arguments, one in each line.
HELPER = """#!/bin/sh
session=$(printf '<%s>' "$@" | sed 's/[\\\\"]/_/g')
echo '{"Version": 1, "AccessKeyId": "AKIDPROCESS", "SecretAccessKey": "SECRETPROCESS",'
echo '"SessionToken": "'"$session"'"}'
"""
# Prints its first argument, and ends with its second.
SAY = '#!/bin/sh\nprintf "%s\\n" "$1"\nexit "${2:-0}"\n'

CASES = []


def case(name, config=None, credentials=None, profile=None, env=None, **more):
    """`{folder}` in a text is the case's own folder.

    `boto3` and `js` are the reasons of deliberate differences, `js_region` of one that shows only
    where the region is read.
    """
    CASES.append(
        {
            "name": name,
            "config": config,
            "credentials": credentials,
            "profile": profile,
            "env": env or {},
            **more,
        }
    )


def default(text, name, **more):
    case(name, config=f"[default]\n{text}", **more)


# Where settings are.
default(KEYS + REGION, "all in the config file")
case("all in the credentials file", credentials=f"[default]\n{KEYS}{SESSION}{REGION}")
case("keys and region apart", f"[default]\n{REGION}", f"[default]\n{KEYS}")
case("both files", f"[default]\n{OTHER}{REGION}", f"[default]\n{KEYS}region = us-west-2\n")
case("one half in each file", f"[default]\n{KEYS}", "[default]\naws_access_key_id = AKIDHALF\n")
case(
    "the key in one file and the secret in the other",
    "[default]\naws_secret_access_key = SECRETFILE\n",
    "[default]\naws_access_key_id = AKIDFILE\n",
)
case("no file")
case("an empty file", "", "")
case("comments alone", "# nothing\n; at all\n")
case("a profile that is not there", f"[default]\n{KEYS}", profile="nowhere")
case("a section without settings", "[profile app]\n", profile="app")
case("AWS_PROFILE", f"[profile app]\n{KEYS}{REGION}", env={"AWS_PROFILE": "app"})
case("AWS_DEFAULT_PROFILE", f"[profile app]\n{KEYS}", env={"AWS_DEFAULT_PROFILE": "app"})
case("files of the home directory", f"[default]\n{REGION}", f"[default]\n{KEYS}", home=True)
case(
    "an empty AWS_CONFIG_FILE",
    f"[default]\n{KEYS}{REGION}",
    home=True,
    env={"AWS_CONFIG_FILE": ""},
)
case("a tilde in the path", f"[default]\n{KEYS}", env={"AWS_CONFIG_FILE": "~/config"})
case("a variable in the path", f"[default]\n{KEYS}", env={"AWS_CONFIG_FILE": "$HOME/config"})
case("a link", f"[default]\n{KEYS}", kind="link")
case("a link to nothing", kind="dangling", credentials=f"[default]\n{KEYS}")
case("a folder in its place", kind="folder", credentials=f"[default]\n{KEYS}")
case("a file that nobody may read", f"[default]\n{OTHER}", f"[default]\n{KEYS}", kind="locked")
case(
    "1 MB of profiles",
    "".join(f"[profile p{n}]\n{OTHER}# {'x' * 20}\n" for n in range(9000)) + f"[default]\n{KEYS}",
)
case("1 MB of comment", f"[default]\n# {'x' * 1_000_000}\n{KEYS}")

# Names of sections.
PROFILES = {
    "a plain name": ("profile app", "app"),
    "a quoted name": ('profile "app"', "app"),
    "a name in single quotes": ("profile 'app'", "app"),
    "spaces in quotes": ('profile "my profile"', "my profile"),
    "spaces without quotes": ("profile my profile", "my profile"),
    "two spaces": ("profile  app", "app"),
    "a tab": ("profile\tapp", "app"),
    "a space before": (" profile app", "app"),
    "a space behind": ("profile app ", "app"),
    "no prefix": ("app", "app"),
    "a dot for the space": ("profile.app", "app"),
    "another case": ("Profile app", "app"),
    "half a quote": ('profile "app', "app"),
    "signs": ("profile a@b.c+d:e/f%g", "a@b.c+d:e/f%g"),
    "other signs": ("profile a&b", "a&b"),
    "letters of other languages": ("profile café", "café"),
    "brackets inside": ("profile a]b", "a]b"),
    "a backslash": ("profile a\\b", "ab"),
    "the prefix alone": ("profile", "profile"),
    "an object's prototype": ("profile __proto__", "app"),
    "an SSO session": ("sso-session app", "app"),
}
for name, (header, profile) in PROFILES.items():
    case(f"[{header}]: {name}", f"[{header}]\n{KEYS}{REGION}", profile=profile)
case("[default ]", f"[default ]\n{KEYS}")
case("[ default]", f"[ default]\n{KEYS}")
case("[Default]", f"[Default]\n{KEYS}")
case("[DEFAULT] for all", f"[DEFAULT]\n{KEYS}[default]\n{REGION}")
case('["default"]', f'["default"]\n{KEYS}')
case("[profile default]", f"[profile default]\n{KEYS}")
case("[profile default] and [default]", f"[profile default]\n{KEYS}[default]\n{OTHER}")
case("[default] and [profile default]", f"[default]\n{KEYS}{REGION}[profile default]\n{OTHER}")
case("a comment behind a section", f"[default] # mine\n{KEYS}")
case("text behind a section", f"[default] mine\n{KEYS}")
case("a section that is not closed", f"[default\n{KEYS}")
case("[]", f"[]\n{OTHER}[default]\n{KEYS}")
for name, header, profile in [
    ("with the prefix", "profile app", "app"),
    ("with the prefix, asked so", "profile app", "profile app"),
    ("with a space", "my profile", "my profile"),
    ("in quotes", '"my profile"', "my profile"),
    ("with dots", "a.b", "a.b"),
    ("of letters of other languages", "café", "café"),
    ("[default ]", "default ", "default"),
]:
    case(f"credentials file: {name}", credentials=f"[{header}]\n{KEYS}", profile=profile)

# Things twice.
case("a section twice", f"[default]\n{KEYS}[default]\n{REGION}")
case("a section twice with the same setting", f"[default]\n{OTHER}[default]\n{KEYS}")
case("a section twice, credentials file", None, f"[default]\n{OTHER}[default]\n{KEYS}")
case("another section twice", f"[profile a]\n{OTHER}[profile a]\n{OTHER}[default]\n{KEYS}")
default(KEYS + "region = us-east-2\n" + REGION, "a setting twice")
default(KEYS + "REGION = us-east-2\n" + REGION, "a setting twice in two cases")
UPPER = "AWS_ACCESS_KEY_ID = AKIDFILE\nAws_Secret_Access_Key = SECRETFILE\nREGION = eu-west-1\n"
default(UPPER, "settings in upper case")

# Lines.
ODD_REGION = "a region that no credential scope may have is refused"
IN_REGION = ("other white space", "two signs")
for name, change in {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR alone": lambda text: text.replace("\n", "\r"),
    "CR twice": lambda text: text.replace("\n", "\r\r\n"),
    "no newline at the end": str.rstrip,
    "white space at the ends": lambda text: text.replace("\n", " \t \n"),
    "blank lines": lambda text: text.replace("\n", "\n\n \n"),
    "all lines indented": lambda text: " " + text.replace("\n", "\n "),
    "settings indented": lambda text: text.replace("\na", "\n    a").replace("\nr", "\n    r"),
    "settings indented by tabs": lambda text: text.replace("\na", "\n\ta").replace("\nr", "\n\tr"),
    "the second setting indented": lambda text: text.replace("\naws_s", "\n  aws_s"),
    "each one further": lambda text: text.replace("\na", "\n a").replace("\n aws_s", "\n  aws_s"),
    "each one less far": lambda text: text.replace("\na", "\n  a").replace("\n  aws_s", "\n aws_s"),
    "a colon for the sign": lambda text: text.replace(" =", ":"),
    "a colon, spaced": lambda text: text.replace("=", ":"),
    "no spaces": lambda text: text.replace(" = ", "="),
    "tabs around the sign": lambda text: text.replace(" = ", "\t=\t\t"),
    "no-break spaces": lambda text: text.replace(" = ", "\u00a0=\u00a0"),
    "other white space": lambda text: text.replace(" = ", "\x0b=\x1c"),
    "a separator of lines": lambda text: text.replace(" = ", "\u2028=\u2028"),
    "next line": lambda text: text.replace("\n", "\x85\n"),
    "export": lambda text: text.replace("\na", "\nexport a"),
    "two signs": lambda text: text.replace("=", "=="),
    "values in quotes": lambda text: text.replace("= ", '= "').replace("\n", '"\n')[1:],
    "names in quotes": lambda text: text.replace("\nregion", '\n"region"'),
    "comments between": lambda text: text.replace("\n", "\n# one\n  ; two\n"),
    "comments behind": lambda text: text.replace("eu-west-1", "eu-west-1 # Ireland"),
    "comments behind a semicolon": lambda text: text.replace("FILE\n", "FILE ; mine\n"),
    "a sign without space": lambda text: text.replace("SECRETFILE", "SECRET#FI;LE"),
    "slashes for comments": lambda text: text.replace("\na", "\n// mine\na"),
}.items():
    reason = ODD_REGION if name in IN_REGION else None
    case(name, change(f"[default]\n{KEYS}{REGION}"), js_region=reason)
default(KEYS.replace("SECRETFILE", "SEC/RET+=FILE=") + REGION, "signs in the secret")
default("aws_session_token\n" + KEYS, "a name without a sign")
default("=\n" + KEYS, "a sign alone")
default("= value\n" + KEYS, "a value without a name")
default(":\n" + KEYS, "a colon alone")
case("text in front of the first section", f"# fine\nregion = us-east-2\n[default]\n{KEYS}")
case("odd: an indented line below a section", f"[profile odd]\n  words\n[default]\n{KEYS}")
case("odd: an indented setting", f"[profile odd]\n  region = eu-west-1\n[default]\n{KEYS}")
case("odd: words in another profile", f"[profile odd]\njust words\n[default]\n{KEYS}")
case(
    "odd: words in the credentials file", f"[default]\n{REGION}", f"[odd]\nwords\n[default]\n{KEYS}"
)
case("JSON", '{"default": {"region": "eu-west-1"}}\n', f"[default]\n{KEYS}")
case("other sections", f"[preview]\nx = y\n[plugins]\nz =\n  a = b\n[default]\n{KEYS}")

# Values.
default(KEYS + SESSION + REGION, "a session token")
default(KEYS + "aws_security_token = SECURITY\n", "aws_security_token")
case(
    "aws_security_token, credentials file", credentials=f"[default]\n{KEYS}aws_security_token = S\n"
)
default(KEYS + SESSION + "aws_security_token = SECURITY\n", "both tokens")
NO_TOKEN = "an empty session token counts as none, since RDS Proxy refuses the empty parameter"
default(
    KEYS + SESSION + "aws_security_token =\n" + REGION,
    "an empty aws_security_token",
    boto3=NO_TOKEN,
)
default(KEYS + "aws_session_token =\n" + REGION, "an empty session token", boto3=NO_TOKEN)
default(KEYS + "region =\n", "an empty region")
EMPTY = "an empty key signs nothing that a database takes; the message names it"
NO_KEY, NO_SECRET = "aws_access_key_id =\n", "aws_secret_access_key =\n"
default(NO_KEY + "aws_secret_access_key = SECRETFILE\n" + REGION, "an empty key", boto3=EMPTY)
default("aws_access_key_id = AKIDFILE\n" + NO_SECRET + REGION, "an empty secret", boto3=EMPTY)
default(NO_KEY + NO_SECRET + REGION, "both empty", boto3=EMPTY)
default("aws_access_key_id = AKIDHALF\n", "a key alone")
default("aws_secret_access_key = SECRETHALF\n", "a secret alone")
default(KEYS + "region = eu-west-1\n  more\n", "a value of two lines")
default(KEYS + "region =\n  eu-west-1\n", "a value on the next line")
default("aws_access_key_id =\n  AKIDFILE\naws_secret_access_key = SECRETFILE\n", "a key below")
default(KEYS + "s3 =\n  max_queue_size = 5\n" + REGION, "nested settings")
default("s3 =\n  region = us-east-2\n" + KEYS + REGION, "a nested region")
default("s3 =\n    a = b\n  c = d\n" + KEYS + REGION, "nested settings, unevenly")
default("s3 =\n  words\n" + KEYS, "nested words")
default("s3 =\n\n  a = b\n\n# c\n  d = e\n" + KEYS, "nested settings with gaps")
default("s3 =\n  region = us-east-2\n  s4 =\n    c = d\n" + KEYS + REGION, "nested twice")
default("outer =\n" + KEYS + REGION, "nothing nested")
default(KEYS + "region = ${HOME}\n", "a variable in a value", js_region=ODD_REGION)

# Bytes.
BOM = b"\xef\xbb\xbf"
case("a byte-order mark", BOM + f"[default]\n{KEYS}".encode())
case("a byte-order mark, credentials file", credentials=BOM + f"[default]\n{KEYS}".encode())
case("a byte-order mark and a comment", BOM + f"# mine\n[default]\n{KEYS}".encode())
case("UTF-16", f"[default]\n{KEYS}".encode("utf-16"))
case("not UTF-8 in a comment", b"# \xe9\n" + f"[default]\n{KEYS}".encode())
case("not UTF-8 in another profile", b"[profile \xe9]\na = \xff\n" + f"[default]\n{KEYS}".encode())
case("not UTF-8 in the credentials file", credentials=b"# \xe9\n" + f"[default]\n{KEYS}".encode())
default(KEYS + "# a\0b\nx\0 = y\n", "NUL bytes")
default(KEYS.replace("FILE", "FILE😀") + REGION, "letters of other languages in values")

# Processes. The helper's session token tells its arguments.
for name, command in {
    "plain": "{folder}/helper one two",
    "an address": "{folder}/helper --url https://idp/?a=1&b=2 --x",
    "quotes": "{folder}/helper 'a  b' \"c d\"e f''",
    "a sign in quotes": '{folder}/helper "a # b" c',
    "a sign without quotes": "{folder}/helper a #b",
    "a variable": '{folder}/helper $AWS_TEST_WORD "$AWS_TEST_WORD"',
    "a pipe": "{folder}/helper a | cat",
    "backslashes": '{folder}/helper a\\ b "c\\"d" \'e\\f\' "g\\h"',
    "a quote that is not closed": "{folder}/helper 'a b",
    "a backslash at the end": "{folder}/helper a \\",
    "a program that is not there": "{folder}/nothing",
    "a script in the line": "sh -c '{folder}/helper \"$1\"' sh word",
}.items():
    default(
        f"credential_process = {command}\n{REGION}",
        f"process: {name}",
        env={"AWS_TEST_WORD": "a b"},
    )
case("process in the credentials file", None, "[default]\ncredential_process = {folder}/helper a\n")
default(KEYS + "credential_process = {folder}/helper a\n", "process beside keys")
case(
    "process beside keys of the credentials file",
    "[default]\ncredential_process = {folder}/helper a\n",
    f"[default]\n{KEYS}",
)
default("credential_process =\n" + KEYS + REGION, "an empty process", boto3="nothing is run")
GOOD = '"AccessKeyId": "AKIDPROCESS", "SecretAccessKey": "SECRETPROCESS"'
for name, answer in {
    "as it should be": f'{{"Version": 1, {GOOD}}}',
    "no version": f"{{{GOOD}}}",
    "another version": f'{{"Version": 2, {GOOD}}}',
    "a version as text": f'{{"Version": "1", {GOOD}}}',
    "a version with a fraction": f'{{"Version": 1.0, {GOOD}}}',
    "no token": f'{{"Version": 1, {GOOD}, "SessionToken": null}}',
    "more fields": f'{{"Version": 1, {GOOD}, "More": {{"Version": 3}}, "AccountId": "1"}}',
    "an end far away": f'{{"Version": 1, {GOOD}, "Expiration": "2999-01-01T00:00:00Z"}}',
    "an end with an offset": f'{{"Version": 1, {GOOD}, "Expiration": "2999-01-01T00:00:00+02:00"}}',
    "an end that is over": f'{{"Version": 1, {GOOD}, "Expiration": "2020-01-01T00:00:00Z"}}',
    "no secret": '{"Version": 1, "AccessKeyId": "AKIDPROCESS"}',
    "no key": '{"Version": 1, "SecretAccessKey": "SECRETPROCESS"}',
    "no object": "[1]",
    "two objects": f'{{"Version": 1, {GOOD}}} {{}}',
    "blank": " ",
    "white space around": f' \t {{"Version": 1, {GOOD}}}  ',
}.items():
    default(f"credential_process = {{folder}}/say '{answer}'\n{REGION}", f"answer: {name}")
default(f"credential_process = {{folder}}/say '{{{GOOD}}}' 3\n", "answer: another status")

# What is not enough.
default(KEYS + "role_arn = arn:aws:iam::1:role/r\n", "a role alone beside keys")
default(KEYS + "source_profile = other\n", "a source alone beside keys")
default("web_identity_token_file = /nowhere\n" + KEYS, "half a web identity beside keys")
default(
    KEYS + "sso_session = work\n" + REGION,
    "half an SSO session beside keys",
    boto3="its client looks for a bearer token as well, which no database takes",
)
default(
    "aws_access_key_id = AKIDHALF\ncredential_process = {folder}/helper a\n", "half a key, process"
)

# Sources that would need a cached login, beside others: which one is it?
LOGIN = "login_session = arn:aws:sts::1:assumed-role/a/b\n"
SSO = (
    "sso_start_url = https://sso.invalid\nsso_region = us-east-1\n"
    "sso_account_id = 123456789012\nsso_role_name = app\n"
)
PROCESS = "credential_process = {folder}/helper a\n"
default(LOGIN + REGION, "a login alone")
default(LOGIN + KEYS + REGION, "a login beside keys of the config file")
case(
    "a login beside keys of the credentials file",
    f"[default]\n{LOGIN}{REGION}",
    f"[default]\n{KEYS}",
)
default(LOGIN + PROCESS + REGION, "a login beside a process")
default(SSO + KEYS + REGION, "SSO beside keys of the config file")
case(
    "SSO beside keys of the credentials file",
    f"[default]\n{SSO}{REGION}",
    f"[default]\n{KEYS}",
)
default(SSO + PROCESS + REGION, "SSO beside a process")
default("sso_start_url = https://sso.invalid\n" + KEYS + REGION, "an SSO address beside keys")
default("sso_role_name = app\n" + KEYS + REGION, "an SSO role beside keys")

# What boto3 looks at last.
EC2 = "AWSAccessKeyId=AKIDEC2\nAWSSecretKey=SECRETFILE\n"
for name, text, env in [
    ("the file of boto 2", f"[Credentials]\n{KEYS}{SESSION}", {"BOTO_CONFIG": "~/config"}),
    (
        "half a key for boto 2",
        "[Credentials]\naws_access_key_id = A\n",
        {"BOTO_CONFIG": "~/config"},
    ),
    ("an odd file of boto 2", f"words\n[Credentials]\n{KEYS}", {"BOTO_CONFIG": "~/config"}),
    ("no file of boto 2", f"[Credentials]\n{KEYS}", {"BOTO_CONFIG": "~/nothing"}),
    ("the file of the first tools", EC2, {"AWS_CREDENTIAL_FILE": "~/config"}),
    ("half a file of the first tools", EC2[:24], {"AWS_CREDENTIAL_FILE": "~/config"}),
    ("an odd file of the first tools", EC2 + "words\n", {"AWS_CREDENTIAL_FILE": "~/config"}),
    ("no file of the first tools", EC2, {"AWS_CREDENTIAL_FILE": "~/nothing"}),
    ("the files of both", EC2, {"AWS_CREDENTIAL_FILE": "~/config", "BOTO_CONFIG": "~/config"}),
]:
    # Under a path of its own, since it is no config file.
    case(name, text, env=env | {"AWS_CONFIG_FILE": "~/none"})
case("the file of boto 2 in the home directory", f"[Credentials]\n{KEYS}", kind="boto")
case(
    "boto 2 behind a profile",
    f"[default]\n{KEYS}[Credentials]\n{OTHER}",
    env={"BOTO_CONFIG": "~/config"},
)


def write(folder):
    """Writes each case into a folder of its own; gives their names, variables and profiles."""
    return [_write(Path(folder) / str(number), case) for number, case in enumerate(CASES)]


def _write(folder, case):
    home = folder / ".aws" if case.get("home") else folder
    home.mkdir(parents=True)
    env = {"HOME": str(folder)}
    for name, variable in [
        ("config", "AWS_CONFIG_FILE"),
        ("credentials", "AWS_SHARED_CREDENTIALS_FILE"),
    ]:
        if not case.get("home"):
            env[variable] = str(home / name)
        text = case[name]
        if text is not None:
            if isinstance(text, str):
                text = text.replace("{folder}", str(folder)).encode()
            (home / name).write_bytes(text)
    for name, script in (("helper", HELPER), ("say", SAY)):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    config = home / "config"
    match case.get("kind"):
        case "link":
            config.rename(folder / "elsewhere")
            config.symlink_to("elsewhere")
        case "dangling":
            config.symlink_to("nowhere")
        case "boto":
            config.rename(folder / ".boto")
        case "folder":
            config.mkdir()
        case "locked":
            config.chmod(0)
    env |= case["env"]
    told = {key: case.get(key) for key in ("name", "profile", "boto3", "js", "js_region")}
    return {**told, "env": env}


assert len({case["name"] for case in CASES}) == len(CASES) >= 60

if __name__ == "__main__":
    os.umask(0o077)
    json.dump(write(sys.argv[1]), sys.stdout)
