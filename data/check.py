#!/usr/bin/env python3
"""Validate the labels of the sample corpus against its pages and print counts.

usage: check.py [DIR]      DIR holds pages/, labels.jsonl and clusters.jsonl; default: the folder of this script

Checked:
  pages     UTF-8 without BOM, LF only, a newline at the end, no control characters, every page labelled once, in sorted order
  labels    line numbers ascending and in range, labelled lines not blank, no line both chrome and neutral,
            spans on content lines, not overlapping, `text` equal to the slice, the title line neutral
  clusters  known levels, members exist, copies are content lines in ascending order, no line in two copies of a
            cluster nor in two paragraph clusters, blocks start and end on content, `best_copy` in range

Prints one line a fault and exits with status 1, or the counts and exits with status 0.
"""
import json
import os
import sys
from collections import Counter

FAULTS = []


def fault(where, what):
    FAULTS.append(f"{where}: {what}")


def jsonl(path):
    with open(path, encoding="utf-8") as handle:
        return [json.loads(line) for line in handle if line.strip()]


def read_pages(root):
    """The lines of every page by its path, `pages/SITE/NAME.txt`."""
    pages = {}
    for folder, _, names in os.walk(os.path.join(root, "pages")):
        for name in names:
            full = os.path.join(folder, name)
            path = os.path.relpath(full, root).replace(os.sep, "/")
            with open(full, "rb") as handle:
                text = handle.read().decode("utf-8")
            if text.startswith("\ufeff") or "\r" in text or not text.endswith("\n"):
                fault(path, "must be UTF-8 without BOM, with LF only and a newline at the end")
            if any(ord(c) < 32 and c != "\n" for c in text):
                fault(path, "has control characters")
            pages[path] = text.split("\n")[:-1]
    return pages


def is_line(lines, number):
    """Whether the number is that of a line that is not blank."""
    return isinstance(number, int) and 1 <= number <= len(lines) and bool(lines[number - 1].strip())


def check_labels(pages, labels):
    """Check every page's labels; return the content lines of each page."""
    content = {}
    keys = {"path", "chrome_lines", "neutral_lines", "chrome_spans", "title_line"}
    if [label["path"] for label in labels] != sorted(pages):
        fault("labels.jsonl", "must name every page once, in sorted order")
    for label in labels:
        path = label["path"]
        if set(label) != keys:
            fault(path, f"keys must be {sorted(keys)}")
        lines = pages.get(path, [])
        for key in ("chrome_lines", "neutral_lines"):
            if label[key] != sorted(set(label[key])):
                fault(path, f"{key} must ascend")
            for number in label[key]:
                if not is_line(lines, number):
                    fault(path, f"{key}: line {number} is blank or out of range")
        chrome, neutral = set(label["chrome_lines"]), set(label["neutral_lines"])
        if chrome & neutral:
            fault(path, f"both chrome and neutral: {sorted(chrome & neutral)}")
        if label["title_line"] is not None and label["title_line"] not in neutral:
            fault(path, "the title line must be neutral")
        content[path] = {n for n, line in enumerate(lines, 1) if line.strip()} - chrome - neutral
        end_of = {}
        for span in label["chrome_spans"]:
            number, start, end = span["line"], span["start"], span["end"]
            if number not in content[path]:
                fault(path, f"span on line {number}, which is not content")
                continue
            line = lines[number - 1]
            if not 0 <= start < end <= len(line) or line[start:end] != span["text"]:
                fault(path, f"span {number}:{start}-{end} is not {span['text']!r}")
            if start < end_of.get(number, 0):
                fault(path, f"spans overlap on line {number}")
            if not (line[:start] + line[end:]).strip():
                fault(path, f"span {number}:{start}-{end} is its whole line; label the line")
            end_of[number] = end
    return content


def check_copies(where, copies, content, taken):
    if len(copies) < 2:
        fault(where, "needs two copies")
    for copy in copies:
        lines = copy["lines"]
        if not lines or lines != sorted(set(lines)):
            fault(where, "lines must ascend")
        for number in lines:
            if number not in content.get(copy["path"], ()):
                fault(where, f"{copy['path']} line {number} is not content")
            if (copy["path"], number) in taken:
                fault(where, f"{copy['path']} line {number} stands in two copies")
            taken.add((copy["path"], number))


def check_clusters(pages, content, clusters):
    taken = set()
    in_documents = Counter()
    for index, cluster in enumerate(clusters, 1):
        where = f"clusters.jsonl line {index}"
        level = cluster["level"]
        if level == "document":
            in_documents.update(cluster["members"])
            for member in cluster["members"]:
                if member not in pages:
                    fault(where, f"no page {member}")
        elif level == "block":
            allowed, last = content.get(cluster["page"], set()), 0
            for copy in cluster["copies"]:
                if not {copy["first"], copy["last"]} <= allowed or not last < copy["first"] <= copy["last"]:
                    fault(where, f"block {copy['first']}-{copy['last']} must run from content to content, in order")
                last = copy["last"]
            if not 0 <= cluster["best_copy"] < len(cluster["copies"]):
                fault(where, "best_copy out of range")
        elif level == "paragraph":
            check_copies(where, cluster["copies"], content, taken)
        elif level == "not":
            if cluster["rule"] not in ("not-joined", "not-removed") or len(cluster["members"]) < 2:
                fault(where, "needs two members and the rule not-joined or not-removed")
            for member in cluster["members"]:
                path, _, number = member.partition("@")
                if path not in pages or (number and int(number) not in content.get(path, ())):
                    fault(where, f"no page or content line {member}")
        else:
            fault(where, f"unknown level {level!r}")
    for page, times in in_documents.items():
        if times > 1:
            fault("clusters.jsonl", f"{page} stands in {times} document clusters")


def main(root):
    pages = read_pages(root)
    labels = jsonl(os.path.join(root, "labels.jsonl"))
    clusters = jsonl(os.path.join(root, "clusters.jsonl"))
    content = check_labels(pages, labels)
    check_clusters(pages, content, clusters)
    if FAULTS:
        print("\n".join(FAULTS))
        print(f"{len(FAULTS)} faults")
        return 1
    size = sum(len("\n".join(lines).encode("utf-8")) + 1 for lines in pages.values())
    print(f"pages     {len(pages)} in {len({path.split('/')[1] for path in pages})} sites, {size:,} bytes")
    for site in sorted({path.split("/")[1] for path in pages}):
        mine = [label for label in labels if label["path"].split("/")[1] == site]
        print(
            f"  {site:24} {len(mine):3} pages, {sum(len(content[m['path']]) for m in mine):4} content lines, "
            f"{sum(len(m['chrome_lines']) for m in mine):4} chrome lines, "
            f"{sum(len(m['neutral_lines']) for m in mine):3} neutral lines, "
            f"{sum(len(m['chrome_spans']) for m in mine):3} chrome spans"
        )
    copies = [copy for c in clusters if c["level"] == "paragraph" for copy in c["copies"]]
    levels = Counter(c["level"] for c in clusters)
    print("clusters  " + ", ".join(f"{levels[level]} {level}" for level in ("document", "block", "paragraph", "not")))
    print(f"copies    {len(copies)} paragraphs, {sum(len(c['lines']) > 1 for c in copies)} of more than one line, "
          f"{sum('broken' in c.get('variant', '') for c in copies)} broken")
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        sys.exit(0 if len(sys.argv) == 2 else 2)
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else os.path.dirname(os.path.abspath(__file__))))
