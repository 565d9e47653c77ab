// What a format does when a value does not go into its column, or a record breaks its grammar.
import { ERROR_LINE_TOO_LONG, ERROR_NOT_UTF8, ERROR_VALUE_TYPE } from "../../abi";
import { ColumnOut, PUT_NOT_UTF8, PUT_OUT_OF_MEMORY, PUT_SPLIT, PUT_TOO_LONG } from "./column-out";
import { Decoder, failAt, STOP_END, STOP_ERROR, STOP_FULL } from "./decoder";
import { frameBegin } from "./frame-out";

/** Turns what a column said into the decoder's stop; returns 0. */
export function notPut(decoder: Decoder, column: ColumnOut, put: i32, at: usize, bytes: i32): usize {
  if (put == PUT_SPLIT) {
    // an empty frame can change its layout at once, a begun one ends before this record
    if (decoder.rows > 0) decoder.stop = STOP_FULL;
    else decoder.stop = frameBegin(decoder, decoder.rowsMax) ? STOP_END : STOP_ERROR;
    return 0;
  }
  if (put == PUT_OUT_OF_MEMORY) {
    decoder.stop = STOP_ERROR; // the allocation has filled the error slot
    return 0;
  }
  const code = put == PUT_NOT_UTF8 ? ERROR_NOT_UTF8 : put == PUT_TOO_LONG ? ERROR_LINE_TOO_LONG : ERROR_VALUE_TYPE;
  return refuse(decoder, code, column.index, at, bytes);
}

export function refuse(decoder: Decoder, code: i32, column: i32, at: usize, bytes: i32): usize {
  failAt(decoder, code, column, at, bytes);
  return 0;
}
