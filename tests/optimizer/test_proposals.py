from datetime import date

import numpy as np

from optimizer.proposals import cover_days, proposal_id


def test_a_proposal_keeps_its_name_and_every_part_of_the_question_counts():
    key = ("a", "main", "mill", "sea", date(2024, 4, 15), "policy")
    assert proposal_id(*key) == "b7af3cbe3cd5b4af"
    others = [
        (*key[:i], f"{part}x" if isinstance(part, str) else date(2024, 4, 22), *key[i + 1 :])
        for i, part in enumerate(key)
    ]
    assert len({proposal_id(*other) for other in [key, *others]}) == 7
    assert proposal_id("a", "bc", *key[2:]) != proposal_id("ab", "c", *key[2:])


def test_cover_ends_on_the_day_the_shelf_empties():
    mean = np.full((4, 3), 7.0)
    on_hand = np.array([0.0, 10.0, 10.0, 99.0])
    inbound = np.zeros((4, 3))
    inbound[2, 2] = 50.0  # comes after the shelf was empty
    assert np.allclose(cover_days(mean, on_hand, inbound, 7), [0.0, 10.0, 10.0, 21.0])
