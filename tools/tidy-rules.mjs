// The repository's rules as functions over a tree: file name → text. Each finding says what is wrong, where,
// and what to do about it. tools/tidy.mjs reads the files; tools/tidy.test.mjs shows that each rule can fail.
import path from 'node:path';
import { importsOf, lineOf, scan } from './tidy-text.mjs';

export const LINES_MAX = 400;
export const LINES_TEST_MAX = 800;

const SOURCE = /\.(?:ts|tsx|mjs|js)$/;
const STYLE = /\.css$/;
const TEST = /\.(?:test|spec)\.(?:ts|tsx|mjs)$|(?:^|\/)test\//;
const GENERATED = /\.d\.ts$|(?:^|\/)generated\//;
const VAGUE = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'shared', 'stuff']);

/**
 * What only the rooms of the platform may name; the rest is handed a `platform`. Names that mean something in a
 * stream processor too (window, self, document) are left to tsc: tsconfig.portable.json declares none of them.
 */
const PLATFORM_NAMES = [
  [/\bDate\.now\b|\bnew Date\(\s*\)/g, 'platform.clock'],
  [/\bperformance\s*\./g, 'platform.clock'],
  [/\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame)\s*\(/g, 'platform.timers'],
  [/\bMath\.random\b|\bcrypto\s*\./g, 'platform.random'],
  [/\b(?:process|navigator|globalThis|localStorage|sessionStorage)\s*[.[]/g, 'the platform'],
  [/\b(?:indexedDB|caches)\b\s*\./g, 'platform storage'],
  [/\bnew\s+(?:Shared)?Worker\s*\(/g, 'platform spawning'],
  [/\bnew\s+(?:WebSocket|EventSource|BroadcastChannel|MessageChannel|XMLHttpRequest)\b/g, 'the platform'],
  [/\bfetch\s*\(/g, 'platform network'],
  [/\bnew\s+Function\s*\(|\beval\s*\(/g, 'the platform capability for generated code'],
];

/** All findings over a tree, sorted: `{ rule, file, line, message }`. */
export function checkTree(tree, layers) {
  const files = Object.entries(tree).map(([name, text]) => {
    const isSource = SOURCE.test(name);
    const { noComments, code } = isSource ? scan(text) : { noComments: '', code: '' };
    return {
      name,
      text,
      code,
      noComments,
      isSource,
      isTest: TEST.test(name),
      imports: isSource ? importsOf(noComments) : [],
    };
  });
  const sources = files.filter((file) => file.isSource);
  const findings = Object.entries(RULES).flatMap(([rule, check]) => {
    const found = check({ files, sources, layers, tree });
    return found.map((finding) => ({ rule, line: 1, ...finding }));
  });
  return findings.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

export const RULES = {
  direction: each(upward),
  door: each(besideTheDoor),
  'door-content': ({ sources, layers }) => sources.filter((file) => isDoor(file, layers)).flatMap(doorContent),
  cycle: cycles,
  room: unknownRooms,
  public: each(privateNames),
  platform: ({ sources, layers }) => sources.flatMap((file) => platformNames(file, layers)),
  length: ({ files }) => files.filter(({ name, isSource }) => isSource || STYLE.test(name)).flatMap(tooLong),
  name: ({ sources }) => sources.flatMap(badName),
  header: ({ sources }) => sources.flatMap(noHeader),
  'machine-path': ({ files }) => files.flatMap(machinePaths),
  open: ({ sources }) => sources.flatMap(leftOpen),
};

/** A rule over every import of product code: `(file, import, target, layers)`; target is a path or a package. */
function each(check) {
  return ({ sources, layers, tree }) =>
    sources.flatMap((file) =>
      file.imports.flatMap((entry) => {
        const found = check({ file, target: resolve(file.name, entry.specifier, tree), layers });
        return found ? [{ file: file.name, line: entry.line, message: found }] : [];
      }),
    );
}

function resolve(from, specifier, tree) {
  if (!specifier.startsWith('.')) return specifier;
  const base = path.posix.join(path.posix.dirname(from), specifier);
  return [base, `${base}.ts`, `${base}/index.ts`].find((name) => name in tree) ?? base;
}

/** The room of a file, with its row counted from the top; undefined outside every room. */
function roomOf(name, layers) {
  for (const [building, { rows }] of Object.entries(buildings(layers))) {
    for (const [row, rooms] of rows.entries()) {
      const room = rooms.find((prefix) => name === prefix || name.startsWith(`${prefix}/`));
      if (room) return { building, room, row };
    }
  }
  return undefined;
}

function buildings(layers) {
  return Object.fromEntries(Object.entries(layers).filter(([, value]) => Array.isArray(value.rows)));
}

function upward({ file, target, layers }) {
  if (file.isTest) return undefined;
  const from = roomOf(file.name, layers);
  if (!from) return undefined;
  const users = layers.shared?.[target];
  if (users) {
    if (users.some((user) => file.name.startsWith(`${user}/`))) return undefined;
    return `imports ${target}, which only ${users.join(' and ')} may; import it from there`;
  }
  const to = roomOf(target, layers);
  if (!to) {
    const inside = Object.values(buildings(layers)).some(({ roots }) =>
      roots.some((root) => target.startsWith(`${root}/`)),
    );
    if (inside || !/^[a-z-]+\/.*\.[a-z]+$/.test(target) || isPackage(target)) return undefined;
    return `imports ${target}, which is in no room; a room uses rooms below it and packages`;
  }
  if (from.building !== to.building)
    return `imports ${target} of another building; only the ABI is shared (layers.json)`;
  if (to.row >= from.row) return undefined;
  return `imports upward: ${from.room} stands below ${to.room}; move the shared part down, or hand it in from above`;
}

function isPackage(target) {
  return !target.startsWith('.') && !/^(?:host-ts|engine-as|worker|demo|bench|tools|test)\//.test(target);
}

function besideTheDoor({ file, target, layers }) {
  const from = roomOf(file.name, layers);
  const to = roomOf(target, layers);
  if (!from || !to || from.room === to.room || from.building !== to.building || file.isTest) return undefined;
  const { doors, severalDoors } = layers[to.building];
  if (!doors || severalDoors.includes(to.room) || target === `${to.room}/index.ts`) return undefined;
  return `enters ${to.room} beside its door; export the name from ${to.room}/index.ts and import that`;
}

function isDoor(file, layers) {
  const found = roomOf(file.name, layers);
  if (!found || !layers[found.building].doors || layers[found.building].severalDoors.includes(found.room)) return false;
  return found.room !== 'worker/src' && file.name === `${found.room}/index.ts`;
}

function doorContent(file) {
  const rest = file.code.replace(
    /\bexport\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*['"][^'"]*['"]\s*;?/g,
    '',
  );
  if (rest.trim() === '') return [];
  const line = lineOf(file.code, file.code.indexOf(rest.trim().split('\n')[0]));
  return [{ file: file.name, line, message: 'is a door and only re-exports; move the code into a file with a name' }];
}

/** Rooms of one row may use each other as long as no circle arises. */
function cycles({ sources, layers, tree }) {
  const edges = new Map(); // room → Map(room → the file and line that made the edge)
  for (const file of sources.filter((source) => !source.isTest)) {
    const from = roomOf(file.name, layers)?.room;
    for (const entry of from ? file.imports : []) {
      const to = roomOf(resolve(file.name, entry.specifier, tree), layers)?.room;
      if (!to || to === from) continue;
      if (!edges.has(from)) edges.set(from, new Map());
      if (!edges.get(from).has(to)) edges.get(from).set(to, { file: file.name, line: entry.line });
    }
  }
  const findings = [];
  const done = new Set();
  const visit = (room, trail) => {
    const at = trail.indexOf(room);
    if (at !== -1) {
      const circle = [...trail.slice(at), room];
      const place = edges.get(trail.at(-1)).get(room);
      findings.push({
        ...place,
        message: `closes a circle of rooms: ${circle.join(' → ')}; move what both need below them`,
      });
      return;
    }
    if (done.has(room)) return;
    for (const next of edges.get(room)?.keys() ?? []) visit(next, [...trail, room]);
    done.add(room);
  };
  for (const room of edges.keys()) visit(room, []);
  return findings;
}

function unknownRooms({ sources, layers }) {
  const roots = Object.values(buildings(layers)).flatMap((building) => building.roots);
  const seen = new Map();
  for (const file of sources) {
    const root = roots.find((prefix) => file.name.startsWith(`${prefix}/`));
    if (!root || roomOf(file.name, layers)) continue;
    const folder = file.name
      .split('/')
      .slice(0, root.split('/').length + 1)
      .join('/');
    if (!seen.has(folder)) seen.set(folder, file.name);
  }
  return [...seen].map(([room, file]) => ({
    file,
    message: `${room} is in no row of layers.json; give it its place there`,
  }));
}

function privateNames({ file, target, layers }) {
  const { folders, internal } = layers.publicOnly;
  if (!folders.some((folder) => file.name.startsWith(`${folder}/`))) return undefined;
  if (!internal.some((folder) => target.startsWith(`${folder}/`))) return undefined;
  return `imports ${target}; code outside the library uses its public names ('sluice', 'sluice/…')`;
}

function platformNames(file, layers) {
  const found = roomOf(file.name, layers);
  if (!found || found.building !== 'host' || file.isTest || layers.host.platform.includes(found.room)) return [];
  const findings = [];
  for (const [pattern, instead] of PLATFORM_NAMES) {
    for (const match of file.code.matchAll(pattern)) {
      if (isMember(file.code, match.index) || isDeclaration(file.code, match)) continue;
      const name = match[0].replace(/\s*[.([]$/, '');
      const message = `names ${name}; only adapters touch the platform: take ${instead} as a parameter`;
      findings.push({ file: file.name, line: lineOf(file.code, match.index), message });
    }
  }
  for (const entry of file.imports.filter(({ specifier }) => /^(?:node|cloudflare):/.test(specifier))) {
    const message = `imports ${entry.specifier}; only adapters touch the platform: take what you need as a parameter`;
    findings.push({ file: file.name, line: entry.line, message });
  }
  return findings;
}

/** `platform.fetch(…)` is a member, not the global; `...fetch(…)` is a spread of it. */
function isMember(code, index) {
  const before = code.slice(Math.max(0, index - 4), index);
  return /[\w$#]$|(?<!\.\.)\??\.\s*$/.test(before);
}

/** `fetch(url: string): Promise<…>` in an interface, or a method with a body, declares a name of its own. */
function isDeclaration(code, match) {
  if (!match[0].endsWith('(')) return false;
  const lineStart = code.lastIndexOf('\n', match.index) + 1;
  if (
    !/^\s*(?:(?:async|static|public|private|protected|override|readonly|function)\s+)*$/.test(
      code.slice(lineStart, match.index),
    )
  )
    return false;
  let depth = 0;
  for (let at = match.index + match[0].length - 1; at < code.length; at++) {
    if (code[at] === '(') depth++;
    if (code[at] === ')' && --depth === 0) return /^\)\s*[:{]/.test(code.slice(at));
  }
  return false;
}

function tooLong(file) {
  if (GENERATED.test(file.name)) return [];
  const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
  const max = file.isTest ? LINES_TEST_MAX : LINES_MAX;
  if (lines <= max) return [];
  return [
    {
      file: file.name,
      line: max + 1,
      message: `has ${lines} lines, at most ${max}; split it where a second subject begins`,
    },
  ];
}

function badName(file) {
  const parts = file.name.split('/');
  const stem = parts.at(-1).replace(/\.(?:d\.ts|(?:test|spec|config|bench|reference)\.\w+|\w+)$/, '');
  const vague = [...parts.slice(0, -1), stem].find((part) => VAGUE.has(part));
  if (vague) return [{ file: file.name, message: `is called ${vague}, which says nothing; name the concept it holds` }];
  if (/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(stem)) return [];
  return [{ file: file.name, message: 'is not in kebab-case; rename it (like-this.ts)' }];
}

function noHeader(file) {
  if (/^(?:#![^\n]*\n)?\s*(?:\/\/|\/\*)/.test(file.text) || GENERATED.test(file.name) || file.isTest) return [];
  return [
    { file: file.name, message: 'has no header; begin with a comment that says its purpose and its place in the flow' },
  ];
}

function machinePaths(file) {
  const match = /(?<![\w.:/*-])\/(?:root|home|Users|tmp|work)\/[\w.]/.exec(file.text);
  if (!match) return [];
  const message = 'names a path of one machine; build it from the repository root or os.tmpdir()';
  return [{ file: file.name, line: lineOf(file.text, match.index), message }];
}

function leftOpen(file) {
  const findings = [];
  const add = (index, message) => findings.push({ file: file.name, line: lineOf(file.text, index), message });
  for (const match of file.text.matchAll(/\/[/*].*\b(?:TODO|FIXME|XXX)\b/g)) {
    if (file.noComments[match.index] === ' ')
      add(match.index, 'leaves work open in a comment; do it, or open an issue');
  }
  for (const match of file.isTest ? file.code.matchAll(/\b(?:test|it|describe|suite)\.(?:only|todo)\s*\(/g) : []) {
    add(match.index, 'runs only part of a test file; take .only or .todo away');
  }
  return findings;
}
