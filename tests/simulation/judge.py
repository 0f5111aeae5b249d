"""Holds what PubMed had against what the store keeps and the readers got; says what is wrong.

It knows which records there were and what befell them from the library alone (truth.py), and what
readers know from the mails alone (letters.py). What is allowed is what the design allows: a record
that cannot be had waits; history is not news; the same bytes may come again where the server's
answer was lost, by a crash or by a broken connection.
"""

import base64
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from simulation.course import PAUSE
from simulation.evidence import Evidence
from simulation.fate import BLOCKS
from simulation.letters import Received, read
from simulation.readers import misinformed
from simulation.setting import PASSWORD, SECRETS

from litwatch.gaps import inspect
from litwatch.store import open_store

AN_HOUR = timedelta(hours=1)
WAITED_IN_VAIN = timedelta(days=4)
"""When the design gives a mail up."""
HIDDEN = (*SECRETS, base64.b64encode(f"\0litwatch\0{PASSWORD}".encode()).decode())


class Judge(Evidence):
    """Says what is wrong with all that a simulation left."""

    def faults(self) -> list[str]:
        """Everything that is wrong; empty where all is well."""
        checks = (
            self.unfiled(),
            self.unaccounted(),
            self.incomplete(),
            self.forgotten(),
            self.outdated(),
            self.gaps(),
            self.undelivered(),
            self.repeated(),
            misinformed(self),
            self.asked_though_blocked(),
            self.told_secrets(),
        )
        return [fault for check in checks for fault in check]

    # ---- the store ---------------------------------------------------------------------------

    def unfiled(self) -> Iterator[str]:
        """What a calm run finds must be on file after it."""
        for run in self.runs:
            for topic, filed in run.filed.items() if run.is_calm else ():
                for pmid in self.truth.found(topic, run.at) - filed:
                    yield f"run {run.number} did not file {pmid} under {topic}"

    def unaccounted(self) -> Iterator[str]:
        """A search that the ledger calls complete has filed all that it found, or waits for it.

        Whatever befell it: but that PubMed finds nothing of a sudden is beyond all proof.
        """
        for topic, runs in self.complete.items():
            for run in runs:
                known = run.filed[topic] | run.pending | self.ailing
                lost = set() if run.met["zero-count"] else self.truth.found(topic, run.at) - known
                for pmid in sorted(lost):
                    yield f"run {run.number} called {topic} complete without {pmid}"

    def incomplete(self) -> Iterator[str]:
        """A calm run is complete, so what comes after the first one is no history any more."""
        for topic, complete in self.complete.items():
            for run in self.runs:
                if run.is_calm and topic in run.filed and run not in complete:
                    yield f"run {run.number} met no fault and did not complete {topic}"

    def forgotten(self) -> Iterator[str]:
        """What is on file once stays there."""
        for before, after in zip(self.runs, self.runs[1:], strict=False):
            for topic, filed in before.filed.items():
                for pmid in filed - after.filed[topic]:
                    yield f"run {after.number} lost {pmid} from {topic}"

    def outdated(self) -> Iterator[str]:
        """At the end the store says of every record what PubMed says, and which are gone."""
        with open_store(self.config.database, keep=False) as store:
            for pmid in sorted(set().union(*self.runs[-1].filed.values())):
                stored = store.articles.get(f"pubmed:{pmid}")
                assert stored is not None
                is_there = self.truth.is_there(pmid, self.end)
                if stored.withdrawn == is_there:
                    yield f"{pmid} is {'there' if is_there else 'gone'}, the store says otherwise"
                elif is_there and stored.article.title != self.truth.title(pmid, self.end):
                    yield f"{pmid} has another title: {stored.article.title}"
                own = [each for each in self.truth.events.get(pmid, ()) if not each.announced]
                is_retracted = any(event.mark == "Retracted" for event in own)
                if is_there and stored.article.is_retracted != is_retracted:
                    yield f"{pmid}: whether it is retracted is not known"

    def gaps(self) -> Iterator[str]:
        """The ledger must show no hole after days without trouble."""
        for ledger in inspect(self.config, self.course.hours.now):
            for hole in ledger.holes:
                yield f"gaps: {ledger.topic_id}: {hole.code}: {hole.message}"

    # ---- the mails ---------------------------------------------------------------------------

    def undelivered(self) -> Iterator[str]:
        """Every digest came as it was written down, or was refused for good."""
        came = {mail.message_id for mails in self.mails.values() for mail in mails}
        with open_store(self.config.database, keep=False) as store:
            rows = store.outbox.rows(1_000_000)
        for row in rows:
            name = f"digest {row.period_key} to {row.email}"
            if row.state == "failed" and not self._was_refused(row.email, row.first_failed_at):
                yield f"{name} was given up: {row.last_reply}"
            elif row.state not in ("sent", "skipped", "failed"):
                yield f"{name} is still {row.state}"
            elif row.state == "sent" and row.message_id not in came:
                yield f"{name} is said to be sent, and never came"
        written = {row.message_id: row.message for row in rows}
        for received in self.course.letterbox.received:
            mail = read(received.reader, received.content)
            if _unix(written.get(mail.message_id, b"")) != _unix(received.content):
                yield f"{mail.message_id} to {mail.reader} came otherwise than it was written"

    def _was_refused(self, reader: str, since: datetime | None) -> bool:
        """Whether the server said no for good, or later and later again, since that moment."""
        moments = {run.number: run.at for run in self.runs}
        answers = [
            (moments[refusal.run], refusal.answer)
            for refusal in self.course.letterbox.refusals
            if since and refusal.address == reader and since - moments[refusal.run] < AN_HOUR
        ]
        return any(
            answer.startswith("5") or moment - (since or moment) >= WAITED_IN_VAIN
            for moment, answer in answers
        )

    def repeated(self) -> Iterator[str]:
        """A message comes once, or again where its sender could not know that it came."""
        received = self.course.letterbox.received
        killed = {run.number for run in self.runs if run.end == "killed"}
        last_of = {each.run: each for each in received}
        messages: defaultdict[str, list[Received]] = defaultdict(list)
        for each in received:
            messages[read(each.reader, each.content).message_id].append(each)
        for message_id, copies in messages.items():
            if len({(copy.reader, copy.content) for copy in copies}) > 1:
                yield f"{message_id} names two different messages"
            for copy in copies[:-1]:
                is_last = copy.run in killed and last_of[copy.run] is copy
                if copy.answered and not is_last:
                    yield f"{message_id} came again though run {copy.run} had sent it"

    # ---- PubMed, and what nobody may know ------------------------------------------------------

    def asked_though_blocked(self) -> Iterator[str]:
        """After the page that refuses us nothing is asked for a day; a killed run cannot tell."""
        blocked = [run for run in self.runs if not BLOCKS.isdisjoint(run.met)]
        for run in blocked:
            if run.asked_on:
                yield f"run {run.number} asked on though it was blocked"
            if run.end != "finished":
                continue
            for later in self.runs[run.number :]:
                if later.at - run.at < PAUSE and later.requests > 0:
                    yield f"run {later.number} asked though run {run.number} was blocked"

    def told_secrets(self) -> Iterator[str]:
        """Neither the key nor the password stands in a log, a mail or a file."""
        places = {"the log": self.course.log.getvalue().encode()}
        places |= {
            f"a mail to {each.reader}": each.content for each in self.course.letterbox.received
        }
        places |= {
            path.name: path.read_bytes() for path in self.course.folder.rglob("*") if path.is_file()
        }
        for place, content in places.items():
            for secret in HIDDEN:
                if secret.encode() in content:
                    yield f"{place} holds a secret"


def _unix(message: bytes) -> bytes:
    return message.replace(b"\r\n", b"\n").rstrip(b"\n")
