#!/usr/bin/env python3
"""What a browser makes of report.html: python3 tests/report.py PROGRAM, the dechaff to be tested.

Draws the page of the sample corpus and of pages that mean no good, opens both in headless Chromium, and looks: no
error on the console, no request but for the file itself, no script but the page's own, nothing wider than a phone;
the filter, the buttons and the keyboard work. Without Chromium it says so and passes. Needs nothing but Python.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOSTILE = [
    "<script>document.title='owned'</script></script></style><!--",
    "<img src=x onerror=\"document.title='owned'\"><svg/onload=alert(1)>",
    "<a href=\"javascript:document.title='owned'\">x</a><base href=//evil.example><link rel=stylesheet href=//evil.example/a.css>",
    "\u202eevil\u2066 {{ 7*7 }} ${7*7} &lt;b&gt; <iframe src=//evil.example></iframe>",
]
ARTICLE = (
    "村口的老磨坊停了12年，今年春天又转了起来，头一天磨出来的面粉分给了36户人家，大家都说比买来的香。",
    "磨坊主人姓甘，今年71岁，他说水闸是自己带着两个徒弟用8天修好的，木轮子换了24根辐条，轴没有换。",
    "孩子们放学以后坐在水渠边看轮子转，一直看到天黑，有人数过，一分钟能转9圈，下过雨以后能转14圈。",
)


class Browser:
    """Chromium at the other end of a pipe."""

    def __init__(self, program):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command_in, self.command_out = os.pipe()
        self.answer_in, answer_out = os.pipe()

        def hand_over():
            # The browser reads from 3 and writes to 4.
            reading, writing = os.dup(command_in), os.dup(answer_out)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions"]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(
            [program, *flags, "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}"],
            preexec_fn=hand_over, close_fds=False, **quiet)
        os.close(command_in)
        os.close(answer_out)
        self.rest, self.number, self.events = b"", 0, []

    def read(self):
        while b"\0" not in self.rest:
            more = os.read(self.answer_in, 1 << 16)
            if not more:
                raise SystemExit("report.py: the browser ended")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.command_out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"report.py: {method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        while True:
            for at, event in enumerate(self.events):
                if event.get("method") == method:
                    return self.events.pop(at)
            self.events.append(self.read())

    def open(self, path, width, scheme):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable", session)
        self.call("Emulation.setDeviceMetricsOverride", session, width=width, height=900, deviceScaleFactor=1,
                  mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", session,
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", session, url=path.as_uri())
        self.wait("Page.loadEventFired")
        return session

    def value(self, session, expression):
        result = self.call("Runtime.evaluate", session, expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise SystemExit(f"report.py: {expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def press(self, session, key, text=None):
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", session, type=kind, key=key, **extra)

    def close(self):
        self.call("Browser.close")
        self.process.wait(20)
        os.close(self.command_out)
        os.close(self.answer_in)
        self.profile.cleanup()


class Checks:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def that(self, what, holds, seen=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what} {seen}")


def hostile_pages(folder):
    path = folder / "pages.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for number in range(4):
            lines = [line + HOSTILE[at] for at, line in enumerate(ARTICLE)]
            text = "\n".join(lines).replace("71", str(71 + number)) + "\n" + HOSTILE[3] + ARTICLE[number % 3]
            name = f"{number}<script>document.title='owned'</script>"
            out.write(json.dumps({"id": name, "url": "https://evil.example/" + name, "text": text}) + "\n")
    return path


def look(browser, checks, path, name, word):
    """`word` stands in some clusters and not in all."""
    for width in (1440, 390):
        for scheme in ("light", "dark"):
            tab = browser.open(path, width, scheme)
            see = lambda expression, tab=tab: browser.value(tab, expression)
            where = f"{name}, {width} px, {scheme}:"
            checks.that(f"{where} nothing is wider than the window", see("document.documentElement.scrollWidth") <= width,
                        see("document.documentElement.scrollWidth"))
            see("document.querySelectorAll('details').forEach(d => d.open = true)")
            checks.that(f"{where} nor when all is open", see("document.documentElement.scrollWidth") <= width,
                        see("document.documentElement.scrollWidth"))
            dark = see("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 128")
            checks.that(f"{where} the style is obeyed and has both schemes", dark == (scheme == "dark"))
            low = see(CONTRAST)
            checks.that(f"{where} text stands out from what is behind it", not low, low)
    checks.that(f"{name}: no script of the pages ran", see("document.title") == "dechaff: what was found")
    checks.that(f"{name}: no element of the pages", see(
        "document.querySelectorAll('img,iframe,base,link,object,embed,form,a:not([href^=\"#\"])').length") == 0)
    checks.that(f"{name}: one script", see("document.scripts.length") == 1)
    checks.that(f"{name}: the filter is there", see("!document.getElementById('tools').hidden"))
    shown = "Array.from(document.querySelectorAll('details.cluster')).filter(c => c.offsetParent).length"
    open_ones = "document.querySelectorAll('details.cluster[open]').length"
    everything = see(shown)
    # Typed and pressed as a person does it.
    see("document.getElementById('find').focus()")
    browser.call("Input.insertText", tab, text=word)
    some = see(shown)
    checks.that(f"{name}: the filter leaves some", 0 < some < everything, f"{some} of {everything}")
    checks.that(f"{name}: it says how many",
                see("document.getElementById('status').textContent") == f"{some} of {everything} shown")
    see("document.getElementById('find').value = ''; document.getElementById('find').dispatchEvent(new Event('input'))")
    checks.that(f"{name}: all are back", see(shown) == everything)
    see("document.getElementById('close').click()")
    checks.that(f"{name}: all are closed", see(open_ones) == 0)
    see("document.getElementById('open').click()")
    checks.that(f"{name}: all are open", see(open_ones) == everything)
    level = "document.getElementById('level')"
    see(f"{level}.value = 'document'; {level}.dispatchEvent(new Event('change'))")
    levels = see("Array.from(document.querySelectorAll('details.cluster')).filter(c => c.offsetParent)"
                 ".every(c => c.dataset.level === 'document')")
    checks.that(f"{name}: the level is obeyed", levels and 0 < see(shown) < everything)
    see("document.querySelector('details.cluster summary').focus()")
    browser.press(tab, "Enter", "\r")
    checks.that(f"{name}: a cluster is closed by the keyboard", see("!document.querySelector('details.cluster').open"))
    checks.that(f"{name}: every table has headings, every field a label, every drawing a name", see(
        "Array.from(document.querySelectorAll('table')).every(t => t.querySelector('th[scope=col]')) &&"
        "Array.from(document.querySelectorAll('input,select')).every(f => f.labels.length) &&"
        "Array.from(document.querySelectorAll('svg')).every(s => s.getAttribute('aria-label') || s.getAttribute('aria-hidden'))"))


# The texts whose contrast is below 4.5, by their own and the nearest background's colour.
CONTRAST = """(() => {
  const part = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const c = colour(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
      if (c[3] > 0) {
        const under = behind(e.parentElement);
        return [0, 1, 2].map((at) => c[at] * c[3] + under[at] * (1 - c[3]));
      }
    }
    return [255, 255, 255];
  };
  const seen = new Map();
  for (const element of document.querySelectorAll("body *")) {
    const own = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.offsetParent || element.closest("svg,.sr,select")) continue;
    const [a, b] = [light(colour(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) seen.set(element.tagName + "." + element.className, ratio.toFixed(2));
  }
  return Array.from(seen, (pair) => pair.join(" ")).join(", ");
})()"""


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if not found:
        print("skipped: no Chromium here to open report.html with")
        return 0
    checks = Checks()
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        run = lambda *arguments: subprocess.run([program, *arguments], check=True, cwd=ROOT)
        run("clean", "data/pages", "-o", place / "sample", "-q")
        run("clean", hostile_pages(place), "-o", place / "hostile", "-q")
        browser = Browser(found)
        try:
            look(browser, checks, place / "sample" / "report.html", "sample", "allotment")
            look(browser, checks, place / "hostile" / "report.html", "hostile", "一分钟能转")
        finally:
            browser.close()
        for event in browser.events:
            kind, about = event.get("method", ""), event.get("params", {})
            checks.that("nothing on the console",
                        kind not in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"), about)
            if kind == "Network.requestWillBeSent":
                url = about["request"]["url"]
                checks.that("no request leaves the page", url.startswith(place.as_uri()), url)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
