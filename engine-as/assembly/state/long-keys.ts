// Long strings of a head that enters a table: into the page, or into the table's log.
//
// The strings of one key may take 15,360 B of a page. Of a key with more, those of more than 600 B go to
// the log; so where a string lies follows from the key alone. A head that comes from another table may
// have strings in that one's log which belong into the page here (a key beside a long distinct value).
import { ERROR_ROW_TOO_LARGE } from "../../abi";
import { fail } from "../memory/index";
import { headLongBytes } from "./heads";
import {
  HEAD_HASH_AT,
  KEY_LONG_BYTES_MAX,
  KEY_STRING_BYTES_KEPT,
  KEY_TEXT_BYTES_MAX,
  SLOT_INLINE_BYTES,
  copyWords,
} from "./layout";
import { logAppend, textCopy } from "./log";
import { Table } from "./table";

/** 24 utf8 keys and a utf8 value. */
const HEAD: usize = memory.data(512, 16);
const TEXT: usize = memory.data(15360, 16);

/**
 * A copy of the head, valid until the next call, in which no string refers to a foreign log: it refers
 * to the table's own (appended here), or to bytes as seen from longBase. 0 = error slot filled.
 */
export function headPlace(table: Table, head: usize, longBase: usize, headPages: usize): usize {
  const shape = table.shape;
  const bytes = headLongBytes(head, shape.refs);
  if (bytes > KEY_TEXT_BYTES_MAX) {
    fail(ERROR_ROW_TOO_LARGE, table.operator, bytes, KEY_TEXT_BYTES_MAX, 0);
    return 0;
  }
  copyWords(HEAD, head, shape.headBytes);
  const hash = load<u64>(head, HEAD_HASH_AT);
  let text = TEXT;
  let rest = shape.refs;
  while (rest != 0) {
    const at = (<usize>ctz(rest)) << 3;
    const word = head + at;
    const length = load<u32>(word - 8);
    if (bytes > KEY_LONG_BYTES_MAX && length > KEY_STRING_BYTES_KEPT) {
      const ref = logAppend(table, hash, word, longBase, headPages, length);
      if (ref == 0) return 0;
      store<u64>(HEAD + at, ref);
    } else if (length > SLOT_INLINE_BYTES && load<u32>(word, 4) != 0) {
      textCopy(text, word, longBase, headPages, length);
      store<u64>(HEAD + at, <u64>(<u32>(text - longBase)));
      text += length;
    }
    rest &= rest - 1;
  }
  return HEAD;
}
