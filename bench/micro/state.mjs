// Keyed state: pages beside a flat table, and the window operator on the shapes of the two flight jobs.
//   node bench/micro/state.mjs [--json] [--tiny] [--only=tables|windows|distinct]
// Tables: counts of random i64 keys, 1 k to 10 M of them, keys already known; variants alternate within a round and
// the median of short pieces is printed. Windows: frames in memory → results drained, one instance, hashing and emission included.
// Distinct: exact counts of many shapes, keys × values at random, in one slice and over 24 slices that run on.
const { compileEntry, encodeFrame, instantiate, WindowUnderTest } = await import(
  new URL('../../host-ts/test/engine/window-harness.ts', import.meta.url).href
);

const tiny = process.argv.includes('--tiny');
const only = process.argv.find((arg) => arg.startsWith('--only='))?.slice(7);
const ROUNDS = tiny ? 1 : 5;
/** Updates per timed piece: short, so that another process seldom interrupts one. */
const PIECE = 8192;
const HOUR = 3_600_000;
const AIRPORTS = 150;
let hash = 0;

if (only === undefined || only === 'tables')
  for (const keys of tiny
    ? [1000]
    : (process.env.KEYS?.split(',').map(Number) ?? [1000, 100_000, 1_000_000, 10_000_000]))
    tables(keys);
if (only === undefined || only === 'windows') windows();
if (only === undefined || only === 'distinct') distinct();
print('state/hash', hash >>> 0, 'hash');

function print(name, value, unit) {
  const rounded = unit === 'hash' ? value : Number(value.toPrecision(4));
  console.log(
    process.argv.includes('--json') ? JSON.stringify({ name, value: rounded, unit }) : `${name}\t${rounded}\t${unit}`,
  );
}

function mixIn(value) {
  hash = (Math.imul(hash, 31) + Number(value)) | 0;
}

/** mulberry32 as a 32-bit step function. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

function tables(keyCount) {
  const module = compileEntry('engine-as/assembly/state/harness.ts');
  const updates = tiny ? 10_000 : 1 << 21;
  const random = randomOf(keyCount);
  const forms = ['pages', 'flat'].map((form) => {
    const e = instantiate(module);
    const room = e.alloc(Math.max(updates, keyCount) * 8);
    const update = e[`${form}Update`];
    const view = new BigInt64Array(e.memory.buffer, room, keyCount);
    for (let i = 0; i < keyCount; i++) view[i] = BigInt(i) * 2654435761n;
    // a random order, so that growth is not helped by neighbours
    for (let i = keyCount - 1; i > 0; i--) {
      const j = random() % (i + 1);
      const kept = view[i];
      view[i] = view[j];
      view[j] = kept;
    }
    const start = performance.now();
    if (!update(room, keyCount)) throw new Error('update failed');
    return { form, e, room, update, insertMs: performance.now() - start, times: [] };
  });
  for (const { e, room, update } of forms) {
    const view = new BigInt64Array(e.memory.buffer, room, updates);
    for (let i = 0; i < updates; i++) view[i] = BigInt(random() % keyCount) * 2654435761n;
    if (!update(room, updates)) throw new Error('update failed');
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (let from = 0; from + PIECE <= updates; from += PIECE) {
      for (const { room, update, times } of forms) {
        const start = performance.now();
        if (!update(room + from * 8, PIECE)) throw new Error('update failed');
        times.push(performance.now() - start);
      }
    }
  }
  for (const { form, e, insertMs, times } of forms) {
    const median = times.sort((a, b) => a - b)[times.length >> 1];
    mixIn(e[`${form}Keys`]());
    print(`state/update/${keyCount}-keys/${form}`, PIECE / median / 1000, 'M updates/s');
    print(`state/insert/${keyCount}-keys/${form}`, keyCount / insertMs / 1000, 'M keys/s');
    print(`state/bytes-per-key/${keyCount}-keys/${form}`, e[`${form}Bytes`]() / keyCount, 'B');
  }
}

/** A frame of [timestamp date, i64 delay, utf8 origin, utf8 destination, bool late], dictionaries included. */
function frameOf(rows, salt) {
  const n = rows.times.length;
  const align = (x) => (x + 15) & ~15;
  const dictOffsets = Int32Array.from({ length: AIRPORTS + 1 }, (_, i) => 3 * i);
  const dictBytes = Buffer.from(Array.from({ length: AIRPORTS }, (_, i) => codeOf(i)).join(''));
  const late = new Uint8Array((n + 7) >> 3);
  for (let i = 0; i < n; i++) if (rows.delays[i] > 15n) late[i >> 3] |= 1 << (i & 7);
  const blocks = [
    rows.times,
    rows.delays,
    rows.origins,
    dictOffsets,
    dictBytes,
    rows.destinations,
    dictOffsets,
    dictBytes,
    late,
  ];
  let end = 64 + 48 * 5;
  const at = blocks.map((block) => {
    const from = end;
    end = align(end + block.byteLength);
    return from;
  });
  const frame = new Uint8Array(end);
  const view = new DataView(frame.buffer);
  blocks.forEach((block, i) => frame.set(new Uint8Array(block.buffer, block.byteOffset, block.byteLength), at[i]));
  const u32 = (offset, value) => view.setUint32(offset, value, true);
  for (const [at, value] of [
    [0, 0x31464c53],
    [4, end],
    [8, n],
    [12, 5],
    [32, 5],
    [36, 1],
    [48, 0],
  ])
    u32(at, value);
  view.setBigInt64(16, rows.times[0], true);
  view.setBigInt64(24, rows.times[n - 1], true);
  const fixed = (c, type, block) => {
    view.setUint8(64 + 48 * c, type);
    u32(64 + 48 * c + 8, at[block]);
    u32(64 + 48 * c + 12, blocks[block].byteLength);
  };
  for (const [c, type, block] of [
    [0, 5, 0],
    [1, 3, 1],
    [2, 6, 2],
    [3, 6, 5],
    [4, 1, 8],
  ])
    fixed(c, type, block);
  for (const [c, block] of [
    [2, 3],
    [3, 6],
  ]) {
    const e = 64 + 48 * c;
    view.setUint8(e + 1, 1);
    u32(e + 24, at[block]);
    u32(e + 28, AIRPORTS);
    u32(e + 32, at[block + 1]);
    u32(e + 36, dictBytes.length);
    view.setBigUint64(e + 40, 0x1234_5678_9abcn + BigInt(salt), true);
  }
  return frame;
}

function codeOf(i) {
  return String.fromCharCode(65 + (i % 26), 65 + (Math.floor(i / 26) % 26), 65 + ((i * 7) % 26));
}

/** Rows in order of time, about 342 an hour, airports by a skewed law. */
function flights(count) {
  const random = randomOf(2001);
  const airport = () => Math.floor(AIRPORTS * (random() / 2 ** 32) ** 2.6);
  const frames = [];
  let time = 978_307_200_000;
  for (let done = 0; done < count; done += 4096) {
    const n = Math.min(4096, count - done);
    const rows = {
      times: new BigInt64Array(n),
      delays: new BigInt64Array(n),
      origins: new Int32Array(n),
      destinations: new Int32Array(n),
    };
    for (let i = 0; i < n; i++) {
      time += random() % 21_053;
      rows.times[i] = BigInt(time);
      rows.delays[i] = BigInt(random() % 5 === 0 ? 16 + (random() % 200) : (random() % 36) - 20);
      rows.origins[i] = airport();
      rows.destinations[i] = airport();
    }
    const selected = [];
    for (let i = 0; i < n; i++) if (rows.delays[i] > 15n) selected.push(i);
    frames.push({ rows, selected, end: rows.times[n - 1] });
  }
  return frames;
}

function windows() {
  const module = compileEntry('engine-as/assembly/operators/window-harness.ts');
  const count = tiny ? 20_000 : 3_000_000;
  const data = flights(count);
  const types = ['timestamp', 'i64', 'utf8', 'utf8', 'bool'];
  const late = {
    types,
    keys: [2],
    time: 0,
    size: HOUR,
    slide: HOUR,
    aggregates: [
      { fn: 'count', column: -1 },
      { fn: 'max', column: 1 },
    ],
  };
  const routes = {
    types,
    keys: [3],
    time: 0,
    size: 24 * HOUR,
    slide: HOUR,
    aggregates: [
      { fn: 'count', column: -1 },
      { fn: 'count', column: -1, filter: 4 },
      { fn: 'avg', column: 1 },
      { fn: 'distinct', column: 2 },
    ],
  };
  const shapes = [
    { name: 'late-flights', plan: late, select: true, fresh: false, mergeOnly: false },
    { name: 'late-flights/dictionary-per-frame', plan: late, select: true, fresh: true, mergeOnly: false },
    { name: 'route-delays', plan: routes, select: false, fresh: false, mergeOnly: false },
    { name: 'route-delays/dictionary-per-frame', plan: routes, select: false, fresh: true, mergeOnly: false },
    { name: 'route-delays/merge-each-fire', plan: routes, select: false, fresh: false, mergeOnly: true },
  ];
  const results = shapes.map(() => []);
  let rows = [];
  for (let round = 0; round < (tiny ? 1 : 3); round++) {
    rows = shapes.map(({ plan, select, fresh, mergeOnly }, i) => {
      const { ms, out } = runWindows(module, plan, data, { select, fresh, mergeOnly });
      results[i].push(ms);
      return out;
    });
  }
  shapes.forEach(({ name }, i) => {
    mixIn(rows[i]);
    const median = results[i].sort((a, b) => a - b)[results[i].length >> 1];
    print(`state/windows/${name}`, count / median / 1000, 'M rows/s');
    print(`state/windows/${name}/results`, rows[i], 'rows');
  });
}

function runWindows(module, plan, data, { select, fresh, mergeOnly }) {
  const e = instantiate(module);
  const window = new WindowUnderTest(e, plan);
  if (mergeOnly) e.mergeOnly(window.op);
  const frames = data.map(({ rows, selected, end }, index) => {
    const bytes = frameOf(rows, fresh ? index : 0);
    const at = e.alloc(bytes.length);
    const sel = select ? e.alloc(selected.length * 2) : 0;
    new Uint8Array(e.memory.buffer).set(bytes, at);
    if (select) new Uint16Array(e.memory.buffer, sel, selected.length).set(selected);
    return { at, sel, selected: selected.length, end };
  });
  let out = 0;
  const start = performance.now();
  for (const { at, sel, selected, end } of frames) {
    if (e.push(window.op, at, sel, selected) !== 0) throw new Error(`push: error ${e.errorCode()}`);
    if (e.windowWatermark(window.op, end - BigInt(HOUR)) !== 0) out += e.drain(window.op);
  }
  if (e.windowWatermark(window.op, 2n ** 63n - 1n) !== 0) out += e.drain(window.op);
  return { ms: performance.now() - start, out };
}

function distinct() {
  const module = compileEntry('engine-as/assembly/operators/window-harness.ts');
  const count = tiny ? 8192 : 1 << 20;
  for (const type of ['i64', 'utf8']) {
    for (const [keys, values] of [
      [1, 100],
      [1, 1_000_000],
      [300, 300],
      [30_000, 100],
      [100_000, 1_000_000],
    ]) {
      const random = randomOf(keys + values);
      const frames = [];
      for (let done = 0; done < count; done += 4096) {
        const rows = Array.from({ length: 4096 }, (_, row) => [done + row, random() % keys, random() % values]);
        const texts = rows.map(([, , value]) => (type === 'utf8' ? `value ${value}` : BigInt(value)));
        const times = rows.map(([at]) => BigInt(at));
        const keyValues = rows.map(([, key]) => BigInt(key));
        const columns = [
          { type: 'timestamp', values: times },
          { type: 'i64', values: keyValues },
          { type, values: texts },
        ];
        frames.push({ bytes: encodeFrame(columns, { timed: 0 }), end: times[4095] });
      }
      for (const [form, size, slide] of [
        ['one-slice', count, count],
        ['24-slices', 24 * 4096, 4096],
      ]) {
        const aggregates = [
          { fn: 'count', column: -1 },
          { fn: 'distinct', column: 2 },
        ];
        const plan = { types: ['timestamp', 'i64', type], keys: [1], time: 0, size, slide, aggregates };
        const runs = Array.from({ length: tiny ? 1 : 3 }, () => runDistinct(module, plan, frames));
        runs.sort((a, b) => a.ms - b.ms);
        const { ms, bytes, out } = runs[runs.length >> 1];
        const name = `state/distinct/${type}/${keys}-keys-${values}-values/${form}`;
        mixIn(out);
        print(name, count / ms / 1000, 'M rows/s');
        print(`${name}/bytes`, bytes, 'B');
      }
    }
  }
}

/** Milliseconds, most bytes of state, rows of results. */
function runDistinct(module, plan, frames) {
  const e = instantiate(module);
  const window = new WindowUnderTest(e, plan);
  const placed = frames.map(({ bytes, end }) => {
    const at = e.alloc(bytes.length);
    new Uint8Array(e.memory.buffer).set(bytes, at);
    return { at, end };
  });
  let out = 0;
  let bytes = 0;
  const start = performance.now();
  for (const { at, end } of placed) {
    if (e.push(window.op, at, 0, 0) !== 0) throw new Error(`push: error ${e.errorCode()}`);
    bytes = Math.max(bytes, window.counter(3));
    if (e.windowWatermark(window.op, end) !== 0) out += e.drain(window.op);
  }
  if (e.windowWatermark(window.op, 2n ** 63n - 1n) !== 0) out += e.drain(window.op);
  return { ms: performance.now() - start, bytes, out };
}
