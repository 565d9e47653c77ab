// min and max of utf8: rows against the texts that entries have, and entries against those of a merged window.
//
// Texts are in order of their UTF-8 bytes. A merged window's entries refer to the logs of the namespaces that
// they come from (all are of op.pages): nothing is copied, and none of them goes before the window has left.
import { ENCODING_DICTIONARY } from "../../abi";
import { Column, Dictionary, columnAt } from "../batch/index";
import { TEXT_NONE, Table, slotStore, textOrder, textReplace } from "../state/index";
import { ACC_MAX_TEXT, ACC_MIN_TEXT, Accumulator, Space, WindowOperator } from "./window-types";

/** A row's text as a slot. */
const TEXT: usize = memory.data(16, 16);


@inline
export function isTextExtreme(acc: Accumulator): bool {
  return acc.kind == ACC_MIN_TEXT || acc.kind == ACC_MAX_TEXT;
}

/** Rows[0 … n) (u16) against op.entries, which are theirs. False = error slot filled. */
export function updateTexts(
  op: WindowOperator,
  space: Space,
  acc: Accumulator,
  batch: usize,
  rows: usize,
  n: i32,
): bool {
  const table = changetype<Table>(space.main);
  const pages = changetype<usize>(table.pages);
  const source = op.sourceAt(acc.source);
  const column = changetype<Column>(columnAt(batch, source.column));
  const isDictionary = column.encoding == ENCODING_DICTIONARY;
  const dict = changetype<Dictionary>(column.dict);
  const offsets = isDictionary ? dict.offsets : column.data;
  const bytes = isDictionary ? dict.bytes : column.bytes;
  const at = <usize>acc.at;
  const isMax = acc.kind == ACC_MAX_TEXT;
  for (let i = 0; i < n; i++) {
    const row = <usize>load<u16>(rows + ((<usize>i) << 1));
    if (source.mask != 0 && load<u8>(source.mask + row) == 0) continue;
    const index = isDictionary ? <usize>load<u32>(column.data + (row << 2)) : row;
    const from = load<i32>(offsets + (index << 2));
    slotStore(TEXT, bytes + from, load<i32>(offsets + (index << 2), 4) - from);
    const entry = <usize>load<u32>(op.entries + ((<usize>i) << 2));
    if (!isFurther(TEXT, 0, entry + at, pages, isMax)) continue;
    if (!textReplace(table, entry, at, TEXT, 0)) return false;
  }
  return true;
}

/** Whether a text takes the place of the one in the slot, which may have none. */
@inline
function isFurther(text: usize, textPages: usize, slot: usize, pages: usize, isMax: bool): bool {
  if (load<u32>(slot) == TEXT_NONE) return true;
  const order = textOrder(text, textPages, slot, pages);
  return isMax ? order > 0 : order < 0;
}

/** n entries of a namespace that lie `width` apart against entries[i] (u32) of a merged window. */
export function mergeTexts(
  op: WindowOperator,
  acc: Accumulator,
  first: usize,
  width: usize,
  entries: usize,
  n: i32,
): void {
  const pages = changetype<usize>(op.pages);
  const at = <usize>acc.at;
  const isMax = acc.kind == ACC_MAX_TEXT;
  let text = first + at;
  for (let i = 0; i < n; i++, text += width) {
    if (load<u32>(text) == TEXT_NONE) continue;
    const slot = <usize>load<u32>(entries + ((<usize>i) << 2)) + at;
    if (isFurther(text, pages, slot, pages, isMax)) v128.store(slot, v128.load(text));
  }
}
