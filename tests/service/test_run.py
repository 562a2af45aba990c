"""The service from its start to its end, as a process: signals, log, HTTP, restarts."""

from __future__ import annotations

import json
import signal
import socket
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end import published, soundness
from tests.end_to_end.feeds import invented, page
from tests.end_to_end.newsrooms import LIVE
from tests.end_to_end.processes import wait_until
from tests.end_to_end.web import Page

if TYPE_CHECKING:
    from tests.service.conftest import Place, Running

pytestmark = pytest.mark.slow  # each starts a service, which takes a second or two


def polled(running: Running) -> bool:
    """Return whether the first pass is published."""
    return running.saw("published")


def items(count: int) -> Page:
    now = datetime.now(UTC)
    return page([invented(n, published_at=now - timedelta(minutes=n)) for n in range(1, count + 1)])


# ---------------------------------------------------------------------- serving


def test_it_polls_publishes_and_serves_with_validators(place: Place) -> None:
    """GET, HEAD, 304 and health: what a feed reader and a monitor ask for."""
    place.write(place.web.put("/feed", items(3)))
    running = place.start(ready=polled)

    whole = running.ask("/all.atom")
    head = running.ask("/all.atom", method="HEAD")
    again = running.ask("/all.atom", If_None_Match=whole.headers["ETag"])
    health = json.loads(running.ask("/healthz").body)

    assert whole.status == 200
    assert whole.body == (place.public / "all.atom").read_bytes()
    assert whole.headers["Content-Type"].startswith("application/atom+xml")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["ETag"] == whole.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(whole.body))
    assert (again.status, again.body) == (304, b"")
    assert (health["status"], health["entries"], health["feeds"]["ok"]) == ("ok", 3, 1)
    assert running.ask("/../newsfold.toml").status == 404
    assert running.ask("/all.atom", method="POST").status == 405


# ---------------------------------------------------------------------- the end


def test_sigterm_in_the_middle_of_a_poll_ends_in_order(place: Place) -> None:
    """Exit 0 within 10 s, the database sound, what was taken in kept, no process left."""
    quick = place.web.put("/quick", items(5))
    hanging = place.web.put("/hangs", Page(body=b"", delay_s=30), host=2)
    place.write(quick, hanging)
    running = place.start(ready=lambda one: one.saw("polled", feed=quick))
    assert wait_until(lambda: place.web.page("127.0.0.2", "/hangs"))

    began = time.monotonic()
    code = running.end()

    assert code == 0
    assert time.monotonic() - began < 10
    assert [line for line in running.lines if "Traceback" in line] == []
    assert running.saw("stopped")
    assert wait_until(lambda: not place.runner.alive(), timeout_s=5), place.runner.alive()
    soundness.assert_sound(place.store)
    assert soundness.count(place.store, "entries") == 5
    states = dict(soundness.ask(place.store, "SELECT url, failures FROM feeds"))
    assert states[hanging] == 0  # it was not its fault


def test_sigint_ends_it_as_well(place: Place) -> None:
    place.write(place.web.put("/feed", items(1)))
    running = place.start()

    running.send(signal.SIGINT)

    assert running.process.wait(10) == 0


def test_a_killed_service_leaves_no_process_and_starts_again(place: Place) -> None:
    place.write(place.web.put("/feed", items(3)))
    running = place.start(ready=polled)
    before = published.files(place.public)

    running.process.kill()
    running.process.wait()

    assert wait_until(lambda: not place.runner.alive(), timeout_s=8), place.runner.alive()
    again = place.start()
    assert again.end() == 0
    assert published.files(place.public) == before


def test_a_restart_polls_nothing_early_and_misses_nothing(place: Place) -> None:
    """What is due is in the database: a feed polled a moment ago waits its hour."""
    one = place.web.put("/one", items(2))
    place.write(one, polling={"interval": '"1h"'})
    place.start(ready=polled).end()
    late = place.web.put("/late", items(1))
    place.write(one, late, polling={"interval": '"1h"'})

    running = place.start(ready=lambda each: each.saw("polled", feed=late))
    code = running.end()

    assert code == 0
    assert len(place.web.requests("/one")) == 1
    assert len(place.web.requests("/late")) == 1


def test_a_host_that_hangs_holds_back_no_other_feed(place: Place) -> None:
    """Three feeds of one host, each silent for 20 s: the others are published and polled again."""
    hanging = [place.web.put(f"/hangs/{n}", Page(body=b"", delay_s=20), host=2) for n in range(3)]
    polling = {"interval": '"1s"', "min_interval": '"1s"', "timeout": '"20s"'}
    place.write(place.web.put("/feed", items(1)), *hanging, polling=polling)

    running = place.start(ready=polled)

    asked = len(place.web.requests("/feed"))
    assert wait_until(lambda: len(place.web.requests("/feed")) > asked, timeout_s=12)
    assert [one.path for one in place.web.asked if one.host == "127.0.0.2"] == []  # still silent
    assert running.end() == 0
    assert wait_until(lambda: not place.runner.alive(), timeout_s=5), place.runner.alive()


# ------------------------------------------------------------------- the reload


def test_sighup_with_another_feed_polls_it(place: Place) -> None:
    first, second = place.web.put("/first", items(1)), place.web.put("/second", items(2))
    place.write(first)
    running = place.start(ready=polled)
    place.write(first, second)

    running.send(signal.SIGHUP)

    assert wait_until(lambda: running.saw("polled", feed=second), timeout_s=15), running.lines
    assert running.saw("configuration read again", feeds=2)
    assert len(place.web.requests("/first")) == 1  # it was not due
    assert running.end() == 0


def test_sighup_with_a_bad_configuration_keeps_the_old_one(place: Place) -> None:
    """The log names file, line and mend; the service goes on."""
    path = place.write(place.web.put("/feed", items(1)))
    running = place.start(ready=polled)
    good = path.read_text("utf-8")
    path.write_text(good + '\ninterval = "soon"\n', "utf-8")

    running.send(signal.SIGHUP)

    told = "bad configuration; the old one stays"
    assert wait_until(lambda: running.saw(told)), running.lines
    line = len(good.splitlines()) + 2
    assert f"{path.name}:{line}" in running.events(told)[0]["problem"]
    assert running.ask("/all.atom").status == 200
    assert running.end() == 0


# -------------------------------------------------------------------- the start


def test_a_second_instance_is_refused_and_told_of_the_first(place: Place) -> None:
    place.write(place.web.put("/feed", items(1)))
    running = place.start()

    done = place.runner.run("--config", place.path, "run")

    assert done.code == 1
    assert str(running.process.pid) in done.errors
    assert "Traceback" not in done.errors
    assert running.ask("/healthz").status == 200


def test_a_taken_port_is_told_with_the_mend(place: Place) -> None:
    place.write(place.web.put("/feed", items(1)))
    host, _, port = place.listen.rpartition(":")
    with socket.create_server((host, int(port))):
        done = place.runner.run("--config", place.path, "run")

    assert done.code == 1
    assert f"cannot listen on {place.listen} (Address already in use)" in done.errors
    assert "`listen`" in done.errors
    assert "Traceback" not in done.errors
    assert place.runner.alive() == []


# ---------------------------------------------------------------------- the log


def test_the_log_is_json_and_tells_each_change_of_a_feed_once(place: Place) -> None:
    """A feed that goes on failing is one warning, over a reload too; its mending is told."""
    broken = place.web.put("/feed", Page(body=b"<p>no feed</p>", content_type="text/html"))
    place.write(broken, polling={"interval": '"1s"', "min_interval": '"1s"'})
    running = place.start(ready=lambda one: one.saw("feed in trouble"))
    _poll_again(place, running)
    place.web.put("/feed", items(2))
    _poll_again(place, running)
    assert wait_until(lambda: running.saw("feed works again")), running.lines
    running.end()

    (trouble,) = running.events("feed in trouble")
    assert trouble["level"] == "warning"
    assert (trouble["feed"], trouble["outcome"]) == (broken, "failed")
    assert trouble["error"]
    (mended,) = running.events("feed works again")
    assert mended["level"] == "info"
    assert (mended["outcome"], mended["new"]) == ("fetched", 2)
    assert mended["seconds"] > 0
    assert mended["timestamp"]


def _poll_again(place: Place, running: Running) -> None:
    """Let the feed's second pass; a reload then ticks at once."""
    asked = len(place.web.requests("/feed"))
    time.sleep(1.1)
    running.send(signal.SIGHUP)
    assert wait_until(lambda: len(place.web.requests("/feed")) > asked), running.lines


def test_trouble_that_was_told_is_not_told_again_at_the_next_start(place: Place) -> None:
    place.write(
        place.web.put("/feed", Page(body=b"", status=500)),
        polling={"interval": '"1s"', "min_interval": '"1s"'},
    )
    place.start(ready=lambda one: one.saw("feed in trouble")).end()
    asked = len(place.web.requests("/feed"))
    time.sleep(1.1)

    second = place.start()
    assert wait_until(lambda: len(place.web.requests("/feed")) > asked)
    second.end()

    assert second.events("feed in trouble") == []


def test_no_secret_is_in_the_log_or_the_database(place: Place) -> None:
    """A header's value and a proxy's password stay where they were configured."""
    header, password = "header-secret-7351", "proxy-secret-9127"
    extra = f'headers = {{ Authorization = "Bearer {header}" }}\n'
    through = f'proxy = "http://user:{password}@127.0.0.1:9"\n'
    refused = place.web.put("/refused", Page(body=b"", status=401))
    path = place.write(refused, extra=extra)
    proxied = place.web.url("/proxied", host=2)
    path.write_text(path.read_text() + f'[[feeds]]\nurl = "{proxied}"\n{through}', "utf-8")

    running = place.start(ready=lambda one: len(one.events("feed in trouble")) == 2)
    health = running.ask("/healthz").body.decode()
    running.end()

    assert place.web.requests("/refused")[0].headers["authorization"] == f"Bearer {header}"
    kept = place.store.read_bytes().decode("latin-1")
    for secret in (header, password):
        assert secret not in "\n".join(running.lines)
        assert secret not in health
        assert secret not in kept


def test_an_edition_that_is_due_comes_out_by_itself(place: Place) -> None:
    """The digest is made to have begun yesterday; the edition of the last minute is due then."""
    now = datetime.now(UTC)
    at = f"{now - timedelta(minutes=2):%H:%M}"
    edition = (
        f'[[digests]]\nname = "issue"\ntitle = "Issue"\nkind = "edition"\nat = ["{at}"]\n'
        'timezone = "UTC"\n'
    )
    place.write(place.web.put("/feed", items(3)), digests=LIVE + edition)
    running = place.start(ready=polled)
    yesterday = f"{now - timedelta(hours=23):%Y-%m-%dT%H:%M:%S.000000Z}"
    begun = "UPDATE digests SET started_at = ? WHERE name = 'issue'"
    for change in (begun, "UPDATE stories SET first_seen_at = ?"):
        soundness.tell(place.store, change, yesterday)

    running.send(signal.SIGHUP)

    assert wait_until(lambda: running.saw("published", digest="issue")), running.lines
    (issue,) = published.current(place.public, "issue")
    assert issue.published[11:16] == at
    assert running.end() == 0
