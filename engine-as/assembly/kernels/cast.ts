// Conversions between types over whole vectors; those that can fail tell whether some row may have.
//
// f64 to integer truncates towards zero; NaN and what lies outside of the target's range fails and gives a
// saturated value. i64 to f64 rounds to nearest, ties to even.

export function i32ToI64(a: usize, out: usize, rows: i32): void {
  let left = rows;
  while (left > 0) {
    const values = v128.load(a);
    v128.store(out, i64x2.extend_low_i32x4_s(values));
    v128.store(out, i64x2.extend_high_i32x4_s(values), 16);
    a += 16;
    out += 32;
    left -= 4;
  }
}

export function i32ToF64(a: usize, out: usize, rows: i32): void {
  let left = rows;
  while (left > 0) {
    const values = v128.load(a);
    v128.store(out, f64x2.convert_low_i32x4_s(values));
    v128.store(out, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(values, values, 2, 3, 2, 3)), 16);
    a += 16;
    out += 32;
    left -= 4;
  }
}

export function i64ToF64(a: usize, out: usize, rows: i32): void {
  const end = out + ((<usize>rows) << 3);
  while (out < end) {
    store<f64>(out, <f64>load<i64>(a));
    a += 8;
    out += 8;
  }
}


@inline
export function i64ToI32Fails(value: i64): bool {
  return <i64>(<i32>value) != value;
}

/** True when some row is out of range. */
export function i64ToI32(a: usize, out: usize, rows: i32): bool {
  let failed = 0;
  const end = out + ((<usize>rows) << 2);
  while (out < end) {
    const value = load<i64>(a);
    failed |= i32(i64ToI32Fails(value));
    store<i32>(out, <i32>value);
    a += 8;
    out += 4;
  }
  return failed != 0;
}


@inline
export function f64ToI64Fails(value: f64): bool {
  return !(value >= -9223372036854775808.0 && value < 9223372036854775808.0);
}

export function f64ToI64(a: usize, out: usize, rows: i32): bool {
  let failed = 0;
  const end = out + ((<usize>rows) << 3);
  while (out < end) {
    const value = load<f64>(a);
    const fails = f64ToI64Fails(value);
    failed |= i32(fails);
    store<i64>(out, fails ? 0 : <i64>value);
    a += 8;
    out += 8;
  }
  return failed != 0;
}


@inline
export function f64ToI32Fails(value: f64): bool {
  return !(value > -2147483649.0 && value < 2147483648.0);
}

export function f64ToI32(a: usize, out: usize, rows: i32): bool {
  let failed = 0;
  const end = out + ((<usize>rows) << 2);
  while (out < end) {
    const value = load<f64>(a);
    const fails = f64ToI32Fails(value);
    failed |= i32(fails);
    store<i32>(out, fails ? 0 : <i32>value);
    a += 8;
    out += 4;
  }
  return failed != 0;
}
