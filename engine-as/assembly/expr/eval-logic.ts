// Comparison of fixed-width values, three-valued logic, null tests: what makes bitmaps of bitmaps and vectors.
import {
  EXPR_AND,
  EXPR_EQ,
  EXPR_GE,
  EXPR_GT,
  EXPR_IS_NOT_NULL,
  EXPR_IS_NULL,
  EXPR_IS_TRUE,
  EXPR_LT,
  EXPR_NE,
  EXPR_NOT,
  EXPR_OR,
  STATUS_DONE,
  STATUS_ERROR,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_I32,
  TYPE_UTF8,
} from "../../abi";
import {
  BitAnd,
  BitAndNot,
  BitCopy,
  BitNot,
  BitOr,
  BitXnor,
  BitXor,
  bitmapKleene,
  bitmapMap,
  KleeneAnd,
  KleeneOr,
} from "../kernels/bitmap";
import {
  compare32,
  compare64,
  EqF64,
  EqI32,
  EqI64,
  LeF64,
  LeI32,
  LeI64,
  LtF64,
  LtI32,
  LtI64,
  NeF64,
  NeI32,
  NeI64,
} from "../kernels/compare";
import { evalTextCompare } from "./eval-text";
import { opOf, typeOf } from "./program";
import {
  define,
  nullWhereEither,
  operand,
  ownValidity,
  Register,
  rows,
  source,
  step,
  validSource,
  validStep,
} from "./registers";

export function evalComparison(at: usize): i32 {
  const op = opOf(at);
  const type = typeOf(at);
  const out = define(at, TYPE_BOOL);
  if (out == 0) return STATUS_ERROR;
  nullWhereEither(out, operand(at, 0), operand(at, 1));
  // a > b is b < a
  const swapped = op == EXPR_GT || op == EXPR_GE;
  const a = operand(at, swapped ? 1 : 0);
  const b = operand(at, swapped ? 0 : 1);
  const strict = op == EXPR_LT || op == EXPR_GT;
  if (type == TYPE_UTF8) return evalTextCompare(op, a, b, out);
  if (type == TYPE_BOOL) {
    if (op == EXPR_EQ) runBits<BitXnor>(a, b, out);
    else runBits<BitXor>(a, b, out);
  } else if (type == TYPE_I32) {
    if (op == EXPR_EQ) run32<EqI32>(a, b, out);
    else if (op == EXPR_NE) run32<NeI32>(a, b, out);
    else if (strict) run32<LtI32>(a, b, out);
    else run32<LeI32>(a, b, out);
  } else if (type == TYPE_F64) {
    if (op == EXPR_EQ) run64<EqF64>(a, b, out);
    else if (op == EXPR_NE) run64<NeF64>(a, b, out);
    else if (strict) run64<LtF64>(a, b, out);
    else run64<LeF64>(a, b, out);
  } else {
    if (op == EXPR_EQ) run64<EqI64>(a, b, out);
    else if (op == EXPR_NE) run64<NeI64>(a, b, out);
    else if (strict) run64<LtI64>(a, b, out);
    else run64<LeI64>(a, b, out);
  }
  return STATUS_DONE;
}


@inline
function run64<Op>(a: usize, b: usize, out: usize): void {
  compare64<Op>(source(a), step(a), source(b), step(b), changetype<Register>(out).data, rows);
}


@inline
function run32<Op>(a: usize, b: usize, out: usize): void {
  compare32<Op>(source(a), step(a), source(b), step(b), changetype<Register>(out).data, rows);
}


@inline
function runBits<Op>(a: usize, b: usize, out: usize): void {
  bitmapMap<Op>(source(a), step(a), source(b), step(b), changetype<Register>(out).data, rows);
}

export function evalLogic(at: usize): i32 {
  const op = opOf(at);
  const a = operand(at, 0);
  const b = operand(at, 1);
  const out = define(at, TYPE_BOOL);
  if (out == 0) return STATUS_ERROR;
  const data = changetype<Register>(out).data;
  const valid = validSource(a);
  const stepValid = validStep(a);
  if (op == EXPR_AND || op == EXPR_OR) evalKleene(op, a, b, out);
  else if (op == EXPR_NOT) {
    nullWhereEither(out, a, a);
    runBits<BitNot>(a, a, out);
  } else if (op == EXPR_IS_NULL) bitmapMap<BitNot>(valid, stepValid, valid, stepValid, data, rows);
  else if (op == EXPR_IS_NOT_NULL) bitmapMap<BitCopy>(valid, stepValid, valid, stepValid, data, rows);
  else if (op == EXPR_IS_TRUE) bitmapMap<BitAnd>(valid, stepValid, source(a), step(a), data, rows);
  else bitmapMap<BitAndNot>(valid, stepValid, source(a), step(a), data, rows);
  return STATUS_DONE;
}

function evalKleene(op: i32, a: usize, b: usize, out: usize): void {
  if (changetype<Register>(a).validity == 0 && changetype<Register>(b).validity == 0) {
    if (op == EXPR_AND) runBits<BitAnd>(a, b, out);
    else runBits<BitOr>(a, b, out);
    return;
  }
  if (op == EXPR_AND) runKleene<KleeneAnd>(a, b, out);
  else runKleene<KleeneOr>(a, b, out);
  changetype<Register>(out).validity = ownValidity(out);
}

// prettier-ignore
@inline
function runKleene<Op>(a: usize, b: usize, out: usize): void {
  bitmapKleene<Op>(
    source(a), step(a), validSource(a), validStep(a),
    source(b), step(b), validSource(b), validStep(b),
    changetype<Register>(out).data, ownValidity(out), rows,
  );
}
