// Text: tests, lower, length. A dictionary column against a constant is worked out once per entry and mapped
// to rows by id, as long as the dictionary is not larger than the batch.
import {
  ENCODING_DICTIONARY,
  EXPR_ENDS_WITH,
  EXPR_EQ,
  EXPR_GT,
  EXPR_LENGTH,
  EXPR_LT,
  EXPR_NE,
  EXPR_STARTS_WITH,
  FRAME_ROWS_MAX,
  STATUS_DONE,
  STATUS_ERROR,
  TYPE_BOOL,
  TYPE_I64,
  TYPE_UTF8,
} from "../../abi";
import { Dictionary, DICTIONARY_BYTES } from "../batch/index";
import { hashDictionary } from "../kernels/hash";
import { lowercase } from "../kernels/lowercase";
import {
  bitsByIds,
  gatherByIds64,
  lengthText,
  testText,
  TextContains,
  TextEndsWith,
  TextEq,
  TextLe,
  TextLt,
  TextNe,
  TextStartsWith,
  viewsOfIds,
  viewsOfOffsets,
} from "../kernels/text";
import { arenaAlloc, blockAlloc } from "../memory/index";
import { opOf } from "./program";
import { arena, constantPtr, define, nullWhereEither, operand, Register, rows } from "./registers";

const VIEWS_BYTES: usize = (<usize>FRAME_ROWS_MAX) << 3;

/** Three arrays of FRAME_ROWS_MAX views, made when text is first met. */
let scratch: usize = 0;
/** A bit per dictionary entry. */
const entryBits: usize = memory.data(528, 16);

/** Array 0 … 2 of FRAME_ROWS_MAX u64; 0 = out of memory. */
export function viewScratch(index: i32): usize {
  if (scratch == 0) scratch = blockAlloc(VIEWS_BYTES * 3);
  return scratch == 0 ? 0 : scratch + <usize>index * VIEWS_BYTES;
}

/** Views of a text register in scratch array `index`, or its constant's; `viewStep` walks them. 0 = out of memory. */
export function viewsOf(reg: usize, index: i32): usize {
  const r = changetype<Register>(reg);
  if (r.constant != 0) return constantPtr(reg);
  const out = viewScratch(index);
  if (out == 0) return 0;
  if (r.encoding == ENCODING_DICTIONARY) {
    const dict = changetype<Dictionary>(r.dict);
    viewsOfIds(r.data, dict.offsets, dict.bytes, rows, out);
  } else viewsOfOffsets(r.data, r.bytes, rows, out);
  return out;
}


@inline
export function viewStep(reg: usize): usize {
  return changetype<Register>(reg).constant != 0 ? 0 : 8;
}

/** Whether work per entry is less than work per row. */
@inline
export function smallDictionary(reg: usize): bool {
  const r = changetype<Register>(reg);
  return r.constant == 0 && r.encoding == ENCODING_DICTIONARY && changetype<Dictionary>(r.dict).count <= rows;
}

/** EQ … LE; GT and GE come with their operands swapped. */
export function evalTextCompare(op: i32, a: usize, b: usize, out: usize): i32 {
  if (op == EXPR_EQ) return test<TextEq>(a, b, out);
  if (op == EXPR_NE) return test<TextNe>(a, b, out);
  if (op == EXPR_LT || op == EXPR_GT) return test<TextLt>(a, b, out);
  return test<TextLe>(a, b, out);
}

/** STARTS_WITH, ENDS_WITH, CONTAINS. */
export function evalTextTest(at: usize): i32 {
  const op = opOf(at);
  const a = operand(at, 0);
  const b = operand(at, 1);
  const out = define(at, TYPE_BOOL);
  if (out == 0) return STATUS_ERROR;
  nullWhereEither(out, a, b);
  if (op == EXPR_STARTS_WITH) return test<TextStartsWith>(a, b, out);
  if (op == EXPR_ENDS_WITH) return test<TextEndsWith>(a, b, out);
  return test<TextContains>(a, b, out);
}

function test<Op>(a: usize, b: usize, out: usize): i32 {
  const data = changetype<Register>(out).data;
  const constantA = changetype<Register>(a).constant != 0;
  const constantB = changetype<Register>(b).constant != 0;
  if ((constantB && smallDictionary(a)) || (constantA && smallDictionary(b))) {
    const column = changetype<Register>(constantB ? a : b);
    const dict = changetype<Dictionary>(column.dict);
    const views = viewScratch(0);
    if (views == 0) return STATUS_ERROR;
    viewsOfOffsets(dict.offsets, dict.bytes, dict.count, views);
    if (constantB) testText<Op>(views, 8, constantPtr(b), 0, entryBits, dict.count);
    else testText<Op>(constantPtr(a), 0, views, 8, entryBits, dict.count);
    bitsByIds(column.data, entryBits, data, rows);
    return STATUS_DONE;
  }
  const viewsA = viewsOf(a, 0);
  const viewsB = viewsOf(b, 1);
  if (viewsA == 0 || viewsB == 0) return STATUS_ERROR;
  testText<Op>(viewsA, viewStep(a), viewsB, viewStep(b), data, rows);
  return STATUS_DONE;
}

/** LOWER, LENGTH. */
export function evalText(at: usize): i32 {
  const a = operand(at, 0);
  return opOf(at) == EXPR_LENGTH ? evalLength(at, a) : evalLower(at, a);
}

function evalLength(at: usize, a: usize): i32 {
  const out = define(at, TYPE_I64);
  if (out == 0) return STATUS_ERROR;
  nullWhereEither(out, a, a);
  const data = changetype<Register>(out).data;
  if (!smallDictionary(a)) {
    const views = viewsOf(a, 0);
    if (views == 0) return STATUS_ERROR;
    lengthText(views, viewStep(a), data, rows);
    return STATUS_DONE;
  }
  const r = changetype<Register>(a);
  const dict = changetype<Dictionary>(r.dict);
  const views = viewScratch(0);
  const lengths = viewScratch(1);
  if (views == 0 || lengths == 0) return STATUS_ERROR;
  viewsOfOffsets(dict.offsets, dict.bytes, dict.count, views);
  lengthText(views, 8, lengths, dict.count);
  gatherByIds64(r.data, lengths, data, rows);
  return STATUS_DONE;
}

/** Lower case keeps every length, so only the bytes are new: offsets and ids are shared. */
function evalLower(at: usize, a: usize): i32 {
  const out = define(at, TYPE_UTF8);
  if (out == 0) return STATUS_ERROR;
  nullWhereEither(out, a, a);
  const r = changetype<Register>(a);
  const o = changetype<Register>(out);
  if (r.constant != 0) {
    const view = load<u64>(constantPtr(a));
    const copy = lowerCopy(<usize>(view & 0xffffffff), <usize>(view >> 32));
    if (copy == 0) return STATUS_ERROR;
    o.constant = 1;
    store<u64>(constantPtr(out), (view & 0xffffffff00000000) | (<u64>copy));
    return STATUS_DONE;
  }
  o.encoding = r.encoding;
  o.data = r.data;
  if (r.encoding == ENCODING_DICTIONARY) {
    const from = changetype<Dictionary>(r.dict);
    const length = load<i32>(from.offsets + ((<usize>from.count) << 2));
    const copy = lowerCopy(from.bytes, <usize>length);
    if (copy == 0) return STATUS_ERROR;
    o.dict = dictionaryNew(from.offsets, from.count, copy, length);
    return o.dict == 0 ? STATUS_ERROR : STATUS_DONE;
  }
  const first = load<i32>(r.data);
  const copy = lowerCopy(r.bytes + first, <usize>(load<i32>(r.data + ((<usize>rows) << 2)) - first));
  o.bytes = copy - first;
  return copy == 0 ? STATUS_ERROR : STATUS_DONE;
}

function lowerCopy(src: usize, bytes: usize): usize {
  const copy = arenaAlloc(arena, max(bytes, 16));
  if (copy != 0) lowercase(src, bytes, copy);
  return copy;
}

/** A dictionary in the arena over offsets and bytes that live as long; 0 = out of memory. Entries may repeat. */
export function dictionaryNew(offsets: usize, count: i32, bytes: usize, bytesLength: i32): usize {
  const dict = arenaAlloc(arena, DICTIONARY_BYTES + ((<usize>count) << 3));
  if (dict == 0) return 0;
  const d = changetype<Dictionary>(dict);
  d.count = count;
  d.offsets = offsets;
  d.bytes = bytes;
  d.hash = hashDictionary(offsets, count, bytes, bytesLength);
  d.entryHashes = dict + DICTIONARY_BYTES;
  d.content = 0;
  return dict;
}
