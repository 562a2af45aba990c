"""WebSub in the service: asks hubs when it is time, hears them, reads and takes in what they push.

Lives in the writer thread, between the door that hubs call at and the house. It waits for nobody:
hubs are asked in a thread of their own, pushes are read by the workers, and what comes of either is
collected at the next call.
"""

from __future__ import annotations

from concurrent.futures import BrokenExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from aggregator.model import (
    Failed,
    Fetched,
    NotModified,
    PollRequest,
    Push,
)
from aggregator.pipeline import subscribing
from aggregator.pipeline.batch import read_batch
from aggregator.pipeline.hubs import ASKS_AT_ONCE, Ask, HubCalls
from aggregator.poll import websub
from aggregator.poll.websub import Offer
from aggregator.store import clutter, feeds, subscriptions
from aggregator.store.database import transaction
from aggregator.store.subscriptions import Standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from aggregator.model import Outcome, PollReport
    from aggregator.pipeline.batch import Outcomes
    from aggregator.pipeline.door import Answered, Door
    from aggregator.pipeline.house import House
    from aggregator.serve.door import Delivery
    from aggregator.store.database import Database
    from aggregator.store.subscriptions import Subscription

log = structlog.get_logger()

READS_AT_ONCE = 8  # pushes that workers read; each waits in memory until it is read
UNREACHABLE = (
    "no hub can call public_url: set it to an http or https address that the internet reaches"
)
WORKER_DIED = "the worker process that read a push ended"


class Pushes:
    """The subscriptions of one house. Made and used in the writer thread."""

    def __init__(
        self,
        house: House,
        door: Door,
        *,
        wake: Callable[[], None],
        on_report: Callable[[PollReport], None],
    ) -> None:
        """Let the door expect what is subscribed to; polls find out what pushes left out."""
        self._house = house
        self._door = door
        self._wake = wake
        self._on_report = on_report
        self._hubs = HubCalls(house.manners, on_word=wake)
        self._reads: dict[str, Future[Outcomes]] = {}  # by token
        self._wants = house.config.polling.push
        house.desk.listens = self._wants
        with transaction(self._db):
            self._open()
        door.expect_only(subscriptions.everything(self._db))

    def _open(self) -> None:
        """Set out from where the last service ended: what it was not told is asked for soon."""
        now = self._house.clock()
        subscriptions.bring_all_forward(self._db)
        subscriptions.reconsider(self._db, now=now)
        for one in subscriptions.report(self._db):
            moved = one.callback and one.callback != self._callback(one)
            if one.asked_at and (moved or not self._wants):
                self._start_over(one)

    def close(self) -> None:
        """Ask nobody any more; what is being read is asked for again at the next start."""
        self._hubs.close()

    @property
    def _db(self) -> Database:
        return self._house.desk.db

    # ------------------------------------------------------------------ the round

    def work(self) -> None:
        """Do what is due: hear what came, end what is over, ask hubs. Called at every tick."""
        self.take()
        self._end_what_is_over()
        if not self._hubs.is_busy:
            self._ask_hubs()

    def take(self) -> None:
        """Hear hubs, take in what was read, and let workers read what was pushed meanwhile."""
        self._hear_calls()
        self._hear_words()
        self._finish_reads()
        self._start_reads()

    # ---------------------------------------------------------------- subscribing

    def _end_what_is_over(self) -> None:
        """Let lapsed leases give their feeds back to polling; leave what is not wanted."""
        now = self._house.clock()
        lapsed = subscriptions.lapsed(self._db, now=now)
        abandoned = subscriptions.abandoned(self._db)
        if not lapsed and not abandoned:
            return
        with transaction(self._db):
            for one in lapsed:
                self._save(subscribing.lapsed(one, now=now))
                self._back_to_polling(one)
            for one in abandoned:
                subscribing.leave(self._db, one, now=now)
        self._door.expect_only(subscriptions.everything(self._db))

    def _ask_hubs(self) -> None:
        """Begin a round with the hubs whose time it is; what is stored is what may be verified."""
        due = subscriptions.due(self._db, now=self._house.clock(), limit=ASKS_AT_ONCE)
        if not due:
            return
        with transaction(self._db):
            asks = [ask for one in due if (ask := self._next_step(one))]
        if asks:
            self._hubs.start(asks)

    def _next_step(self, one: Subscription) -> Ask | None:
        """Take the step that is due; return what to ask the hub, if anything."""
        now = self._house.clock()
        if one.pending:
            self._fail(one, "the hub never verified that it was asked")
            return None
        if one.standing is Standing.LEAVING:
            return self._farewell(one)
        if not self._wants:
            self._save(replace(one, next_try_at=None))
            return None
        if not self._is_reachable(one):
            self._save(subscribing.unreachable(one, message=UNREACHABLE, now=now))
            return None
        asked = subscribing.asked(one, callback=self._callback(one), now=now)
        self._save(asked)
        form = websub.subscription(topic=one.topic, callback=asked.callback, secret=one.secret)
        return self._ask(one, form)

    def _farewell(self, one: Subscription) -> Ask | None:
        if one.failures >= subscribing.FAREWELLS:
            self._forget(one)
            return None
        self._save(subscribing.asked(one, callback=one.callback, now=self._house.clock()))
        return self._ask(one, websub.unsubscription(topic=one.topic, callback=one.callback))

    def _ask(self, one: Subscription, form: dict[str, str]) -> Ask:
        spec = self._house.desk.specs.get(one.feed_url)
        return Ask(
            token=one.token,
            hub=one.hub,
            form=form,
            proxy=spec.proxy if spec else "",
            allow_private_addresses=self._own(one),
        )

    def _own(self, one: Subscription) -> bool | tuple[str, ...]:
        """Return what the feed's own configuration allows beside everybody's."""
        spec = self._house.desk.specs.get(one.feed_url)
        return spec.allow_private_addresses if spec else False

    def _is_reachable(self, one: Subscription) -> bool:
        config = self._house.config
        allowances = (config.polling.allow_private_addresses, self._own(one))
        return any(websub.is_reachable(config.service.public_url, allow) for allow in allowances)

    def _callback(self, one: Subscription) -> str:
        return websub.callback_of(self._house.config.service.public_url, one.token)

    def _start_over(self, one: Subscription) -> None:
        """Leave a subscription that no longer fits the configuration; keep the feed's offer."""
        now = self._house.clock()
        subscribing.leave(self._db, one, now=now)
        offer = Offer(topic=one.topic, hubs=one.hubs)
        subscriptions.save(self._db, subscribing.offered(offer, feed_id=one.feed_id, now=now))

    # -------------------------------------------------------------- hearing hubs

    def _hear_calls(self) -> None:
        news = self._door.news()
        if not (news.answers or news.declined or news.ignored):
            return
        with transaction(self._db):
            for token, answer in news.answers.items():
                if one := subscriptions.by_token(self._db, token):
                    self._hear(one, answer)
            for token, count in news.ignored.items():
                if one := subscriptions.by_token(self._db, token):
                    self._note_ignored(one, count)
            for token in news.declined:
                if one := subscriptions.by_token(self._db, token):
                    self._let_feed_tell(one)

    def _hear(self, one: Subscription, answer: Answered) -> None:
        now = self._house.clock()
        is_left = one.standing is Standing.LEAVING
        if is_left and answer.mode in {"unsubscribe", "denied"}:
            self._forget(one)
        elif answer.mode == "denied" and not is_left:
            self._save(subscribing.denied(one, reason=answer.reason, now=now))
            self._back_to_polling(one)
            log.warning("hub said no", feed=one.feed_url, hub=one.hub)
        elif answer.mode == "subscribe" and one.pending and not is_left:
            if not one.is_active(now=now):
                log.info("subscribed", feed=one.feed_url, hub=one.hub)
            lease = answer.lease_seconds
            self._save(subscribing.verified(one, lease_seconds=lease, now=now))

    def _note_ignored(self, one: Subscription, count: int) -> None:
        self._save(replace(one, ignored=one.ignored + count))
        log.warning("push ignored: wrong signature", feed=one.feed_url, hub=one.hub, count=count)

    def _hear_words(self) -> None:
        words = [word for word in self._hubs.words() if word.error]
        if not words:
            return
        with transaction(self._db):
            for word in words:
                one = subscriptions.by_token(self._db, word.token)
                if one and one.pending:  # a hub that verified has agreed, whatever it says here
                    self._fail(one, word.error)

    def _fail(self, one: Subscription, message: str) -> None:
        now = self._house.clock()
        if not one.failures and one.standing is not Standing.LEAVING:
            log.warning("hub failed", feed=one.feed_url, hub=one.hub, error=message)
        self._save(subscribing.failed(one, message=message, now=now))

    def _save(self, one: Subscription) -> None:
        subscriptions.save(self._db, one)
        self._door.expect(one)

    def _forget(self, one: Subscription) -> None:
        subscriptions.remove(self._db, one.token)
        self._door.forget(one.token)

    def _back_to_polling(self, one: Subscription) -> None:
        """Let the feed be due when it were due had nothing pushed it."""
        if one.usual_poll_at is not None:
            subscriptions.bring_forward(self._db, one.feed_id, one.usual_poll_at)

    # ------------------------------------------------------------- reading pushes

    def _start_reads(self) -> None:
        while len(self._reads) < READS_AT_ONCE:
            waiting = self._door.next_delivery(busy=self._reads)
            if waiting is None:
                return
            self._start_read(*waiting)

    def _start_read(self, token: str, delivery: Delivery) -> None:
        one = subscriptions.by_token(self._db, token)
        spec = self._house.desk.specs.get(one.feed_url) if one else None
        if one is None or spec is None:
            return  # no longer configured since it came
        if spec.full_text:  # a poll asks for the pages of its new entries
            with transaction(self._db):
                self._let_feed_tell(subscribing.pushed(one, new=0, now=self._house.clock()))
            return
        marks = frozenset(found.mark for found in clutter.of_feed(self._db, one.feed_id))
        request = PollRequest(
            spec=spec,
            state=replace(feeds.state(self._db, one.feed_url), clutter=marks),
            now=self._house.clock(),
            push=Push(body=delivery.body, content_type=delivery.content_type),
        )
        future = self._house.crew.submit(read_batch, (request,), self._house.manners)
        self._reads[token] = future
        future.add_done_callback(lambda _: self._wake())

    def _finish_reads(self) -> None:
        for token in [token for token, future in self._reads.items() if future.done()]:
            outcome = _outcome_of(self._reads.pop(token))
            one = subscriptions.by_token(self._db, token)
            if one is not None and one.feed_url in self._house.desk.specs:
                self._take_in(one, outcome)

    def _take_in(self, one: Subscription, outcome: Outcome | None) -> None:
        """Take in what was pushed; what cannot be is left to the feed itself to tell."""
        if isinstance(outcome, Fetched):
            self._take_entries(one, outcome)
            return
        with transaction(self._db):
            if isinstance(outcome, NotModified):  # the very body that was polled last
                self._save(subscribing.pushed(one, new=0, now=self._house.clock()))
            else:
                told = outcome.message if isinstance(outcome, Failed) else WORKER_DIED
                log.info("push not read", feed=one.feed_url, error=told)
                self._let_feed_tell(one)

    def _take_entries(self, one: Subscription, fetched: Fetched) -> None:
        """Take in what was pushed; where it fits nothing known, ask the feed itself soon."""
        before = feeds.state(self._db, one.feed_url)
        report = self._house.desk.take_in([(one.feed_url, fetched)])[0]
        self._on_report(report)
        if report.outcome != "fetched":
            return  # a fault of ours, told in the log; the feed was put off
        has_gap = report.new >= fetched.feed.item_count
        with transaction(self._db):
            after = feeds.state(self._db, one.feed_url)
            feeds.save(self._db, subscribing.undisturbed(before, after))
            self._save(subscribing.pushed(one, new=report.new, now=self._house.clock()))
            if has_gap and one.trust < subscribing.PROVEN:
                self._ask_feed_soon(one)

    def _let_feed_tell(self, one: Subscription) -> None:
        """Let the feed itself tell what could not be taken from a push."""
        self._save(subscribing.announced(one, now=self._house.clock()))
        self._ask_feed_soon(one)

    def _ask_feed_soon(self, one: Subscription) -> None:
        """Let the feed be due as soon as its manners allow."""
        config = self._house.config
        state = feeds.state(self._db, one.feed_url)
        at = websub.soon(state, min_interval=config.polling.min_interval, now=self._house.clock())
        subscriptions.bring_forward(self._db, one.feed_id, at)


def _outcome_of(future: Future[Outcomes]) -> Outcome | None:
    try:
        return future.result()[0][1]
    except BrokenExecutor:
        return None
