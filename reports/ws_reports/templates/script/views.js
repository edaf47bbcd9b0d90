// The views of the page: what an address shows, and what a key does. This is where everything begins.
//
// All that the page has was there before: the tables are only filtered. The files of this script are one module.

const NUMBERED = /^#case-(\d+)$/; // the place of a case in the part of the page that needs no script

const caseRows = every("#cases-table tbody tr:not(.area)");
const caseList = new List(
  one("#cases-table"),
  CASE_KEYS,
  data.rows.map((row, index) => {
    const own = row.own.map((n) => cases.get(n)).filter(Boolean);
    const said = own.map((result) => [
      result.title,
      result.because,
      result.observed,
      result.reason,
      about(result),
      (result.checks ?? []).map((check) => check.message),
    ]);
    return { row, own, element: caseRows[index], text: lowered(caseRows[index].textContent, row.observed, said) };
  }),
  "case",
);

const requirementTable = one("#requirements-table");
const requirementList =
  requirementTable &&
  new List(
    requirementTable,
    REQUIREMENT_KEYS,
    every("tbody tr:not(.area)", requirementTable).map((element) => {
      const requirement = requirements.get(one(".id", element).textContent);
      const isDecided = ["pass", "lenient", "info", "fail"].includes(requirement?.verdict);
      const isUntestable = !requirement?.verdict && requirement?.untestable;
      const is = isUntestable ? "untestable" : isDecided ? "decided" : "open";
      return { id: "", ...requirement, is, element, text: lowered(element.textContent) };
    }),
    "requirement",
  );

function lowered(...texts) {
  return texts.flat(Infinity).filter(Boolean).join("\n").toLowerCase();
}

// --- addresses -------------------------------------------------------------------------------------------------------

/** Return the address of a view, with a filter. */
function address(view, filter = "") {
  return `#${view}${filter && `&filter=${coded(filter).replaceAll("%20", "+")}`}`;
}

/** Return the address of a case: its id, and where a record has several of one id, its number. */
function caseAddress(result) {
  const isFirst = firstNamed(result.id) === result;
  return address(`case=${coded(result.id)}${isFirst ? "" : `&n=${result.n}`}`, caseList.query);
}

const coded = (text) => encodeURIComponent(text).replace(/%(?:2F|3A|2C)/g, decodeURIComponent);

const firstNamed = (id) => caseList.entries.find((entry) => entry.own[0]?.id === id)?.own[0];

function caseAt(hash, params) {
  const number = NUMBERED.exec(hash);
  if (number) return cases.get(Number(number[1]));
  const numbered = cases.get(Number(params.get("n")));
  return numbered?.id === params.get("case") ? numbered : firstNamed(params.get("case"));
}

const title = document.title;
let caseBefore; // the case that was shown before, if one was

/** Show what the address says. */
function route() {
  const params = new URLSearchParams(location.hash.slice(1));
  const isCase = params.has("case") || NUMBERED.test(location.hash);
  const place = document.getElementById([...params.keys()][0] ?? "overview");
  const view = isCase ? one("#case") : (place?.closest(".view") ?? one("#overview"));
  const filter = params.get("filter") ?? "";
  if (isCase || view.id === "cases") caseList.show(filter);
  if (view.id === "requirements") requirementList.show(filter);
  const result = isCase ? caseAt(location.hash, params) : undefined;
  if (isCase) view.replaceChildren(...flattened(result ? caseParts(result) : missingParts(params.get("case") ?? "so")));
  for (const other of every(".view")) other.hidden = other !== view;
  for (const link of every(".top nav a")) mark(link, link.hash === `#${isCase ? "cases" : view.id}`);
  document.title = result ? `${data.verdicts[result.verdict]} ${result.id}` : title;
  if (isCase) {
    scrollTo(0, 0);
    one("h2", view).focus({ preventScroll: true });
  } else {
    const row = caseBefore && view.id === "cases" && caseList.entries.find((entry) => entry.own.includes(caseBefore));
    if (row) returnTo(one(".id a", row.element));
    else if (place && place !== view) place.scrollIntoView();
    else scrollTo(0, 0);
  }
  caseBefore = result;
}

function mark(link, isHere) {
  link.ariaCurrent = isHere ? "page" : null;
  if (isHere) link.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function returnTo(link) {
  link.scrollIntoView({ block: "center" });
  link.focus({ preventScroll: true });
}

// --- keys ------------------------------------------------------------------------------------------------------------

/** Go to the next case, or the one before: from case to case, or in the list. */
function move(by) {
  if (!one("#case").hidden) {
    one(`.case-nav [aria-keyshortcuts="${by > 0 ? "j" : "k"}"]`)?.click();
    return;
  }
  const links = caseList.links();
  const here = links.indexOf(one(".id a", document.activeElement.closest("tr") ?? document.createElement("tr")));
  links[Math.min(links.length - 1, Math.max(0, here + by))]?.focus();
}

function back() {
  if (one("#case").hidden) document.activeElement.blur();
  else location.hash = address("cases", caseList.query);
}

/** Go to the box of the list that is shown, or of that of cases. */
function filter() {
  const box = one(".view:not([hidden]) .filter input");
  if (box) box.focus();
  else addEventListener("hashchange", () => caseList.box.focus(), { once: true });
  if (!box) location.hash = address("cases", caseList.query);
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !one("#keys").checked) return;
  const isTyping = event.target instanceof HTMLInputElement && event.target.type === "search";
  const isAmongCases = !one("#cases").hidden || !one("#case").hidden;
  const isInList = event.target === caseList.box || event.target.closest("#cases-table") !== null;
  const actions = {
    Escape: back,
    ArrowDown: isInList && (() => move(1)),
    ArrowUp: isInList && (() => move(-1)),
    ...(isTyping ? {} : { "/": filter, j: isAmongCases && (() => move(1)), k: isAmongCases && (() => move(-1)) }),
  };
  const action = Object.hasOwn(actions, event.key) && actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

/** Follow a link to the place of a case to what happened in it. */
function clicked(event) {
  const link = event.target.closest('a[href^="#case-"]');
  const result = link && cases.get(Number(NUMBERED.exec(link.hash)?.[1]));
  if (!result) return;
  event.preventDefault();
  if (!link.closest("#cases")) caseList.show("");
  location.hash = caseAddress(result);
}

// --- beginning -------------------------------------------------------------------------------------------------------

for (const link of every("a[data-filter]")) link.href = address("cases", link.dataset.filter);
for (const link of every('#requirements a[href^="#case-"]')) link.title = cases.get(Number(link.textContent))?.id ?? "";
document.addEventListener("keydown", pressed);
document.addEventListener("click", clicked);
addEventListener("hashchange", route);
history.scrollRestoration = "manual";
document.documentElement.classList.add("live");
route();
