import re

from features.panel import Panel
from training.model_card import model_card
from training.pipeline import TrainingResult


def test_a_card_says_what_it_is_learned_from_how_it_did_and_where_not_to_use_it(
    panel: Panel, result: TrainingResult
) -> None:
    card = model_card(result, panel, "shop")
    headings = re.findall(r"^## (.+)$", card, flags=re.MULTILINE)
    assert headings[:3] == ["Intended use", "Limits", "Data"]
    assert {"Scores by segment", "Calibration", "Features", "Settings"} < set(headings)
    assert panel.fingerprint() in card
    assert f"{len(result.model.specification.names)} columns" in card
    assert "| `head.rounds` | 30 |" in card


def test_the_figures_of_a_card_are_those_of_the_training(panel: Panel, result: TrainingResult) -> None:
    card = model_card(result, panel, "shop")
    chosen = (result.scores["model"] == result.model.name) & (result.scores["origin"] == "all")
    row = result.scores[chosen].iloc[0]
    assert f"| {result.model.name} | {row['rows']} | {row['wql']:.4f} |" in card
    groups = re.findall(r"^\| category \| (\w+) \| (\d+) \|", card, flags=re.MULTILINE)
    assert [name for name, _ in groups] == ["a", "b"]
    assert sum(int(rows) for _, rows in groups) == row["rows"]


def test_every_table_of_a_card_has_as_many_cells_in_every_line(panel: Panel, result: TrainingResult) -> None:
    for block in model_card(result, panel, "shop").split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1
