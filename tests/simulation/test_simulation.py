"""The life of the topics for weeks and years, with everything that can go wrong: nothing is lost.

`make test` lives through sixty days at work and twenty kills, `make soak` through two years and
hundreds. With -s the figures are printed: runs, faults of each kind, kills, papers, mails.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from simulation.fate import CHEAP, LONG_BREAK
from simulation.lifetime import live
from simulation.setting import START

from litwatch.demo.faults import FAULTS


@pytest.mark.timeout(1200)
def test_nothing_is_lost_in_sixty_days_with_twenty_kills(tmp_path: Path) -> None:
    lived = live(tmp_path, seed=2, days=60, kills=24, per_day=1.0)

    print(lived.figures())
    assert lived.judge().faults() == []
    assert lived.faults_met == CHEAP
    assert lived.kills >= 20
    assert lived.longest_break > LONG_BREAK


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_nothing_is_lost_in_two_years_with_hundreds_of_kills(tmp_path: Path) -> None:
    lived = live(tmp_path, seed=1, days=670, kills=400, per_day=0.8, faults=FAULTS)

    print(lived.figures())
    assert lived.judge().faults() == []
    assert lived.kills >= 350
    assert lived.days[-1].at.date() - START >= timedelta(days=2 * 365)
    assert lived.faults_met == FAULTS.keys()
