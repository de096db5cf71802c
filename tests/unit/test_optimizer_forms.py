"""What the picker offers: which optimizers optax has, their hyperparameters, and what a person may type."""

import inspect
import math
import types
import warnings
from collections.abc import Iterator
from typing import Any

import jax
import optax
import optax.contrib
import pytest

from explorer.catalog import optimizers
from explorer.catalog.optimizers import docstrings, factories, info, learning_rates
from explorer.errors import FieldError

pytestmark = pytest.mark.filterwarnings("ignore:`optimistic_adam` is deprecated")


def by_annotation(module: Any) -> set[str]:
    """Another way to the same list: by what optax itself annotates."""
    found = set()
    for name, function in vars(module).items():
        if not inspect.isfunction(function) or name.startswith(("_", "scale_by_")):
            continue
        parameters = list(inspect.signature(function).parameters.values())
        needed = {p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD}
        rated = parameters and parameters[0].name in ("learning_rate", "max_learning_rate")
        made = inspect.signature(function).return_annotation
        if rated and needed <= {"learning_rate"} and (made is inspect.Signature.empty or "Transformation" in str(made)):
            found.add(name)
    return found


def test_every_ready_made_optimizer_of_the_installed_optax_is_there() -> None:
    ours = {name: optimizers.get(name).factory.call for name in optimizers.names()}
    assert {n for n, call in ours.items() if call == f"optax.{n}"} == by_annotation(optax)
    assert {n for n, call in ours.items() if call == f"optax.contrib.{n}"} == by_annotation(optax.contrib)
    assert len(set(optimizers.names())) == len(optimizers.names())
    if optax.__version__ == "0.2.8":
        assert len(ours) == 46


def test_the_common_ones_come_first() -> None:
    assert optimizers.names()[: len(info.COMMON)] == info.COMMON
    assert [n for n in optimizers.names() if optimizers.get(n).common] == list(info.COMMON)


@pytest.fixture
def another_optax(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The installed optax with one optimizer more, one less, and one changed; put back afterwards."""

    def tomorrow(
        learning_rate: float, zeta: float = 0.25, steps: int = 3, mask: Any = None
    ) -> optax.GradientTransformation:
        """The Tomorrow optimizer.

        Args:
          learning_rate: the step.
          zeta (float): how much of
            tomorrow.
          steps: how many.

        References:
          Doe et al, `Tomorrow <https://arxiv.org/abs/2901.00001>`_, 2029
        """
        return optax.sgd(learning_rate * zeta)

    def adagrad(learning_rate: float, start: float = 0.1) -> optax.GradientTransformation:
        """Adagrad with another word for its argument."""
        return optax.sgd(learning_rate * start)

    caches = (info._found, info.get)
    monkeypatch.setattr(optax.contrib, "tomorrow", tomorrow, raising=False)
    monkeypatch.setattr(optax, "adagrad", adagrad)
    monkeypatch.delattr(optax, "yogi")
    for function in caches:
        function.cache_clear()
    yield optax
    monkeypatch.undo()
    for function in caches:
        function.cache_clear()


@pytest.mark.usefixtures("another_optax")
def test_another_version_of_optax_changes_the_list_and_the_forms() -> None:
    assert "tomorrow" in optimizers.names()
    assert "yogi" not in optimizers.names()
    assert list(optimizers.get("adagrad").options) == ["learning_rate", "start"]
    new = optimizers.get("tomorrow")
    assert (new.title, new.summary) == ("Tomorrow", "The Tomorrow optimizer.")
    assert new.reference == "Doe et al, Tomorrow, 2029 (arXiv:2901.00001)"
    assert new.options["zeta"].help == "How much of tomorrow."
    assert new.kinds == {"learning_rate": "number", "zeta": "number", "steps": "integer"}
    assert new.options["learning_rate"].default == learning_rates.UNKNOWN
    built = optimizers.build("tomorrow", {"zeta": "0.5"})
    assert built.expression() == "optax.contrib.tomorrow(learning_rate=0.001, zeta=0.5)"


def test_what_needs_more_than_a_learning_rate_is_no_ready_made_optimizer() -> None:
    def pair(learning_rate: float, other: float) -> optax.GradientTransformation:
        return optax.sgd(learning_rate * other)

    def schedule(learning_rate: float, decay: float = 0.5) -> Any:
        return lambda step: learning_rate * decay**step

    def scale_by_it(learning_rate: float) -> optax.GradientTransformation:
        return optax.sgd(learning_rate)

    def simple(max_learning_rate: float = 1.0) -> optax.GradientTransformation:
        return optax.sgd(max_learning_rate)

    module = types.SimpleNamespace(
        __name__="m", pair=pair, schedule=schedule, scale_by_it=scale_by_it, simple=simple, _hidden=simple
    )
    found = factories.find([module])
    assert list(found) == ["simple"]
    assert (found["simple"].call, found["simple"].rate) == ("m.simple", "max_learning_rate")


def test_the_missing_ones_are_explained() -> None:
    reasons = optimizers.missing()
    expected = {
        "sam",
        "mechanize",
        "schedule_free",
        "dpsgd",
        "reduce_on_plateau",
        "lookahead",
        "nadam",
        "nadamw",
    }
    assert expected <= set(reasons)
    assert not set(reasons) & set(optimizers.names())
    assert all(reason.startswith("it ") and len(reason) > 20 for reason in reasons.values())
    assert reasons["nadam"] == "it is adam with nesterov = True"
    with pytest.raises(FieldError, match="'sam' cannot be picked: it wraps two optimizers"):
        optimizers.get("sam")


@pytest.mark.parametrize("name", optimizers.names())
def test_every_form_is_whole(name: str) -> None:
    about = optimizers.get(name)
    assert about.title
    assert about.title[0].isupper()
    assert about.summary.endswith(".")
    if "References:" in (about.factory.make.__doc__ or ""):
        assert about.reference
        assert about.reference_url.startswith("http")
    assert not any(mark in about.reference + about.summary + about.title for mark in ("`", "<", ":func:", "http"))
    assert set(about.options) | set(about.hidden) == set(about.factory.parameters)
    assert not set(about.options) & set(about.hidden)
    assert next(iter(about.options)) == about.learning_rate_field
    for field, option in about.options.items():
        assert option.help == option.help.strip()
        assert not option.help[:1].islower()
        assert "`" not in option.help
        if about.kinds[field] == "select":
            assert option.default in option.choices
            assert len(option.choices) > 1
    # What is offered as a default passes its own check, typed as text too.
    defaults = {field: option.default for field, option in about.options.items()}
    assert optimizers.check(name, {}) == defaults
    typed = {field: ", ".join(map(str, v)) if isinstance(v, tuple) else str(v) for field, v in defaults.items()}
    assert optimizers.check(name, typed) == defaults


@pytest.mark.parametrize("name", optimizers.names())
def test_every_option_of_every_form_really_is_one_of_optax(name: str) -> None:
    """Each option is given another legal value, and optax takes it: init and update are traced."""
    about = optimizers.get(name)
    spec = {"w": jax.ShapeDtypeStruct((4, 3), "float32"), "b": jax.ShapeDtypeStruct((3,), "float32")}
    for field, option in about.options.items():
        kind, old = about.kinds[field], option.default
        values: list[Any] = [None] if field in about.optional else []
        if kind == "checkbox":
            values += [not old]
        elif kind == "select":
            values += [choice for choice in option.choices if choice != old]
        elif kind == "numbers":
            values += [[value * 0.9 for value in old]]
        elif kind == "integer":
            values += [max(1, (old or 1) + 1)]
        else:
            values += [0.5 if option.high is not None else 1.5 * old if old else 0.5]
        for value in values:
            reason = optimizers.fits(name, spec, {field: value})
            assert reason is None, f"{field}={value!r}: {reason}"


def test_papers_and_help_are_there_for_nearly_all() -> None:
    about = [optimizers.get(name) for name in optimizers.names()]
    assert sum(not a.reference for a in about) <= 2
    helps = [option.help for a in about for option in a.options.values()]
    assert sum(not text for text in helps) <= 5


def test_building_the_defaults_warns_of_nothing_but_what_optax_itself_retires() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for name in optimizers.names():
            _ = optimizers.build(name).calling
    assert [str(w.message) for w in caught if not issubclass(w.category, DeprecationWarning)] == []


def test_default_rates_follow_the_measurements() -> None:
    def rate(name: str) -> Any:
        about = optimizers.get(name)
        return about.options[about.learning_rate_field].default

    assert {n: rate(n) for n in info.COMMON} == {
        "adam": 1e-3, "adamw": 1e-3, "sgd": 0.1, "rmsprop": 0.01, "adagrad": 0.1, "lion": 1e-3,
    }  # fmt: skip
    assert [rate(n) for n in ("dadapt_adamw", "dog", "dowg", "prodigy")] == [1.0] * 4  # their own default
    assert rate("schedule_free_adamw") == 0.0025  # its own, and not measured
    assert rate("lbfgs") is None
    for name, measured in learning_rates._measured().items():
        chosen = measured.get(rate(name))
        if chosen is not None:
            assert chosen >= max(measured.values()) - learning_rates.NEARLY


def test_text_is_read_as_a_person_means_it() -> None:
    checked = optimizers.check("adam", {"learning_rate": " 1e-3 ", "b1": "0", "nesterov": "True"})
    assert checked == {**checked, "learning_rate": 1e-3, "b1": 0.0, "nesterov": True}
    assert [type(checked[k]) for k in ("learning_rate", "b1", "nesterov")] == [float, float, bool]
    assert optimizers.check("galore", {"rank": "64"})["rank"] == 64
    assert type(optimizers.check("galore", {"rank": 64.0})["rank"]) is int
    assert optimizers.check("sgd", {"momentum": ""})["momentum"] is None
    assert optimizers.check("sgd", {"momentum": "None"})["momentum"] is None
    assert optimizers.check("prodigy", {"betas": "0.8, 0.99"})["betas"] == (0.8, 0.99)
    assert optimizers.check("prodigy", {"betas": [0.8, 0.99]})["betas"] == (0.8, 0.99)
    assert optimizers.check("polyak_sgd", {"variant": "sps+"})["variant"] == "sps+"


WRONG: list[tuple[str, str, Any, str]] = [
    ("adam", "learning_rate", "fast", "must be a number above 0; you gave 'fast'."),
    ("adam", "learning_rate", 0, "must be a number above 0; you gave '0'."),
    ("adam", "learning_rate", -1e-3, "must be a number above 0"),
    ("adam", "learning_rate", "nan", "must be a number above 0"),
    ("adam", "learning_rate", math.inf, "must be a number above 0"),
    ("adam", "learning_rate", True, "must be a number above 0"),
    ("adam", "learning_rate", None, "must be a number above 0"),
    ("adam", "learning_rate", [1], "must be a number above 0"),
    ("adam", "b1", 1, "must be a number of 0 or more and below 1; you gave '1'."),
    ("adam", "b2", -0.1, "of 0 or more and below 1"),
    ("adam", "eps", "-1", "must be a number of 0 or more"),
    ("adam", "nesterov", "maybe", "must be true or false; you gave 'maybe'."),
    ("adam", "nesterov", 1, "must be true or false"),
    ("adam", "learning_rat", 1e-3, "is not an option of this optimizer. Did you mean 'learning_rate'?"),
    ("adam", "mu_dtype", "float32", "cannot be set here: it is a dtype."),
    ("sgd", "momentum", "much", "of 0 or more and below 1, or nothing; you gave 'much'."),
    ("galore", "rank", 2.5, "must be a whole number of 1 or more; you gave '2.5'."),
    ("galore", "rank", 0, "must be a whole number of 1 or more"),
    ("noisy_sgd", "key", 2**70, "must be a whole number from 0 to 2,147,483,647"),
    ("prodigy", "betas", "0.9", "must be 2 numbers, such as 0.9, 0.999; you gave '0.9'."),
    ("prodigy", "betas", (0.9, 1.0), "of 0 or more and below 1; you gave '1.0'."),
    ("polyak_sgd", "variant", "sps-", "must be one of sps, sps+; you gave 'sps-'."),
    ("rprop", "eta_minus", 0, "must be a number above 0 and below 1"),
]


@pytest.mark.parametrize(("name", "field", "value", "message"), WRONG)
def test_wrong_values_are_errors_at_their_field(name: str, field: str, value: Any, message: str) -> None:
    with pytest.raises(FieldError) as caught:
        optimizers.check(name, {field: value})
    assert caught.value.field == field
    assert message in str(caught.value)


def test_a_misspelt_optimizer_is_an_error_that_names_the_one_meant() -> None:
    with pytest.raises(FieldError, match=r"there is no optimizer 'adamm'\. Did you mean 'adam'") as caught:
        optimizers.build("adamm")
    assert caught.value.field == "optimizer"


def test_docstrings_are_read_without_their_markup() -> None:
    def example() -> None:
        """Sums with :func:`optax.sgd` and ``x``.

        Args:
          first: one
            two.
          second (int): three: four.

        .. note:: not an argument: at all.

        References:
          A and B, `Isn't it
          <https://arxiv.org/abs/1234.56789>`_, 2020

          C, 1999
        """

    assert docstrings.summary(example) == "Sums with optax.sgd and x."
    assert docstrings.arguments(example) == {"first": "one two.", "second": "three: four."}
    assert docstrings.reference(example) == (
        "A and B, Isn't it, 2020 (arXiv:1234.56789)",
        "https://arxiv.org/abs/1234.56789",
    )
