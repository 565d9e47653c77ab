/** Chains: order, stopping without credit, going on exactly there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlayedSender, PlayedStage, frameOf } from '../../test/slot/played-channels.ts';
import { ChainOutput } from './chain-output.ts';
import { Chain } from './chain.ts';
import type { Work } from './chain.ts';
import type { StageRunner } from './stage.ts';
import { WATERMARK_NONE } from './times.ts';

function chainOf(stages: readonly StageRunner[], senders: readonly PlayedSender[]): Chain {
  const late = { exchange: [], forward: [], sinks: [] };
  const output = new ChainOutput({ exchange: [], forward: senders, sinks: [] }, late, 1);
  return new Chain(stages, output, WATERMARK_NONE);
}

/** Does the work, giving every sender one packet of credit whenever it stops; how often it stopped. */
function throughWithLittleCredit(chain: Chain, work: Work, senders: readonly PlayedSender[]): number {
  chain.begin(work);
  for (let stops = 0; ; stops++) {
    if (chain.advance()) return stops;
    assert.ok(stops < 1_000, 'the work never ends');
    const starved = senders.find((sender) => sender.credit === 0);
    assert.ok(starved !== undefined, 'it stopped although there was credit');
    starved.credit += 1;
  }
}

/** Each byte becomes itself and the next one; a watermark fires two frames, a flush gives one. */
const doubling = (): PlayedStage =>
  new PlayedStage((call, byte) => {
    if (call === 'push') return [frameOf(byte), frameOf(byte + 1)];
    return call === 'watermark' ? [frameOf(100), frameOf(101)] : [frameOf(50)];
  });

const works: Readonly<Record<string, (chain: Chain) => Work>> = {
  'a frame': (chain) => chain.frame(frameOf(1)),
  'a watermark': (chain) => chain.raise(7n),
  idleness: (chain) => chain.idle(),
  'a barrier': (chain) => chain.barrier(3, () => undefined),
};

for (const [what, work] of Object.entries(works)) {
  test(`${what} is delivered alike with plenty of credit and with hardly any`, () => {
    const plenty = [new PlayedSender(), new PlayedSender()];
    const rich = chainOf([doubling(), doubling()], plenty);
    rich.begin(work(rich));
    assert.equal(rich.advance(), true);
    const scarce = [new PlayedSender(0), new PlayedSender(0)];
    const poor = chainOf([doubling(), doubling()], scarce);
    const stops = throughWithLittleCredit(poor, work(poor), scarce);
    assert.ok(plenty[0]!.sent.length >= 3);
    assert.ok(stops >= plenty[0]!.sent.length * 2, 'it stopped before every packet');
    for (const [index, sender] of scarce.entries()) assert.deepEqual(sender.sent, plenty[index]?.sent);
  });
}

test('a frame goes through all stages, depth first', () => {
  const sender = new PlayedSender();
  const chain = chainOf([doubling(), doubling()], [sender]);
  chain.begin(chain.frame(frameOf(1)));
  assert.equal(chain.advance(), true);
  assert.deepEqual(sender.sent, ['frame 1', 'frame 2', 'frame 2', 'frame 3']);
});

test('a watermark leaves behind everything that it fires, and never twice or backwards', () => {
  const sender = new PlayedSender();
  const chain = chainOf([doubling()], [sender]);
  for (const watermark of [7n, 7n, 6n]) {
    chain.begin(chain.raise(watermark));
    assert.equal(chain.advance(), true);
  }
  assert.deepEqual(sender.sent, ['frame 100', 'frame 101', 'frame 50', 'watermark 7']);
  assert.equal(chain.watermark, 7n);
});

test('state is frozen behind everything before the barrier, and before the barrier leaves', () => {
  const sender = new PlayedSender();
  const chain = chainOf([doubling()], [sender]);
  chain.begin(chain.barrier(3, () => sender.sent.push('frozen')));
  assert.equal(chain.advance(), true);
  assert.deepEqual(sender.sent, ['frame 50', 'frozen', 'barrier 3']);
});

test('late rows pass by the stages behind the one that found them', () => {
  const main = new PlayedSender();
  const late = new PlayedSender();
  const first = new PlayedStage(() => [frameOf(1), frameOf(9, { late: true })]);
  const second = doubling();
  const output = new ChainOutput(
    { exchange: [], forward: [main], sinks: [] },
    { exchange: [], forward: [late], sinks: [] },
    1,
  );
  const chain = new Chain([first, second], output, WATERMARK_NONE);
  chain.begin(chain.frame(frameOf(0)));
  assert.equal(chain.advance(), true);
  assert.deepEqual(second.calls, ['push 1']);
  assert.deepEqual(late.sent, ['frame 9']);
});

test('a chain does one piece of work at a time', () => {
  const chain = chainOf([], [new PlayedSender(0)]);
  assert.equal(chain.advance(), true, 'nothing to do is done');
  chain.begin(chain.frame(frameOf(1)));
  assert.equal(chain.advance(), false);
  assert.equal(chain.busy, true);
  assert.throws(() => chain.begin(chain.idle()), { code: 'BUG' });
});
