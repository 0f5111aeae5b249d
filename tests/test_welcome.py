"""What a new reader is shown of what is on file, and how little is read for it."""

from collections.abc import Sequence
from itertools import product

from litwatch.digest.build import newest
from litwatch.digest.owed import each_once, matches
from litwatch.models import Stored
from litwatch.settings import Filters
from litwatch.store.articles import Articles
from litwatch.welcome import OnFile
from world import World


class Watched:
    """The articles of a store, and how many of them were read at each call."""

    def __init__(self, articles: Articles) -> None:
        self._articles = articles
        self.read: list[int] = []

    def count(self, topics: Sequence[str]) -> int:
        return self._articles.count(topics)

    def newest(self, topics: Sequence[str], limit: int, *, skip: int = 0) -> tuple[Stored, ...]:
        part = self._articles.newest(topics, limit, skip=skip)
        self.read.append(len(part))
        return part


FILTERS = (Filters(), Filters(roles=("given",)), Filters(topics=("none",)))


def test_what_is_found_does_not_depend_on_how_much_is_read_at_a_time(world: World) -> None:
    world.run()
    ids = [topic.id for topic in world.config.topics]
    with world.store() as store:
        everything = store.articles.newest(ids, store.articles.count(ids))
        some, other = everything[0].article.uid, everything[-1].article.uid
        twins = {some: frozenset({other}), other: frozenset({some})}
        for part, filters in product((1, 7, 50, 10_000), FILTERS):
            passing = [stored for stored in everything if matches(stored, filters)]
            papers = each_once(passing, twins)

            found = OnFile(store.articles, twins, part=part).of(ids, filters)

            assert found.number == len(papers)
            assert found.newest == newest(papers)


def test_the_file_is_read_once_for_all_who_ask_for_the_same_and_a_part_at_a_time(
    world: World,
) -> None:
    world.run()
    ids = [topic.id for topic in world.config.topics]
    with world.store() as store:
        watched = Watched(store.articles)
        on_file = OnFile(watched, store.articles.twins(), part=20)  # type: ignore[arg-type]
        for _reader in range(11):
            on_file.of(ids, Filters())

        assert sum(watched.read) == store.articles.count(ids)
        assert max(watched.read) == 20
