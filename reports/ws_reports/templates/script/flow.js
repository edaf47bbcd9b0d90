// What went over the wire, as a sequence diagram: the clock, two lifelines with what went between them, the state, and
// what the target was permitted to do. What its process printed is on the same clock.

const PAUSE_SECONDS = 0.1; // between two events, from which on a pause is drawn

function flow(result, check) {
  const target = data.targets.find((each) => each.name === result.target) ?? data.targets[0];
  const wire = result.wire ?? [];
  const stimulus = wire.findLast((event) => event.dir === "out" && event.note === "stimulus");
  const steps = [
    ...wire.map((event) => ({ t: event.t, event })),
    ...(result.prints ?? []).map((print) => ({ t: print.t, print })),
  ].sort((step, other) => step.t - other.t);
  const rows = [];
  let before = { t: 0, at: -1, state: null };
  for (const { t, event, print } of steps) {
    if (t - before.t >= PAUSE_SECONDS) rows.push(pause(`${duration(t - before.t)} later`));
    if (print) {
      rows.push(printed(print));
      before = { ...before, t };
      continue;
    }
    const left = event.at - before.at - 1;
    if (left > 0) rows.push(pause(`… ${several(left, "more event")} in the record`));
    const isJudged = event.ok === false || event.at === check?.event;
    const kind = event.ok === false ? "broken" : event === stimulus ? "stimulus" : isJudged ? "judged" : "plain";
    rows.push(exchange(event, kind, event.state !== before.state));
    before = { t, at: event.at, state: event.state };
  }
  return h("ol.flow", {}, ends(target), rows, over(result, before.t));
}

function ends(target) {
  return h(
    "li.ends",
    { "aria-hidden": "true" },
    h("span.time", {}, "ms"),
    h("span.lane", {}, h("b", {}, "examiner"), h("b", {}, target?.role ?? "target")),
    h("span.side", {}, "state, and what was permitted"),
  );
}

function pause(words) {
  return h("li.pause", {}, h("span.time"), h("span.lane", {}, words));
}

function printed(print) {
  const words = [h("span.note", {}, "printed"), " ", h("code", {}, print.text)];
  return h("li.print", {}, h("span.time", {}, milliseconds(print.t)), h("span.lane", {}, words));
}

/** Return the end of the case. Where nothing on the wire shows the failure, this is where it shows. */
function over(result, t) {
  const isUnseen = result.verdict === "fail" && !(result.wire ?? []).some((event) => event.ok === false);
  const words = isUnseen ? `✗ ${result.observed ?? "not what was wanted"}, and the case is over` : "the case is over";
  return h(
    isUnseen ? "li.over.broken" : "li.over",
    {},
    h("span.time", {}, milliseconds(Math.max(result.seconds, t))),
    h("span.lane", {}, words),
  );
}

/** Return what went one way: a button with its words that opens its bytes, its arrow, and how things stood before. */
function exchange(event, kind, isNewState) {
  const details = anatomy(event);
  const isOpen = kind !== "plain";
  const toggle = () => {
    details.hidden = !details.hidden;
    label.setAttribute("aria-expanded", String(!details.hidden));
  };
  const label = h(
    "button.label",
    { type: "button", "aria-expanded": details && String(isOpen), disabled: details === null, click: toggle },
    h("span.unseen", {}, event.dir === "out" ? "the examiner: " : "the target: "),
    h("span.words", {}, event.words ?? text(bytes(event.hex)).split("\\x0d\\x0a")[0]),
    event.note && h("span.note", {}, event.note),
    kind === "broken" && h("strong", {}, "✗ not allowed here"),
  );
  if (details) details.hidden = !isOpen;
  return h(
    `li.event.${event.dir}.${kind}`,
    {},
    h("span.time", {}, milliseconds(event.t)),
    h("span.lane", {}, label, arrow(event)),
    h("span.side", {}, isNewState && event.state && h("span.state", {}, event.state), permitted(event)),
    details,
  );
}

function permitted(event) {
  if (event.dir !== "in" || !event.allowed) return null;
  return h(
    "ul",
    { "aria-label": "Permitted" },
    event.allowed.map((words) => reaction(words, true)),
  );
}

/** Return the arrow of an event: whole for bytes, barred for an end of TCP, crossed for a reset. */
function arrow(event) {
  const isOut = event.dir === "out";
  const signs = { end: "M0-6V6", "half-end": "M0-6V6", reset: "M-5-5 5 5M-5 5 5-5" };
  const isSignal = event.kind in signs;
  const head = isOut ? "M-9-4.5 0 0-9 4.5Z" : "M9-4.5 0 0 9 4.5Z";
  return svg(
    "svg.arrow",
    { width: "100%", height: 14, "aria-hidden": "true" },
    svg("line", { x1: 0, x2: "100%", y1: 7, y2: 7, "stroke-dasharray": isSignal && "5 4" }),
    svg(
      "svg",
      { x: isOut ? "100%" : 0, y: 7, overflow: "visible" },
      svg("path", { d: signs[event.kind] ?? head, transform: isSignal && `translate(${isOut ? -8 : 8} 0)` }),
    ),
  );
}
