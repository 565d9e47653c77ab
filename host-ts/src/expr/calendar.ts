/**
 * Parts of a time stamp in UTC by integer arithmetic (Howard Hinnant's civil-from-days); the mirror of
 * engine-as/assembly/kernels/date.ts. Times are milliseconds since 1970 as bigints, exact for any 64-bit value
 * whose result is one.
 */
import type { DatePart, DateUnit } from './json.ts';

const DAY_MS = 86_400_000n;
const UNIT_MS: Partial<Record<DateUnit, bigint>> = { second: 1000n, minute: 60_000n, hour: 3_600_000n, day: DAY_MS };

const floorDiv = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;
const floorMod = (a: bigint, b: bigint): bigint => ((a % b) + b) % b;

export function datePart(time: bigint, part: DatePart): bigint {
  const days = floorDiv(time, DAY_MS);
  const inDay = floorMod(time, DAY_MS);
  switch (part) {
    case 'hour':
      return inDay / 3_600_000n;
    case 'minute':
      return (inDay / 60_000n) % 60n;
    case 'second':
      return (inDay / 1000n) % 60n;
    case 'millisecond':
      return inDay % 1000n;
    case 'dayOfWeek':
      // 1970-01-01 was a Thursday
      return floorMod(days + 3n, 7n) + 1n;
    case 'year':
      return civil(days).year;
    case 'month':
      return civil(days).month;
    case 'day':
      return civil(days).day;
    case 'dayOfYear':
      return days - daysOf(civil(days).year, 1n, 1n) + 1n;
  }
}

export function truncateTime(time: bigint, unit: DateUnit): bigint {
  const size = UNIT_MS[unit];
  if (size !== undefined) return time - floorMod(time, size);
  const days = floorDiv(time, DAY_MS);
  if (unit === 'week') return (days - floorMod(days + 3n, 7n)) * DAY_MS;
  const { year, month } = civil(days);
  return daysOf(year, unit === 'month' ? month : 1n, 1n) * DAY_MS;
}

function civil(days: bigint): { year: bigint; month: bigint; day: bigint } {
  const shifted = days + 719_468n;
  const era = floorDiv(shifted, 146_097n);
  const dayOfEra = shifted - era * 146_097n;
  const yearOfEra = (dayOfEra - dayOfEra / 1460n + dayOfEra / 36_524n - dayOfEra / 146_096n) / 365n;
  const dayOfYear = dayOfEra - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const shiftedMonth = (5n * dayOfYear + 2n) / 153n;
  const month = shiftedMonth < 10n ? shiftedMonth + 3n : shiftedMonth - 9n;
  const day = dayOfYear - (153n * shiftedMonth + 2n) / 5n + 1n;
  return { year: yearOfEra + era * 400n + (month <= 2n ? 1n : 0n), month, day };
}

function daysOf(year: bigint, month: bigint, day: bigint): bigint {
  const y = month <= 2n ? year - 1n : year;
  const era = floorDiv(y, 400n);
  const yearOfEra = y - era * 400n;
  const dayOfYear = (153n * (month > 2n ? month - 3n : month + 9n) + 2n) / 5n + day - 1n;
  const dayOfEra = yearOfEra * 365n + yearOfEra / 4n - yearOfEra / 100n + dayOfYear;
  return era * 146_097n + dayOfEra - 719_468n;
}

const ISO_TIME =
  /^(?:(\d{4})|([+-]\d{6}))-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?)?$/;

/**
 * The milliseconds of ISO 8601 text, undefined when it is none; the mirror of
 * engine-as/assembly/kernels/timestamp.ts. No zone is UTC; digits after the third of the fraction are cut off.
 */
export function parseIsoTime(text: string): bigint | undefined {
  const match = ISO_TIME.exec(text);
  if (match === null || match[2] === '-000000') return undefined;
  const [sign, offset] = [match[9] === '-' ? -1n : 1n, match[10]];
  const number = (text: string | undefined): bigint => BigInt(text ?? 0);
  const year = number((match[1] ?? match[2])?.replace('+', ''));
  const [month, day] = [number(match[3]), number(match[4])];
  const [hours, minutes, seconds] = [number(match[5]), number(match[6]), number(match[7])];
  const [zoneHours, zoneMinutes] = [number(offset), number(match[11])];
  const days = daysOf(year, month, day);
  // a month or day that does not exist comes back as another date
  const date = civil(days);
  if (date.month !== month || date.day !== day) return undefined;
  if (hours > 23n || minutes > 59n || seconds > 59n || zoneHours > 23n || zoneMinutes > 59n) return undefined;
  const ms = number((match[8] ?? '').slice(0, 3).padEnd(3, '0'));
  return (
    days * DAY_MS +
    (hours * 60n + minutes) * 60_000n +
    seconds * 1000n +
    ms -
    sign * (zoneHours * 60n + zoneMinutes) * 60_000n
  );
}
