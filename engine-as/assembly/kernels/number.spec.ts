// Numbers from text, at the limits; the 100,000 random texts are in host-ts/src/formats.
import {
  digitCount,
  digitsValue,
  GRAMMAR_JSON,
  GRAMMAR_LOOSE,
  parsedF64,
  parsedI64,
  parseF64,
  parseI64,
  parseShortI64,
} from "./number";

const TEXT: usize = memory.data(256, 16);

/** Writes ASCII and a newline; the address after the text. */
function write(text: string): usize {
  for (let i = 0; i < text.length; i++) store<u8>(TEXT + <usize>i, <u8>text.charCodeAt(i));
  store<u8>(TEXT + <usize>text.length, 0x0a);
  return TEXT + <usize>text.length;
}

function i64Is(text: string, value: i64): void {
  const end = write(text);
  assert(parseI64(TEXT, GRAMMAR_LOOSE) == end && parsedI64 == value, text);
  const short = parseShortI64(TEXT, GRAMMAR_LOOSE);
  assert(short == 0 || (short == end && parsedI64 == value), text + " in short");
}

function f64Is(text: string, value: f64): void {
  const end = write(text);
  assert(parseF64(TEXT, GRAMMAR_LOOSE) == end, text);
  assert(reinterpret<u64>(parsedF64) == reinterpret<u64>(value), text);
}

export function test_digits(): void {
  write("1234x678");
  assert(digitCount(load<u64>(TEXT)) == 4, "four digits");
  assert(digitsValue(load<u64>(TEXT), 4) == 1234, "their value");
  write("99999999");
  assert(digitCount(load<u64>(TEXT)) == 8 && digitsValue(load<u64>(TEXT), 8) == 99999999, "eight digits");
  for (let c = 0; c < 256; c++) {
    store<u8>(TEXT, <u8>c);
    assert((digitCount(load<u64>(TEXT)) != 0) == (c >= 48 && c <= 57), "every byte");
  }
}

export function test_integers(): void {
  i64Is("0", 0);
  i64Is("-1", -1);
  i64Is("-0", 0);
  i64Is("1234567", 1234567);
  i64Is("-123456", -123456);
  i64Is("-1234567", -1234567);
  i64Is("12345678", 12345678);
  i64Is("123456789012345678", 123456789012345678);
  i64Is("9223372036854775807", i64.MAX_VALUE);
  i64Is("-9223372036854775808", i64.MIN_VALUE);
  write("+0000000000000000000000042");
  assert(parseI64(TEXT, GRAMMAR_LOOSE) != 0 && parsedI64 == 42, "leading zeros");
}

export function test_integers_that_do_not_fit(): void {
  const texts: StaticArray<string> = [
    "9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999",
    "-",
    "+",
    "",
    "x",
  ];
  for (let i = 0; i < texts.length; i++) {
    write(texts[i]);
    assert(parseI64(TEXT, GRAMMAR_LOOSE) == 0, texts[i]);
    assert(parseShortI64(TEXT, GRAMMAR_LOOSE) == 0, texts[i] + " in short");
  }
  write("01");
  assert(parseI64(TEXT, GRAMMAR_JSON) == 0 && parseShortI64(TEXT, GRAMMAR_JSON) == 0, "JSON has no leading zeros");
}

export function test_f64_each_way(): void {
  f64Is("0.1", 0.1);
  f64Is("-0", -0.0);
  f64Is("1e22", 1e22);
  f64Is("123456789.123456789", 123456789.123456789);
  f64Is("1.7976931348623157e308", f64.MAX_VALUE);
  f64Is("1.7976931348623159e308", Infinity);
  f64Is("2.2250738585072011e-308", 2.225073858507201e-308);
  f64Is("4.9e-324", 5e-324);
  f64Is("2.4703282292062327e-324", 0);
  f64Is("9007199254740993", 9007199254740992);
  f64Is("9007199254740993.00000000000000000001", 9007199254740994);
  f64Is("9007199254740992.99999999999999999999", 9007199254740992);
  f64Is("1e-999999999999", 0);
  f64Is(".5", 0.5);
  f64Is("5.", 5);
}

export function test_f64_grammar(): void {
  const bad: StaticArray<string> = [".5", "5.", "01", "+1", "1e", "1e+", ".", "-", "e1"];
  for (let i = 0; i < bad.length; i++) {
    write(bad[i]);
    assert(parseF64(TEXT, GRAMMAR_JSON) == 0, bad[i]);
  }
}
