// What a restore checks: the first value of ERROR_BAD_SNAPSHOT. The others: value found, expected.
import { ERROR_BAD_SNAPSHOT } from "../../abi";
import { fail } from "../memory/index";

export const CHECK_RECORD_BYTES: i32 = 1;
export const CHECK_RECORD_MAGIC: i32 = 2;
export const CHECK_LAYOUT: i32 = 3;
export const CHECK_OPERATOR: i32 = 4;
export const CHECK_CHECKSUM: i32 = 5;
export const CHECK_KIND: i32 = 6;
export const CHECK_PAGE_KIND: i32 = 7;
export const CHECK_TABLE: i32 = 8;
export const CHECK_ENTRY_BYTES: i32 = 9;
export const CHECK_PAGE_BYTES: i32 = 10;
export const CHECK_DEPTH: i32 = 11;
export const CHECK_PREFIX: i32 = 12;
export const CHECK_HASH: i32 = 13;
export const CHECK_STRING: i32 = 14;
export const CHECK_KEY_TWICE: i32 = 15;
export const CHECK_META: i32 = 16;
export const CHECK_NAMESPACE: i32 = 17;
export const CHECK_WATERMARK: i32 = 18;
export const CHECK_SHAPE: i32 = 19;
export const CHECK_LOG: i32 = 20;
/** a pair whose key or text is not there */
export const CHECK_PAIR: i32 = 21;

export function badSnapshot(operator: i32, check: i32, found: i64, expected: i64): i32 {
  return fail(ERROR_BAD_SNAPSHOT, operator, check, found, expected);
}
