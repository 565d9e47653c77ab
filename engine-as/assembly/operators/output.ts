// OP_OUTPUT: the end of a chain: all rows become frames for the host, on channel 0.
import { exchangeStartWhole } from "../exchange/index";

/** The batch is borrowed until the exchange has taken it (exchangeStep says DONE). */
export function outputPush(exchange: usize, batch: usize): void {
  exchangeStartWhole(exchange, batch);
}
