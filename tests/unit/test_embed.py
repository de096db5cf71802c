"""Pages: whole, closed to injection, silent about the machine, and with nothing to fetch."""

import base64
import json
import re
import runpy
import site
import sys
import tempfile
import xml.etree.ElementTree as ET
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer import embed
from explorer.records import Record, decode, encode, schema
from explorer.views.picture import picture

HOSTILE = "</script><script>alert(1)</script><!-- \"'><img src=x onerror=alert(1)> </title>&amp;"
VALUES = {"string": HOSTILE, "boolean": True, "integer": 3, "number": 0.5, "object": {"a": HOSTILE}, "array": [HOSTILE]}


class Page(HTMLParser):
    """A page as a browser reads it: its tags, the text of each script, and the records."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.scripts, self.title = [], [], ""
        self.feed(text)
        self.close()
        self.records = {
            attributes["data-key"]: decode(zlib.decompress(base64.b64decode(content)))
            for attributes, content in self.scripts
            if attributes.get("type") == "application/x-explorer-record"
        }

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "script":
            self.scripts.append((dict(attributes), ""))

    def handle_data(self, data):
        if self.cdata_elem == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif self.lasttag == "title" and not self.title:
            self.title = data

    def main(self):
        """The attributes of the element that the front end fills."""
        return next(attributes for tag, attributes in self.tags if tag == "main")


def same(one, other):
    """Whether two records are equal, NaN included."""
    return encode(one) == encode(other)


def words(record):
    """Every text of a record in one."""
    buffers = [b for b in record.buffers.values() if isinstance(b, str)]
    return "\n".join([json.dumps(dict(record.header), ensure_ascii=False), *buffers])


def stage(text, links=()):
    header = {"function": "f", "stage": "hlo", "title": "HLO", "language": "hlo", "available": True, "reason": None}
    header |= {"lines": text.count("\n") + 1, "scopes": [], "rules": []}
    return Record("stage", header, {"text": text, "links": np.array(links, np.int32).reshape(-1, 8)})


def source(file, text):
    files = [{"file": file, "title": Path(file).name, "owner": "user", "text": text}]
    return Record("source", {"function": "f", "files": files, "main": 0, "first": 1, "last": 1})


def about(**changes):
    header = {"title": "JAX Explorer", "subtitle": "A test", "device": "CPU", "versions": {}, "live": False}
    return Record("about", header | changes)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The three kinds of page, each as (text, the records it was made from)."""
    folder = tmp_path_factory.mktemp("pages")
    mine = folder / "mine.py"
    mine.write_text("def square(a):\n    return a @ a\n", encoding="utf-8")
    square = runpy.run_path(str(mine))["square"]
    app = explorer.Explorer(model="neural-network", steps=1000)
    try:
        app.run.start().wait()
        made = {
            "explorer": app.save(folder / "explorer.html"),
            "run": app.run.save(folder / "run.html"),
            "inspection": explorer.inspect(square, np.ones((8, 8), np.float32)).save(folder / "seen.html"),
        }
        held = app.panel.snapshot()
    finally:
        app.close()
    return {kind: path.read_text(encoding="utf-8") for kind, path in made.items()}, held


def test_what_lies_in_the_page_is_what_went_in():
    rng = np.random.default_rng(0)
    values = rng.normal(size=70_000).astype(np.float32)
    values[[5, 6]] = np.nan, -np.inf
    header = {"run": "1", "reset": True, "series": [{"name": "loss", "group": "train"}], "events": []}
    records = {
        "about": about(subtitle="Umlaute: äöü, 数字, 🙂"),
        "frame/1/0": Record("frame", header, {"0/steps": np.arange(70_000, dtype=np.uint32), "0/values": values}),
        "stage/f/hlo": stage("HloModule f\n", [[0, 0, 1, 0, 1, 5, -1, 0]]),
        "source/f": source("f.py", "x = 1"),
    }
    page = Page(embed.page(records, kind="explorer", title="A test", ui={"tab": "compile", "scale": "log"}))
    assert page.records.keys() == records.keys()
    assert all(same(page.records[key], record) for key, record in records.items())
    assert json.loads(page.main()["data-ui"]) == {"tab": "compile", "scale": "log"}
    assert page.main()["data-kind"] == "explorer"
    assert page.title == "A test"


@pytest.mark.parametrize("kind", sorted(schema()["kinds"]))
def test_no_text_of_a_record_can_end_a_script_or_add_a_tag(kind):
    want = schema()["kinds"][kind]
    header = {name: VALUES[what.rstrip("?")] for name, what in want["header"].items()}
    if "files" in header:
        header["files"] = [{"file": HOSTILE, "title": HOSTILE, "owner": "user", "text": HOSTILE}]
    buffers = {n: HOSTILE if d == "utf8" else np.zeros(6, d) for n, d in want["buffers"].items() if n != "*"}
    record = Record(kind, header, buffers)
    plain = Page(embed.page({"key": about()}, kind="run", title="plain"))
    page = Page(embed.page({HOSTILE: record}, kind=HOSTILE, title=HOSTILE, ui={"search": HOSTILE}))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert same(page.records[HOSTILE], record)
    assert page.title == HOSTILE
    assert json.loads(page.main()["data-ui"]) == {"search": HOSTILE}


def test_the_bundle_stays_inside_its_script(monkeypatch):
    bundle = "const a = '</script><script>', b = '</SCRIPT >', c = '<!--<script>'; export default a;"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: bundle)
    page = Page(embed.page({}, kind="run", title="t"))
    assert [tag for tag, _ in page.tags].count("script") == 1
    held = page.scripts[-1][1].strip()
    assert "<!--" not in held
    assert held.replace("\\x3c", "<") == bundle  # in strings, templates and patterns \x3c means <


@pytest.mark.parametrize("kind", ["explorer", "run", "inspection"])
def test_a_page_of_each_kind_is_whole_and_closed(pages, kind):
    page = Page(pages[0][kind])
    assert page.main()["data-kind"] == kind
    wanted = {
        "explorer": {"about", "model", "data", "form", "gradient/hidden/w", "stage/train_step/hlo", "stage/loss/jaxpr"},
        "run": {"about", "status", "runs", "frame/0", "gradient/hidden/w"},
        "inspection": {"about", "functions", "inspection/function", "stage/function/stablehlo"},
    }
    assert wanted[kind] <= page.records.keys()
    assert page.records["about"].header["live"] is False
    assert not {r.kind for r in page.records.values()} & {"notice", "page"}
    (still,) = [a["src"] for tag, a in page.tags if tag == "img"]
    assert ET.fromstring(base64.b64decode(still.partition(",")[2])).tag.endswith("svg")
    loaded = [a[n] for _, a in page.tags for n in ("src", "href", "action", "srcset", "data") if n in a]
    assert loaded == [still]
    (policy,) = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert not re.search(r"\bimport\b[^;\n]{0,80}[\"'](?:https?:)?//", page.scripts[-1][1])


def test_the_page_of_the_digits_is_small_enough_to_mail(pages):
    print(
        f"\nbytes of a page of 1,000 steps on MNIST: { {kind: len(text.encode()) for kind, text in pages[0].items()} }"
    )
    assert len(pages[0]["explorer"].encode()) < 2_500_000


def test_no_page_tells_where_it_was_made(pages):
    places = {str(Path.home()), str(Path.cwd()), tempfile.gettempdir(), sys.prefix, *site.getsitepackages()}
    package = str(Path(explorer.__file__).parent)
    assert any(package in words(record) for record in pages[1].values())  # else this test tests nothing
    for kind, text in pages[0].items():
        page = Page(text)
        for key, record in page.records.items():
            for place in {*places, package}:
                assert f"{place}/" not in words(record), (kind, key, place)
        said = "paths shortened" in page.records["about"].header["subtitle"]
        assert said == (kind != "run")  # a run alone holds no path
    (mine,) = Page(pages[0]["inspection"]).records["source/function"].header["files"]
    assert mine["file"].endswith("mine.py")
    assert mine["text"] == "def square(a):\n    return a @ a\n"


def test_shortened_stages_keep_their_lines_and_what_spans_point_at(pages):
    page, compared = Page(pages[0]["explorer"]), 0
    for key, before in pages[1].items():
        if before.kind != "stage":
            continue
        after = page.records[key]
        assert np.array_equal(after.buffers["links"], before.buffers["links"])
        lines, shortened = before.buffers["text"].split("\n"), after.buffers["text"].split("\n")
        assert len(lines) == len(shortened)
        spanned = set(before.buffers["links"][:, 0].tolist())
        changed = [i for i, (a, b) in enumerate(zip(lines, shortened, strict=True)) if a != b]
        assert all(package_name(lines[i]) == package_name(shortened[i]) for i in changed)
        assert not spanned & {i for i in changed if "source_file" not in lines[i] and "loc(" not in lines[i]}
        compared += len(changed)
    assert compared


def package_name(line):
    """The last name of the path in a line of a table of files."""
    return re.split(r"[/\"]", line.rstrip('"'))[-1]


def test_quoted_source_keeps_its_columns():
    line = f"y = read('{Path.home()}/data/x.csv') @ w"
    column = line.index("@")
    (mine,) = embed.shorten(source(f"{Path.home()}/work/mine.py", line)).header["files"]
    assert mine["file"] == "work/mine.py"
    assert mine["text"][column] == "@"
    assert mine["text"].endswith("data/x.csv') @ w")
    assert str(Path.home()) not in mine["text"]


def test_a_page_without_paths_says_nothing_of_them():
    record = about()
    assert embed.shorten(record) is record
    page = Page(embed.page({"about": record, "stage/f/hlo": stage("a/b/c\n")}, kind="run", title="t"))
    assert page.records["about"].header["subtitle"] == "A test"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/srv/lab/alice/model.py:12", "model.py:12"),
        ('1 "/srv/lab/alice/model.py"', '1 "model.py"'),
        ('1 "/srv/my lab/alice b/model.py"', '1 "model.py"'),
        ("/srv/my lab/model.py", "model.py"),
        ("/home/bob/data.csv and /Users/eve/x", "data.csv and x"),
        ("No such folder: '/home/alice'", "No such folder: '…'"),
        ("--xla_dump_to=/var/tmp/dump/x.txt", "--xla_dump_to=dump/x.txt"),
        ("/home/alice/project/src/deep/f.py", "deep/f.py"),
        (r"C:\Users\alice\mine.py", "mine.py"),
        (r'"D:\\lab files\\mine.py"', '"mine.py"'),
        (r"D:\lab\venv\Lib\site-packages\optax\x.py", r"optax\x.py"),
        ('op_name="jit(f)/jit(main)/home/dot_general"', 'op_name="jit(f)/jit(main)/home/dot_general"'),
        ("a/var/tmp/b, x / y / z, 1/2, // comment", "a/var/tmp/b, x / y / z, 1/2, // comment"),
        ("https://docs.jax.dev/en/latest/jit.html", "https://docs.jax.dev/en/latest/jit.html"),
        ("/var/tmpfile stays, and /var/tmp goes", "/var/tmpfile stays, and … goes"),
    ],
)
def test_paths_of_every_kind_are_shortened(text, expected):
    places = {"/var/tmp", "/home/alice", "/home/alice/project/src", r"D:\lab\venv\Lib\site-packages", "", "/", "src"}
    assert embed.paths_in(places).sub(lambda found: "" if found[1] else "…", text) == expected


def test_the_still_picture_is_of_the_shortened_records():
    record = about(subtitle=f"{Path.home()}/secret/thing")
    text = embed.page({"about": record}, kind="run", title=f"{Path.home()}/secret/thing", picture=picture)
    page = Page(text)
    (still,) = [a["src"] for tag, a in page.tags if tag == "img"]
    assert "secret/thing" in base64.b64decode(still.partition(",")[2]).decode()
    for held in (text, base64.b64decode(still.partition(",")[2]).decode()):
        assert f"{Path.home()}/" not in held
