"""Whether files that templates gave parse, each in its own form; and whether nothing of a template is left in them."""

import configparser
import json
import pathlib
import re
import shutil
import subprocess
import sys

import yaml


def unit(text):
    """A unit of systemd: sections, and `Key=value` in each."""
    section = None
    for line in text.splitlines():
        if not line or line[0] in "#;":
            continue
        if re.fullmatch(r"\[[A-Z][a-z]+\]", line):
            section = line
        elif section is None or not re.match(r"[A-Z][A-Za-z]+=", line):
            raise ValueError(line)


def pairs(text):
    """`key=value` on each line, as Java and shells read it."""
    for line in text.splitlines():
        if line and not line.startswith("#") and not re.match(r"[A-Za-z][\w.-]*\s?=", line):
            raise ValueError(line)


def hcl(text):
    """Blocks and assignments, with as many brackets opened as closed."""
    depth = 0
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if re.fullmatch(r'\w+( "\w+")? \{', line):
            depth += 1
        elif line == "}":
            depth -= 1
        elif not re.fullmatch(r'\w+ = ("[^"]*"|true|false|\d+)', line):
            raise ValueError(line)
    if depth:
        raise ValueError("brackets")


def ini(text):
    configparser.RawConfigParser(strict=True).read_string(text)


def program(*command):
    def ask(path):
        if shutil.which(command[0]):
            done = subprocess.run([*command, str(path)], capture_output=True, text=True)
            if done.returncode:
                raise ValueError(done.stdout + done.stderr)
    return ask


KINDS = [
    (r".*\.(yml|yaml)", lambda text, path: list(yaml.safe_load_all(text))),
    (r".*\.json", lambda text, path: json.loads(text)),
    (r".*\.service", lambda text, path: unit(text)),
    (r".*\.properties|environment|sysctl\.conf|opensearch\.conf", lambda text, path: pairs(text)),
    (r".*\.hcl", lambda text, path: hcl(text)),
    (r".*\.ini", lambda text, path: ini(text)),
    (r".*\.sh", lambda text, path: program("shellcheck", "-S", "warning")(path)),
    (r"haproxy\.cfg", lambda text, path: program("haproxy", "-c", "-f")(path)),
    (r".*\.options|modules\.conf|machine\.pem", lambda text, path: None),
]


def main(folder):
    wrong = seen = 0
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if not path.is_file():
            continue
        seen += 1
        text = path.read_text()
        check = next((check for pattern, check in KINDS if re.fullmatch(pattern, path.name)), None)
        try:
            if check is None:
                raise ValueError("nobody knows its form")
            if re.search(r"\{\{|\{%|__omit_place_holder__|ansible_managed", text):
                raise ValueError("something of the template is left")
            check(text, path)
        except Exception as error:
            wrong += 1
            print(f"{path}: {error}", file=sys.stderr)
    print(f"{seen} files")
    return 1 if wrong or seen < 100 else 0


sys.exit(main(sys.argv[1]))
