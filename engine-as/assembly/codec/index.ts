// Decoders: bytes of CSV and NDJSON to frames. These functions are exports of the engine.
//
//   decoder = decoder_create(plan)          plan: decoder.ts
//   decoder_push(chunk)                     then decoder_next until it says DONE, then the next chunk
//   decoder_next → OUTPUT: one frame at decoder_out_*, valid until the next call
//   decoder_consumed                        where to go on reading after the frames so far
import { STATUS_ERROR } from "../../abi";
import { columnOut, Decoder, decoderFree, decoderNew } from "./decoder";
import { decoderNext, decoderPush } from "./decode";

export function decoder_create(plan: usize, words: i32): usize {
  return decoderNew(plan, words);
}

/** Borrows the chunk until DONE; 64 bytes behind it must be readable memory. `last`: the input ends here. */
export function decoder_push(decoder: usize, bytesPtr: usize, byteCount: i32, last: bool): i32 {
  return decoderPush(changetype<Decoder>(decoder), bytesPtr, byteCount, last);
}

/** STATUS_OUTPUT (one frame of at most rowsMax rows), STATUS_DONE (chunk used up) or STATUS_ERROR. */
export function decoder_next(decoder: usize, rowsMax: i32): i32 {
  return decoderNext(changetype<Decoder>(decoder), rowsMax);
}

export function decoder_out_ptr(decoder: usize): usize {
  return changetype<Decoder>(decoder).frame;
}

export function decoder_out_bytes(decoder: usize): i32 {
  return changetype<Decoder>(decoder).outBytes;
}

export function decoder_out_rows(decoder: usize): i32 {
  return changetype<Decoder>(decoder).outRows;
}

/** Offset in the input behind the last row delivered: a decoder created there goes on after it. */
export function decoder_consumed(decoder: usize): i64 {
  return changetype<Decoder>(decoder).consumed;
}

/** Lines before that offset, those of the plan included. */
export function decoder_lines(decoder: usize): i64 {
  return changetype<Decoder>(decoder).lines;
}

/** Bad lines that were skipped. */
export function decoder_skipped(decoder: usize): i64 {
  return changetype<Decoder>(decoder).skipped;
}

/** CSV: fields per record, 0 before the header was read. */
export function decoder_field_count(decoder: usize): i32 {
  return changetype<Decoder>(decoder).fieldCount;
}

/** CSV: which field a column is, -1 before the header was read. */
export function decoder_field(decoder: usize, column: i32): i32 {
  const d = changetype<Decoder>(decoder);
  return <u32>column < <u32>d.columnCount ? columnOut(d, column).source : STATUS_ERROR;
}

/** The bytes that the last error is about, for an excerpt; valid until the next call. */
export function decoder_error_ptr(decoder: usize): usize {
  return changetype<Decoder>(decoder).errorPtr;
}

export function decoder_error_bytes(decoder: usize): i32 {
  return changetype<Decoder>(decoder).errorBytes;
}

export function decoder_free(decoder: usize): void {
  decoderFree(decoder);
}
