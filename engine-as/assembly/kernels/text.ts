// Text as *views*: u64 per value, the address in the low half and the length in bytes in the high half.
//
// Plain columns, dictionary entries and constants look alike through views, so every test of two texts is
// one loop over (views, step): step 8 walks through an array of views, step 0 repeats one (a constant).
// Comparison is by bytes, which for UTF-8 is the order of the code points.

@inline
export function viewOf(ptr: usize, bytes: i32): u64 {
  return (<u64>ptr) | ((<u64>bytes) << 32);
}

/** Views of the `count` texts that i32 offsets[count + 1] cut out of `bytes`. */
export function viewsOfOffsets(offsets: usize, bytes: usize, count: i32, out: usize): void {
  const end = out + ((<usize>count) << 3);
  while (out < end) {
    const from = load<i32>(offsets);
    store<u64>(out, viewOf(bytes + from, load<i32>(offsets, 4) - from));
    offsets += 4;
    out += 8;
  }
}

/** Views of rows from i32 ids[rows] and the entries that offsets and bytes hold. */
export function viewsOfIds(ids: usize, offsets: usize, bytes: usize, rows: i32, out: usize): void {
  const end = out + ((<usize>rows) << 3);
  while (out < end) {
    const at = offsets + ((<usize>load<u32>(ids)) << 2);
    const from = load<i32>(at);
    store<u64>(out, viewOf(bytes + from, load<i32>(at, 4) - from));
    ids += 4;
    out += 8;
  }
}


@inline
function sameBytes(a: usize, b: usize, bytes: usize): bool {
  const end = a + bytes;
  while (a + 8 <= end) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
  }
  while (a < end) {
    if (load<u8>(a) != load<u8>(b)) return false;
    a++;
    b++;
  }
  return true;
}

/** < 0, 0, > 0 as the first text is before, equal to, after the second. */
@inline
function order(a: usize, bytesA: usize, b: usize, bytesB: usize): i32 {
  const end = a + min(bytesA, bytesB);
  while (a + 8 <= end && load<u64>(a) == load<u64>(b)) {
    a += 8;
    b += 8;
  }
  while (a < end) {
    const difference = <i32>load<u8>(a) - <i32>load<u8>(b);
    if (difference != 0) return difference;
    a++;
    b++;
  }
  return <i32>bytesA - <i32>bytesB;
}


@final
@unmanaged
export class TextEq {

  @inline apply(a: usize, bytesA: usize, b: usize, bytesB: usize): bool {
    return bytesA == bytesB && sameBytes(a, b, bytesA);
  }
}


@final
@unmanaged
export class TextNe {

  @inline apply(a: usize, bytesA: usize, b: usize, bytesB: usize): bool {
    return bytesA != bytesB || !sameBytes(a, b, bytesA);
  }
}


@final
@unmanaged
export class TextLt {

  @inline apply(a: usize, bytesA: usize, b: usize, bytesB: usize): bool {
    return order(a, bytesA, b, bytesB) < 0;
  }
}


@final
@unmanaged
export class TextLe {

  @inline apply(a: usize, bytesA: usize, b: usize, bytesB: usize): bool {
    return order(a, bytesA, b, bytesB) <= 0;
  }
}
/** Whether the second text is at the start of the first. */
@final
@unmanaged
export class TextStartsWith {

  @inline apply(a: usize, bytesA: usize, b: usize, bytesB: usize): bool {
    return bytesA >= bytesB && sameBytes(a, b, bytesB);
  }
}


@final
@unmanaged
export class TextEndsWith {

  @inline apply(a: usize, bytesA: usize, b: usize, bytesB: usize): bool {
    return bytesA >= bytesB && sameBytes(a + (bytesA - bytesB), b, bytesB);
  }
}
/** Whether the second text is anywhere in the first: tried wherever its first byte is. */
@final
@unmanaged
export class TextContains {

  @inline apply(a: usize, bytesA: usize, b: usize, bytesB: usize): bool {
    if (bytesB == 0) return true;
    if (bytesB > bytesA) return false;
    const first = load<u8>(b);
    const last = a + (bytesA - bytesB);
    while (a <= last) {
      if (load<u8>(a) == first && sameBytes(a, b, bytesB)) return true;
      a++;
    }
    return false;
  }
}

/** Bit i of `out` = Op(a[i], b[i]) for views. Writes whole bytes. */
export function testText<Op>(a: usize, stepA: usize, b: usize, stepB: usize, out: usize, count: i32): void {
  let bits: u32 = 0;
  for (let i = 0; i < count; i++) {
    const x = load<u64>(a);
    const y = load<u64>(b);
    const holds = changetype<Op>(0).apply(
      <usize>(x & 0xffffffff),
      <usize>(x >> 32),
      <usize>(y & 0xffffffff),
      <usize>(y >> 32),
    );
    bits |= (<u32>holds) << (i & 7);
    if ((i & 7) == 7) {
      store<u8>(out + ((<usize>i) >> 3), <u8>bits);
      bits = 0;
    }
    a += stepA;
    b += stepB;
  }
  if ((count & 7) != 0) store<u8>(out + ((<usize>count) >> 3), <u8>bits);
}

/** Bit i of `out` = bit ids[i] of `entryBits`: what was found per dictionary entry, per row. */
export function bitsByIds(ids: usize, entryBits: usize, out: usize, rows: i32): void {
  let bits: u32 = 0;
  for (let i = 0; i < rows; i++) {
    const id = load<u32>(ids + ((<usize>i) << 2));
    bits |= (((<u32>load<u8>(entryBits + ((<usize>id) >> 3))) >> (id & 7)) & 1) << (i & 7);
    if ((i & 7) == 7) {
      store<u8>(out + ((<usize>i) >> 3), <u8>bits);
      bits = 0;
    }
  }
  if ((rows & 7) != 0) store<u8>(out + ((<usize>rows) >> 3), <u8>bits);
}

/** i64[count]: code points of each view, which are its bytes that continue no other. */
export function lengthText(views: usize, step: usize, out: usize, count: i32): void {
  const end = out + ((<usize>count) << 3);
  while (out < end) {
    const view = load<u64>(views);
    let ptr = <usize>(view & 0xffffffff);
    const stop = ptr + <usize>(view >> 32);
    let length: i64 = 0;
    while (ptr < stop) {
      length += i64((load<u8>(ptr) & 0xc0) != 0x80);
      ptr++;
    }
    store<i64>(out, length);
    views += step;
    out += 8;
  }
}

/** out[i] = values[ids[i]] for 8-byte values. */
export function gatherByIds64(ids: usize, values: usize, out: usize, rows: i32): void {
  const end = out + ((<usize>rows) << 3);
  while (out < end) {
    store<u64>(out, load<u64>(values + ((<usize>load<u32>(ids)) << 3)));
    ids += 4;
    out += 8;
  }
}

/** views[i] = bit i of `where` ? a[i] : b[i]; the bytes of all of them together. */
export function chooseViews(where: usize, a: usize, stepA: usize, b: usize, stepB: usize, out: usize, rows: i32): u64 {
  let bytes: u64 = 0;
  for (let i = 0; i < rows; i++) {
    const bit = (load<u8>(where + ((<usize>i) >> 3)) >> (<u8>(i & 7))) & 1;
    const view = bit != 0 ? load<u64>(a) : load<u64>(b);
    store<u64>(out + ((<usize>i) << 3), view);
    bytes += view >> 32;
    a += stepA;
    b += stepB;
  }
  return bytes;
}

/** Writes the views' texts one after the other at `bytes`, their i32 offsets[rows + 1] at `offsets`. */
export function concatViews(views: usize, rows: i32, offsets: usize, bytes: usize): void {
  let at: usize = 0;
  for (let i = 0; i < rows; i++) {
    const view = load<u64>(views + ((<usize>i) << 3));
    store<i32>(offsets + ((<usize>i) << 2), <i32>at);
    memory.copy(bytes + at, <usize>(view & 0xffffffff), <usize>(view >> 32));
    at += <usize>(view >> 32);
  }
  store<i32>(offsets + ((<usize>rows) << 2), <i32>at);
}
