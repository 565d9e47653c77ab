// OP_PARTITION: rows go to the channel that owns their key group.
//
// The key columns are hashed, the top bits of the hash are the key group, a table maps it to a
// channel. Then the row numbers are sorted by channel: for few channels by one pass per channel
// that compresses eight row numbers at a time, for many by counting. The exchange gathers by list.
import { FRAME_ROWS_MAX, STATUS_DONE, STATUS_ERROR } from "../../abi";
import { Batch, columnAt } from "../batch/index";
import { exchangeStart, exchangeStartWhole } from "../exchange/index";
import { compressPattern } from "../kernels/compress";
import { hashColumn } from "../kernels/hash";
import { blockAlloc, blockFree } from "../memory/index";


@unmanaged
class Partition {
  /** i32[keyCount], in the plan. */
  keys: usize;
  keyCount: i32;
  keyGroupsLog2: i32;
  channelCount: i32;
  /** u8[1 << keyGroupsLog2]: channel of each key group. */
  channelOfGroup: usize;
  /** u64[FRAME_ROWS_MAX], by row. */
  hashes: usize;
  /** u8[FRAME_ROWS_MAX + 8], by position in the selection. */
  channels: usize;
  /** u16[FRAME_ROWS_MAX + 8]: row numbers, channel by channel. */
  lists: usize;
  /** i32[channelCount + 1] into lists. */
  starts: usize;
  /** u16[FRAME_ROWS_MAX]: 0, 1, 2 …: the selection of a batch without one. */
  everyRow: usize;
}

const PARTITION_BYTES: usize = 48;
if (offsetof<Partition>() > PARTITION_BYTES) ERROR("Partition must fit into 48 bytes");
/** Beyond this, counting beats a pass per channel. */
const COMPRESS_CHANNELS_MAX: i32 = 8;
const ROWS: usize = <usize>FRAME_ROWS_MAX;

/**
 * payload: [keyCount, key …, keyGroupsLog2, channelCount, channelCount+1 bounds], checked by
 * task/plan.ts and kept by the caller; 0 = out of memory.
 */
export function partitionNew(payload: usize): usize {
  const keyCount = load<i32>(payload);
  const rest = payload + 4 + ((<usize>keyCount) << 2);
  const keyGroupsLog2 = load<i32>(rest);
  const channelCount = load<i32>(rest, 4);
  const groups = (<usize>1) << keyGroupsLog2;
  const startsBytes = (((<usize>(channelCount + 1)) << 2) + 15) & ~15;
  const ptr = blockAlloc(PARTITION_BYTES + ROWS * 8 + (ROWS * 2 + 16) * 2 + ROWS + 16 + startsBytes + groups);
  if (ptr == 0) return 0;
  const p = changetype<Partition>(ptr);
  p.keys = payload + 4;
  p.keyCount = keyCount;
  p.keyGroupsLog2 = keyGroupsLog2;
  p.channelCount = channelCount;
  p.hashes = ptr + PARTITION_BYTES;
  p.lists = p.hashes + ROWS * 8;
  p.everyRow = p.lists + ROWS * 2 + 16;
  p.channels = p.everyRow + ROWS * 2 + 16;
  p.starts = p.channels + ROWS + 16;
  p.channelOfGroup = p.starts + startsBytes;
  for (let row: usize = 0; row < ROWS; row++) store<u16>(p.everyRow + (row << 1), <u16>row);
  const bounds = rest + 8;
  for (let channel = 0; channel < channelCount; channel++) {
    const from = load<i32>(bounds + ((<usize>channel) << 2));
    const to = load<i32>(bounds + ((<usize>channel) << 2), 4);
    memory.fill(p.channelOfGroup + from, <u8>channel, to - from);
  }
  return ptr;
}

export function partitionFree(partition: usize): void {
  blockFree(partition);
}

/** The batch is borrowed until the exchange has taken it (exchangeStep says DONE). */
export function partitionPush(partition: usize, exchange: usize, batch: usize): void {
  const p = changetype<Partition>(partition);
  const b = changetype<Batch>(batch);
  if (p.channelCount == 1 || b.selected == 0) {
    exchangeStartWhole(exchange, batch);
    return;
  }
  for (let key = 0; key < p.keyCount; key++) {
    const column = columnAt(batch, load<i32>(p.keys + ((<usize>key) << 2)));
    hashColumn(column, batch, p.hashes, key > 0);
  }
  const rows = b.sel == 0 ? p.everyRow : b.sel;
  channelsOfRows(p, rows, b.selected);
  if (p.channelCount <= COMPRESS_CHANNELS_MAX) compressLists(p, rows, b.selected);
  else countLists(p, rows, b.selected);
  exchangeStart(exchange, batch, p.lists, p.starts);
}

function channelsOfRows(p: Partition, rows: usize, count: i32): void {
  const hashes = p.hashes;
  const table = p.channelOfGroup;
  const shift = <u64>(63 - p.keyGroupsLog2);
  let out = p.channels;
  const end = out + count;
  do {
    const hash = load<u64>(hashes + ((<usize>load<u16>(rows)) << 3));
    // in two steps, so that a single key group (a shift by 64) works
    store<u8>(out, load<u8>(table + <usize>((hash >> 1) >> shift)));
    rows += 2;
  } while (++out < end);
  store<u64>(out, ~0);
}

function compressLists(p: Partition, rows: usize, count: i32): void {
  const channels = p.channels;
  const end = channels + count;
  let out = p.lists;
  for (let channel = 0; channel < p.channelCount; channel++) {
    store<i32>(p.starts + ((<usize>channel) << 2), <i32>((out - p.lists) >> 1));
    const wanted = i8x16.splat(<i8>channel);
    let ptr = channels;
    let from = rows;
    do {
      const mask = i8x16.bitmask(i8x16.eq(v128.load64_zero(ptr), wanted)) & 0xff;
      v128.store(out, i8x16.swizzle(v128.load(from), v128.load(compressPattern(mask))));
      out += (<usize>popcnt(mask)) << 1;
      from += 16;
      ptr += 8;
    } while (ptr < end);
  }
  store<i32>(p.starts + ((<usize>p.channelCount) << 2), count);
}

function countLists(p: Partition, rows: usize, count: i32): void {
  const starts = p.starts;
  const channels = p.channels;
  memory.fill(starts, 0, (<usize>(p.channelCount + 1)) << 2);
  let index: usize = 0;
  do {
    const at = starts + ((<usize>load<u8>(channels + index)) << 2);
    store<i32>(at, load<i32>(at) + 1);
  } while (++index < <usize>count);
  let sum = 0;
  for (let channel = 0; channel < p.channelCount; channel++) {
    const at = starts + ((<usize>channel) << 2);
    const rowsOfChannel = load<i32>(at);
    store<i32>(at, sum);
    sum += rowsOfChannel;
  }
  // writing moves every start to its end, which is the next channel's start: moved back below
  index = 0;
  do {
    const at = starts + ((<usize>load<u8>(channels + index)) << 2);
    const place = load<i32>(at);
    store<u16>(p.lists + ((<usize>place) << 1), load<u16>(rows + (index << 1)));
    store<i32>(at, place + 1);
  } while (++index < <usize>count);
  memory.copy(starts + 4, starts, (<usize>p.channelCount) << 2);
  store<i32>(starts, 0);
}
