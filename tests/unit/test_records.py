"""Records: what is put in comes out, and what does not follow the schema is named."""

import json
import struct

import numpy as np
import pytest

from explorer.records import PART_BYTES, Record, RecordError, decode, encode, parts


def frame(**changes):
    header = {"run": "1", "reset": True, "series": [{"name": "loss", "group": "train"}], "events": []}
    values = np.array([0.5, np.nan, np.inf, -np.inf, 1e-45], np.float32)
    buffers = {"0/steps": np.arange(5, dtype=np.uint32), "0/values": values}
    return Record("frame", header | changes, buffers)


def test_numbers_come_back_bit_for_bit_also_nan_and_infinity():
    back = decode(encode(frame()))
    assert back.kind == "frame"
    assert dict(back.header) == dict(frame().header)
    for name, value in frame().buffers.items():
        assert back.buffers[name].dtype == value.dtype
        assert back.buffers[name].tobytes() == value.tobytes()


def test_text_and_shapes_come_back():
    stage = Record(
        "stage",
        {
            "function": "loss",
            "stage": "jaxpr",
            "title": "Größe α → β",
            "language": "jaxpr",
            "available": True,
            "reason": None,
            "lines": 2,
            "scopes": ["encoder"],
            "rules": [],
        },
        {
            "text": "λ → 𝔘\n",
            "links": np.arange(16, dtype=np.int32).reshape(2, 8),
        },
    )
    back = decode(encode(stage))
    assert back.header["title"] == "Größe α → β"
    assert back.buffers["text"] == "λ → 𝔘\n"
    assert back.buffers["links"].tolist() == stage.buffers["links"].tolist()


def test_every_buffer_starts_at_a_multiple_of_eight():
    """A typed array in the browser cannot lie anywhere else."""
    names = "abc"
    series = [{"name": name, "group": "train"} for name in names]
    buffers = {}
    for i in range(len(names)):
        buffers[f"{i}/steps"] = np.arange(i + 1, dtype=np.uint32)
        buffers[f"{i}/values"] = np.zeros(i + 1, np.float32)
    raw = encode(Record("frame", {"run": "1", "reset": False, "series": series, "events": []}, buffers))
    (length,) = struct.unpack_from("<I", raw)
    assert (4 + length) % 8 == 0
    assert [entry["offset"] % 8 for entry in json.loads(raw[4 : 4 + length])["buffers"]] == [0] * 6
    assert len(raw) % 8 == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reset": "yes"}, "frame: 'reset' must be boolean, got str"),
        ({"run": None}, "frame: 'run' must be string, got NoneType"),
        ({"color": 1}, "frame: unexpected header field 'color'"),
    ],
)
def test_a_wrong_field_is_named(change, words):
    with pytest.raises(RecordError, match=words):
        frame(**change)


def test_a_missing_field_a_missing_buffer_and_a_wrong_dtype_are_named():
    with pytest.raises(RecordError, match="page: header field 'name' is missing"):
        Record("page", {}, {"html": ""})
    with pytest.raises(RecordError, match="page: buffer 'html' is missing"):
        Record("page", {"name": "a.html"})
    with pytest.raises(RecordError, match="page: buffer 'html' must be utf8, got float32"):
        Record("page", {"name": "a.html"}, {"html": np.zeros(1, np.float32)})
    with pytest.raises(RecordError, match="unknown record kind 'pages'"):
        Record("pages", {})


def test_a_true_is_no_number():
    header = {"run": "1", "status": "ready", "step": True, "steps": 1, "steps_per_second": None}
    header |= {"seconds_left": None, "activity": None, "can": [], "problem": None}
    with pytest.raises(RecordError, match="status: 'step' must be integer, got bool"):
        Record("status", header)


def test_nan_in_a_header_is_refused():
    """JSON has no NaN; one that slipped through would break every view."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(frame(events=[{"step": 1, "field": "learning_rate", "value": float("nan")}]))


def test_parts_put_together_are_the_record():
    text = "0123456789" * 300_000
    raw = encode(Record("page", {"name": "a.html"}, {"html": text}))
    pieces = list(parts(raw))
    assert [index for index, _, _ in pieces] == list(range(len(pieces)))
    assert {count for _, count, _ in pieces} == {len(pieces)} == {3}
    assert max(len(piece) for _, _, piece in pieces) == PART_BYTES
    assert decode(b"".join(piece for _, _, piece in pieces)).buffers["html"] == text


def test_bytes_that_are_no_record_and_another_schema_are_refused():
    for raw in (b"", b"\x00", b"\xff\xff\xff\xffnot json", encode(frame())[4:]):
        with pytest.raises(RecordError, match="not a record"):
            decode(raw)
    raw = encode(frame()).replace(b'"schema":1', b'"schema":9')
    with pytest.raises(RecordError, match="a record of schema 9; this version reads schema 1"):
        decode(raw)
