// The language of the filters, and the tables that they filter.

/**
 * Return the terms of a query: "key:value", with several values "key:one,other", a word, or "a phrase", and with a
 * minus the opposite. Terms that say different values of one key mean either, hence are one term.
 */
function parsed(query, keys) {
  const terms = [];
  for (const [, minus, name, quoted, plain] of query.toLowerCase().matchAll(/(-?)(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/g)) {
    const value = quoted ?? plain;
    const key = name !== undefined && Object.hasOwn(keys, name) ? name : null;
    const isNot = minus === "-";
    const before = key === null ? null : terms.find((term) => term.key === key && term.isNot === isNot);
    const values = key !== null ? value.split(",").filter(Boolean) : [name === undefined ? value : `${name}:${value}`];
    if (before) before.values.push(...values);
    else terms.push({ key, isNot, values });
  }
  return terms;
}

/** Return whether an entry is what all `terms` say; a term without a key looks into its text. */
function holds(terms, keys, entry) {
  return terms.every(({ key, isNot, values }) => {
    const finds = key === null ? (value) => entry.text.includes(value) : (value) => keys[key](entry, value);
    return values.some(finds) !== isNot;
  });
}

/** Return whether `text` is what `pattern` says: has it in it, or, where there is a `*`, is all of it. */
function matches(text, pattern) {
  const [first, ...others] = pattern.split("*");
  const lower = text.toLowerCase();
  if (!others.length) return lower.includes(pattern);
  if (!lower.startsWith(first)) return false;
  const last = others.pop();
  let place = first.length;
  for (const part of others) {
    const found = lower.indexOf(part, place);
    if (found < 0) return false;
    place = found + part.length;
  }
  return lower.length - last.length >= place && lower.endsWith(last);
}

/** Return whether a requirement is of a section: "5.5" of RFC 6455 or below, "7692", "7692#7.2". */
function isOf(id, wanted) {
  const [, rfc, part] = /^(?:(\d{4,})[#/]?)?(.*)$/.exec(wanted);
  const [itsRfc, itsSection = ""] = id.split("/");
  return itsRfc === (rfc ?? "6455") && (!part || itsSection === part || itsSection.startsWith(`${part}.`));
}

/** Return whether a number is what ">100" or "<100" says. */
function isBeyond(number, wanted) {
  const [, sign, value] = /^([<>]?)=?(.*)$/.exec(wanted);
  return sign === "<" ? number <= Number(value) : number >= Number(value);
}

const ofOwn = (test) => (entry, value) => entry.own.some((result) => test(result, value));

const CASE_KEYS = {
  status: ofOwn((result, value) => result.verdict.startsWith(value)),
  area: ofOwn((result, value) => result.id.split("/")[0].toLowerCase() === value),
  id: ofOwn((result, value) => matches(result.id, value)),
  rfc: ofOwn((result, value) => about(result).some((id) => isOf(id, value))),
  req: ofOwn((result, value) => about(result).some((id) => matches(id, value))),
  level: ofOwn((result, value) => result.level === value),
  cause: ofOwn((result, value) => causes.get(result.n)?.toLowerCase() === value),
  known: ofOwn((result, value) => result.overlay === value || OVERLAYS[result.overlay] === value),
  tag: ofOwn((result, value) => (result.tags ?? []).some((tag) => matches(tag, value))),
  target: ofOwn((result, value) => matches(result.target, value)),
  autobahn: ofOwn((result, value) => (result.aliases?.autobahn ?? []).some((id) => `${id}.`.startsWith(`${value}.`))),
  ms: ofOwn((result, value) => isBeyond(result.seconds * 1000, value)),
  is: (entry, value) => ({ differs: entry.row.differs, odd: Boolean(entry.row.odd) })[value] === true,
};
for (const [index, { letter }] of data.columns.entries()) {
  CASE_KEYS[letter.toLowerCase()] = (entry, value) => (entry.row.cells?.[index] ?? "none").startsWith(value);
}

const REQUIREMENT_KEYS = {
  status: (entry, value) => (entry.verdict ?? "none").startsWith(value),
  level: (entry, value) => entry.level === value,
  rfc: (entry, value) => isOf(entry.id, value),
  req: (entry, value) => matches(entry.id, value),
  is: (entry, value) => entry.is === value,
};

/** A table whose rows a box filters. An entry stands for a row, its `element`, and has the `text` of it. */
class List {
  isApplied = false;

  constructor(table, keys, entries, noun) {
    this.table = table;
    this.keys = keys;
    this.entries = this.shown = entries;
    this.noun = noun;
    this.form = one(`[data-list="${table.id}"]`);
    this.box = one("input", this.form);
    this.buttons = every("[data-token]", this.form);
    this.box.addEventListener("input", () => this.changed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.links()[0]?.focus();
    });
    for (const button of this.buttons) button.addEventListener("click", () => this.toggle(button.dataset.token));
  }

  get query() {
    return this.box.value.trim();
  }

  get tokens() {
    return this.query.split(/\s+/).filter(Boolean);
  }

  /** Show what the address says. */
  show(query) {
    if (this.isApplied && query === this.query) return;
    this.box.value = query;
    this.apply();
  }

  toggle(token) {
    const others = this.tokens.filter((other) => other !== token);
    this.box.value = (others.length < this.tokens.length ? others : [...others, token]).join(" ");
    this.changed();
  }

  /** Show what the box says, and keep it in the address. */
  changed() {
    this.apply();
    history.replaceState(null, "", address(this.form.closest(".view").id, this.query));
  }

  apply() {
    this.isApplied = true;
    const terms = parsed(this.query, this.keys);
    this.shown = this.entries.filter((entry) => holds(terms, this.keys, entry));
    const shown = new Set(this.shown);
    for (const entry of this.entries) entry.element.hidden = !shown.has(entry);
    for (const body of this.table.tBodies) body.hidden = !one("tr:not(.area, [hidden])", body);
    for (const button of this.buttons) button.ariaPressed = String(this.tokens.includes(button.dataset.token));
    const all = several(this.entries.length, this.noun);
    const found = this.shown.length;
    one("[role=status]", this.form).textContent = found < this.entries.length ? `${count(found)} of ${all}` : all;
  }

  /** Return the links of the rows that are shown. */
  links() {
    return every("tbody tr:not([hidden]) .id a", this.table);
  }
}
