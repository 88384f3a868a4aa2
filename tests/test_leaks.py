"""No dialogue to be predicted is among those that anything learns from: not by id, and not by its words."""

import re
from pathlib import Path

import pytest

from wherefore.config import Config
from wherefore.corpora import read
from wherefore.corpora.base import SPLITS

ROOT = Path(__file__).parents[1]
SHARED = Path(__file__).parents[2] / "shared" / "data"
CORPORA = [("redial", {"sequences": True}), ("inspired", {})]  # those with a test part at hand


def words(dialogue):
    """What was said, without case, marks and titles; long enough that no two people say it by chance."""
    said = " ".join(turn.render(lambda item: " ") for turn in dialogue.turns).lower()
    return " ".join(re.findall(r"[a-z']+", said))


@pytest.fixture(scope="module", params=CORPORA, ids=lambda given: given[0])
def parts(request):
    name, options = request.param
    if not (SHARED / name).is_dir():
        pytest.skip("the corpora are not at hand")
    return {
        split: list(read(name, SHARED / name, split, **({} if split == "test" else options)))
        for split in SPLITS
    }


def test_no_dialogue_is_in_two_parts(parts):
    for one, other in (("train", "test"), ("valid", "test"), ("train", "valid")):
        assert parts[one] and parts[other]
        assert not {d.id for d in parts[one]} & {d.id for d in parts[other]}
        said = {text for d in parts[one] if len(text := words(d)) > 80}
        again = [d.id for d in parts[other] if words(d) in said]
        assert not again, (one, other, again)


@pytest.mark.parametrize("name", ["redial", "inspired", "starter"])
def test_configs_never_learn_from_the_test_part(name):
    config = Config.load(ROOT / "configs" / f"{name}.yaml")
    assert set(config.train.splits) <= {"train", "valid"}
    with pytest.raises(ValueError, match="splits"):
        Config.load(ROOT / "configs" / f"{name}.yaml", ["train.splits=[train, test]"])
