// Driving an exchange: a batch goes in, closed frames come out one at a time.
//
// exchangeStart notes the batch, exchangeStep works until a frame closes (STATUS_OUTPUT) or the
// batch is taken (STATUS_DONE); the batch and the lists are borrowed until then. exchangeFlush
// closes one open frame per call.
import { STATUS_DONE, STATUS_ERROR, STATUS_OUTPUT } from "../../abi";
import { Batch } from "../batch/index";
import { appendRows, rowsThatFit } from "./append";
import { closeFrame } from "./close";
import {
  channelAt,
  Exchange,
  hasOpenRows,
  LAYOUT_FITS,
  LAYOUT_NEW,
  layoutChange,
  layoutExtend,
  layoutFor,
} from "./exchange";

/** The rows of channel c are lists[starts[c] … starts[c + 1]); u16 and i32[channelCount + 1]. */
export function exchangeStart(exchange: usize, batch: usize, lists: usize, starts: usize): void {
  const e = changetype<Exchange>(exchange);
  e.batch = batch;
  e.lists = lists;
  e.starts = starts;
  e.channel = 0;
  e.done = 0;
  e.change = layoutChange(e, batch);
}

/** All selected rows of the batch go to channel 0. */
export function exchangeStartWhole(exchange: usize, batch: usize): void {
  const e = changetype<Exchange>(exchange);
  const b = changetype<Batch>(batch);
  e.wholeFrom = 0;
  e.wholeTo = b.selected;
  exchangeStart(exchange, batch, b.sel, exchange + offsetof<Exchange>("wholeFrom"));
}

/** Goes on with the batch; STATUS_OUTPUT, STATUS_DONE, or an error of memory or of a row's size. */
export function exchangeStep(exchange: usize): i32 {
  const e = changetype<Exchange>(exchange);
  if (e.change != LAYOUT_FITS) {
    if (e.change == LAYOUT_NEW && hasOpenRows(e)) return exchangeFlush(exchange);
    const changed = e.change == LAYOUT_NEW ? layoutFor(e, e.batch) : layoutExtend(e, e.batch);
    if (!changed) return STATUS_ERROR;
    e.change = LAYOUT_FITS;
  }
  while (e.channel < e.channelCount) {
    const start = load<i32>(e.starts + ((<usize>e.channel) << 2)) + e.done;
    const left = load<i32>(e.starts + ((<usize>(e.channel + 1)) << 2)) - start;
    if (left <= 0) {
      e.channel++;
      e.done = 0;
      continue;
    }
    const channel = channelAt(e, e.channel);
    const list: usize = e.lists == 0 ? 0 : e.lists + ((<usize>start) << 1);
    const count = rowsThatFit(e, channel, list, start, left);
    if (count < 0 || !appendRows(e, channel, list, start, count)) return STATUS_ERROR;
    e.done += count;
    if (channel.rows >= e.rowLimit || channel.plainBytes >= e.plainBytesMax) {
      return closeFrame(e, e.channel) ? STATUS_OUTPUT : STATUS_ERROR;
    }
  }
  return STATUS_DONE;
}

/** Closes the next open frame: STATUS_OUTPUT, or STATUS_DONE when none is left. */
export function exchangeFlush(exchange: usize): i32 {
  const e = changetype<Exchange>(exchange);
  for (let index = 0; index < e.channelCount; index++) {
    if (channelAt(e, index).rows == 0) continue;
    return closeFrame(e, index) ? STATUS_OUTPUT : STATUS_ERROR;
  }
  return STATUS_DONE;
}

export function exchangeOutPtr(exchange: usize): usize {
  const e = changetype<Exchange>(exchange);
  return e.out < 0 ? 0 : channelAt(e, e.out).frame;
}

export function exchangeOutBytes(exchange: usize): i32 {
  return changetype<Exchange>(exchange).outBytes;
}

export function exchangeOutRows(exchange: usize): i32 {
  return changetype<Exchange>(exchange).outRows;
}

export function exchangeOutChannel(exchange: usize): i32 {
  return changetype<Exchange>(exchange).out;
}
