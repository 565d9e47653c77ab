// Text in the value of an entry: the least or the greatest one so far (min and max of utf8).
//
//   slot (16 B) at every offset of shape.texts      length TEXT_NONE = no text yet
//   otherwise as a slot of a head (layout.ts), but a long text's bytes are always in a log
//
// The log is one of the table's own, for values alone (`table.texts`), because a text that is replaced leaves
// its bytes behind: when these are more than the bytes still referred to, 16 per slot and 4 KiB together, the
// texts that count move to a new log and the old one's pages are given back. So a log always has
//   bytes <= 2 × those referred to + 16 × slots + 4 KiB,
// and moving costs a bounded amount of work per byte that was appended. Entries do not move by it. Texts of
// up to 12 bytes stand in their slots and cost nothing of this.
import { ERROR_ROW_TOO_LARGE, ROW_BYTES_MAX, STATUS_DONE } from "../../abi";
import { fail } from "../memory/index";
import { PAGE_COUNT_AT, SLOT_INLINE_BYTES, pageEntries } from "./layout";
import { logAppend, textCompare } from "./log";
import { STATE_DIRTY, storeTouch } from "./page-store";
import { CHECK_STRING, badSnapshot } from "./checks";
import { Table, TableShape, tableFree, tableNew, tablePageAt } from "./table";

/** The length of a slot without text. */
export const TEXT_NONE: u32 = 0xffffffff;
/** Bytes that may lie unused in a log, beside as many as are used and TEXT_SLOT_BYTES per slot. */
const UNUSED_BYTES_KEPT: u64 = 4096;
const TEXT_SLOT_BYTES: u64 = 16;

/** Whether the slot has a text that lies in a log. */
@inline
export function isLongText(slot: usize): bool {
  return load<u32>(slot) + 1 > SLOT_INLINE_BYTES + 1;
}

/** Offset in an entry of the text with this index. */
@inline
export function textAt(shape: TableShape, index: i32): usize {
  return <usize>load<u32>(shape.texts + ((<usize>index) << 2));
}

/** Order of two texts by their bytes; slots as of heads made from a batch, or of values (with their page stores). */
export function textOrder(a: usize, aPages: usize, b: usize, bPages: usize): i32 {
  // the first four bytes, zeros behind the end: what differs in them differs in the texts
  const x = bswap(load<u32>(a, 4));
  const y = bswap(load<u32>(b, 4));
  if (x != y) return x < y ? -1 : 1;
  const aLength = load<u32>(a);
  const bLength = load<u32>(b);
  const both = min(aLength, bLength);
  const order = both > 4 ? textCompare(a, aPages, b, bPages, both) : 0;
  return order != 0 ? order : aLength < bLength ? -1 : <i32>(aLength > bLength);
}

/**
 * Puts a text in the place of an entry's; `text` is a slot of it, a long one's bytes as cursors of `pages` see them
 * (0 = an address). The entry's page is DIRTY. False = error slot filled (out of memory, a text larger than a row).
 */
export function textReplace(table: Table, entry: usize, at: usize, text: usize, pages: usize): bool {
  const slot = entry + at;
  const wasLong: u64 = isLongText(slot) ? load<u32>(slot) : 0;
  let word = load<u64>(text, 8);
  if (isLongText(text)) {
    // a restore would refuse it
    if (load<u32>(text) > <u32>ROW_BYTES_MAX) {
      fail(ERROR_ROW_TOO_LARGE, table.operator, load<u32>(text), ROW_BYTES_MAX, 0);
      return false;
    }
    if (table.texts == 0) table.texts = logNew(table);
    if (table.texts == 0) return false;
    word = logAppend(changetype<Table>(table.texts), load<u64>(entry), text + 8, 0, pages, load<u32>(text));
    if (word == 0) return false;
    table.textBytes += <u64>load<u32>(text);
  }
  store<u64>(slot, load<u64>(text));
  store<u64>(slot, word, 8);
  if (wasLong == 0) return true;
  table.textBytes -= wasLong;
  const slots = <u64>table.count * <u64>table.shape.textCount;
  const kept = (table.textBytes << 1) + slots * TEXT_SLOT_BYTES + UNUSED_BYTES_KEPT;
  return changetype<Table>(table.texts).logBytes <= kept || moveTexts(table);
}

function logNew(table: Table): usize {
  return tableNew(table.shape, table.pages, table.spaceA, table.spaceB, table.operator);
}

/** Appends all texts that count to a new log and frees the old one. */
function moveTexts(table: Table): bool {
  const old = changetype<Table>(table.texts);
  const fresh = logNew(table);
  if (fresh == 0) return false;
  table.texts = fresh;
  for (let p: u32 = 0; p < table.idCount; p++) {
    if (moveTextsOf(table, tablePageAt(table, p), load<u32>(table.ids + (p << 2)))) continue;
    // out of memory: texts are in both logs, so the old one's pages stay until the operator goes
    old.logFirst = 0;
    tableFree(changetype<usize>(old));
    return false;
  }
  tableFree(changetype<usize>(old));
  return true;
}

function moveTextsOf(table: Table, page: usize, id: u32): bool {
  const shape = table.shape;
  const pages = table.pages;
  let entry = pageEntries(page);
  for (let rest = load<u32>(page, PAGE_COUNT_AT); rest > 0; rest--, entry += shape.entryBytes) {
    for (let i = 0; i < shape.textCount; i++) {
      const slot = entry + textAt(shape, i);
      if (!isLongText(slot)) continue;
      if (load<u8>(pages.states + id) != STATE_DIRTY && !storeTouch(pages, id)) return false;
      const length = load<u32>(slot);
      const ref = logAppend(
        changetype<Table>(table.texts),
        load<u64>(entry),
        slot + 8,
        0,
        changetype<usize>(pages),
        length,
      );
      if (ref == 0) return false;
      store<u64>(slot, ref, 8);
    }
  }
  return true;
}

/** Bytes of an entry's texts. */
export function entryTextBytes(entry: usize, shape: TableShape): u32 {
  let bytes: u32 = 0;
  for (let i = 0; i < shape.textCount; i++) {
    const length = load<u32>(entry + textAt(shape, i));
    if (length != TEXT_NONE) bytes += length;
  }
  return bytes;
}

/** Checks the texts of an entry in a snapshot; what a reference names is checked when the log is there. */
export function textsCheck(entry: usize, shape: TableShape, hasLogs: bool, operator: i32): i32 {
  for (let i = 0; i < shape.textCount; i++) {
    const slot = entry + textAt(shape, i);
    if (!isLongText(slot)) continue;
    const length = load<u32>(slot);
    const isWrong = length > <u32>ROW_BYTES_MAX || !hasLogs || load<u32>(slot, 12) == 0;
    if (isWrong) return badSnapshot(operator, CHECK_STRING, length, ROW_BYTES_MAX);
  }
  return STATUS_DONE;
}

/** Whether some text of an entry lies in a log. */
export function entryHasLongText(entry: usize, shape: TableShape): bool {
  for (let i = 0; i < shape.textCount; i++) if (isLongText(entry + textAt(shape, i))) return true;
  return false;
}

/** Gives a restored entry, whose value was copied, its own copies of long texts; `from` has the references. */
export function textsRestore(table: Table, entry: usize, from: usize, held: usize): bool {
  const shape = table.shape;
  for (let i = 0; i < shape.textCount; i++) {
    const at = textAt(shape, i);
    if (!isLongText(from + at)) continue;
    // there is no text of its own yet that could be counted as replaced
    store<u32>(entry + at, TEXT_NONE);
    if (!textReplace(table, entry, at, from + at, held)) return false;
  }
  return true;
}
