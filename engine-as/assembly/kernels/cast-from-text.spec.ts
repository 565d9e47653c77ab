// Casts from text by views: what is taken, what fails, that nothing behind a text is read as part of it.
import { copyBytes, textToBits, TextToF64, TextToTime, textToValues } from "./cast-from-text";
import { viewOf } from "./text";

const BYTES: usize = memory.data(512, 16);
const VIEWS: usize = memory.data(512, 16);
const OUT: usize = memory.data(512, 16);
const COPY: usize = memory.data(256, 16);

/** Lays the texts out without anything between them. */
function lay(texts: StaticArray<string>): void {
  let at = BYTES;
  for (let i = 0; i < texts.length; i++) {
    const bytes = String.UTF8.encodeUnsafe(changetype<usize>(texts[i]), texts[i].length, at);
    store<u64>(VIEWS + ((<usize>i) << 3), viewOf(at, <i32>bytes));
    at += bytes;
  }
  assert(at <= BYTES + 512 && copyBytes(VIEWS, 8, texts.length) <= 256);
}

export function test_f64(): void {
  lay(["12", "34.5", "e7", "-.25", "NaN", "-inf", "1e400", ""]);
  assert(textToValues<TextToF64>(VIEWS, 8, COPY, OUT, 8), "two fail");
  assert(load<f64>(OUT) == 12 && load<f64>(OUT, 8) == 34.5 && load<f64>(OUT, 24) == -0.25);
  assert(isNaN(load<f64>(OUT, 32)) && load<f64>(OUT, 40) == -Infinity && load<f64>(OUT, 48) == Infinity);
  assert(load<u64>(OUT, 16) == 0 && load<u64>(OUT, 56) == 0, "what failed holds 0");
  assert(!textToValues<TextToF64>(VIEWS, 8, COPY, OUT, 2), "the good ones alone");
}

export function test_timestamps(): void {
  lay(["2001-01-01", "2001-01-01T00:00:00.123Z", "2001-01-01T01", "+1x2001-01-01", "1969-12-31 23:00-01:00"]);
  assert(textToValues<TextToTime>(VIEWS, 8, COPY, OUT, 5), "two fail");
  assert(load<i64>(OUT) == 978307200000 && load<i64>(OUT, 8) == 978307200123 && load<i64>(OUT, 32) == 0);
  assert(textToValues<TextToTime>(VIEWS + 16, 8, COPY, OUT, 1), "an hour without minutes");
  assert(textToValues<TextToTime>(VIEWS + 24, 8, COPY, OUT, 1), "a year without its digits");
  lay(["\0\0\0\0\0\0\0\0\0\0T00:00:00Z"]);
  assert(textToValues<TextToTime>(VIEWS, 8, COPY, OUT, 1), "zeroed memory is no date that was seen");
}

export function test_bools(): void {
  lay(["true", "FALSE", "True", "true", "false", "false", "false", "true", "TRUE", "tru", "e"]);
  assert(!textToBits(VIEWS, 8, COPY, OUT, 9) && load<u16>(OUT) == 0x18d);
  assert(textToBits(VIEWS, 8, COPY, OUT, 10) && textToBits(VIEWS + 80, 8, COPY, OUT, 1));
  assert(!textToBits(VIEWS, 0, COPY, OUT, 11) && load<u16>(OUT) == 0x7ff, "a constant");
}
