// What the page carries of the record, by the names of run.schema.json, and how it is said.

const DEPARTS = " (departs from a SHOULD)"; // the end of the words for a reaction that is permitted, and no more
const OVERLAYS = { xfail: "known", changed: "changed", xpass: "stale", expired: "expired" };

const data = await unpacked();

const cases = new Map(); // by number; of two with one number, the first
for (const result of data.cases) if (!cases.has(result.n)) cases.set(result.n, result);

const requirements = new Map(data.requirements.map((requirement) => [requirement.id, requirement]));

const causes = new Map(); // the letter of its cause, by the number of a case
for (const [letter, numbers] of Object.entries(data.causes)) for (const n of numbers) causes.set(n, letter);

async function unpacked() {
  const packed = Uint8Array.from(atob(one("#data").textContent), (character) => character.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

/** Return the check that gives a case its verdict. */
function gravest(result) {
  const checks = result.checks ?? [];
  return checks.find((check) => check.verdict === result.verdict) ?? checks[0];
}

/** Return the ids of all requirements that a case bears on. */
function about(result) {
  return [...(result.requirements ?? []), ...(result.checks ?? []).map((check) => check.requirement)];
}

function section(requirement) {
  return requirement.rfc === 6455 ? `§${requirement.section}` : `RFC ${requirement.rfc} §${requirement.section}`;
}

const count = (number) => number.toLocaleString("en");
const several = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
const milliseconds = (seconds) =>
  (seconds * 1000).toLocaleString("en", { minimumFractionDigits: 3, maximumFractionDigits: 3 });

function duration(seconds) {
  const [size, unit] = seconds >= 1 ? [1, "s"] : seconds >= 1e-3 ? [1e-3, "ms"] : [1e-6, "µs"];
  return `${Number((seconds / size).toPrecision(3))} ${unit}`;
}

const word = (verdict) => h(`span.verdict.${verdict}`, {}, `${data.verdicts[verdict]} ${verdict}`);
const overlayTag = (overlay) => overlay && h(`span.tag.${overlay}`, {}, OVERLAYS[overlay]);

/** Return an item for a permitted reaction, with a sign for its worth. The `brief` form leaves that to the sign. */
function reaction(words, brief = false) {
  const departs = words.endsWith(DEPARTS);
  const [sign, verdict] = departs ? ["~", "lenient"] : ["✓", "pass"];
  const said = brief && departs ? [words.slice(0, -DEPARTS.length), h("span.unseen", {}, DEPARTS)] : words;
  return h("li", {}, h(`span.${verdict}`, { "aria-hidden": "true" }, sign), h("span", {}, said));
}
