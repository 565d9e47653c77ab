// Every arithmetic kernel: vector with vector, constant on either side, tails of every length.
import {
  AbsF64,
  AbsI64,
  AddF64,
  AddI64,
  CanonicalF64,
  divideI64,
  DivF64,
  DivI64,
  fillVector,
  mapF64,
  mapI64,
  ModF64,
  ModI64,
  MulF64,
  MulI64,
  NegF64,
  NegI64,
  SubF64,
  SubI64,
} from "./arithmetic";

const A = memory.data(1024, 16);
const B = memory.data(1024, 16);
const OUT = memory.data(1024, 16);

function fillF64(ptr: usize, scale: f64): void {
  for (let i = 0; i < 100; i++) store<f64>(ptr + ((<usize>i) << 3), <f64>(i - 50) * scale + 0.25);
}
function fillI64(ptr: usize, scale: i64): void {
  for (let i = 0; i < 100; i++) store<i64>(ptr + ((<usize>i) << 3), <i64>(i - 50) * scale + 1);
}

function checkF64<Op>(op: i32): void {
  fillF64(A, 1.5);
  fillF64(B, -0.75);
  for (let rows = 0; rows <= 33; rows++) {
    for (let form = 0; form < 3; form++) {
      const stepA: usize = form == 1 ? 0 : 16;
      const stepB: usize = form == 2 ? 0 : 16;
      if (form == 1) store<f64>(A, load<f64>(A), 8);
      if (form == 2) store<f64>(B, load<f64>(B), 8);
      mapF64<Op>(A, stepA, B, stepB, OUT, rows);
      for (let i = 0; i < rows; i++) {
        const at = (<usize>i) << 3;
        const a = load<f64>(form == 1 ? A : A + at);
        const b = load<f64>(form == 2 ? B : B + at);
        assert(load<f64>(OUT + at) == wantedF64(op, a, b), "f64 " + op.toString());
      }
      fillF64(A, 1.5);
      fillF64(B, -0.75);
    }
  }
}

function wantedF64(op: i32, a: f64, b: f64): f64 {
  if (op == 0) return a + b;
  if (op == 1) return a - b;
  if (op == 2) return a * b;
  if (op == 3) return a / b;
  if (op == 4) return a % b;
  return op == 5 ? -a : Math.abs(a);
}

export function test_f64(): void {
  checkF64<AddF64>(0);
  checkF64<SubF64>(1);
  checkF64<MulF64>(2);
  checkF64<DivF64>(3);
  checkF64<ModF64>(4);
  checkF64<NegF64>(5);
  checkF64<AbsF64>(6);
}

export function test_canonical_nan(): void {
  store<u64>(A, 0xfff8000000000001);
  store<f64>(A, -0.0, 8);
  mapF64<CanonicalF64>(A, 16, A, 16, OUT, 2);
  assert(load<u64>(OUT) == 0x7ff8000000000000, "one NaN");
  assert(load<u64>(OUT, 8) == 0x8000000000000000, "-0 is kept");
}

function checkI64<Op>(op: i32): void {
  for (let rows = 0; rows <= 19; rows++) {
    fillI64(A, 3);
    fillI64(B, -7);
    assert(!mapI64<Op>(A, 16, B, 16, OUT, rows), "nothing overflows");
    for (let i = 0; i < rows; i++) {
      const at = (<usize>i) << 3;
      assert(load<i64>(OUT + at) == wantedI64(op, load<i64>(A + at), load<i64>(B + at)), "i64 " + op.toString());
    }
  }
}

function wantedI64(op: i32, a: i64, b: i64): i64 {
  if (op == 0) return a + b;
  if (op == 1) return a - b;
  if (op == 2) return a * b;
  if (op == 3) return -a;
  return a < 0 ? -a : a;
}

export function test_i64(): void {
  checkI64<AddI64>(0);
  checkI64<SubI64>(1);
  checkI64<MulI64>(2);
  checkI64<NegI64>(3);
  checkI64<AbsI64>(4);
}

function overflows<Op>(a: i64, b: i64): bool {
  store<i64>(A, 1);
  store<i64>(A, a, 8);
  store<i64>(B, 1);
  store<i64>(B, b, 8);
  const reported = mapI64<Op>(A, 16, B, 16, OUT, 2);
  const fails = changetype<Op>(0).failsAt(a, b);
  assert(reported || !fails, "a failure is always reported");
  return fails;
}

export function test_overflow(): void {
  const most = i64.MAX_VALUE;
  const least = i64.MIN_VALUE;
  assert(overflows<AddI64>(most, 1) && overflows<AddI64>(least, -1) && !overflows<AddI64>(most, least));
  assert(overflows<SubI64>(least, 1) && overflows<SubI64>(0, least) && !overflows<SubI64>(-1, least));
  assert(overflows<MulI64>(1 << 32, 1 << 31) && overflows<MulI64>(least, -1) && overflows<MulI64>(-1, least));
  assert(!overflows<MulI64>(1 << 31, 1 << 31) && !overflows<MulI64>(least, 1) && !overflows<MulI64>(most, -1));
  assert(overflows<NegI64>(least, 0) && !overflows<NegI64>(most, 0));
  assert(overflows<AbsI64>(least, 0) && !overflows<AbsI64>(-most, 0));
}

export function test_division(): void {
  for (let i = 0; i < 6; i++) store<i64>(A + ((<usize>i) << 3), <i64>i * 5 - 12);
  store<i64>(B, -2);
  assert(!divideI64<DivI64>(A, 8, B, 0, OUT, 6), "by a constant");
  for (let i = 0; i < 6; i++) assert(load<i64>(OUT + ((<usize>i) << 3)) == (<i64>i * 5 - 12) / -2, "truncates");
  assert(!divideI64<ModI64>(A, 8, B, 0, OUT, 6), "remainder");
  for (let i = 0; i < 6; i++) assert(load<i64>(OUT + ((<usize>i) << 3)) == (<i64>i * 5 - 12) % -2, "dividend's sign");
  store<i64>(B, 0);
  assert(divideI64<DivI64>(A, 8, B, 0, OUT, 6) && divideI64<ModI64>(A, 8, B, 0, OUT, 6), "by zero");
  store<i64>(A, i64.MIN_VALUE);
  store<i64>(B, -1);
  assert(divideI64<DivI64>(A, 8, B, 0, OUT, 1), "MIN / -1");
  assert(!divideI64<ModI64>(A, 8, B, 0, OUT, 1) && load<i64>(OUT) == 0, "MIN % -1 = 0");
}

export function test_fill(): void {
  v128.store(A, i32x4.splat(7));
  fillVector(A, OUT, 20);
  for (let i = 0; i < 8; i++) assert(load<i32>(OUT + ((<usize>i) << 2)) == 7);
}
