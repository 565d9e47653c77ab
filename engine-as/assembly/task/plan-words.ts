// Naming the word of a plan that does not fit.
import { ERROR_BAD_PLAN } from "../../abi";
import { fail } from "../memory/index";

/** Offsets in errors count from here. */
let planStart: usize = 0;

export function planStartsAt(plan: usize): void {
  planStart = plan;
}

/** ERROR_BAD_PLAN at this word: offset in words, word found. */
export function badWord(at: usize): i32 {
  return fail(ERROR_BAD_PLAN, -1, (<i64>at - <i64>planStart) >> 2, <i64>load<i32>(at), 0);
}
