// OP_FILTER: keeps the rows for which the expression is true (null and false are left out).
//
// Nothing is copied: the batch's selection is narrowed, columns stay where they are.
import { Batch } from "../batch/index";
import { exprSelect } from "../expr/index";

/** payload: [program]. STATUS_DONE or an error of the expression. */
export function filterPush(payload: usize, batch: usize, arena: usize, operator: i32): i32 {
  if (changetype<Batch>(batch).selected == 0) return 0;
  return exprSelect(payload, batch, arena, operator);
}
