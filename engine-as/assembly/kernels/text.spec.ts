// Text tests by views, dictionary mapping, lower case, casts from and to text, date parts.
import { f64ToI32, f64ToI64, i32ToF64, i32ToI64, i64ToF64, i64ToI32 } from "./cast";
import { TextToI64, textToValues } from "./cast-from-text";
import { boolToText, i64ToText, timeToText } from "./cast-to-text";
import {
  Day,
  DayOfWeek,
  DayOfYear,
  Hour,
  mapTime,
  Millisecond,
  Minute,
  Month,
  Second,
  TruncateDay,
  TruncateHour,
  TruncateMinute,
  TruncateMonth,
  TruncateSecond,
  TruncateWeek,
  TruncateYear,
  Year,
} from "./date";
import { lowercase } from "./lowercase";
import {
  bitsByIds,
  chooseViews,
  concatViews,
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
  viewOf,
  viewsOfIds,
  viewsOfOffsets,
} from "./text";

const BYTES = memory.data(1024, 16);
const OFFSETS = memory.data(128, 16);
const VIEWS = memory.data(256, 16);
const VALUES = memory.data(256, 16);
const OUT = memory.data(1024, 16);

/** Lays texts one behind the other at BYTES with OFFSETS; VIEWS of them. */
function lay(texts: string[]): void {
  let at: usize = 0;
  for (let i = 0; i < texts.length; i++) {
    store<i32>(OFFSETS + ((<usize>i) << 2), <i32>at);
    const bytes = String.UTF8.encode(texts[i]);
    memory.copy(BYTES + at, changetype<usize>(bytes), bytes.byteLength);
    at += bytes.byteLength;
  }
  store<i32>(OFFSETS + ((<usize>texts.length) << 2), <i32>at);
  viewsOfOffsets(OFFSETS, BYTES, texts.length, VIEWS);
}

function holds<Op>(a: string, b: string): bool {
  lay([a, b]);
  testText<Op>(VIEWS, 8, VIEWS + 8, 0, OUT, 1);
  return (load<u8>(OUT) & 1) != 0;
}

export function test_tests(): void {
  assert(holds<TextEq>("", "") && holds<TextEq>("a longer text", "a longer text") && !holds<TextEq>("ab", "abc"));
  assert(holds<TextNe>("a longer text", "a longer test") && !holds<TextNe>("é", "é"));
  assert(holds<TextLt>("a", "b") && holds<TextLt>("a", "aa") && !holds<TextLt>("b", "b") && holds<TextLt>("z", "é"));
  assert(holds<TextLt>("12345678a", "12345678b") && !holds<TextLt>("123456789", "12345678"));
  assert(holds<TextLe>("b", "b") && holds<TextLe>("", "") && !holds<TextLe>("b", "a"));
  assert(
    holds<TextStartsWith>("SEA-TAC", "SEA") && holds<TextStartsWith>("x", "") && !holds<TextStartsWith>("S", "SEA"),
  );
  assert(
    holds<TextEndsWith>("SEA-TAC", "TAC") && !holds<TextEndsWith>("SEA-TAC", "SEA") && holds<TextEndsWith>("", ""),
  );
  assert(holds<TextContains>("aaab", "aab") && holds<TextContains>("x", "") && !holds<TextContains>("aab", "aaab"));
  assert(holds<TextContains>("Straße", "ß") && !holds<TextContains>("abc", "abd"));
}

export function test_many_rows_and_ids(): void {
  lay(["SEA", "SFO", "JFK", "SEA", "", "SEA", "x", "y", "SEA", "z"]);
  store<u64>(VALUES, viewOf(BYTES, 3));
  testText<TextEq>(VIEWS, 8, VALUES, 0, OUT, 10);
  assert(load<u16>(OUT) == 0b0100101001, "bits of ten rows");
  for (let i = 0; i < 10; i++) store<i32>(VALUES + 64 + ((<usize>i) << 2), 9 - i);
  bitsByIds(VALUES + 64, OUT, OUT + 16, 10);
  assert(load<u16>(OUT, 16) == 0b1001010010, "mapped by id");
  viewsOfIds(VALUES + 64, OFFSETS, BYTES, 10, OUT);
  for (let i = 0; i < 10; i++) assert(load<u64>(OUT + ((<usize>i) << 3)) == load<u64>(VIEWS + ((<usize>(9 - i)) << 3)));
  lengthText(VIEWS, 8, OUT, 10);
  assert(load<i64>(OUT) == 3 && load<i64>(OUT, 32) == 0);
  gatherByIds64(VALUES + 64, OUT, OUT + 128, 10);
  assert(load<i64>(OUT, 128 + 40) == 0 && load<i64>(OUT, 128 + 72) == 3);
  store<u16>(VALUES, 0b1100000001);
  assert(chooseViews(VALUES, VIEWS, 8, VIEWS + 16, 0, OUT, 10) == 3 * 8 + 4, "bytes of the choice");
  concatViews(OUT, 10, OUT + 128, OUT + 256);
  assert(load<i32>(OUT, 128 + 40) == 28 && load<u8>(OUT, 256) == 0x53 && load<u8>(OUT, 256 + 3) == 0x4a);
}

export function test_length_counts_code_points(): void {
  lay(["日本😀"]);
  lengthText(VIEWS, 8, OUT, 1);
  assert(load<i64>(OUT) == 3);
}

function lower(text: string): string {
  const bytes = String.UTF8.encode(text);
  lowercase(changetype<usize>(bytes), bytes.byteLength, OUT);
  return String.UTF8.decodeUnsafe(OUT, bytes.byteLength);
}

export function test_lowercase(): void {
  assert(lower("HELLO, 0123456789 [WORLD] @`{") == "hello, 0123456789 [world] @`{");
  assert(lower("ÀÖØÞ×ßŒŸŹŽ ŁŃ") == "àöøþ×ßœÿźž łń");
  assert(lower("ΆΈΏΑΣΩ ЀЯЁӁӀԮ Ա") == "άέώασω ѐяёӂӏԯ ա");
  assert(lower("İ Ɓ 東京 😀 Ａ") == "İ Ɓ 東京 😀 Ａ", "what is left alone");
  store<u32>(BYTES, 0x41c3ffc3);
  lowercase(BYTES, 4, OUT);
  assert(load<u32>(OUT) == 0x61c3ffc3, "bytes that are no UTF-8 are copied");
}

export function test_casts(): void {
  for (let i = 0; i < 7; i++) store<i32>(VALUES + ((<usize>i) << 2), i * 1000000000 - 3);
  i32ToI64(VALUES, OUT, 7);
  for (let i = 0; i < 7; i++) assert(load<i64>(OUT + ((<usize>i) << 3)) == <i64>load<i32>(VALUES + ((<usize>i) << 2)));
  assert(!i64ToI32(OUT, OUT + 128, 7) && load<i32>(OUT, 128) == -3, "back");
  i64ToF64(OUT, OUT + 256, 7);
  i32ToF64(VALUES, OUT + 512, 7);
  for (let i = 0; i < 56; i += 8) assert(load<u64>(OUT + 256 + i) == load<u64>(OUT + 512 + i), "f64");
  store<i64>(OUT, 2147483648);
  assert(i64ToI32(OUT, OUT + 128, 1), "out of range");
  store<f64>(OUT, -1.9);
  assert(!f64ToI64(OUT, OUT + 128, 1) && load<i64>(OUT, 128) == -1 && !f64ToI32(OUT, OUT + 128, 1));
  store<f64>(OUT, 9223372036854775808.0);
  assert(f64ToI64(OUT, OUT + 128, 1) && f64ToI32(OUT, OUT + 128, 1));
  store<f64>(OUT, -2147483648.9);
  assert(!f64ToI32(OUT, OUT + 128, 1) && load<i32>(OUT, 128) == i32.MIN_VALUE);
  store<f64>(OUT, NaN);
  assert(f64ToI64(OUT, OUT + 128, 1) && f64ToI32(OUT, OUT + 128, 1));
}

function number(text: string): i64 {
  lay([text]);
  return textToValues<TextToI64>(VIEWS, 8, 0, OUT, 1) ? 404 : load<i64>(OUT);
}

export function test_casts_of_text(): void {
  assert(number("-9223372036854775808") == i64.MIN_VALUE && number("9223372036854775807") == i64.MAX_VALUE);
  assert(
    number("9223372036854775808") == 404 &&
      number("-9223372036854775809") == 404 &&
      number("99999999999999999999") == 404,
  );
  assert(number("") == 404 && number("-") == 404 && number("1.5") == 404 && number(" 1") == 404 && number("+007") == 7);
  store<i64>(VALUES, i64.MIN_VALUE);
  store<i64>(VALUES, 0, 8);
  store<i64>(VALUES, 120, 16);
  i64ToText(VALUES, OFFSETS, OUT, 3);
  assert(
    String.UTF8.decodeUnsafe(OUT, load<i32>(OFFSETS, 12)) == "-92233720368547758080120" && load<i32>(OFFSETS, 8) == 21,
  );
  store<u8>(VALUES, 2);
  boolToText(VALUES, OFFSETS, OUT, 2);
  assert(String.UTF8.decodeUnsafe(OUT, 9) == "falsetrue" && load<i32>(OFFSETS, 4) == 5);
  store<i64>(VALUES, 978307200123);
  store<i64>(VALUES, -62198755200000, 8);
  assert(!timeToText(VALUES, OFFSETS, OUT, 2));
  assert(String.UTF8.decodeUnsafe(OUT, 51) == "2001-01-01T00:00:00.123Z-000001-01-01T00:00:00.000Z");
  store<i64>(VALUES, 8640000000000001);
  assert(timeToText(VALUES, OFFSETS, OUT, 1));
}

function at<Op>(time: i64): i64 {
  store<i64>(VALUES, time);
  mapTime<Op>(VALUES, OUT, 1);
  return load<i64>(OUT);
}

export function test_dates(): void {
  // 2000-02-29T23:59:59.999Z, a Tuesday
  const leap: i64 = 951868799999;
  assert(at<Year>(leap) == 2000 && at<Month>(leap) == 2 && at<Day>(leap) == 29);
  assert(at<Hour>(leap) == 23 && at<Minute>(leap) == 59 && at<Second>(leap) == 59 && at<Millisecond>(leap) == 999);
  assert(at<DayOfWeek>(leap) == 2 && at<DayOfYear>(leap) == 60);
  assert(at<Year>(-1) == 1969 && at<Day>(-1) == 31 && at<Millisecond>(-1) == 999 && at<DayOfWeek>(-1) == 3);
  assert(at<TruncateSecond>(leap) == 951868799000 && at<TruncateMinute>(leap) == 951868740000);
  assert(at<TruncateHour>(leap) == 951865200000 && at<TruncateDay>(leap) == 951782400000);
  assert(at<TruncateWeek>(leap) == 951696000000 && at<TruncateMonth>(leap) == 949363200000);
  assert(at<TruncateYear>(leap) == 946684800000 && at<TruncateDay>(-1) == -86400000);
}
