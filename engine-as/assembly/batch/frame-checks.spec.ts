// The vector checks against plain loops: one violation at every place of every short length is found.
import { idsBelow, offsetsAscend, timesAscend, timesWithin } from "./frame-checks";

const data: usize = memory.data(512, 16);

export function test_offsets(): void {
  for (let count = 0; count < 20; count++) {
    for (let i = 0; i <= count; i++) store<i32>(data + i * 4, i * 3);
    // what lies behind must not matter
    store<i32>(data + count * 4, -5, 4);
    assert(offsetsAscend(data, count, count * 3), "sound");
    assert(count == 0 || !offsetsAscend(data, count, count * 3 - 1), "beyond the limit");
    for (let i = 1; i <= count; i++) {
      store<i32>(data + i * 4, i * 3 - 4);
      assert(!offsetsAscend(data, count, 1000), "descends");
      store<i32>(data + i * 4, i * 3);
    }
    store<i32>(data, -1);
    assert(!offsetsAscend(data, count, 1000), "negative");
  }
}

export function test_ids(): void {
  for (let rows = 0; rows < 20; rows++) {
    for (let i = 0; i < 32; i++) store<i32>(data + i * 4, i < rows ? 6 : 99);
    assert(idsBelow(data, rows, 7), "sound");
    for (let i = 0; i < rows; i++) {
      store<i32>(data + i * 4, 7);
      assert(!idsBelow(data, rows, 7), "too large");
      store<i32>(data + i * 4, -1);
      assert(!idsBelow(data, rows, 7), "negative");
      store<i32>(data + i * 4, 6);
    }
  }
  assert(idsBelow(data, 0, 0) && !idsBelow(data, 1, 0), "an empty dictionary has no rows");
}

export function test_times(): void {
  for (let rows = 1; rows < 20; rows++) {
    for (let i = 0; i < 24; i++) store<i64>(data + i * 8, i < rows ? (<i64>i - 5) << 33 : i64.MIN_VALUE);
    const low = load<i64>(data);
    const high = load<i64>(data + (rows - 1) * 8);
    assert(timesWithin(data, rows, low, high), "within");
    assert(timesAscend(data, rows, low, high), "ascend");
    assert(!timesAscend(data, rows, low + 1, high) && !timesAscend(data, rows, low, high - 1), "bounds");
    for (let i = 0; i < rows; i++) {
      const kept = load<i64>(data + i * 8);
      store<i64>(data + i * 8, low - 1);
      assert(!timesWithin(data, rows, low, high) && !timesAscend(data, rows, low, high), "below");
      store<i64>(data + i * 8, high + 1);
      assert(!timesWithin(data, rows, low, high) && !timesAscend(data, rows, low, high), "above");
      store<i64>(data + i * 8, kept);
    }
  }
}
