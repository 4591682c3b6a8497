#!/usr/bin/python3
"""Runs what README.md shows, so that it cannot rot.

    readme.py [--update] README.md      (the programs are on PATH, OP_STORE and HOME are the caller's)

A fenced block counts where a comment stands right before it:

    <!-- run -->          console: lines that start with "$ " are run one by one, each on a terminal of its own, and print
                          exactly the lines below them. sh: the whole block is run by bash and must succeed.
    <!-- same as PATH --> the block is the file at PATH, relative to README.md.

Blocks run in order, in the current directory, with one environment (`export NAME=VALUE` lines are kept). --update writes
what the programs print into the console blocks. Prints what differs; exit 1 then.
"""

import difflib
import os
import re
import shlex
import subprocess
import sys

BLOCK = re.compile(r"<!-- (?P<mark>run|same as (?P<path>\S+)) -->\n```(?P<lang>\w*)\n(?P<body>.*?)^```$", re.S | re.M)

COLORS = re.compile(r"\x1b\[[0-9;]*m")  # jq asks nobody


def on_terminal(command):
    """What the command prints on a terminal, stdout and stderr as they come."""
    done = subprocess.run(["script", "-qec", "bash -c " + shlex.quote(command), "/dev/null"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60)
    text = COLORS.sub("", done.stdout.decode("utf-8").replace("\r\n", "\n"))
    return "".join(line.rstrip(" ") + "\n" for line in text.splitlines())


def commands(body):
    """The commands of a console block, each with the output that it shows."""
    result = []
    continued = False
    for line in body.splitlines(keepends=True):
        if line.startswith("$ ") or continued:
            if continued:
                result[-1][0] += line
            else:
                result.append([line, ""])
            continued = line.endswith("\\\n")
        elif result:
            result[-1][1] += line
    return result


def run_console(body):
    """The block as it should be."""
    real = ""
    for shown, _ in commands(body):
        command = shown[2:].strip()
        export = re.match(r"export (\w+)=(\S+)$", command)
        if export:
            os.environ[export[1]] = os.path.expandvars(export[2])
            real += shown
        else:
            real += shown + on_terminal(command)
    return real


def run_sh(body):
    """The block, where it succeeded; else what went wrong."""
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", body], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, timeout=60)
    if done.returncode == 0:
        return body
    return "%sexit %d: %s\n" % (body, done.returncode, done.stdout.decode("utf-8"))


def main():
    update = sys.argv[1] == "--update"
    path = sys.argv[-1]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    os.environ.update({"NO_COLOR": "1", "TERM": "dumb"})
    blocks = 0
    wrong = 0
    result = ""
    end = 0
    for match in BLOCK.finditer(text):
        body = match["body"]
        blocks += 1
        if match["path"]:
            with open(os.path.join(os.path.dirname(path), match["path"]), encoding="utf-8") as file:
                real = file.read()
        elif match["lang"] == "console":
            real = run_console(body)
        else:
            real = run_sh(body)
        if real != body:
            wrong += 1
            sys.stdout.writelines(difflib.unified_diff(body.splitlines(True), real.splitlines(True),
                                                       "README.md", "the programs"))
        result += text[end:match.start("body")] + (real if match["lang"] != "sh" else body)
        end = match.end("body")
    if update:
        with open(path, "w", encoding="utf-8") as file:
            file.write(result + text[end:])
    print("%d blocks, %d differ" % (blocks, wrong))
    sys.exit(1 if (wrong and not update) or blocks == 0 else 0)


if __name__ == "__main__":
    main()
