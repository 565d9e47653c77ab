// Chunks in, frames out: where records cross the borders of chunks.
//
// Formats parse regions that end with a newline, so their scans need no bounds. What follows a
// chunk's last newline (or begins a record that goes on in the next chunk) is carried: copied, and
// completed with bytes of the next chunk until one record parses. A record has at most ROW_BYTES_MAX
// bytes; so has the carry.
//
//   chunk n     ...record\nrecord\nrec │            chunk n+1   ord\nrecord\n...
//               └────── region ──────┘└┴── carry ──┴───┘
import {
  ERROR_BUG,
  ERROR_CSV_QUOTE_UNCLOSED,
  ERROR_LINE_TOO_LONG,
  ROW_BYTES_MAX,
  STATUS_DONE,
  STATUS_ERROR,
  STATUS_OUTPUT,
} from "../../abi";
import { blockAlloc, blockFree, fail } from "../memory/index";
import { csvRecords } from "./csv";
import {
  Decoder,
  failAt,
  FLAG_SKIP_BAD,
  FORMAT_CSV,
  FORMAT_NDJSON,
  STOP_END,
  STOP_ERROR,
  STOP_FULL,
  STOP_PARTIAL,
} from "./decoder";
import { frameBegin, frameEnd } from "./frame-out";
import { ndjsonRecords } from "./ndjson";
import { afterLastNewline, findNewline } from "./newline";

const LF: u32 = 0x0a;
/** Bytes that may be read behind a chunk: vector loads at its last character. */
export const CHUNK_SLACK_BYTES: usize = 64;

/** Borrows a chunk until decoder_next says DONE. */
export function decoderPush(decoder: Decoder, ptr: usize, bytes: i32, last: bool): i32 {
  const isReadable = <u64>ptr + <u64>(<u32>bytes) + CHUNK_SLACK_BYTES <= (<u64>memory.size()) << 16;
  if (decoder.cursor != decoder.chunkEnd || decoder.isLast || bytes < 0 || !isReadable) {
    return fail(ERROR_BUG, -1, <i64>decoder.cursor, <i64>decoder.chunkEnd, <i64>ptr);
  }
  decoder.chunkOffset += <i64>(decoder.chunkEnd - decoder.chunkPtr);
  decoder.chunkPtr = ptr;
  decoder.chunkEnd = ptr + <usize>bytes;
  decoder.cursor = ptr;
  decoder.linesEnd = afterLastNewline(ptr, decoder.chunkEnd);
  decoder.isLast = last;
  return STATUS_DONE;
}

/** OUTPUT with one frame, DONE when the chunk is used up, or ERROR. */
export function decoderNext(decoder: Decoder, rowsMax: i32): i32 {
  if (!frameBegin(decoder, rowsMax)) return STATUS_ERROR;
  let stop = STOP_END;
  do {
    if (decoder.isDiscarding) stop = discard(decoder);
    else if (decoder.carryBytes > 0) stop = parseCarry(decoder);
    else stop = parseChunk(decoder);
  } while (stop == STOP_PARTIAL);
  // what came before an error is delivered first; the error is met again in the next call
  if (decoder.rows == 0) return stop == STOP_ERROR ? STATUS_ERROR : STATUS_DONE;
  if (!frameEnd(decoder)) return STATUS_ERROR;
  decoder.consumed = decoder.chunkOffset + <i64>(decoder.cursor - decoder.chunkPtr) - decoder.carryBytes;
  return STATUS_OUTPUT;
}

/** STOP_END: used up. STOP_PARTIAL: go on with the carry. */
function parseChunk(decoder: Decoder): i32 {
  if (decoder.cursor < decoder.linesEnd) {
    decoder.regionPtr = decoder.chunkPtr;
    decoder.regionOffset = decoder.chunkOffset;
    decoder.cursor = parse(decoder, decoder.cursor, decoder.linesEnd, false);
    if (decoder.stop == STOP_FULL || decoder.stop == STOP_ERROR) return decoder.stop;
  }
  const rest = <i32>(decoder.chunkEnd - decoder.cursor);
  if (rest == 0) return STOP_END;
  if (rest > ROW_BYTES_MAX) return tooLong(decoder, decoder.cursor, decoder.stop == STOP_PARTIAL);
  if (!appendCarry(decoder, rest)) return STOP_ERROR;
  return decoder.isLast ? STOP_PARTIAL : STOP_END;
}

/** Completes the carried record from the chunk. STOP_PARTIAL: done with it, go on with the chunk. */
function parseCarry(decoder: Decoder): i32 {
  // records with many newlines are tried at doubling lengths, so that the work stays linear
  let step: usize = 0;
  while (true) {
    const rest = decoder.chunkEnd - decoder.cursor;
    const room = <usize>(ROW_BYTES_MAX + 1 - decoder.carryBytes);
    const newline = findNewline(decoder.cursor + min(step, rest), decoder.chunkEnd);
    if (!appendCarry(decoder, <i32>min(room, newline - decoder.cursor))) return STOP_ERROR;
    const isEnd = decoder.isLast && decoder.cursor == decoder.chunkEnd;
    let stop = STOP_PARTIAL;
    let end = afterLastNewline(decoder.carry, decoder.carry + <usize>decoder.carryBytes);
    if (isEnd && end != decoder.carry + <usize>decoder.carryBytes) {
      end = decoder.carry + <usize>decoder.carryBytes + 1;
      store<u8>(decoder.carry + <usize>decoder.carryBytes, <u8>LF);
    }
    decoder.regionPtr = decoder.carry;
    decoder.regionOffset = decoder.chunkOffset + <i64>(decoder.cursor - decoder.chunkPtr) - decoder.carryBytes;
    if (end > decoder.carry) {
      const after = parse(decoder, decoder.carry, end, true);
      stop = decoder.stop;
      const used = <i32>(after - decoder.carry);
      if (stop == STOP_END && used > 0) {
        // bytes of the chunk behind the record go back to it
        decoder.cursor -= <usize>max(0, decoder.carryBytes - used);
        decoder.carryBytes = 0;
        return STOP_PARTIAL;
      }
    }
    if (stop != STOP_PARTIAL) return stop;
    if (decoder.carryBytes > ROW_BYTES_MAX) return tooLong(decoder, decoder.carry, end > decoder.carry);
    if (isEnd) {
      failAt(decoder, ERROR_CSV_QUOTE_UNCLOSED, -1, decoder.carry, decoder.carryBytes);
      return STOP_ERROR;
    }
    if (decoder.cursor == decoder.chunkEnd) return STOP_END;
    step = <usize>decoder.carryBytes;
  }
}

function parse(decoder: Decoder, start: usize, end: usize, single: bool): usize {
  decoder.stop = STOP_END;
  if (decoder.format == FORMAT_CSV) return csvRecords(decoder, start, end, single);
  return ndjsonRecords(decoder, start, end, single);
}

/** A record without an end in sight; `at` lies in the region. A quote that stays open is named as such. */
function tooLong(decoder: Decoder, at: usize, isQuoted: bool): i32 {
  if (decoder.format == FORMAT_NDJSON && (decoder.flags & FLAG_SKIP_BAD) != 0) {
    decoder.isDiscarding = true;
    decoder.carryBytes = 0;
    return STOP_PARTIAL;
  }
  if (at == decoder.cursor) {
    decoder.regionPtr = decoder.chunkPtr;
    decoder.regionOffset = decoder.chunkOffset;
  }
  failAt(decoder, isQuoted ? ERROR_CSV_QUOTE_UNCLOSED : ERROR_LINE_TOO_LONG, -1, at, ROW_BYTES_MAX);
  return STOP_ERROR;
}

/** Passes over the rest of a line that is too long. */
function discard(decoder: Decoder): i32 {
  const after = findNewline(decoder.cursor, decoder.chunkEnd);
  const isWhole = after > decoder.cursor && load<u8>(after - 1) == LF;
  decoder.cursor = after;
  if (!isWhole && !decoder.isLast) return STOP_END;
  decoder.isDiscarding = false;
  decoder.lines++;
  decoder.skipped++;
  return STOP_PARTIAL;
}

/** Moves bytes from the cursor into the carry; false = out of memory. */
function appendCarry(decoder: Decoder, bytes: i32): bool {
  const total = decoder.carryBytes + bytes;
  if (total + 1 + <i32>CHUNK_SLACK_BYTES > decoder.carryCapacity) {
    const capacity = max(total + 1 + <i32>CHUNK_SLACK_BYTES, max(4096, decoder.carryCapacity << 1));
    const carry = blockAlloc(<usize>capacity);
    if (carry == 0) return false;
    if (decoder.carryBytes > 0) memory.copy(carry, decoder.carry, <usize>decoder.carryBytes);
    blockFree(decoder.carry);
    decoder.carry = carry;
    decoder.carryCapacity = capacity;
  }
  memory.copy(decoder.carry + <usize>decoder.carryBytes, decoder.cursor, <usize>bytes);
  decoder.carryBytes = total;
  decoder.cursor += <usize>bytes;
  return true;
}
