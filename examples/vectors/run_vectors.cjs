// Runs those of wsspec's test vectors that are about frames against the receiver of npm's ws, which needs no socket:
// node run_vectors.cjs VECTORS.json [FOLDER WITH node_modules]. Exits with 1 if a vector fails. See docs/vectors.md.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');

const [path, folder = process.cwd()] = process.argv.slice(2);
const { PerMessageDeflate, Receiver } = createRequire(`${folder}/`)('ws');
const { blobs, requirements, vectors } = JSON.parse(readFileSync(path, 'utf8'));
const VERDICTS = ['pass', 'info', 'lenient', 'undecided', 'fail'];

// The receiver, what a WebSocket of ws makes of its events, and an application that sends back each message.
// `said` is what they did, in the words of patterns.
class Implementation {
  constructor({ role, negotiated }) {
    const isServer = role === 'server';
    const agreed = negotiated['permessage-deflate'];
    const deflate = new PerMessageDeflate({ isServer });
    deflate.params = agreed;
    this.said = [];
    this.open = true;
    this.receiver = new Receiver({ isServer, extensions: agreed ? { 'permessage-deflate': deflate } : {} });
    this.receiver.on('message', (payload, binary) => this.say({ is: 'message', type: binary ? 'binary' : 'text', payload }));
    this.receiver.on('ping', payload => this.say({ is: 'pong', payload }));
    this.receiver.on('conclude', (code, reason) => this.close(code === 1005 ? null : code, reason, isServer));
    this.receiver.on('error', error => this.close(closeCode(error), Buffer.alloc(0), isServer));
  }

  say(seen) {
    if (this.open) this.said.push(seen);
  }

  close(code, reason, isServer) {
    this.say({ is: 'close', code, reason });
    if (isServer) this.say({ is: 'ended' }); // a client waits for its server to end TCP
    this.open = false;
  }

  give(data) {
    return new Promise(resolve => (this.open ? this.receiver.write(data, () => setImmediate(resolve)) : resolve()));
  }
}

const closeCode = error => error[Object.getOwnPropertySymbols(error).find(each => each.description === 'status-code')];

const read = data => Buffer.concat(data.map(readPart));

function readPart(part) {
  if (typeof part === 'string') return Buffer.from(part, 'hex');
  if (part.is === 'repeat') return Buffer.concat(Array(part.times).fill(readPart(part.hex)));
  const mask = readPart(part.mask ?? '00000000');
  return read(blobs[part.blob]).subarray(part.start, part.start + part.length).map((byte, i) => byte ^ mask[i % 4]);
}

function fits(pattern, seen) {
  return pattern.is === seen.is
    && ['payload', 'reason'].every(name => pattern[name] === undefined || read(pattern[name]).equals(seen[name]))
    && (pattern.type ?? seen.type) === seen.type
    && (!pattern.codes || pattern.codes.includes(seen.code) !== (pattern.negated ?? false));
}

// Returns the reaction that is taken, undefined if none is.
function expect({ reactions, forbids = [] }, said, hasEnded) {
  for (let left = reactions, place = 0, over = false; left.length > 0;) {
    const seen = said.shift() ?? { is: hasEnded && !over ? 'ended' : 'quiet' }; // an end that came before still holds
    over ||= seen.is === 'ended';
    const fitting = left.filter(({ patterns }) => fits(patterns[place], seen));
    if (fitting.length === 0 && seen.is === 'pong' && !forbids.some(each => fits(each, seen))) continue;
    [left, place] = [fitting, place + 1];
    const taken = left.find(({ patterns }) => patterns.length === place);
    if (taken) return taken;
  }
}

async function play(vector) {
  const side = new Implementation(vector);
  const departed = [];
  for (const step of vector.steps) {
    if (step.do === 'send') await side.give(read(step.bytes));
    if (step.do !== 'expect') continue; // the receiver has no say in how TCP ends
    const taken = expect(step, side.said, vector.role === 'server' && !side.open);
    if (!taken && step.precondition) return 'undecided';
    departed.push(...(taken ? taken.departs_from ?? [] : step.about ?? vector.requirements));
    if (!taken) break;
  }
  if (side.said.some(({ is }) => is === 'message')) departed.push(...vector.requirements);
  return VERDICTS[Math.max(0, ...departed.map(id => VERDICTS.indexOf(requirements[id].grade)))];
}

(async () => {
  const table = {};
  for (const vector of vectors.filter(({ kind }) => kind === 'frames')) {
    const verdict = await play(vector);
    const counts = (table[`${vector.role} ${vector.id.split('/')[0]}`] ??= Object.fromEntries(VERDICTS.map(v => [v, 0])));
    counts[verdict] += 1;
    if (verdict === 'fail') console.log(`FAIL ${vector.role} ${vector.id}`);
    if (verdict === 'fail') process.exitCode = 1;
  }
  console.table(table);
})();
