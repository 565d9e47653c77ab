// The tiny job of the package tests: orders per customer in windows of ten seconds. Copied into a project that
// knows Sluice only as an installed package.
import { col, count, i64, input, job, max, seconds, timestamp, tumble, utf8 } from 'sluice';
import { rows } from 'sluice/connectors';

const orders = input('orders', { at: timestamp(), customer: utf8(), amount: i64() });

export default job('orders', (env) =>
  env
    .source(orders)
    .watermarks({ column: 'at', outOfOrder: seconds(1) })
    .filter(col('amount').gt(0))
    .keyBy('customer')
    .window(tumble(seconds(10)))
    .aggregate({ orders: count(), largest: max('amount') })
    .sink(env.table('orders', { key: ['customer', 'window_start'] })),
);

export const inputs = () => ({
  orders: rows([
    [
      { at: 1_000, customer: 'ada', amount: 3 },
      { at: 2_000, customer: 'grete', amount: 5 },
      { at: 3_000, customer: 'ada', amount: 7 },
    ],
    [
      { at: 4_000, customer: 'ada', amount: -1 },
      { at: 12_000, customer: 'ada', amount: 2 },
    ],
  ]),
});

/** What the table holds at the end, as text: customer, window start, orders, largest. */
export async function finish(handle) {
  await handle.done;
  const found = await handle.table('orders').scan();
  return found.map((row) => [row.customer, Number(row.window_start), row.orders, row.largest].join(' ')).join(' · ');
}
