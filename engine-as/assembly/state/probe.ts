// Finding keys: heads in, addresses of entries out, many at a time.
//
// The loop holds no call but the slow paths (a new key, a page that is not dirty), so misses of
// independent rows overlap in the processor. A split or a rebuild moves entries: the whole chunk is
// then looked up again, this time without inserts, so every address it returns is valid.
import { headsEqual } from "./heads";
import { GROUP_BYTES, PAGE_HEADER_BYTES, classBytes, groupsFor, refClass, refPage } from "./layout";
import { STATE_DIRTY, storeTouch } from "./page-store";
import { Table, shapeCapacity, tableInsert } from "./table";

const FAILED: usize = 1;

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
  const groups0 = groupsFor(shape.capacity0);
  const groups1 = groupsFor(shape.capacity1);
  const groups2 = groupsFor(shape.capacity2);
  let states = table.pages.states;
  let directory = table.directory;
  let shift = 64 - <u64>table.depth;
  let head = heads;
  let out = entries;
  const end = entries + ((<usize>n) << 2);
  while (out < end) {
    const hash = load<u64>(head);
    const slot = directory + ((<usize>(hash >> shift)) << 3);
    const ref = load<u32>(slot);
    const cls = refClass(ref);
    const groups = cls == 1 ? groups1 : cls == 0 ? groups0 : groups2;
    const page = refPage(ref);
    const start = <usize>(((hash & 0xffffffff) * <u64>groups) >> 32) * GROUP_BYTES + PAGE_HEADER_BYTES;
    // a part of the directory without a page leads to address 0 + start: harmless bytes, then the slow path
    const tags = v128.load(page + start);
    const hits = i8x16.bitmask(i8x16.eq(tags, i8x16.splat(<i8>(0x80 | <u8>(hash & 0x7f)))));
    const lane = (<usize>ctz(hits | 0x8000)) << 1;
    const first = page + PAGE_HEADER_BYTES + (<usize>groups) * GROUP_BYTES;
    let entry = first + (<usize>load<u16>(page + start + lane, 16)) * width;
    // nearly always the first hit of the first group is the key: decided by one comparison
    if (
      hits == 0 ||
      ref == 0 ||
      load<u8>(states + load<u32>(slot, 4)) != STATE_DIRTY ||
      headDifference(entry, head, headBytes) != 0
    ) {
      entry = ref == 0 ? 0 : search(table, ref, load<u32>(slot, 4), head, longBase);
      if (entry == FAILED) return false;
      if (entry == 0) {
        entry = tableInsert(table, head, longBase, 0);
        if (entry == 0) return false;
        if (news != 0) store<u8>(news + ((out - entries) >> 2), 1);
        states = table.pages.states;
        directory = table.directory;
        shift = 64 - <u64>table.depth;
      }
    }
    store<u32>(out, <u32>entry);
    head += stride;
    out += 4;
  }
  return true;
}

/** 0 when the heads are the same words; the branches depend on the shape alone. */
@inline
function headDifference(entry: usize, head: usize, headBytes: usize): u64 {
  let difference = (load<u64>(entry) ^ load<u64>(head)) | (load<u64>(entry, 8) ^ load<u64>(head, 8));
  if (headBytes > 16) difference |= load<u64>(entry, 16) ^ load<u64>(head, 16);
  if (headBytes > 24) difference |= load<u64>(entry, 24) ^ load<u64>(head, 24);
  let at: usize = 32;
  while (at < headBytes) {
    difference |= load<u64>(entry + at) ^ load<u64>(head + at);
    at += 8;
  }
  return difference;
}

/** The whole search in one page, which becomes DIRTY; 0 = not there, FAILED = out of memory. */
function search(table: Table, ref: u32, id: u32, head: usize, longBase: usize): usize {
  if (load<u8>(table.pages.states + id) != STATE_DIRTY && !storeTouch(table.pages, id)) return FAILED;
  const shape = table.shape;
  const page = refPage(ref);
  const groups = groupsFor(shapeCapacity(shape, refClass(ref)));
  const hash = load<u64>(head);
  const first = page + PAGE_HEADER_BYTES + (<usize>groups) * GROUP_BYTES;
  const base = page + classBytes(refClass(ref));
  const tag = i8x16.splat(<i8>(0x80 | <u8>(hash & 0x7f)));
  let at = page + PAGE_HEADER_BYTES + (<usize>(((hash & 0xffffffff) * <u64>groups) >> 32)) * GROUP_BYTES;
  while (true) {
    const tags = v128.load(at);
    let hits = i8x16.bitmask(i8x16.eq(tags, tag));
    while (hits != 0) {
      const entry = first + (<usize>load<u16>(at + ((<usize>ctz(hits)) << 1), 16)) * shape.entryBytes;
      if (load<u64>(entry) == hash && headsEqual(entry, base, head, longBase, shape.headBytes, shape.refs)) return entry;
      hits &= hits - 1;
    }
    // an empty tag ends the key's run of groups; a full page always has some
    if (i8x16.bitmask(i8x16.eq(tags, i8x16.splat(0))) != 0) return 0;
    at += GROUP_BYTES;
    if (at == first) at = page + PAGE_HEADER_BYTES;
  }
}
