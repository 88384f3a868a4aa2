"""What somebody cannot have is left out wherever a record mentions it."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import having
from wherefore.dialogue.messages import parse_messages
from wherefore.dialogue.parts import parts
from wherefore.dialogue.state import ANYWHERE
from wherefore.reading.intolerances import intolerances
from wherefore.reading.judge import packaged_judge
from wherefore.reading.reader import DialogueReader
from wherefore.writing.understood import understood

MEALS = [
    ("satay", ["noodles", "peanut butter", "lime"], "A quick supper."),
    ("brownies", ["butter", "sugar", "flour", "eggs", "walnuts"], "Fudgy."),
    ("dal", ["red lentils", "onion", "coconut milk"], "Warming."),
    ("aubergine", ["eggplant", "tomatoes", "nutmeg"], "Soft and smoky."),
    ("omelette", ["eggs", "butter", "chives"], "Ready in minutes."),
    ("linguine", ["linguine", "prawns", "parsley"], "A Friday treat."),
    ("squash", ["butternut squash", "stock", "thyme"], "Gluten-free and dairy-free."),
    ("porridge", ["oats", "almond milk", "honey"], "A gentle start."),
    ("rice", ["rice", "carrots", "ginger"], "Contains no nuts, and is free from eggs and dairy."),
    ("salad", ["potatoes", "vinegar"], "With a topping of crushed pecans."),
    ("stew", ["chickpeas", "spinach", "cumin"], "Served with a fried egg."),
    ("fruit", ["apples", "grapes", "oranges"], "Fresh."),
]
NUTS, EGGS = {"satay", "brownies", "porridge", "salad"}, {"brownies", "omelette", "stew"}


@pytest.fixture(scope="module")
def reader():
    rows = [
        {"id": name, "title": name.title(), "ingredients": inside, "description": told}
        for name, inside, told in MEALS
    ]
    return DialogueReader(Catalog.from_records(rows, name="recipes"), packaged_judge())


def read(reader, *said):
    return reader.read(
        [{"role": "user", "content": text} for text in said]
        if len(said) == 1
        else [
            {"role": role, "content": text}
            for pair in zip(said, ["Fine."] * (len(said) - 1) + [""], strict=True)
            for role, text in zip(("user", "assistant"), pair, strict=True)
            if text
        ]
    )


def left_out(reader, dialogue):
    catalog = reader.catalog
    gone = [
        having(catalog, wish.value)
        if wish.field == ANYWHERE
        else [wish.held_by(item) for item in catalog.items]
        for wish in dialogue.preferences.refusals
    ]
    return {item.id for n, item in enumerate(catalog.items) if any(one[n] for one in gone)}


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("I'm allergic to peanuts and shellfish.", [("peanuts",), ("shellfish",)]),
        ("She has a nut allergy", [("nuts",)]),
        ("a nut and dairy allergy, please be careful", [("nuts",), ("dairy",)]),
        ("I can't eat eggs or anything with sesame", [("eggs",), ("sesame",)]),
        ("my son cannot have gluten", [("gluten",)]),
        ("we don't eat pork", [("pork",)]),
        ("soy free dinner", [("soy",)]),
        ("lactose intolerant", [("lactose",)]),
        ("I am allergic to mango", [("mango",)]),
        ("a kiwi allergy", [("kiwi",)]),
        ("I'm not allergic to nuts", [()]),
        ("it needn't be gluten-free", [()]),
        ("no nut allergy here", [()]),
        ("nothing spicy and nut-free please", [("nuts", "peanuts", "tree nuts")]),
        ("without garlic and gluten-free", [("gluten",)]),
        ("No, I have an egg allergy", [("eggs",)]),
        ("I'm nuts about thrillers", []),
        ("a tough nut to crack", []),
        ("a no-nonsense story", []),
        ("an egg-shaped chair", []),
        ("I can't eat much tonight", []),
        ("I have a severe allergy", []),
        ("no allergies", []),
        ("feel free to choose", []),
        ("I can't have a bad evening again", []),
        ("allergic " * 300, []),
    ],
)
def test_what_somebody_cannot_have_is_found(said, names):
    assert [one.names for one in intolerances(said)] == names


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("no peanuts please", {"satay"}),
        ("dinner without nuts", NUTS),
        ("I have a nut allergy, something for dinner", NUTS),
        ("my daughter is allergic to nuts and eggs", NUTS | EGGS),
        ("I can't eat eggs", EGGS),
        ("egg-free please", EGGS),
        ("my son has a dairy allergy", {"brownies", "omelette"}),
        ("nothing with shellfish", {"linguine"}),
        ("I can't stand parsley", {"linguine"}),
        ("I hate eggplant", {"aubergine"}),
        ("I'm nuts about curry", set()),
        ("I'm not allergic to anything", set()),
        ("it doesn't have to be dairy-free", set()),
    ],
)
def test_whatever_mentions_it_is_left_out(reader, said, gone):
    assert left_out(reader, read(reader, said)) == gone


@pytest.mark.parametrize("said", ["I'm coeliac", "for a celiac friend", "gluten-free please"])
def test_a_diet_rules_out_its_kinds(reader, said):
    assert {"brownies", "linguine", "satay"} <= left_out(reader, read(reader, said))
    assert not left_out(reader, read(reader, said)) & {"squash", "rice", "fruit", "dal"}


def test_it_is_said_as_what_it_is_and_once(reader):
    dialogue = read(reader, "I have a nut allergy")
    told = understood(dialogue, reader.catalog, "Here.", 5, ())
    assert "I left out whatever mentions “nuts” (" in told and told.endswith("; I can't see traces.")
    assert {"walnut", "almond", "pecan"} & set(told[told.index("(") + 1 : told.index(")")].split(", "))
    later = read(reader, "I have a nut allergy", "something warm")
    assert "traces" not in understood(later, reader.catalog, "Here.", 5, ())
    assert left_out(reader, later) == NUTS


def test_what_nothing_mentions_is_refused_all_the_same(reader):
    dialogue = read(reader, "I'm allergic to sesame")
    (wish,) = dialogue.preferences.refusals
    assert (wish.field, wish.value) == (ANYWHERE, "sesame")
    told = understood(dialogue, reader.catalog, "Here.", 5, ())
    assert "Nothing here mentions “sesame”; what my records do not say, I can't see." in told
    (chip,) = parts(dialogue.preferences, reader.catalog)
    assert (chip.kind, chip.text) == ("unwanted", "sesame")


def test_no_refusal_of_a_diet_is_dropped_because_much_has_it():
    rows = [{"title": f"Bowl {n}", "ingredients": "butter, eggs" if n else "apples, pears"} for n in range(4)]
    reader = DialogueReader(Catalog.from_records(rows, name="bowls"), packaged_judge())
    assert left_out(reader, read(reader, "a vegan bowl")) == {"2", "3", "4"}
    assert left_out(reader, read(reader, "my son has a dairy allergy")) == {"2", "3", "4"}


@pytest.mark.parametrize(
    ("kind", "record", "has"),
    [
        ("nuts", "free from nuts and dairy", False),
        ("dairy", "free from nuts and dairy", False),
        ("nuts", "does not contain nuts", False),
        ("nuts", "may contain traces of nuts", True),
        ("nuts", "nut-free. Almond flavour", True),
        ("eggs", "egg-free mayonnaise", False),
        ("dairy", "dairy-free cheese", False),
        ("dairy", "lactose-free milk", True),
        ("gluten", "gluten-free flour", False),
        ("gluten", "gluten free pasta", False),
        ("gluten", "gluten-free oats, wheat flour", True),
        ("meat", "plant-based meat", False),
        ("nuts", "a tough nut to crack", False),
        ("dairy", "free from fuss: butter, flour", True),
    ],
)
def test_what_a_record_is_free_of_it_does_not_have(kind, record, has):
    catalog = Catalog.from_records([{"id": "a", "title": "One", "made_of": record}])
    assert having(catalog, kind).tolist() == [has]


@pytest.mark.parametrize("said", ["a pet safe plant", "the cheapest pet safe plant", "pet safe please"])
def test_a_column_of_yes_and_no_is_surer_than_what_texts_name(said):
    rows = [
        {
            "title": f"Fern {n}",
            "pet_safe": ("yes", "no")[n % 2],
            "price": 5 + n,
            "description": "Not poisonous.",
        }
        for n in range(8)
    ]
    reader = DialogueReader(Catalog.from_records(rows, name="plants"))
    state = reader.read(parse_messages([{"role": "user", "content": said}])).preferences
    assert [(wish.field, wish.value) for wish in state.wanted] == [("pet_safe", "pet safe")]
    assert not state.unwanted
