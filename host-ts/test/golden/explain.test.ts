// The texts of explain() for both demo jobs, word by word: what is read, what crosses the exchange, what is
// native. After a wanted change: UPDATE_GOLDEN=1 node --test host-ts/test/golden/explain.test.ts
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import './public-names.ts';
import { buildJob, findJob } from '../../src/api/index.ts';
import { explain, isWhollyNative } from '../../src/plan/index.ts';

for (const name of ['late-flights', 'route-delays']) {
  test(`${name} is planned as its golden text says, wholly native`, async () => {
    const { graph, plan, inputs } = buildJob(findJob(await import(`../../../demo/jobs/${name}.ts`), name));
    assert.ok(isWhollyNative(graph));
    assert.deepEqual(
      inputs.map((input) => [input.name, Object.keys(input.schema).length, input.timeColumn]),
      [['flights', 5, 'date']],
    );
    const file = new URL(`${name}.explain.txt`, import.meta.url);
    const text = `${explain(graph, plan)}\n`;
    if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(file, text);
    assert.equal(text, readFileSync(file, 'utf8'));
  });
}
