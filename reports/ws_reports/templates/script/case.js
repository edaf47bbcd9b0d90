// One case: what the rule says, what was done, what would have been fine, what was seen, and where to go from here.

/** Return the parts of the view of a case. */
function caseParts(result) {
  const check = gravest(result);
  const rule = requirements.get(check?.requirement ?? result.requirements?.[0]);
  const message = check?.message ?? result.reason;
  return [
    caseNavigation(result),
    h(
      "header.case-head",
      {},
      h(
        "p",
        {},
        word(result.verdict),
        overlayTag(result.overlay),
        h("span.level", {}, (rule?.level ?? result.level).toUpperCase()),
        rule && h("span.quiet", {}, section(rule)),
        data.targets.length > 1 && h("span.quiet", {}, result.target),
      ),
      h("h2.id", { tabindex: -1 }, result.id),
      message && h("p.message", {}, message),
    ),
    h("div.brief", {}, ruleSection(result, check, rule), doneSection(result), seenSection(result, check)),
    result.cut && h("p.notice", {}, "The page was full: what went over the wire in this case is in the record only."),
    (result.wire?.length > 0 || result.prints) && [h("h3", {}, "What went over the wire"), flow(result, check)],
    facts(result, check),
  ];
}

/** Return the parts of the view when there is no case of that name. */
function missingParts(name) {
  return [
    h("p", {}, h("a", { href: address("cases") }, "← All cases")),
    h("h2", { tabindex: -1 }, "No such case"),
    h("p", {}, `This report has no case called ${name}.`),
  ];
}

function caseNavigation(result) {
  const entries = caseList.shown;
  const index = entries.findIndex((entry) => entry.own.includes(result));
  const all = caseList.query ? `${several(entries.length, "case")}: ${caseList.query}` : "All cases";
  const step = (entry, words, key) => {
    const next = index < 0 ? undefined : entry?.own[0];
    if (!next) return h("span.quiet", {}, words);
    return h("a", { href: caseAddress(next), "aria-keyshortcuts": key, title: next.id }, words);
  };
  return h(
    "nav.case-nav",
    { "aria-label": "Among the cases" },
    h("a", { href: address("cases", caseList.query), "aria-keyshortcuts": "Escape" }, `← ${all}`),
    index >= 0 && h("span.quiet", {}, `${count(index + 1)} of ${count(entries.length)}`),
    step(entries[index - 1], "Previous", "k"),
    step(entries[index + 1], "Next", "j"),
  );
}

function ruleSection(result, check, rule) {
  return h(
    "section",
    {},
    h("h3", {}, "What the rule says"),
    rule && h("p", {}, rule.text),
    result.because && h("p.quiet", {}, result.because),
    check?.known && h("p.notice", {}, h("strong", {}, "Known: "), knownWords(check.known)),
    result.surveyed && h("p.quiet", {}, `Also fails in ${surveyWords(result)}.`),
    otherRules(result, check),
  );
}

/** Return how many of those that were surveyed do the same: with none, the list is not there. */
function surveyWords({ surveyed: { asked, failing = [] }, target }) {
  const role = data.targets.find((each) => each.name === target)?.role ?? "target";
  const words = `${count(failing.length)} of ${several(asked, `surveyed ${role}`)}`;
  return failing.length ? `${words}: ${failing.slice(0, 5).join(", ")}${failing.length > 5 ? ", …" : ""}` : words;
}

function knownWords({ reason, issue, owner, expires }) {
  return [reason, issue, owner && `owner ${owner}`, expires && `until ${expires}`].filter(Boolean).join(", ");
}

/** Return the other requirements that the case bears on, with the verdict of those that were judged by themselves. */
function otherRules(result, check) {
  const checks = result.checks ?? [];
  const checked = new Set(checks.map((each) => each.requirement));
  const others = [
    ...checks.filter((other) => other !== check),
    ...(result.requirements ?? []).filter((id) => !checked.has(id)).map((id) => ({ requirement: id })),
  ];
  if (!others.length) return null;
  const item = ({ requirement, verdict, overlay, message }) => {
    const rule = requirements.get(requirement);
    return h(
      "li",
      {},
      verdict && [word(verdict), " "],
      rule ? [rule.text, " ", h("span.quiet", {}, section(rule))] : h("code", {}, requirement),
      overlayTag(overlay),
      verdict !== "pass" && message && h("span.quiet", {}, ` ${message}`),
    );
  };
  const summary = h("summary.quiet", {}, several(others.length, "other requirement"));
  return h("details", {}, summary, h("ul.rules", {}, others.map(item)));
}

function doneSection(result) {
  if (!result.steps) return null;
  const steps = result.steps.map((step) => h("li", {}, step));
  return h("section", {}, h("h3", {}, "What was done"), h("ol.steps", {}, steps));
}

function seenSection(result, check) {
  const accepted = check?.accepted ?? result.accepted;
  const observed = check?.observed ?? result.observed;
  if (!accepted && !observed) return null;
  const fine = () =>
    h(
      "ul.accepted",
      {},
      accepted.map((words) => reaction(words)),
    );
  return h(
    "section",
    {},
    accepted && [h("h3", {}, "What would have been fine"), fine()],
    observed && [h("h3", {}, "What was seen"), h(`p.observed.${result.verdict}`, {}, observed)],
  );
}

/** Return all else that the record says of a case. */
function facts(result, check) {
  const entry = caseList.entries.find((each) => each.own.includes(result));
  const again = result.replay && `wsspec replay ${result.replay}`;
  const cause = causes.get(result.n);
  const told = [
    ["side by side", entry?.row.cells && sideBySide(entry.row)],
    ["again", again && [h("code", {}, again), copier("copy", again)]],
    ["reason", check?.message && result.reason],
    ["application", result.application && list(result.application)],
    ["printed", !result.prints && result.printed && h("pre", {}, result.printed.replaceAll("\\x0a", "\n"))],
    ["cost", result.usage && usageWords(result.usage)],
    ["took", duration(result.seconds)],
    ["attempts", result.attempts?.length > 1 && result.attempts.join(", ")],
    ["segmentation", result.segmentation],
    ...Object.entries(result.aliases ?? {}).map(([suite, names]) => [suite, names.join(", ")]),
    ["tags", result.tags?.join(", ")],
    ["cause", cause && h("a", { href: address("cases", `cause:${cause}`) }, cause)],
    ["revision", String(result.rev)],
  ];
  return h(
    "dl.facts.more",
    {},
    told.filter(([, value]) => value).map(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]),
  );
}

function sideBySide(row) {
  return list(
    data.columns.map(({ letter }, index) => [
      h("b", {}, letter),
      " ",
      row.cells[index] ? word(row.cells[index]) : h("span.quiet", {}, "not played"),
      h("span.quiet", {}, ` ${row.observed[index] ?? ""}`),
    ]),
  );
}

function usageWords({ memory, cpu_seconds: seconds }) {
  return `${(memory / 2 ** 20).toFixed(1)} MiB of memory, ${seconds.toFixed(2)} s of processor time`;
}
