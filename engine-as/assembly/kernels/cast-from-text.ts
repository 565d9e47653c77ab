// Text to values over views (text.ts); true when some row is no text of the type and holds 0.
//
// Integers are `[+-]?[0-9]+` within i64. The other types take what the decoders of CSV take, without blanks:
// decimal numbers of GRAMMAR_LOOSE, NaN and the infinities (words.ts); ISO 8601 (timestamp.ts); true and
// false. Those parsers load whole words and want a byte behind the text that ends it, so each text is copied
// to where a newline follows it.
import { GRAMMAR_LOOSE, parsedF64, parseF64 } from "./number";
import { parsedMs, parseTimestamp, SeenDate, seenDateReset } from "./timestamp";
import { FALSE, isWord, parseSpecial, TRUE } from "./words";

/** Bytes that parsers may read behind a text. */
const ROOM: usize = 32;
const SEEN: SeenDate = changetype<SeenDate>(memory.data(24, 8));
if (offsetof<SeenDate>() > 24) ERROR("SeenDate must fit into 24 bytes");

/** Bytes of the memory that `copy` is below: the longest of the views' texts and what is read behind it. */
export function copyBytes(views: usize, step: usize, rows: i32): usize {
  let longest: usize = 0;
  for (let row = 0; row < rows; row++) {
    longest = max(longest, <usize>load<u32>(views, 4));
    views += step;
  }
  return longest + ROOM;
}


@inline
function ended(view: u64, copy: usize): usize {
  const bytes = <usize>(view >> 32);
  memory.copy(copy, <usize>(view & 0xffffffff), bytes);
  store<u8>(copy + bytes, 0x0a);
  return copy + bytes;
}


@final
@unmanaged
export class TextToI64 {

  @inline fails(view: u64, copy: usize): bool {
    return !parseWhole(<usize>(view & 0xffffffff), <usize>(view >> 32));
  }


  @inline value(): i64 {
    return parsedWhole;
  }
}


@final
@unmanaged
export class TextToF64 {

  @inline fails(view: u64, copy: usize): bool {
    const end = ended(view, copy);
    special = parseSpecial(copy, end);
    return special == 0 && parseF64(copy, GRAMMAR_LOOSE) != end;
  }


  @inline value(): i64 {
    return reinterpret<i64>(special == 0 ? parsedF64 : special);
  }
}


@final
@unmanaged
export class TextToTime {

  @inline fails(view: u64, copy: usize): bool {
    const end = ended(view, copy);
    return parseTimestamp(SEEN, copy) != end;
  }


  @inline value(): i64 {
    return parsedMs;
  }
}


@final
@unmanaged
export class TextToBool {

  @inline fails(view: u64, copy: usize): bool {
    const end = ended(view, copy);
    isTrue = isWord(copy, end, TRUE, 4);
    return !isTrue && !isWord(copy, end, FALSE, 5);
  }
}

/** 8 bytes per row: what the operation makes of each view. */
export function textToValues<Op>(views: usize, step: usize, copy: usize, out: usize, rows: i32): bool {
  let failed = 0;
  const end = out + ((<usize>rows) << 3);
  while (out < end) {
    const fails = changetype<Op>(0).fails(load<u64>(views), copy);
    failed |= i32(fails);
    store<i64>(out, fails ? 0 : changetype<Op>(0).value());
    views += step;
    out += 8;
  }
  return failed != 0;
}

/** A bitmap of `true`, whole bytes. */
export function textToBits(views: usize, step: usize, copy: usize, out: usize, rows: i32): bool {
  let failed = 0;
  let bits: u32 = 0;
  for (let row = 0; row < rows; row++) {
    const fails = changetype<TextToBool>(0).fails(load<u64>(views), copy);
    failed |= i32(fails);
    bits |= (<u32>isTrue) << (row & 7);
    if ((row & 7) == 7) {
      store<u8>(out + ((<usize>row) >> 3), <u8>bits);
      bits = 0;
    }
    views += step;
  }
  if ((rows & 7) != 0) store<u8>(out + ((<usize>rows) >> 3), <u8>bits);
  return failed != 0;
}

let special: f64 = 0;
let isTrue: bool = false;
let parsedWhole: i64 = 0;

function parseWhole(ptr: usize, bytes: usize): bool {
  const end = ptr + bytes;
  const sign: u32 = bytes > 0 ? <u32>load<u8>(ptr) : 0;
  if (sign == 0x2b || sign == 0x2d) ptr++;
  if (ptr >= end) return false;
  // computed as a negative number, whose range is larger by one
  let value: i64 = 0;
  while (ptr < end) {
    const digit = <i64>load<u8>(ptr) - 0x30;
    if (<u64>digit > 9) return false;
    if (value < -922337203685477580) return false;
    const next = value * 10 - digit;
    if (next > 0) return false;
    value = next;
    ptr++;
  }
  if (sign != 0x2d && value == i64.MIN_VALUE) return false;
  parsedWhole = sign == 0x2d ? value : 0 - value;
  return true;
}
