/** Which values are given up: when, which ones first, and how many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CARRY_LIMITS, valuesToGiveUp } from './carry-plan.ts';
import type { CarryLimits, ValueUse } from './carry-plan.ts';

const LIMITS: CarryLimits = { storedPerLive: 3, storedBytesMin: 0, givenUpBytesMax: 1_000_000 };
const use = (value: string, liveBytes: number, bytes = 1_000): ValueUse => ({ value, bytes, liveBytes });
const stored = (uses: readonly ValueUse[]): number => uses.reduce((sum, { bytes }) => sum + bytes, 0);
const live = (uses: readonly ValueUse[]): number => uses.reduce((sum, { liveBytes }) => sum + liveBytes, 0);

/** What is stored when the values were given up. */
function after(uses: readonly ValueUse[], given: readonly string[]): number {
  const carried = uses.filter(({ value }) => given.includes(value));
  return stored(uses) - stored(carried) + live(carried);
}

test('nothing is given up as long as what is stored is in proportion, or little', () => {
  const sparse = [use('a', 10), use('b', 10), use('c', 10)];
  assert.deepEqual(valuesToGiveUp([], LIMITS, 0), []);
  assert.deepEqual(valuesToGiveUp([use('a', 1_000), use('b', 0), use('c', 0)], LIMITS, 0), [], 'just at the factor');
  assert.deepEqual(valuesToGiveUp(sparse, { ...LIMITS, storedBytesMin: 3_000 }, 0), []);
  assert.deepEqual(valuesToGiveUp(sparse, CARRY_LIMITS, 0), [], "a few kilobytes are nobody's concern");
  assert.notDeepEqual(valuesToGiveUp(sparse, { ...LIMITS, storedBytesMin: 2_999 }, 0), []);
});

test('the sparsest go first, whatever their sizes, and no more than needed', () => {
  const uses = [use('dense', 900), use('half', 500), use('thin', 40), use('thinner', 30), use('small', 4, 200)];
  const given = valuesToGiveUp([...uses, use('thinnest', 10)], { ...LIMITS, storedPerLive: 2.1 }, 0);
  assert.deepEqual(given, ['thinnest', 'small', 'thinner']);
  assert.deepEqual(valuesToGiveUp(uses.toReversed(), { ...LIMITS, storedPerLive: 2.1 }, 0), ['small', 'thinner']);
});

test('equally sparse ones go in the order of their names: the same state, the same choice', () => {
  const uses = ['c', 'a', 'd', 'b'].map((name) => use(name, 200));
  assert.deepEqual(valuesToGiveUp(uses, LIMITS, 0), ['a', 'b']);
});

test('values that are full are never given up', () => {
  const uses = [use('full', 1_000), use('too', 1_000)];
  assert.deepEqual(valuesToGiveUp(uses, { ...LIMITS, storedPerLive: 0.5 }, 0), []);
});

test('an epoch gives up no more than its bound, or what its own bytes leave behind', () => {
  const uses = Array.from({ length: 50 }, (_, at) => use(`v${String(at).padStart(2, '0')}`, 100));
  const bound = { ...LIMITS, givenUpBytesMax: 4_000 };
  assert.equal(valuesToGiveUp(uses, bound, 0).length, 4);
  assert.equal(valuesToGiveUp(uses, { ...bound, givenUpBytesMax: 4_001 }, 0).length, 5, 'whole values');
  assert.equal(valuesToGiveUp(uses, bound, 6_000).length, 9, '6,000 bytes make 6,000 useless: 9 × 1,000 × 2/3');
});

test('whatever the values are: the bound holds afterwards, and what is carried is at most its share', () => {
  let state = 1;
  const below = (bound: number): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1) % bound;
  for (let round = 0; round < 500; round++) {
    const uses = Array.from({ length: 1 + below(60) }, (_, at) => {
      const bytes = 1 + below(5_000);
      return use(`v${at}`, 1 + below(below(3) === 0 ? bytes : Math.ceil(bytes / 10)), bytes);
    });
    const given = valuesToGiveUp(uses, { ...LIMITS, givenUpBytesMax: Number.MAX_VALUE }, 0);
    const carried = uses.filter(({ value }) => given.includes(value));
    assert.ok(after(uses, given) <= LIMITS.storedPerLive * live(uses), `round ${round}`);
    assert.ok(live(carried) * LIMITS.storedPerLive <= stored(carried), `round ${round}: more live bytes than a third`);
    assert.equal(new Set(given).size, given.length);
  }
});

test('in the long run: each epoch writes what was live, and the bound holds after every one', () => {
  const page = 10;
  const count = 400;
  const where = new Map<number, string>();
  const sizes = new Map<string, number>();
  let random = 7;
  const below = (bound: number): number => (random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 1) % bound;
  for (let epoch = 1; epoch <= 1_000; epoch++) {
    const dirty = new Set(epoch === 1 ? Array.from({ length: count }, (_, at) => at) : [below(count)]);
    for (let hot = 0; hot < 40; hot++) dirty.add(hot);
    for (const one of dirty) where.set(one, `e${epoch}`);
    sizes.set(`e${epoch}`, dirty.size * page);
    const lives = Map.groupBy(where.values(), (value) => value);
    const uses = [...lives].map(([value, pages]) => use(value, pages.length * page, sizes.get(value)));
    const given = valuesToGiveUp(uses, { ...LIMITS, givenUpBytesMax: 0 }, dirty.size * page);
    assert.ok(after(uses, given) <= 3 * count * page, `epoch ${epoch}: ${after(uses, given)}`);
    const carried = [...where].filter(([, value]) => given.includes(value));
    for (const [one] of carried) where.set(one, `e${epoch}c`);
    sizes.set(`e${epoch}c`, carried.length * page);
  }
});
