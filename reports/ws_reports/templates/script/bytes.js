// Bytes, taken apart: the bits and fields of a frame, the lines of an HTTP head, a dump of anything else.

const DUMP_WIDTH = 16; // bytes in a line of a dump
const OPCODES = { 0: "continuation", 1: "text", 2: "binary", 8: "Close", 9: "Ping", 10: "Pong" };
const CLOSE = 8;

/** Return hexadecimal as a list of numbers; what is none has no bytes. */
function bytes(hex = "") {
  const pairs = /^(?:[0-9a-f]{2})*$/.test(hex) ? (hex.match(/../g) ?? []) : [];
  return pairs.map((pair) => parseInt(pair, 16));
}

const hexOf = (values) => values.map((value) => value.toString(16).padStart(2, "0")).join(" ");

/** Return bytes as text: printable ASCII as it is, all else, the backslash included, as \xNN. */
function text(values) {
  const isPlain = (value) => value >= 0x20 && value < 0x7f && value !== 0x5c;
  return values.map((value) => (isPlain(value) ? String.fromCharCode(value) : `\\x${hexOf([value])}`)).join("");
}

/** Return part of a payload without its mask; `at` is its place in the payload. */
function unmasked(part, key, at = 0) {
  return key ? part.map((value, index) => value ^ key[(at + index) % 4]) : part;
}

/** Return what an event is made of, or null if it has no bytes. */
function anatomy(event) {
  const values = bytes(event.hex);
  if (!values.length) return null;
  const length = event.length ?? values.length;
  const tail = event.tail ? ` and the last ${event.tail.length / 2}` : "";
  return h(
    "div.anatomy",
    {},
    parts(event, values),
    h(
      "p.tools",
      {},
      several(length, "byte"),
      event.sha256 && [", sha256 ", h("code", {}, event.sha256)],
      values.length < length && `, of which the page has the first ${values.length}${tail}`,
      copier("copy hex", event.hex),
      copier("copy as Python", `bytes.fromhex("${event.hex}")`),
    ),
  );
}

function parts(event, values) {
  if (event.kind === "http") return headLines(values);
  if (event.frame) {
    const head = event.length - event.frame.len;
    const extended = head - 2 - (event.frame.masked ? 4 : 0);
    if ([0, 2, 8].includes(extended) && values.length >= head) return frameParts(event, values, extended);
  }
  return dump(values, 0, null, event);
}

/** Return the bits of the first two bytes of a frame, its other fields, and its payload; `extended` counts bytes. */
function frameParts(event, values, extended) {
  const { rsv, op, masked, len } = event.frame;
  const reserved = ["RSV1", "RSV2", "RSV3"].filter((_, index) => rsv & (4 >> index));
  const short = values[1] & 0x7f;
  const first = bits(1, "first byte", values[0], [
    ["FIN", 1, event.frame.fin ? "final" : "more"],
    ["RSV1", 1],
    ["RSV2", 1],
    ["RSV3", 1, `${reserved.join(", ") || "none"} set`, 3],
    ["opcode", 4, `${op} ${OPCODES[op] ?? "reserved"}`],
  ]);
  const second = bits(2, "second byte", values[1], [
    ["MASK", 1, masked ? "yes" : "no"],
    ["payload length", 7, extended ? `${short}: the next ${extended} bytes say` : String(short)],
  ]);

  let at = 2;
  const rows = [];
  const take = (name, colour, size, meaning) => {
    const part = values.slice(at, at + size);
    rows.push([String(at), name, h(`code.field-${colour}`, {}, hexOf(part)), meaning(part)]);
    at += size;
    return part;
  };
  if (extended) take("extended length", 3, extended, () => count(len));
  const key = masked ? take("masking key", 4, 4, () => "each byte of the payload is XORed with one of these") : null;
  const payload = values.slice(at);
  if (op === CLOSE && payload.length >= 2) {
    const [high, low, ...reason] = unmasked(payload, key);
    take("close code", 5, 2, () => String(high * 256 + low));
    if (reason.length) take("reason", 5, reason.length, () => text(reason));
  }
  return [
    h("div.bytes-2", {}, first, second),
    rows.length > 0 && table(["at", "field", "bytes", "meaning"], rows),
    at < values.length && dump(payload, at, key, event),
  ];
}

/** Return a byte bit by bit. A field has a name, a width, and, at the last of those it is told with, a meaning. */
function bits(colour, name, value, fields) {
  const row = [...value.toString(2).padStart(8, "0")];
  const told = fields.filter(([, , meaning]) => meaning);
  return h(
    "table.bits",
    {},
    h("caption", {}, `${name} `, h(`code.field-${colour}`, {}, hexOf([value]))),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        fields.map(([title, width]) => h("th", { scope: "col", colspan: width }, title)),
      ),
    ),
    h(
      "tbody",
      {},
      h(
        "tr",
        {},
        row.map((bit) => h(bit === "1" ? "td.set" : "td", {}, bit)),
      ),
      h(
        "tr",
        {},
        told.map(([, width, meaning, span]) => h("td", { colspan: span ?? width }, meaning)),
      ),
    ),
  );
}

/** Return bytes line by line, as sent and as text; `start` is their place in the event, `key` is taken off the text. */
function dump(values, start, key, event) {
  const tail = bytes(event.tail);
  const left = event.length - start - values.length - tail.length;
  const line = (part, at) => {
    return [String(at), h("code.field-5", {}, hexOf(part)), h("code", {}, text(unmasked(part, key, at - start)))];
  };
  const lines = (part, from) =>
    Array.from({ length: Math.ceil(part.length / DUMP_WIDTH) }, (_, index) =>
      line(part.slice(index * DUMP_WIDTH, (index + 1) * DUMP_WIDTH), from + index * DUMP_WIDTH),
    );
  return table(
    ["at", event.frame ? "payload" : "bytes", key ? "unmasked, as text" : "as text"],
    [
      ...lines(values, start),
      ...(left > 0 ? [["", `… ${several(left, "more byte")}`, ""]] : []),
      ...lines(tail, event.length - tail.length),
    ],
  );
}

/** Return a table of cells, the first of each row being a number. */
function table(titles, rows) {
  const row = (cells, name) =>
    h(
      "tr",
      {},
      cells.map((cell, index) => h(index ? name : `${name}.number`, {}, cell)),
    );
  const head = titles.map((title, index) => h(index ? "th" : "th.number", { scope: "col" }, title));
  return h(
    "div.scroll",
    {},
    h(
      "table.fields",
      {},
      h("thead", {}, h("tr", {}, head)),
      h(
        "tbody",
        {},
        rows.map((cells) => row(cells, "td")),
      ),
    ),
  );
}

/** Return an HTTP head line by line, with its line ends. */
function headLines(values) {
  const lines = text(values).split("\\x0d\\x0a");
  const rest = lines.pop();
  return h(
    "ol.head",
    {},
    lines.map((line) => h("li", {}, h("code", {}, line), h("code.quiet", {}, "\\r\\n"))),
    rest && h("li", {}, h("code", {}, rest)),
  );
}
