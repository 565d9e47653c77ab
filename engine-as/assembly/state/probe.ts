// Finding keys: heads in, addresses of entries out, many at a time.
//
// The loop holds no call but the slow paths (a new key, a page that is not dirty), so misses of
// independent rows overlap in the processor. A split or a rebuild moves entries: the whole chunk is
// then looked up again, this time without inserts, so every address it returns is valid.
import { headsEqual } from "./heads";
import { GROUP_BYTES, PAGE_HEADER_BYTES, classBytes, groupsFor, refClass, refPage } from "./layout";
import { STATE_DIRTY, storeTouch } from "./page-store";
import { Table, tableInsert } from "./table";

/**
 * entries[i] (u32) = the entry of heads[i], inserted with the template value when it is new; all
 * pages met are DIRTY afterwards. `news` (u8[n], zeroed by the caller, or 0) marks new ones.
 * Addresses are valid until `table.moves` changes. False = error slot filled.
 */
export function tableResolve(table: Table, heads: usize, stride: usize, longBase: usize, n: i32, entries: usize, news: usize): bool {
  while (true) {
    const moves = table.moves;
    if (!resolveOnce(table, heads, stride, longBase, n, entries, news)) return false;
    if (table.moves == moves) return true;
  }
}

function resolveOnce(table: Table, heads: usize, stride: usize, longBase: usize, n: i32, entries: usize, news: usize): bool {
  const shape = table.shape;
  const width = <usize>shape.entryBytes;
  const headBytes = <usize>shape.headBytes;
  const refs = shape.refs;
  const groups0 = groupsFor(shape.capacity0);
  const groups1 = groupsFor(shape.capacity1);
  const groups2 = groupsFor(shape.capacity2);
  let states = table.pages.states;
  let directory = table.directory;
  let shift = 64 - <u64>table.depth;
  let head = heads;
  for (let i = 0; i < n; i++, head += stride) {
    const hash = load<u64>(head);
    const slot = directory + ((<usize>(hash >> shift)) << 3);
    const ref = load<u32>(slot);
    let found: usize = 0;
    if (ref != 0) {
      if (load<u8>(states + load<u32>(slot, 4)) != STATE_DIRTY) {
        if (!storeTouch(table.pages, load<u32>(slot, 4))) return false;
      }
      const page = refPage(ref);
      const cls = refClass(ref);
      const groups = cls == 1 ? groups1 : cls == 0 ? groups0 : groups2;
      const first = page + PAGE_HEADER_BYTES + (<usize>groups) * GROUP_BYTES;
      const tag = i8x16.splat(<i8>(0x80 | <u8>(hash & 0x7f)));
      let at = page + PAGE_HEADER_BYTES + (<usize>(((hash & 0xffffffff) * <u64>groups) >> 32)) * GROUP_BYTES;
      while (true) {
        const tags = v128.load(at);
        let hits = i8x16.bitmask(i8x16.eq(tags, tag));
        while (hits != 0) {
          const entry = first + (<usize>load<u16>(at + ((<usize>ctz(hits)) << 1), 16)) * width;
          if (load<u64>(entry) == hash && headsEqual(entry, page + classBytes(cls), head, longBase, headBytes, refs)) {
            found = entry;
            break;
          }
          hits &= hits - 1;
        }
        if (found != 0 || i8x16.bitmask(i8x16.eq(tags, i8x16.splat(0))) != 0) break;
        at += GROUP_BYTES;
        if (at == first) at = page + PAGE_HEADER_BYTES;
      }
    }
    if (found == 0) {
      found = tableInsert(table, head, longBase, 0);
      if (found == 0) return false;
      if (news != 0) store<u8>(news + i, 1);
      states = table.pages.states;
      directory = table.directory;
      shift = 64 - <u64>table.depth;
    }
    store<u32>(entries + ((<usize>i) << 2), <u32>found);
  }
  return true;
}
