"""Asking for the status where there is no socket: in one row of questions, and none at the end."""

from tests.browser.conftest import Visit
from tests.browser.serving import Server
from tests.browser.watch import Watch

# Time and network are the test's: timers go off and answers come when it says so.
ASKED_AFTER_THE_END = """async (module) => {
  const timers = new Map();
  let timer = 0;
  window.setTimeout = (act) => { timers.set(++timer, act); return timer; };
  window.clearTimeout = (id) => timers.delete(id);
  const answers = [];
  let asked = 0;
  window.fetch = () => {
    asked += 1;
    return new Promise((resolve) => answers.push(resolve));
  };
  const handled = () => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(null);
  });
  const goOff = async () => {
    for (const [id, act] of [...timers]) {
      timers.delete(id);
      act();
    }
    await handled();
  };
  const answer = async () => {
    for (const resolve of answers.splice(0)) {
      resolve({ ok: true, status: 200, json: async () => ({}) });
    }
    await handled();
  };

  const { Polling } = await import(module);
  let told = 0;
  const polling = new Polling({ status: () => { told += 1; }, failed() {}, signedOut() {} });
  polling.begin();
  await goOff(); // the first question has no answer yet
  polling.stop(); // the socket is there
  polling.begin(); // and gone again
  await goOff();
  const atOnce = answers.length;
  await answer(); // to both
  const toldOf = told;
  await goOff();
  const inTheNextRound = answers.length;
  await answer();
  polling.stop();
  const before = asked;
  await goOff();
  return [atOnce, toldOf, inTheNextRound, asked - before, polling.active];
}"""


def test_a_slow_answer_counts_for_nothing_and_leaves_no_second_poll_behind(
    product: Server, visit: Visit, watch: Watch
) -> None:
    watch.allow("favicon.ico")  # which only pages name
    page = visit(product, "viewer", live=False).page
    module = page.locator("link[rel=modulepreload][href*='/polling.']").get_attribute("href")
    page.goto("/healthz")  # a page without modules of its own
    assert page.evaluate(ASKED_AFTER_THE_END, module) == [2, 1, 1, 0, False]
