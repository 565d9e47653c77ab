// Every comparison of every width, with tails, and constants on either side; bitmaps, choice and selection.
import {
  BitAnd,
  BitAndNot,
  BitCopy,
  bitmapChoose,
  bitmapClearTail,
  bitmapKleene,
  bitmapMap,
  BitNot,
  BitOr,
  BitXnor,
  BitXor,
  KleeneAnd,
  KleeneOr,
  ONES,
} from "./bitmap";
import { bitsToI32, choose32, choose64 } from "./choose";
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
} from "./compare";
import { selectBits, selectBitsAmong } from "./selection";

const A = memory.data(1024, 16);
const B = memory.data(1024, 16);
const OUT = memory.data(1024, 16);
const MORE = memory.data(1024, 16);

function bit(ptr: usize, i: i32): bool {
  return ((load<u8>(ptr + ((<usize>i) >> 3)) >> (<u8>(i & 7))) & 1) != 0;
}

function wanted<T>(op: i32, a: T, b: T): bool {
  return op == 0 ? a == b : op == 1 ? a != b : op == 2 ? a < b : a <= b;
}

/** Values 0 … 4 in another order on each side; f64 with NaN for 4. */
function fill<T>(ptr: usize, stride: i32): void {
  for (let i = 0; i < 80; i++) {
    const value = (i * stride + 1) % 5;
    if (isFloat<T>()) store<f64>(ptr + ((<usize>i) << 3), value == 4 ? NaN : <f64>value);
    else store<T>(ptr + <usize>i * sizeof<T>(), <T>(value - 2));
  }
}

function check<T, Op>(op: i32): void {
  fill<T>(A, 3);
  fill<T>(B, 2);
  for (let rows = 0; rows <= 65; rows++) {
    for (let form = 0; form < 3; form++) {
      // a constant is its value as often as it fits into 16 bytes
      const constantA = form == 1;
      const constantB = form == 2;
      for (let lane: usize = 0; lane < 16; lane += sizeof<T>()) {
        store<T>(MORE + lane, load<T>(A));
        store<T>(MORE + 16 + lane, load<T>(B));
      }
      const a = constantA ? MORE : A;
      const b = constantB ? MORE + 16 : B;
      if (sizeof<T>() == 4) compare32<Op>(a, constantA ? 0 : 16, b, constantB ? 0 : 16, OUT, rows);
      else compare64<Op>(a, constantA ? 0 : 16, b, constantB ? 0 : 16, OUT, rows);
      for (let i = 0; i < rows; i++) {
        const x = load<T>(constantA ? A : A + <usize>i * sizeof<T>());
        const y = load<T>(constantB ? B : B + <usize>i * sizeof<T>());
        assert(bit(OUT, i) == wanted<T>(op, x, y), "comparison " + op.toString() + " row " + i.toString());
      }
    }
  }
}

export function test_i64(): void {
  check<i64, EqI64>(0);
  check<i64, NeI64>(1);
  check<i64, LtI64>(2);
  check<i64, LeI64>(3);
}
export function test_f64(): void {
  check<f64, EqF64>(0);
  check<f64, NeF64>(1);
  check<f64, LtF64>(2);
  check<f64, LeF64>(3);
}
export function test_i32(): void {
  check<i32, EqI32>(0);
  check<i32, NeI32>(1);
  check<i32, LtI32>(2);
  check<i32, LeI32>(3);
}

function random(ptr: usize, bytes: i32, seed: u32): void {
  let x = seed;
  for (let i = 0; i < bytes; i++) {
    x = x * 1664525 + 1013904223;
    store<u8>(ptr + i, <u8>(x >> 24));
  }
}

function checkBits<Op>(op: i32): void {
  random(A, 64, 1);
  random(B, 64, 2);
  bitmapMap<Op>(A, 16, B, 16, OUT, 300);
  for (let i = 0; i < 300; i++) {
    const a = bit(A, i);
    const b = bit(B, i);
    const want =
      op == 0 ? a && b : op == 1 ? a || b : op == 2 ? a != b : op == 3 ? a == b : op == 4 ? a && !b : op == 5 ? !a : a;
    assert(bit(OUT, i) == want, "bits " + op.toString());
  }
}

export function test_bits(): void {
  checkBits<BitAnd>(0);
  checkBits<BitOr>(1);
  checkBits<BitXor>(2);
  checkBits<BitXnor>(3);
  checkBits<BitAndNot>(4);
  checkBits<BitNot>(5);
  checkBits<BitCopy>(6);
  bitmapClearTail(OUT, 131);
  for (let i = 0; i < 256; i++) assert(bit(OUT, i) == (i < 131 && bit(A, i)), "tail");
}

export function test_kleene(): void {
  random(A, 16, 3);
  random(B, 16, 4);
  random(MORE, 16, 5);
  // B has no nulls
  bitmapKleene<KleeneAnd>(A, 16, MORE, 16, B, 16, ONES, 0, OUT, OUT + 64, 128);
  for (let i = 0; i < 128; i++) {
    const known = bit(MORE, i);
    const isFalse = (known && !bit(A, i)) || !bit(B, i);
    const isTrue = known && bit(A, i) && bit(B, i);
    assert(bit(OUT + 64, i) == (isFalse || isTrue) && (!isTrue || bit(OUT, i)) && (!isFalse || !bit(OUT, i)), "and");
  }
  bitmapKleene<KleeneOr>(A, 16, MORE, 16, B, 16, ONES, 0, OUT, OUT + 64, 128);
  for (let i = 0; i < 128; i++) {
    const known = bit(MORE, i);
    const isTrue = (known && bit(A, i)) || bit(B, i);
    const isFalse = known && !bit(A, i) && !bit(B, i);
    assert(bit(OUT + 64, i) == (isFalse || isTrue) && (!isTrue || bit(OUT, i)) && (!isFalse || !bit(OUT, i)), "or");
  }
}

export function test_choose(): void {
  random(MORE, 16, 6);
  for (let i = 0; i < 70; i++) {
    store<i64>(A + ((<usize>i) << 3), i);
    store<i64>(B + ((<usize>i) << 3), i + 1000);
  }
  for (let rows = 0; rows <= 67; rows++) {
    choose64(MORE, A, 16, B, 16, OUT, rows);
    for (let i = 0; i < rows; i++) assert(load<i64>(OUT + ((<usize>i) << 3)) == (bit(MORE, i) ? i : i + 1000), "64");
    choose64(MORE, A, 16, A + 160, 0, OUT, rows);
    for (let i = 0; i < rows; i++) {
      assert(load<i64>(OUT + ((<usize>i) << 3)) == (bit(MORE, i) ? i : 20 + (i & 1)), "64 constant");
    }
    choose32(MORE, A, 16, B, 16, OUT, rows);
    for (let i = 0; i < rows; i++) {
      const at = (<usize>i) << 2;
      assert(load<i32>(OUT + at) == load<i32>((bit(MORE, i) ? A : B) + at), "32");
    }
    bitsToI32(MORE, OUT, rows);
    for (let i = 0; i < rows; i++) assert(load<i32>(OUT + ((<usize>i) << 2)) == i32(bit(MORE, i)), "bits to i32");
  }
  random(A, 16, 8);
  random(B, 16, 9);
  bitmapChoose(MORE, A, 16, B, 16, OUT, 128);
  for (let i = 0; i < 128; i++) assert(bit(OUT, i) == bit(bit(MORE, i) ? A : B, i), "bits");
}

export function test_selection(): void {
  random(A, 64, 10);
  random(B, 64, 11);
  for (let rows = 0; rows <= 300; rows += 7) {
    for (let withNulls = 0; withNulls < 2; withNulls++) {
      const validity = withNulls == 1 ? B : 0;
      const count = selectBits(A, validity, rows, OUT);
      let at = 0;
      for (let i = 0; i < rows; i++) {
        if (!bit(A, i) || (validity != 0 && !bit(B, i))) continue;
        assert(load<u16>(OUT + ((<usize>at) << 1)) == <u16>i, "selected row");
        at++;
      }
      assert(at == count, "count");
      // every second of them again, in place
      const among = selectBitsAmong(B, 0, OUT, count, OUT);
      for (let i = 0; i < among; i++) assert(bit(B, <i32>load<u16>(OUT + ((<usize>i) << 1))), "among");
      if (withNulls == 1) assert(among == count, "all of them are valid");
    }
  }
}
