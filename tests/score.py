#!/usr/bin/env python3
"""score.py: what one build reaches on the evaluation sets, as one table.

usage: score.py PATH/TO/dechaff [--shared DIR] [--only WORD] [--small] [--json] [--floors FILE] [--jobs N]

Runs `dechaff clean` on every set with the settings it ships with, and scores the files that it leaves:
  copies   documents.jsonl against the truth: P, R, F1 of what is reported
  removed  every removed copy against the one that is kept for it: least and mean share of its words and characters
           that the kept one has in the same surroundings (cov.min, cov.mean), and of its 5 in a row (row.min,
           row.mean), made again by this script from the texts alone
  strict   en_spdx_licences: share of the removed documents whose kept copy is of another family
  chrome   what is left of each page against its main text, with `--only chrome --site-field site`

--shared DIR   where the sets are; default: `shared` beside the repository
--only WORD    only sets whose name holds WORD
--small        only sets below 10 MB, for every run of the tests
--json         the figures as JSON on standard output
--floors FILE  JSON {set: {figure: least}}; exit status 1 where a figure is more than .005 below
--write-floors FILE  writes the figures reached as such a file
--jobs N       threads of the program; default: as many as there are cores

Exit status 0, or 1 where a run failed or a floor was missed. A set that is not there is left out; without any, the
script says so and exits with 0. Standard library only; .zst files are read with Python's own `compression.zstd`
(3.14), the package `zstandard`, or the program `zstd`, whichever is there.
"""
import argparse
import contextlib
import importlib.util
import io
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import types
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
SMALL = 10_000_000
SLACK = 0.005


# ---- reading

def unpacked(path):
    """The bytes of a file, decompressed where its name ends in .zst."""
    raw = pathlib.Path(path).read_bytes()
    if not str(path).endswith(".zst"):
        return raw
    try:
        from compression import zstd
        return zstd.decompress(raw)
    except ImportError:
        pass
    try:
        import zstandard
        return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw), read_across_frames=True).read()
    except (ImportError, AttributeError):
        pass
    try:
        return subprocess.run(["zstd", "-dcq"], input=raw, stdout=subprocess.PIPE, check=True).stdout
    except FileNotFoundError:
        sys.exit("score.py: cannot read .zst files: install the Python package `zstandard` or the program `zstd`")


def jsonl(path):
    return [json.loads(line) for line in unpacked(path).decode("utf-8").split("\n") if line.strip()]


def module(path):
    """A scorer as a module. One that wants `zstandard` gets what it needs of it from here."""
    class Decompressor:
        def stream_reader(self, raw):
            return io.BytesIO(unpacked(raw.name))
    before = sys.modules.get("zstandard")
    sys.modules["zstandard"] = types.SimpleNamespace(ZstdDecompressor=Decompressor)
    try:
        spec = importlib.util.spec_from_file_location(path.parent.name + "_" + path.stem, path)
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
    finally:
        sys.modules.pop("zstandard")
        if before is not None:
            sys.modules["zstandard"] = before
    return found


# ---- coverage of what is removed

HAN = r"\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
UNIT = re.compile(rf"[{HAN}]|[^\W\d_{HAN}]+")
DIGITS = re.compile(r"\d+")


def units(text, variants):
    """Han, kana and Hangul by the character, else words, without punctuation; digits vanish and part no word, as a copy
    that lost its digits has `rstman` for `rst2man`."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(variants)
    plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    return UNIT.findall(DIGITS.sub("", plain))


def grams(units):
    """5 units in a row, in the order of the text."""
    return [tuple(units[i:i + 5]) for i in range(max(1, len(units) - 4))] if units else []


def coverage(own, kept):
    """(share of the units of `own` that stand in 5 units in a row of `kept`, share of its 5 in a row that do): one other
    word in a text of 100 is 1 % of its units and 5 % of its 5 in a row."""
    if not own:
        return 1.0, 1.0
    there, rows = set(grams(kept)), grams(own)
    shared = [at for at, row in enumerate(rows) if row in there]
    covered = {place for at in shared for place in range(at, min(at + 5, len(own)))}
    return len(covered) / len(own), len({rows[at] for at in shared}) / len(set(rows))


def traditional():
    """Traditional characters → simplified, from the repository's own table."""
    table = {}
    for line in (HERE.parent / "data" / "opencc" / "TSCharacters.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            one, _, others = line.partition("\t")
            table[ord(one)] = others.split(" ")[0]
    return table


def without(text, spans):
    """The text without these bytes."""
    raw, out, at = text.encode("utf-8", "surrogatepass"), [], 0
    for start, end in sorted(spans):
        out.append(raw[at:max(at, start)])
        at = max(at, end)
    return b"".join(out + [raw[at:]]).decode("utf-8", "replace")


def coverages(texts, chrome, removed, variants):
    """[(coverage by units, by 5 in a row, row)] for each removed copy: its content against the kept unit's content."""
    known, found = {}, []

    def content(unit):
        key = (unit["doc"], unit["byte_start"], unit["byte_end"], tuple(unit["lines"]))
        if key not in known:
            raw = texts[unit["doc"]].encode("utf-8", "surrogatepass")
            start, end = unit["byte_start"], unit["byte_end"]
            cut = [(max(a, start) - start, min(b, end) - start) for a, b in chrome.get(unit["doc"], ()) if a < end and b > start]
            text = raw[start:end].decode("utf-8", "replace")
            known[key] = units(without(text, cut), variants)
        return known[key]

    for row in removed:
        if row["reason"].startswith("duplicate-") and row.get("kept"):
            found.append((*coverage(content(row), content(row["kept"])), row))
    return found


# ---- sets

NEARDUP = {
    # set: [(mode, goal P, goal R, goal F1)]; None: no goal
    "zh_lctt_2017_2019": [("clusters", None, None, .985)],
    "zh_laws": [("pairs", None, .90, None), ("scored", .95, None, None)],
    "zh_cwced_chrome": [("clusters", None, None, .96)],
    "en_wcxb_chrome_dev": [("clusters", None, None, .95)],
    "zh_seo_site_dev": [("pairs", .97, .92, None)],
    "en_citeseerx_abstracts": [("clusters", None, None, .95)],
    "en_debian_copyright": [("pairs", None, .95, None)],
    "en_spdx_licences": [("pairs", None, None, None)],
    "en_clough_stevenson": [("pairs", None, None, None)],
    "zh_paper_check": [("clusters", None, None, None)],
}
BENCH = {"zh-small": (.99, None, .93), "en-small": (.99, None, .92)}
CLASSES = {
    **dict.fromkeys("exact digit_strip digit_mask punct para trad case chrome ad seed".split(), .99),
    **dict.fromkeys("sub1 sub3 sub5 reorder".split(), .97), "sub10": .80, "trunc": .95, "sub20": None, "combo": None,
}
CHROME = {
    "multi_zh": {"F1": .960}, "multi_en": {"F1": .960}, "multi_human_en": {"F1": .915},
    "inline_zh": {"F4": .985, "spans_removed": .95, "content_kept": .985},
    "inline_en": {"F4": .985, "spans_removed": .95, "content_kept": .98},
    "single_en_cleaneval": {}, "single_en_l3s": {},
}
# multi_zh in parts: what a small crawl reaches, and what a model of an earlier crawl does for a single page.
FIVE, NEXT, DRAWS = "multi_zh, five pages a site", "multi_zh, one page and model", 5
PARTS = {FIVE: {"F1": .955}, NEXT: {"F1": .960}}
SHOWN = ["F1", "F4", "kept_chrome", "lost_lines", "spans_removed", "inline_removed", "content_kept"]


def written(path, records):
    """The path of a JSONL file with these records."""
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


class Scorer:
    def __init__(self, arguments):
        self.tool, self.shared = os.path.abspath(arguments.tool), pathlib.Path(arguments.shared)
        self.only, self.small, self.jobs = arguments.only, arguments.small, arguments.jobs
        self.variants = traditional()
        self.figures, self.failed = {}, []

    def wanted(self, name, path):
        if self.only not in name or not path.exists():
            return False
        return not self.small or len(unpacked(path)) < SMALL

    def run(self, name, arguments, out):
        command = [self.tool, *arguments, "-o", str(out), "--no-progress", "-q"]
        if self.jobs:
            command += ["--threads", str(self.jobs)]
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            self.failed.append(f"{name}: exit status {done.returncode}: {done.stderr.strip()[:500]}")
            return False
        self.figures.setdefault(name, {})["seconds"] = round(time.monotonic() - began, 2)
        return True

    def copies(self, name, path, place):
        """Cleans a set, checks that it can be restored, measures what is removed. The folder of the run, or None."""
        out, back = place / "out", place / "back"
        if not self.run(name, ["clean", str(path)], out):
            return None
        self.run(name + " (restore)", ["restore", str(out)], back)
        self.figures.pop(name + " (restore)", None)
        restored = [file for file in back.rglob("*") if file.is_file()]
        if len(restored) != 1 or unpacked(restored[0]) != unpacked(path):
            self.failed.append(f"{name}: restored is not what was read")
        records = jsonl(path)
        texts = {f"0:{n}": record.get("text") or "" for n, record in enumerate(records, 1)}
        removed, chrome = jsonl(out / "removed.jsonl"), {}
        for row in removed:
            if row["reason"].startswith("chrome-"):
                chrome.setdefault(row["doc"], []).append((row["byte_start"], row["byte_end"]))
        found = coverages(texts, chrome, removed, self.variants)
        figures = self.figures[name]
        figures["documents"] = len(records)
        figures["removed"] = len(found)
        if found:
            by_units, by_rows = [share for share, _, _ in found], [share for _, share, _ in found]
            figures["coverage_min"] = round(min(by_units), 4)
            figures["coverage_mean"] = round(sum(by_units) / len(found), 4)
            figures["shingles_min"] = round(min(by_rows), 4)
            figures["shingles_mean"] = round(sum(by_rows) / len(found), 4)
        if any("strict" in record for record in records):
            strict = {record["id"]: record.get("strict") for record in records}
            rows = [row for row in removed if row["reason"] == "duplicate-document"]
            other = sum(strict[row["id"]] != strict[row["kept"]["id"]] for row in rows)
            figures["removed_documents"], figures["strict_other"] = len(rows), other
            figures["strict_share"] = round(other / len(rows), 4) if rows else 0.0
        return out

    def neardup(self):
        folder = self.shared / "data" / "neardup"
        for name, modes in NEARDUP.items():
            path = folder / name / "docs.jsonl.zst"
            if not self.wanted(name, path):
                continue
            with tempfile.TemporaryDirectory() as place:
                out = self.copies(name, path, pathlib.Path(place))
                if out is None:
                    continue
                for mode, *_ in modes:
                    scored = subprocess.run(
                        [sys.executable, str(folder / "eval_pairs.py"), str(out / "documents.jsonl"), str(path.parent),
                         "--mode", mode, "--json"], capture_output=True, text=True, check=True)
                    found = json.loads(scored.stdout)[mode]
                    self.figures[name][mode] = {key: found[key] for key in ("P", "R", "F1")}

    def bench(self):
        folder = self.shared / "bench"
        for name in BENCH:
            path = folder / f"{name}.jsonl.zst"
            if not self.wanted(name, path):
                continue
            scorer = module(folder / "score.py")
            with tempfile.TemporaryDirectory() as place:
                place = pathlib.Path(place)
                out = self.copies(name, path, place)
                if out is None:
                    continue
                truth, pairs = place / "truth.jsonl", place / "pairs.tsv"
                truth.write_bytes(unpacked(folder / f"{name}.truth.jsonl.zst"))
                pairs.write_bytes(unpacked(folder / f"{name}.pairs.tsv.zst"))
                found = scorer.score(str(out / "documents.jsonl"), str(truth), str(pairs))
                self.figures[name]["gt"] = dict(zip(("P", "R", "F1"), found["gt"]))
                self.figures[name]["classes"] = found["classes"]

    def chrome(self):
        folder = self.shared / "data" / "chrome"
        for name in CHROME:
            path = folder / f"{name}.jsonl.zst"
            if self.wanted(name, path):
                self.chrome_set(name, path, jsonl(path), folder)
        path = folder / "multi_zh.jsonl.zst"
        for name, part in ((FIVE, self.five), (NEXT, self.next_day)):
            if self.wanted(name, path):
                by_site = {}
                for page in jsonl(path):
                    by_site.setdefault(page["site"], []).append(page)
                part(name, list(by_site.values()), folder)

    def drawn(self, name, part):
        """The means of several draws, the same in every run."""
        found = []
        for seed in range(DRAWS):
            with tempfile.TemporaryDirectory() as place:
                part(random.Random(seed), pathlib.Path(place))
            found.append(self.figures.pop(name, {}))
        self.figures[name] = {key: round(sum(one.get(key, 0) for one in found) / DRAWS, 4) for key in found[0]}
        self.figures[name]["F1_least"] = min(one.get("F1", 0) for one in found)

    def five(self, name, sites, folder):
        """Five pages of each site."""
        def part(draw, place):
            pages = [page for site in sites for page in draw.sample(site, min(5, len(site)))]
            self.chrome_set(name, written(place / "five.jsonl", pages), pages, folder)
        self.drawn(name, part)

    def next_day(self, name, sites, folder):
        """One page of each site, by a model that was learned on its others."""
        def part(draw, place):
            orders = [draw.sample(site, len(site)) for site in sites]
            old = written(place / "old.jsonl", [page for order in orders for page in order[1:]])
            pages = [order[0] for order in orders]
            new, model = written(place / "new.jsonl", pages), place / "model.json"
            if self.run(name, ["chrome", "learn", str(old), "--site-field", "site"], model):
                self.chrome_set(name, new, pages, folder, ["chrome", "apply", str(model), str(new)])
        self.drawn(name, part)

    def chrome_set(self, name, path, pages, folder, command=None):
        scorer = module(folder / "score.py")
        with tempfile.TemporaryDirectory() as place:
            out = pathlib.Path(place) / "out"
            command = command or ["clean", str(path), "--only", "chrome"]
            if not self.run(name, [*command, "--site-field", "site"], out):
                return
            left = [file for file in (out / "clean").rglob("*") if file.is_file()]
            predictions = {row["id"]: row["text"] for file in left for row in jsonl(file)}
            means = scorer.evaluate(pages, predictions)["over_pages"]
            self.figures[name].update({key: round(value, 4) for key, value in means.items() if value is not None})

    def seed(self):
        page = self.shared / "seed" / "page.txt"
        if not self.wanted("seed", page):
            return
        with tempfile.TemporaryDirectory() as place:
            out = pathlib.Path(place) / "out"
            if self.run("seed", ["clean", str(page)], out):
                done = subprocess.run([sys.executable, str(page.parent / "score.py"), str(out)], capture_output=True, text=True)
                self.figures["seed"]["perfect"] = float(done.returncode == 0)
                self.figures["seed"]["says"] = done.stdout.strip().splitlines()[-1:]


# ---- table

def cell(value, goal=None):
    """A figure; `!` after one that misses its goal."""
    if value is None:
        return "-"
    return f"{value:.4f}" + ("!" if goal is not None and value < goal else " ")


def row(cells, widths):
    return "  ".join(f"{cell:<{width}}" if at < 2 else f"{cell:>{width}}" for at, (cell, width) in enumerate(zip(cells, widths)))


def table(figures):
    widths = (28, 24, 8, 8, 8, 8, 8, 8, 8, 8, 7)
    yield row(("set", "goal", "P", "R", "F1", "removed", "cov.min", "cov.mean", "row.min", "row.mean", "s"), widths)
    named = [(name, mode, goals) for name, modes in NEARDUP.items() for mode, *goals in modes]
    named += [(name, "gt", goals) for name, goals in BENCH.items()]
    for name, mode, goals in named:
        if mode not in figures.get(name, {}):
            continue
        found = figures[name]
        want = ", ".join(f"{key} {goal}" for key, goal in zip(("P", "R", "F1"), goals) if goal)
        least, mean = found.get("coverage_min"), found.get("coverage_mean")
        yield row((name, f"{mode}: {want or 'none'}",
                   *(cell(found[mode][key], goal) for key, goal in zip(("P", "R", "F1"), goals)),
                   found["removed"], cell(least, .9), cell(mean, .99),
                   cell(found.get("shingles_min")), cell(found.get("shingles_mean")), found["seconds"]), widths)
    for name in BENCH:
        if "classes" in figures.get(name, {}):
            cells = (f"{cls} {share:.3f}" + ("!" if CLASSES.get(cls) and share < CLASSES[cls] else "")
                     for cls, share in figures[name]["classes"].items())
            yield f"  {name} by class: " + " · ".join(cells)
    strict = figures.get("en_spdx_licences", {})
    if "strict_share" in strict:
        yield (f"  en_spdx_licences strict: {strict['strict_other']} of {strict['removed_documents']} removed documents "
               f"have a kept copy of another family, {strict['strict_share']:.4f}")
    rows = [name for name in [*CHROME, *PARTS] if name in figures]
    if rows:
        yield ""
        widths = (28, 34, *[max(8, len(key)) for key in SHOWN], 7)
        yield row(("set", "goal", *SHOWN, "s"), widths)
        for name in rows:
            goals = {**CHROME, **PARTS}[name]
            want = ", ".join(f"{key} {goal}" for key, goal in goals.items())
            yield row((name, want or "none", *(cell(figures[name].get(key), goals.get(key)) for key in SHOWN),
                       figures[name]["seconds"]), widths)
        for name in (name for name in PARTS if name in figures):
            yield f"  {name}: means of {DRAWS} draws, the least F1 {figures[name]['F1_least']:.4f}"
    if "perfect" in figures.get("seed", {}):
        yield f"\nseed page: {' '.join(figures['seed']['says'])}"
    yield "\n`!`: below the goal"


def flat(figures):
    """{set: {figure: value}}, as floors are kept: what is better when it is larger."""
    better = {"P", "R", "F1", "F4", "coverage_min", "coverage_mean", "shingles_min", "shingles_mean", "spans_removed", "inline_removed", "content_kept", "perfect", "F1_least"}
    out = {}
    for name, found in figures.items():
        rows = {}
        for key, value in found.items():
            if isinstance(value, dict):
                rows.update({f"{key}.{inner}": v for inner, v in value.items()})
            elif key in better:
                rows[key] = value
        out[name] = rows
    return out


def missed(figures, floors):
    reached = flat(figures)
    for name, wanted in floors.items():
        for key, least in wanted.items():
            value = reached.get(name, {}).get(key)
            if name in reached and (value is None or value < least - SLACK):
                yield f"{name}: {key} is {value}, was {least}"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("tool")
    ap.add_argument("--shared", default=str(HERE.parent.parent / "shared"))
    ap.add_argument("--only", default="")
    ap.add_argument("--small", action="store_true")
    ap.add_argument("--json", action="store_true")
    ap.add_argument("--floors")
    ap.add_argument("--write-floors")
    ap.add_argument("--jobs", type=int)
    arguments = ap.parse_args()
    if not pathlib.Path(arguments.shared).is_dir():
        print(f"skipped: {arguments.shared} is absent")
        return 0
    scorer = Scorer(arguments)
    for part in (scorer.neardup, scorer.bench, scorer.chrome, scorer.seed):
        part()
    if arguments.json:
        print(json.dumps(scorer.figures, ensure_ascii=False, indent=1))
    else:
        print("\n".join(table(scorer.figures)))
    if arguments.write_floors:
        pathlib.Path(arguments.write_floors).write_text(
            json.dumps(flat(scorer.figures), ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    failures = list(scorer.failed)
    if arguments.floors:
        failures += missed(scorer.figures, json.loads(pathlib.Path(arguments.floors).read_text(encoding="utf-8")))
    for failure in failures:
        print(f"score.py: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
