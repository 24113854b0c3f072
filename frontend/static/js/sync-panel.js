/** `<sync-panel>`: keeps the panel that the server has rendered current, part by part. */
import { now, onTick } from "./clock.js";
import { setAttribute, setHidden, setText } from "./dom.js";
import { withPaint } from "./paint.js";
import { STEPS, missingWorker, panelView } from "./panel-view.js";
import { SteadyEstimate, rate, secondsLeft } from "./rate.js";
import { current, operation, signedOut, subscribe } from "./store.js";

const MARK_WORDS = { done: "done", now: "in progress", todo: "to come" };

class SyncPanel extends HTMLElement {
  #parts = {};
  #estimate = new SteadyEstimate();

  connectedCallback() {
    for (const part of this.querySelectorAll("[data-part]")) this.#parts[part.dataset.part] = part;
    subscribe((state) => this.#show(state));
    const show = () => this.#show(current());
    onTick(() => withPaint(show));
  }

  #show(state) {
    const shown = operation(state);
    const perSecond = shown ? rate(shown, now()) : null;
    const left = shown ? secondsLeft(shown, perSecond, now()) : null;
    const steady = state.viewer?.replay ? left : this.#estimate.next(shown?.id, left, now());
    const view = panelView(shown, perSecond, steady);
    this.dataset.state = view.state;
    this.#showWords(state, shown, view);
    this.#showSteps(view);
    this.#showBar(view.bar);
    this.#showOrigin(shown, view);
    this.#showActions(state, shown, view);
    this.#showProblems(state, shown, view);
  }

  #showWords({ status }, shown, view) {
    const { headline, result, resultTime, lastLabel, lastTime, figures, rate, left } = this.#parts;
    setText(headline, view.headline);
    setText(result, view.result);
    setAttribute(resultTime, "datetime", shown?.finished_at ?? null);
    const last = status?.last_synced_at ?? null;
    setText(lastLabel, last ? "Last synced: " : "Never synced");
    setAttribute(lastTime, "datetime", last);
    setText(figures, view.figures);
    setText(rate, view.rate);
    setText(left, view.left);
  }

  #showSteps({ steps }) {
    for (const [index, name] of STEPS.entries()) {
      const item = this.querySelector(`[data-step="${name}"]`);
      if (item.dataset.mark === steps[index]) continue;
      item.dataset.mark = steps[index];
      setAttribute(item.querySelector("use"), "href", `#mark-${steps[index]}`);
      setText(item.querySelector("[data-word]"), MARK_WORDS[steps[index]]);
      setAttribute(item, "aria-current", steps[index] === "now" ? "step" : null);
    }
  }

  #showBar(bar) {
    const { bar: track, synced, failed } = this.#parts;
    setHidden(track, bar === null);
    if (bar === null) return;
    track.classList.toggle("bar-unknown", bar.max === null);
    for (const [name, value] of Object.entries({
      "aria-valuenow": bar.max && bar.now,
      "aria-valuemin": bar.max && 0,
      "aria-valuemax": bar.max,
      "aria-valuetext": bar.text,
    })) {
      setAttribute(track, name, value);
    }
    setAttribute(synced, "width", bar.synced);
    setAttribute(failed, "x", bar.synced);
    setAttribute(failed, "width", bar.failed);
  }

  #showOrigin(shown, view) {
    const { origin, by, startedAt, worker, took } = this.#parts;
    origin.classList.toggle("empty", shown === null);
    setText(by, shown?.requested_by ?? "");
    setAttribute(startedAt, "datetime", shown?.requested_at ?? null);
    setText(worker, view.busy && shown.worker ? ` on worker ${shown.worker}` : "");
    setText(took, view.duration ? `; it took ${view.duration}` : "");
  }

  #showActions(state, shown, view) {
    const { startButton, startReason, cancelForm, cancelButton, retryButton, reviewLink } =
      this.#parts;
    const out = signedOut(state);
    const cancelling = Boolean(shown?.cancel_requested_by) || state.sending === "cancel";
    setHidden(cancelForm, !view.busy || !shown.id);
    if (cancelButton) {
      this.#keepFocus(cancelButton, cancelling || out || !view.busy);
      cancelButton.disabled = cancelling || out;
    }
    if (!startButton) return;
    this.#keepFocus(startButton, view.busy || out);
    startButton.disabled = view.busy || out;
    setText(startButton, view.busy ? "Syncing..." : "Sync Now");
    setText(startReason, startReasonOf(view, out));
    this.#keepFocus(retryButton, !view.retry || out);
    retryButton.disabled = out;
    setText(retryButton, `Retry failed (${view.retry})`);
    setHidden(retryButton, !view.retry);
    this.#keepFocus(reviewLink, !view.review);
    setAttribute(reviewLink, "href", `/syncs/${shown?.id}/#archive`);
    setHidden(reviewLink, !view.review);
  }

  /** A control that goes away would drop the focus to the top of the page. */
  #keepFocus(control, goes) {
    if (goes && document.activeElement === control) this.focus({ preventScroll: true });
  }

  #showProblems({ error, notice, workerMissing }, shown, view) {
    const { remark, until, countdown } = this.#parts;
    const { error: problem, errorMessage, errorRemedy, errorSignIn } = this.#parts;
    const missing = view.busy && workerMissing ? missingWorker(shown, now()) : "";
    const stuck = missing !== "";
    const waiting = view.state === "waiting" && !stuck;
    const waitingUntil = waiting ? shown.waiting_until : null;
    setText(remark, missing || view.remark || (view.busy ? notice : ""));
    this.classList.toggle("stuck", stuck);
    setAttribute(until, "datetime", waitingUntil);
    setAttribute(countdown, "datetime", waitingUntil);
    setHidden(countdown.parentElement, !waitingUntil);
    setHidden(problem, error === null);
    setText(errorMessage, error?.message ?? "");
    setText(errorRemedy, error?.remedy ?? "");
    setHidden(errorSignIn, error?.code !== "signed-out");
  }
}

/** Why Sync Now is disabled, where it is. */
function startReasonOf({ busy }, out) {
  if (out) return "Sign in to start or cancel a sync.";
  return busy ? "A sync is under way." : "";
}

customElements.define("sync-panel", SyncPanel);
