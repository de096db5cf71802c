"""Every entry of the catalog is what it says: models learn on their data, data are what they are called."""

import importlib
import string
from itertools import groupby

import jax
import numpy as np
import pytest

from explorer.app.draft import Draft
from explorer.app.form import form_record
from explorer.catalog import registry
from explorer.catalog.contract import spec_of
from explorer.catalog.pictures import data_record
from explorer.training.config import Choice, RunConfig
from explorer.training.fit import misfit
from explorer.training.frames import parameters_record
from explorer.training.run import Run
from explorer.training.setup import filled
from explorer.views.picture_data import data as draw_data

LABELLED = ("moons", "circles", "spirals", "xor", "gaussians", "iris", "wine", "breast-cancer", "digits", "mnist")


@pytest.mark.parametrize("name", registry.names("dataset"))
def test_a_data_set_is_as_declared(name):
    dataset = registry.dataset(name)
    assert dataset.missing is None  # scikit-learn is there where the tests run
    assert dataset.spec(4) == spec_of(dataset.train, 4)
    assert set(dataset.inputs) <= set(dataset.train)
    assert all(values.dtype in (np.float32, np.int32) for values in dataset.train.values())
    if name != "nothing":
        both = {key: np.concatenate([values, dataset.held_out[key]]) for key, values in dataset.train.items()}
        assert all(len(values) >= 100 for values in both.values())
        labels = both.get("y", np.zeros(1))
        assert dataset.classes == (len(np.unique(labels)) if labels.dtype == np.int32 else 0)


@pytest.mark.parametrize("name", ["sine", "moons", "circles", "spirals", "xor", "gaussians"])
def test_drawn_data_follow_their_size_their_noise_and_their_seed(name):
    small = registry.dataset(name, {"examples": 50})
    assert (len(small.train["y"]), len(small.held_out["y"])) == (40, 10)
    x, other = registry.dataset(name).train["x"], registry.dataset(name, {"seed": 1}).train["x"]
    assert not np.array_equal(x, other)
    clean, noisy = (registry.dataset(name, {"noise": noise}).train for noise in (0.0, 0.5))
    moved = {key: (noisy[key] - clean[key]).std() for key in clean if clean[key].dtype == np.float32}
    assert max(moved.values()) == pytest.approx(0.5, rel=0.1)


def test_drawn_shapes_are_the_ones_they_are_called_after():
    line = registry.dataset("sine", {"noise": 0.0}).train
    np.testing.assert_allclose(line["y"], np.sin(np.pi * line["x"][:, 0]), atol=1e-6)
    ring = registry.dataset("circles", {"noise": 0.0}).train
    np.testing.assert_allclose(np.hypot(*ring["x"].T), np.where(ring["y"] == 0, 1, 0.5), atol=1e-6)
    square = registry.dataset("xor", {"noise": 0.0}).train
    np.testing.assert_array_equal(square["y"], (square["x"][:, 0] * square["x"][:, 1] < 0).astype(int))
    arms = registry.dataset("spirals", {"noise": 0.0, "arms": 3})
    radius = np.hypot(*arms.train["x"].T)
    along = np.arctan2(*arms.train["x"].T[::-1]) - 2 * np.pi * (1.5 * radius + arms.train["y"] / 3)
    np.testing.assert_allclose(np.cos(along), 1, atol=1e-4)
    assert arms.classes == 3


def test_iris_is_as_scikit_learn_has_it_but_for_scale_and_order():
    from sklearn.datasets import load_iris

    iris, (x, y) = registry.dataset("iris"), load_iris(return_X_y=True)
    np.testing.assert_allclose(iris.train["x"].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(iris.train["x"].std(axis=0), 1, rtol=1e-5)
    ours = np.concatenate([iris.train["x"], iris.held_out["x"]])
    species = np.concatenate([iris.train["y"], iris.held_out["y"]])
    for column in range(4):  # the same measurements in another unit: perfectly correlated when sorted
        assert np.corrcoef(np.sort(ours[:, column]), np.sort(x[:, column]))[0, 1] == pytest.approx(1, abs=1e-6)
    assert np.bincount(species).tolist() == np.bincount(y).tolist() == [50, 50, 50]


def test_the_sonnets_are_whole_plain_and_shipped_with_their_source():
    module = importlib.import_module("explorer.catalog.datasets.sonnets")
    folder = importlib.resources.files("explorer.catalog.datasets")
    text = (folder / "sonnets.txt").read_text(encoding="ascii")
    sonnets = text.strip().split("\n\n")
    assert [len(sonnet.splitlines()) for sonnet in sonnets] == [14] * 18
    assert sonnets[0].startswith("From fairest creatures we desire increase,")
    assert sonnets[17].endswith("So long lives this, and this gives life to thee.")
    assert set(text) <= set(string.ascii_letters + " \n'.,:;!?-")
    about = (folder / "README.md").read_text(encoding="utf-8")
    assert "sonnets.txt" in about
    assert "public domain" in about
    dataset = registry.dataset("sonnets", {"length": 20})
    assert module.decode(dataset.train["tokens"][4]) == text[4:24]
    assert module.decode(dataset.held_out["tokens"][0]) == text[len(text) * 4 // 5 :][:20]


def test_the_pixels_make_the_picture_again():
    pixels = registry.dataset("pixels", {"picture": "rings", "side": 16})
    at = np.concatenate([pixels.train["x"], pixels.held_out["x"]])
    shade = np.concatenate([pixels.train["y"], pixels.held_out["y"]])
    down, across = np.round(((at + 1) * 16 - 1) / 2).astype(int).T
    picture = np.full((16, 16), np.nan)
    picture[down, across] = shade
    assert np.isfinite(picture).all()
    np.testing.assert_allclose(picture, picture[::-1], atol=1e-5)  # rings look the same upside down
    assert len(np.unique(np.round(registry.dataset("pixels").train["y"], 3))) > 20  # real digits, with their greys


@pytest.mark.parametrize("dataset", LABELLED)
@pytest.mark.parametrize("model", ["logistic-regression", "mlp"])
def test_a_model_takes_the_classes_of_its_data(model, dataset):
    config = filled(RunConfig(model=model, dataset=dataset))
    known = registry.dataset(dataset).classes
    assert registry.model(model, config.model).options["classes"].low <= known
    assert {"classes": registry.model(model).options["classes"].default, **config.model}["classes"] == known
    assert filled(RunConfig(model=Choice(model, classes=12), dataset=dataset)).model["classes"] == 12


def test_a_network_predicts_a_number_where_the_target_is_one():
    assert filled(RunConfig(model="mlp", dataset="diabetes")).model["classes"] == 0
    model = registry.model("mlp", {"classes": 0})
    assert set(model.metrics) == {"absolute error"}
    spec = registry.dataset("diabetes").spec(8)
    params, state = model.init(jax.random.key(0), spec)
    outputs, _ = model.apply(params, state, {"x": np.ones((8, 10), np.float32)}, key=jax.random.key(0), train=False)
    assert outputs.shape == (8,)


def test_examples_are_shown_in_the_form_that_fits_them():
    def shown(name, **options):
        record = data_record(registry.dataset(name, options))
        return record.header["preview"], record.buffers

    plane, points = shown("moons")
    assert (plane["kind"], plane["labels"], set(points)) == ("points", ["0", "1"], {"x", "y", "label"})
    np.testing.assert_array_equal(points["label"], registry.dataset("moons").train["y"][:400])
    picture, points = shown("pixels")
    assert picture["shade"] == ["y", 0.0, 1.0]
    assert points["shade"].min() == 0
    text, _ = shown("sonnets", length=20)
    assert text["texts"][0] == "From fairest creatur"
    table, _ = shown("iris")
    assert table["columns"] == ["sepal length", "sepal width", "petal length", "petal width", "y"]
    assert {row[4] for row in table["rows"]} <= {"setosa", "versicolor", "virginica"}
    assert shown("digits")[0]["kind"] == "images"
    assert shown("nothing")[0]["columns"] == []


@pytest.mark.parametrize("name", ["moons", "pixels", "sonnets", "iris", "nothing", "digits"])
def test_every_preview_has_a_still_picture(name):
    body, height = draw_data(data_record(registry.dataset(name)), 0, 0, 360)
    assert 0 < height < 400
    assert len(body) > 1


def test_parameters_that_are_pictures_say_so():
    def images(model, dataset=None):
        parameters = parameters_record(Run(RunConfig(model=model, dataset=dataset))).header["parameters"]
        return {p["name"]: p["image"] for p in parameters if p["image"]}

    assert images("convolutional-network") == {"conv1/w": [3, 3], "conv2/w": [3, 3]}
    assert images("autoencoder") == {"decoder2/w": [28, 28], "encoder1/w": [28, 28]}
    assert images("logistic-regression", "digits") == {"w": [8, 8]}
    assert images("rosenbrock") == {}


@pytest.mark.parametrize(
    ("model", "dataset", "said"),
    [
        ("convolutional-network", "iris", "an example of size 4 is no square picture of 8 x 8 pixels or more."),
        ("transformer", "iris", "it looks for 'tokens', which is not in the data."),
        ("rosenbrock", "iris", "its loss has shape [1] where [4], one number per example, is needed."),
        ("mlp", "nothing", "given no data, it looks for 'x', which is not in the data."),
    ],
)
def test_what_does_not_fit_is_said_shortly(model, dataset, said):
    reason = misfit(registry.model(model), registry.dataset(dataset).spec(4))
    assert reason is not None
    assert reason.endswith(said)
    assert len(reason) < 100


def test_picking_data_brings_their_classes_and_batches_that_they_fill():
    draft = Draft.of(RunConfig(model="logistic-regression"))
    assert draft.values["model.classes"] == 3
    moons = draft.set("batch_size", 256).set("dataset", "moons")
    assert (moons.values["model.classes"], moons.values["batch_size"]) == (2, 256)
    iris = moons.set("dataset", "iris")
    assert (iris.values["model.classes"], iris.values["batch_size"]) == (3, 120)
    assert iris.setup is not None
    more = draft.set("dataset.clouds", 5)
    assert more.values["model.classes"] == 5
    few = more.set("model.classes", 4)
    assert few.setup is None
    assert "has labels from 0 to 4, and the model tells 4 classes apart. At least 5." in few.problems["model.classes"]


def test_the_pickers_have_headings_and_what_is_not_installed_is_greyed(monkeypatch):
    module = importlib.import_module("explorer.catalog.datasets.wine")
    monkeypatch.setattr(module, "missing", lambda *_: "It needs scikit-learn, which is not installed.")
    registry._built.cache_clear()
    draft = Draft.of(RunConfig(model="mlp"))
    form = {field["name"]: field for field in form_record(draft, {}, None, None).header["fields"]}
    wine = next(option for option in form["dataset"]["options"] if option["value"] == "wine")
    assert wine["reason"] == "It needs scikit-learn, which is not installed."
    refused = draft.set("dataset", "wine")
    assert "'wine' cannot be loaded. It needs scikit-learn" in refused.problems["dataset"]
    for kind in ("model", "dataset"):
        groups = [option["group"] for option in form[kind]["options"]]
        assert groups[:2] == ["From the article"] * 2
        assert len(list(groupby(groups))) == len(set(groups))  # each heading once
    registry._built.cache_clear()
