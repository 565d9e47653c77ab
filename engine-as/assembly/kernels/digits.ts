// Whole numbers as decimal digits, for text that casts write.

/** How many decimal digits the number has. */
export function digitsOf(value: u64): i32 {
  let digits = 1;
  let rest = value;
  while (rest >= 10) {
    rest /= 10;
    digits++;
  }
  return digits;
}

/** The last `count` decimal digits of the number; the address behind them. */
export function writeDigits(value: u64, count: i32, out: usize): usize {
  let rest = value;
  let at = out + <usize>count;
  while (at > out) {
    at--;
    store<u8>(at, <u8>(0x30 + (rest % 10)));
    rest /= 10;
  }
  return out + <usize>count;
}
