// ISO 8601 date-times to milliseconds since 1970, and numbers of other units.
//
//   YYYY-MM-DD | ±YYYYYY-MM-DD  [ T or space  HH:MM [ :SS [ .digits ] ] [ Z | ±HH | ±HHMM | ±HH:MM ] ]
//
// No zone is read as UTC; digits after the third of the fraction are cut off. The usual forms
// (seconds or milliseconds, Z or nothing) are checked eight characters at a time, and the date's
// milliseconds are kept from row to row: rows in time order share it.
import { ColumnOut } from "./column-out";

export let parsedMs: i64 = 0;

export const UNIT_MILLISECONDS: i32 = 0;
export const UNIT_SECONDS: i32 = 1;
export const UNIT_MICROSECONDS: i32 = 2;
export const UNIT_NANOSECONDS: i32 = 3;

const DAY_MS: i64 = 86400000;

/** Reads a date-time at p (24 bytes may be read) and returns the address after it, or 0. */
export function parseTimestamp(column: ColumnOut, p: usize): usize {
  // "YYYY-MM-", "DDTHH:MM", ":SS.sssZ": xor with the form leaves 0 at signs and 0 … 9 at digits
  const middle = load<u64>(p, 8);
  if (load<u64>(p) != column.dateHead || (middle & 0xffff) != column.dateTail) return parseIso(column, p);
  const separator = (<u32>(middle >> 16)) & 0xff;
  const clock = (middle ^ 0x30303a3030003030) & 0xffffffffff00ffff;
  if ((separator != 0x54 && separator != 0x20) || strays(clock, 0x76767f7676007676)) return parseIso(column, p);
  const tail = load<u64>(p, 16);
  const rest = tail ^ 0x5a3030302e30303a;
  const withMs = !strays(rest, 0x7f7676767f76767f);
  if (!withMs) {
    const after = (<u32>(tail >> 24)) & 0xff;
    const goesOn = after == 0x2e || (after | 0x20) == 0x7a || after == 0x2b || after == 0x2d;
    if (goesOn || strays(rest & 0xffffff, 0x76767f)) return parseIso(column, p);
  }
  const hours = twoDigits(middle, 24);
  const minutes = twoDigits(middle, 48);
  const seconds = twoDigits(tail, 8);
  if (hours > 23 || minutes > 59 || seconds > 59) return 0;
  const ms = column.dateMs + <i64>(hours * 3600000 + minutes * 60000 + seconds * 1000);
  if (!withMs) {
    parsedMs = ms;
    return p + 19;
  }
  parsedMs = ms + <i64>(((tail >> 32) & 15) * 100 + ((tail >> 40) & 15) * 10 + ((tail >> 48) & 15));
  return p + 24;
}

/**
 * The milliseconds of the day in "YYYY-MM-DDTHH:MM:SS.sssZ" from its second and third eight bytes; negative
 * when it is not of this form or its date does not end with the two characters of `dateTail`.
 */
@inline
export function clockOf(middle: u64, end: u64, dateTail: u64): i64 {
  const m = middle ^ (0x30303a3030540000 | dateTail);
  const e = end ^ 0x5a3030302e30303a;
  const strayBits = ((m + 0x76767f76767f7f7f) | m | (e + 0x7f7676767f76767f) | e) & 0x8080808080808080;
  // every byte becomes ten times itself and its follower
  const pairs = (m * 2561) >> 8;
  const endPairs = (e * 2561) >> 8;
  const hours = <i64>((pairs >> 24) & 0xff);
  const minutes = <i64>((pairs >> 48) & 0xff);
  const seconds = <i64>((endPairs >> 8) & 0xff);
  const beyond = (23 - hours) | (59 - minutes) | (59 - seconds);
  const ms = <i64>(((endPairs >> 32) & 0xff) * 10 + ((e >> 48) & 15));
  // one branch for all that can be wrong
  return (
    (hours * 3600000 + minutes * 60000 + seconds * 1000 + ms) | (beyond & i64.MIN_VALUE) | -(<i64>(strayBits != 0))
  );
}

/** Whether some byte is larger than the form allows: `room` is 0x7f minus that in every byte. */
@inline
function strays(word: u64, room: u64): bool {
  return (((word + room) | word) & 0x8080808080808080) != 0;
}


@inline
function twoDigits(word: u64, shift: u64): u64 {
  return ((word >> shift) & 15) * 10 + ((word >> (shift + 8)) & 15);
}

/** Any of the forms, character by character; remembers the date for the next row. */
function parseIso(column: ColumnOut, start: usize): usize {
  let p = start;
  let year = 0;
  const sign = <u32>load<u8>(p);
  if (sign == 0x2b || sign == 0x2d) {
    year = number(p + 1, 6);
    // there is no year -000000
    if (year < 0 || (year == 0 && sign == 0x2d)) return 0;
    if (sign == 0x2d) year = -year;
    p += 7;
  } else {
    year = number(p, 4);
    if (year < 0) return 0;
    p += 4;
  }
  if (load<u8>(p) != 0x2d || load<u8>(p, 3) != 0x2d) return 0;
  const month = number(p + 1, 2);
  const day = number(p + 4, 2);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return 0;
  p += 6;
  const dateMs = daysFromCivil(year, month, day) * DAY_MS;
  if (p == start + 10) {
    column.dateHead = load<u64>(start);
    column.dateTail = <u64>load<u16>(start, 8);
    column.dateMs = dateMs;
  }
  const separator = <u32>load<u8>(p);
  const hours = number(p + 1, 2);
  if (((separator | 0x20) != 0x74 && separator != 0x20) || hours < 0) {
    parsedMs = dateMs;
    return p;
  }
  return parseClock(p + 1, dateMs);
}

function parseClock(start: usize, dateMs: i64): usize {
  let p = start;
  const hours = number(p, 2);
  const minutes = number(p + 3, 2);
  if (load<u8>(p, 2) != 0x3a || hours > 23 || minutes < 0 || minutes > 59) return 0;
  p += 5;
  let ms: i64 = <i64>hours * 3600000 + <i64>minutes * 60000;
  if (load<u8>(p) == 0x3a) {
    const seconds = number(p + 1, 2);
    if (seconds < 0 || seconds > 59) return 0;
    ms += <i64>seconds * 1000;
    p += 3;
    if (load<u8>(p) == 0x2e) {
      p++;
      let scale: i64 = 100;
      let digit = <u32>load<u8>(p) - 0x30;
      if (digit > 9) return 0;
      do {
        ms += <i64>digit * scale;
        scale /= 10;
        p++;
        digit = <u32>load<u8>(p) - 0x30;
      } while (digit < 10);
    }
  }
  parsedMs = dateMs + ms;
  const zone = <u32>load<u8>(p);
  if ((zone | 0x20) == 0x7a) return p + 1;
  if (zone != 0x2b && zone != 0x2d) return p;
  const zoneHours = number(p + 1, 2);
  if (zoneHours < 0 || zoneHours > 23) return 0;
  p += 3;
  let zoneMinutes = 0;
  const colon = <usize>(load<u8>(p) == 0x3a);
  const found = number(p + colon, 2);
  if (found >= 0) {
    if (found > 59) return 0;
    zoneMinutes = found;
    p += colon + 2;
  }
  const offset = <i64>(zoneHours * 60 + zoneMinutes) * 60000;
  parsedMs += zone == 0x2d ? offset : -offset;
  return p;
}

/** Exactly `count` digits, or -1. */
function number(p: usize, count: usize): i32 {
  let value = 0;
  for (let i: usize = 0; i < count; i++) {
    const digit = <u32>load<u8>(p + i) - 0x30;
    if (digit > 9) return -1;
    value = value * 10 + <i32>digit;
  }
  return value;
}

function daysInMonth(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return 30 + ((month + (month >> 3)) & 1);
}

/** Howard Hinnant's days_from_civil: days since 1970-01-01 in the proleptic Gregorian calendar. */
function daysFromCivil(year: i32, month: i32, day: i32): i64 {
  const y = month <= 2 ? year - 1 : year;
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return <i64>era * 146097 + <i64>dayOfEra - 719468;
}

/** A whole number of the unit to ms; false on overflow. Towards the past, as a fraction is cut off. */
export function scaleToMs(value: i64, unit: i32): bool {
  if (unit == UNIT_SECONDS) {
    if (value > i64.MAX_VALUE / 1000 || value < i64.MIN_VALUE / 1000) return false;
    parsedMs = value * 1000;
    return true;
  }
  const divisor: i64 = unit == UNIT_MICROSECONDS ? 1000 : unit == UNIT_NANOSECONDS ? 1000000 : 1;
  const quotient = value / divisor;
  parsedMs = quotient - <i64>(quotient * divisor > value);
  return true;
}
