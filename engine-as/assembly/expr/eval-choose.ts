// IF: then where the condition is true, else where it is false or null; for every type.
//
// Text from two dictionaries (a constant counts as one of a single entry) gives a dictionary with the entries
// of both, so that what was encoded stays encoded; other text is copied row by row.
import {
  ENCODING_DICTIONARY,
  ERROR_OUT_OF_MEMORY,
  FRAME_ROWS_MAX,
  STATUS_DONE,
  STATUS_ERROR,
  TYPE_BOOL,
  TYPE_I32,
  TYPE_UTF8,
} from "../../abi";
import { bitAt, Dictionary } from "../batch/index";
import { BitAnd, bitmapChoose, bitmapMap } from "../kernels/bitmap";
import { choose32, choose64 } from "../kernels/choose";
import { chooseViews, concatViews, viewsOfOffsets } from "../kernels/text";
import { arenaAlloc, fail, memoryUsed } from "../memory/index";
import { physicalType } from "./check";
import { dictionaryNew, smallDictionary, viewScratch, viewsOf, viewStep } from "./eval-text";
import { typeOf } from "./program";
import {
  arena,
  constantPtr,
  define,
  operand,
  operator,
  ownValidity,
  Register,
  rows,
  source,
  step,
  validSource,
  validStep,
} from "./registers";

/** The rows where the condition is true. */
const chosen: usize = memory.data(528, 16);
const TEXT_BYTES_MAX: u64 = 1 << 30;

if (FRAME_ROWS_MAX >> 3 > 512) ERROR("a bitmap of all rows must fit into `chosen`");

export function evalIf(at: usize): i32 {
  const type = physicalType(typeOf(at));
  const condition = operand(at, 0);
  const a = operand(at, 1);
  const b = operand(at, 2);
  const out = define(at, type);
  if (out == 0) return STATUS_ERROR;
  const valid = validSource(condition);
  bitmapMap<BitAnd>(valid, validStep(condition), source(condition), step(condition), chosen, rows);
  const o = changetype<Register>(out);
  if (changetype<Register>(a).validity != 0 || changetype<Register>(b).validity != 0) {
    o.validity = ownValidity(out);
    bitmapChoose(chosen, validSource(a), validStep(a), validSource(b), validStep(b), o.validity, rows);
  }
  if (type == TYPE_UTF8) return chooseText(a, b, o);
  if (type == TYPE_BOOL) bitmapChoose(chosen, source(a), step(a), source(b), step(b), o.data, rows);
  else if (type == TYPE_I32) choose32(chosen, source(a), step(a), source(b), step(b), o.data, rows);
  else choose64(chosen, source(a), step(a), source(b), step(b), o.data, rows);
  return STATUS_DONE;
}

function chooseText(a: usize, b: usize, out: Register): i32 {
  const entriesA = changetype<Register>(a).constant != 0 || smallDictionary(a);
  const entriesB = changetype<Register>(b).constant != 0 || smallDictionary(b);
  if (entriesA && entriesB) return mergeDictionaries(a, b, out);
  const viewsA = viewsOf(a, 0);
  const viewsB = viewsOf(b, 1);
  const views = viewScratch(2);
  if (viewsA == 0 || viewsB == 0 || views == 0) return STATUS_ERROR;
  const bytes = chooseViews(chosen, viewsA, viewStep(a), viewsB, viewStep(b), views, rows);
  if (!room(bytes)) return STATUS_ERROR;
  out.data = arenaAlloc(arena, (<usize>(rows + 1)) << 2);
  out.bytes = arenaAlloc(arena, <usize>bytes + 16);
  if (out.data == 0 || out.bytes == 0) return STATUS_ERROR;
  concatViews(views, rows, out.data, out.bytes);
  return STATUS_DONE;
}

function room(bytes: u64): bool {
  if (bytes <= TEXT_BYTES_MAX) return true;
  fail(ERROR_OUT_OF_MEMORY, operator, bytes, memoryUsed(), TEXT_BYTES_MAX);
  return false;
}

/** Entries of a, then entries of b; ids of b are moved behind those of a. */
function mergeDictionaries(a: usize, b: usize, out: Register): i32 {
  const viewsA = entryViews(a, 0);
  const viewsB = entryViews(b, 1);
  if (viewsA == 0 || viewsB == 0) return STATUS_ERROR;
  const countA = entryCount(a);
  const countB = entryCount(b);
  const count = countA + countB;
  const bytes = viewBytes(viewsA, countA) + viewBytes(viewsB, countB);
  if (!room(bytes)) return STATUS_ERROR;
  const offsets = arenaAlloc(arena, (<usize>(count + 1)) << 2);
  const text = arenaAlloc(arena, <usize>bytes + 16);
  const ids = arenaAlloc(arena, ((<usize>rows) << 2) + 16);
  if (offsets == 0 || text == 0 || ids == 0) return STATUS_ERROR;
  concatViews(viewsA, countA, offsets, text);
  const bytesA = load<i32>(offsets + ((<usize>countA) << 2));
  const offsetsB = offsets + ((<usize>countA) << 2);
  concatViews(viewsB, countB, offsetsB, text + bytesA);
  for (let i = 0; i <= countB; i++) {
    const at = offsetsB + ((<usize>i) << 2);
    store<i32>(at, load<i32>(at) + bytesA);
  }
  out.dict = dictionaryNew(offsets, count, text, <i32>bytes);
  if (out.dict == 0) return STATUS_ERROR;
  mergeIds(a, b, countA, ids);
  out.encoding = ENCODING_DICTIONARY;
  out.data = ids;
  return STATUS_DONE;
}

function mergeIds(a: usize, b: usize, countA: i32, ids: usize): void {
  const idsA: usize = changetype<Register>(a).constant != 0 ? 0 : changetype<Register>(a).data;
  const idsB: usize = changetype<Register>(b).constant != 0 ? 0 : changetype<Register>(b).data;
  for (let row = 0; row < rows; row++) {
    const at = (<usize>row) << 2;
    const idA = idsA == 0 ? 0 : load<i32>(idsA + at);
    const idB = countA + (idsB == 0 ? 0 : load<i32>(idsB + at));
    store<i32>(ids + at, bitAt(chosen, row) ? idA : idB);
  }
}

function entryCount(reg: usize): i32 {
  const r = changetype<Register>(reg);
  return r.constant != 0 ? 1 : changetype<Dictionary>(r.dict).count;
}

function entryViews(reg: usize, index: i32): usize {
  const r = changetype<Register>(reg);
  if (r.constant != 0) return constantPtr(reg);
  const views = viewScratch(index);
  const dict = changetype<Dictionary>(r.dict);
  if (views != 0) viewsOfOffsets(dict.offsets, dict.bytes, dict.count, views);
  return views;
}

function viewBytes(views: usize, count: i32): u64 {
  let bytes: u64 = 0;
  for (let i = 0; i < count; i++) bytes += load<u64>(views + ((<usize>i) << 3)) >> 32;
  return bytes;
}
