// f64 to text and back at the limits; the random bit patterns are in host-ts/test/expr/text-casts.test.ts.
import { GRAMMAR_LOOSE, parsedF64, parseF64 } from "./number";
import { F64_TEXT_BYTES_MAX, writeF64 } from "./number-text";

const TEXT: usize = memory.data(64, 16);

function prints(value: f64, text: string): void {
  memory.fill(TEXT, 0x7e, 64);
  const bytes = writeF64(value, TEXT);
  assert(String.UTF8.decodeUnsafe(TEXT, bytes) == text, text);
  assert(bytes <= F64_TEXT_BYTES_MAX && load<u8>(TEXT + bytes) == 0x7e, "no more than it says");
}

export function test_forms(): void {
  prints(1, "1");
  prints(-120, "-120");
  prints(0.5, "0.5");
  prints(123.456, "123.456");
  prints(1e20, "100000000000000000000");
  prints(1e21, "1e+21");
  prints(-1.5e300, "-1.5e+300");
  prints(123456789012345680000.0, "123456789012345680000");
  prints(0.000001, "0.000001");
  prints(-0.0000012345678901234567, "-0.0000012345678901234567");
  prints(1e-7, "1e-7");
  prints(1.25e-10, "1.25e-10");
}

export function test_values_without_digits(): void {
  prints(0, "0");
  prints(-0.0, "0");
  prints(NaN, "NaN");
  prints(-NaN, "NaN");
  prints(Infinity, "Infinity");
  prints(-Infinity, "-Infinity");
}

export function test_fewest_digits(): void {
  prints(5e-324, "5e-324");
  prints(2.2250738585072014e-308, "2.2250738585072014e-308");
  prints(1.7976931348623157e308, "1.7976931348623157e+308");
  prints(9007199254740993.0, "9007199254740992");
  prints(0.1 + 0.2, "0.30000000000000004");
  // the nearest of the shortest, where the interval below is narrower
  prints(9.5367431640625e-7, "9.5367431640625e-7");
  prints(2e-44, "2e-44");
  prints(reinterpret<f64>(0x0020000000000000), "4.450147717014403e-308");
}

export function test_round_trip(): void {
  let bits: u64 = 0x9e3779b97f4a7c15;
  for (let i = 0; i < 20000; i++) {
    bits = bits * 6364136223846793005 + 1442695040888963407;
    const value = reinterpret<f64>(bits ^ (bits >> 29));
    if (value - value != 0) continue;
    const bytes = writeF64(value, TEXT);
    store<u8>(TEXT + bytes, 0x0a);
    assert(parseF64(TEXT, GRAMMAR_LOOSE) == TEXT + bytes, "all of it is a number");
    assert(reinterpret<u64>(parsedF64) == reinterpret<u64>(value), "the same number");
  }
}
