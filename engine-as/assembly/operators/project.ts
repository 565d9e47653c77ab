// OP_PROJECT: a batch with other columns: some of the old ones, some computed.
//
// A column that is passed on is a copy of 24 bytes; rows and selection stay as they are. Times stay
// known if the plan's time column is the batch's own time column passed on.
import { ERROR_BAD_PLAN, FRAME_SORTED, FRAME_TIMED, STATUS_DONE, STATUS_ERROR } from "../../abi";
import { Batch, BATCH_BYTES, Column, COLUMN_BYTES, columnAt } from "../batch/index";
import { exprEval, exprWords } from "../expr/index";
import { arenaAlloc, fail } from "../memory/index";

/**
 * payload: [columnCount, timeColumn or -1, then per column: type, sourceColumn or -1, program if -1]
 * (checked by task/plan.ts). Returns the new batch, made in `arena`; 0 = error slot filled.
 */
export function projectPush(payload: usize, batch: usize, arena: usize, operator: i32): usize {
  const columnCount = load<i32>(payload);
  const timeColumn = load<i32>(payload, 4);
  const out = arenaAlloc(arena, BATCH_BYTES + <usize>columnCount * COLUMN_BYTES);
  if (out == 0) return 0;
  memory.copy(out, batch, BATCH_BYTES);
  const b = changetype<Batch>(batch);
  const o = changetype<Batch>(out);
  o.columnCount = columnCount;
  o.columns = out + BATCH_BYTES;
  let timed = false;
  let at = payload + 8;
  for (let index = 0; index < columnCount; index++) {
    const type = load<i32>(at);
    const source = load<i32>(at, 4);
    at += 8;
    const to = columnAt(out, index);
    if (source >= 0) {
      memory.copy(to, columnAt(batch, source), COLUMN_BYTES);
      timed = timed || (index == timeColumn && source == b.timeColumn);
      continue;
    }
    if (exprEval(at, batch, arena, to, operator) == STATUS_ERROR) return 0;
    // a program that computes another type than the plan declares would be read with the wrong width
    if (changetype<Column>(to).type != type) {
      fail(ERROR_BAD_PLAN, operator, (at - payload) >> 2, changetype<Column>(to).type, type);
      return 0;
    }
    at += (<usize>exprWords(at)) << 2;
  }
  o.timeColumn = timed ? timeColumn : -1;
  if (!timed) o.flags = b.flags & ~(FRAME_TIMED | FRAME_SORTED);
  return out;
}
