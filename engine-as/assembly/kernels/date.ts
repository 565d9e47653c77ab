// Parts of time stamps and their truncation, UTC, proleptic Gregorian calendar; ms since 1970 in i64.
//
// The mirror of host-ts/src/expr/calendar.ts; the calendar is Howard Hinnant's civil-from-days. Results are
// exact for +-8.64e15 ms (JavaScript's dates) and beyond as far as the result fits into i64; else they wrap.
import { writeDigits } from "./digits";

const DAY_MS: i64 = 86400000;


@inline
function floorDiv(a: i64, b: i64): i64 {
  const quotient = a / b;
  return quotient - i64(a % b < 0);
}


@inline
function floorMod(a: i64, b: i64): i64 {
  const remainder = a % b;
  return remainder < 0 ? remainder + b : remainder;
}

let civilYear: i64 = 0;
let civilMonth: i64 = 0;
let civilDay: i64 = 0;

/** Fills civilYear, civilMonth (1 … 12) and civilDay (1 … 31) for days since 1970-01-01. */
function civil(days: i64): void {
  const shifted = days + 719468;
  const era = floorDiv(shifted, 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const shiftedMonth = (5 * dayOfYear + 2) / 153;
  civilMonth = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  civilDay = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1;
  civilYear = yearOfEra + era * 400 + i64(civilMonth <= 2);
}

/** Days since 1970-01-01 of the first of a month. */
export function daysOf(year: i64, month: i64): i64 {
  const y = month <= 2 ? year - 1 : year;
  const era = floorDiv(y, 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}


@final
@unmanaged
export class Year {

  @inline apply(time: i64): i64 {
    civil(floorDiv(time, DAY_MS));
    return civilYear;
  }
}


@final
@unmanaged
export class Month {

  @inline apply(time: i64): i64 {
    civil(floorDiv(time, DAY_MS));
    return civilMonth;
  }
}


@final
@unmanaged
export class Day {

  @inline apply(time: i64): i64 {
    civil(floorDiv(time, DAY_MS));
    return civilDay;
  }
}


@final
@unmanaged
export class Hour {

  @inline apply(time: i64): i64 {
    return floorMod(time, DAY_MS) / 3600000;
  }
}


@final
@unmanaged
export class Minute {

  @inline apply(time: i64): i64 {
    return floorMod(time, 3600000) / 60000;
  }
}


@final
@unmanaged
export class Second {

  @inline apply(time: i64): i64 {
    return floorMod(time, 60000) / 1000;
  }
}


@final
@unmanaged
export class Millisecond {

  @inline apply(time: i64): i64 {
    return floorMod(time, 1000);
  }
}
/** ISO: Monday = 1 … Sunday = 7; 1970-01-01 was a Thursday. */
@final
@unmanaged
export class DayOfWeek {

  @inline apply(time: i64): i64 {
    return floorMod(floorDiv(time, DAY_MS) + 3, 7) + 1;
  }
}


@final
@unmanaged
export class DayOfYear {

  @inline apply(time: i64): i64 {
    const days = floorDiv(time, DAY_MS);
    civil(days);
    return days - daysOf(civilYear, 1) + 1;
  }
}


@final
@unmanaged
export class TruncateSecond {

  @inline apply(time: i64): i64 {
    return time - floorMod(time, 1000);
  }
}


@final
@unmanaged
export class TruncateMinute {

  @inline apply(time: i64): i64 {
    return time - floorMod(time, 60000);
  }
}


@final
@unmanaged
export class TruncateHour {

  @inline apply(time: i64): i64 {
    return time - floorMod(time, 3600000);
  }
}


@final
@unmanaged
export class TruncateDay {

  @inline apply(time: i64): i64 {
    return time - floorMod(time, DAY_MS);
  }
}


@final
@unmanaged
export class TruncateWeek {

  @inline apply(time: i64): i64 {
    const days = floorDiv(time, DAY_MS);
    return (days - floorMod(days + 3, 7)) * DAY_MS;
  }
}


@final
@unmanaged
export class TruncateMonth {

  @inline apply(time: i64): i64 {
    civil(floorDiv(time, DAY_MS));
    return daysOf(civilYear, civilMonth) * DAY_MS;
  }
}


@final
@unmanaged
export class TruncateYear {

  @inline apply(time: i64): i64 {
    civil(floorDiv(time, DAY_MS));
    return daysOf(civilYear, 1) * DAY_MS;
  }
}

/** out[i] = Op(times[i]), i64 to i64. */
export function mapTime<Op>(times: usize, out: usize, rows: i32): void {
  const end = out + ((<usize>rows) << 3);
  while (out < end) {
    store<i64>(out, changetype<Op>(0).apply(load<i64>(times)));
    times += 8;
    out += 8;
  }
}

const ISO_TIME_MAX: i64 = 8640000000000000;

/** Whether ISO 8601 text exists for the time: JavaScript's range of dates. */
@inline
export function isoTimeFails(time: i64): bool {
  return time < 0 - ISO_TIME_MAX || time > ISO_TIME_MAX;
}

/** Writes `2001-01-31T12:00:00.000Z` (years outside 0 … 9999 with sign and six digits); bytes written, at most 27. */
export function writeIsoTime(time: i64, out: usize): usize {
  const days = floorDiv(time, DAY_MS);
  const inDay = <u32>(time - days * DAY_MS);
  civil(days);
  let at = out;
  if (civilYear < 0 || civilYear > 9999) {
    store<u8>(at, civilYear < 0 ? 0x2d : 0x2b);
    at = writeDigits(<u64>abs(civilYear), 6, at + 1);
  } else at = writeDigits(<u64>civilYear, 4, at);
  store<u8>(at, 0x2d);
  at = writeDigits(<u64>civilMonth, 2, at + 1);
  store<u8>(at, 0x2d);
  at = writeDigits(<u64>civilDay, 2, at + 1);
  store<u8>(at, 0x54);
  at = writeDigits(inDay / 3600000, 2, at + 1);
  store<u8>(at, 0x3a);
  at = writeDigits((inDay / 60000) % 60, 2, at + 1);
  store<u8>(at, 0x3a);
  at = writeDigits((inDay / 1000) % 60, 2, at + 1);
  store<u8>(at, 0x2e);
  at = writeDigits(inDay % 1000, 3, at + 1);
  store<u8>(at, 0x5a);
  return at + 1 - out;
}
