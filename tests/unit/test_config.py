"""A configuration is checked where it is made, and goes through JSON."""

import json

import pytest

from explorer.errors import FieldError
from explorer.training.config import Choice, RunConfig


def test_json_round_trip():
    config = RunConfig(
        model=Choice("neural-network", hidden=64),
        optimizer=Choice("adam", learning_rate=1e-3),
        steps=7,
        seed=2**32 - 1,
    )
    again = RunConfig.from_json(config.to_json())
    assert again == config
    assert hash(again) == hash(config)
    assert json.loads(config.to_json())["version"] == 1


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"steps": -1}, "steps", "a whole number from 1 to 1,000,000,000; you gave '-1'"),
        ({"steps": "many"}, "steps", "you gave 'many'"),
        ({"steps": 1.5}, "steps", "you gave '1.5'"),
        ({"batch_size": 0}, "batch_size", "from 1 to"),
        ({"batch_size": True}, "batch_size", "from 1 to"),
        ({"seed": 2**70}, "seed", "from 0 to 4,294,967,295; you gave '1180591620717411303424'"),
        ({"seed": None}, "seed", "you gave 'None'"),
        ({"eval_every": -1}, "eval_every", "from 0"),
        ({"dtype": "float8"}, "dtype", "Allowed: float32, float64, bfloat16, float16"),
        ({"model": 3}, "model", "must be a name or a Choice"),
    ],
)
def test_bad_input_names_the_field_and_what_is_allowed(fields, field, said):
    with pytest.raises(FieldError) as caught:
        RunConfig(**fields)
    assert caught.value.field == field
    assert said in str(caught.value)


def test_whole_numbers_typed_as_text_are_understood():
    assert RunConfig(steps="12").steps == 12


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "not JSON"),
        ('{"version": 9}', "reads version 1"),
        ('{"version": 1, "stepz": 3}', "not a field of a configuration. Allowed: model"),
    ],
)
def test_json_of_another_form_is_refused_in_words(text, said):
    with pytest.raises(FieldError, match=said):
        RunConfig.from_json(text)
