/** Start, pause, resume, one step, stop, reset; how far it is, how fast, how long it takes still. */
import { assign, fill, h } from "../dom.js";
import { integer, number, seconds } from "../format.js";
import { icon } from "../icons.js";
import { paced } from "../pace.js";
import css from "../style/transport.css";
import { branchButton } from "./branch.js";

const WORDS = { ready: "Ready", running: "Running", paused: "Paused", finished: "Finished", stopped: "Stopped", diverged: "Diverged", failed: "Failed", recording: "Recording", waiting: "Waiting for the loop's next step" };

/** @param {any} host @param {HTMLElement} el @returns {() => void} cleanup */
export function mount(host, el) {
  const button = (name, label, args) => h("button.jx-button", { type: "button", "data-command": name, "aria-label": label, onclick: () => host.command(name, args) }, icon(name), h("span", {}, label));
  const buttons = {
    start: button("start", "Start"),
    pause: button("pause", "Pause"),
    resume: button("resume", "Resume"),
    step: button("step", "One step", { n: 1 }),
    stop: button("stop", "Stop"),
    reset: button("reset", "Reset"),
    branch: branchButton(host),
  };
  buttons.start.classList.add("jx-filled");
  buttons.step.title = "Take one step  ( . )";
  buttons.reset.title = "Go back to the first step, with new parameters from the seed  ( r )";
  const word = h("span.jx-status-word", { role: "status" });
  const progress = h("span.jx-progress-text");
  const rate = h("span.jx-rate");
  const fillBar = h("div.jx-bar-fill");
  const bar = h("div.jx-bar", { role: "progressbar", "aria-label": "Steps taken", "aria-valuemin": "0" }, fillBar);
  const activity = h("p.jx-activity", { role: "status", hidden: true });
  const problem = h("div.jx-problem-slot");
  let drawnProblem = null;
  let since = 0; // when the activity began
  const elapsed = h("span.jx-elapsed");
  const count = () => (elapsed.textContent = ` ${Math.round((performance.now() - since) / 1000)} s`);
  const clock = setInterval(() => activity.hidden || count(), 500);
  const group = h("div.jx-buttons", { role: "group", "aria-label": "Training" }, Object.values(buttons));
  fill(el, h("style", {}, css),
    h("div.jx-transport-row", {}, host.command && group, h("div.jx-progress", {}, h("p.jx-progress-line", {}, word, progress, rate), bar)),
    activity,
    problem,
  );

  function draw() {
    const status = host.get("status")?.header;
    const gone = host.get("connection")?.state === "gone";
    const can = gone ? [] : (status?.can ?? []);
    for (const [name, each] of Object.entries(buttons)) assign(each, { disabled: !can.includes(name) });
    // one place for the three that never hold at once
    const primary = ["pause", "resume", "start"].find((name) => can.includes(name)) ?? (status?.status === "running" ? "pause" : status?.status === "paused" ? "resume" : "start");
    assign(buttons.branch, { hidden: !host.get("form") });
    for (const name of ["start", "pause", "resume"]) assign(buttons[name], { hidden: name !== primary });
    assign(el.dataset, { status: status?.status ?? "ready" });
    if (!status) {
      word.textContent = host.command ? "Getting ready …" : "No training in this page";
      return;
    }
    group.hidden = !Object.keys(buttons).some((name) => status.can.includes(name)); // a loop of somebody's own
    const { step, steps } = status;
    const said = WORDS[status.status] ?? status.status;
    assign(word, { textContent: said });
    if (going(status)) following();
    else figures();
    const share = steps ? Math.min(1, step / steps) : 0;
    fillBar.style.transform = `scaleX(${share})`; // no layout, at every frame
    assign(bar, { hidden: steps === null, ariaValueMax: String(steps), ariaValueNow: String(step), ariaValueText: `step ${step} of ${steps}` });
    assign(activity, { hidden: !status.activity });
    if (activity.dataset.text !== (status.activity ?? "")) {
      activity.dataset.text = status.activity ?? "";
      since = performance.now();
      count();
      fill(activity, h("span.jx-spinner", { "aria-hidden": "true" }), h("span", {}, status.activity ?? "", " ", elapsed));
    }
    drawProblem(status.problem, can);
  }

  /** The figures in words. */
  function figures() {
    const status = host.get("status")?.header;
    if (!status) return;
    const { step, steps } = status;
    const some = steps === null ? "" : integer(steps);
    const done = status.status === "ready" && step === 0 ? some && `${some} steps to take` : `step ${integer(step)}${some && ` of ${some}`}`;
    assign(progress, { textContent: done });
    const parts = [];
    if (going(status) && status.steps_per_second !== null) parts.push(`${integer(status.steps_per_second)} steps/s`);
    if (going(status) && status.seconds_left !== null) parts.push(`${seconds(status.seconds_left)} left`);
    const exact = status.steps_per_second === null ? "" : `${number(status.steps_per_second, 6)} steps a second`;
    assign(rate, { textContent: parts.join(" · "), title: exact });
  }
  const following = paced(figures, 250);

  function drawProblem(what, can) {
    const text = JSON.stringify([what, can.includes("go_back")]);
    if (text === drawnProblem) return; // so that an open detail stays open
    drawnProblem = text;
    fill(problem, what && h("div.jx-notice", { "data-level": "error", role: "alert" },
      icon("alarm"),
      h("div.jx-notice-body", {},
        h("strong", {}, what.title),
        what.text && h("p", {}, what.text),
        what.where && h("code.jx-where", {}, what.where),
        what.can_go_back && can.includes("go_back") && h("div", {}, h("button.jx-button", { type: "button", onclick: () => host.command("go_back") }, icon("undo"), h("span", {}, "Go back to the last good state"))),
        what.detail && h("details", {}, h("summary", {}, "Details"), h("pre.jx-detail", { tabindex: "0" }, what.detail)),
      ),
    ));
  }

  const offs = ["status", "connection"].map((key) => host.on(key, draw));
  draw();
  return () => {
    for (const off of offs) off();
    clearInterval(clock);
    following.stop();
    el.replaceChildren();
  };
}

const going = ({ status }) => status === "running" || status === "recording";
