/**
 * A 32-bit sum of stored bytes, to notice damage (not tampering): made before they are written,
 * compared after they are read. Part of the manifest's format.
 */
export function checksum(bytes: Uint8Array): number {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes); // a Buffer's slice would not copy
  // signed words and an index: an unsigned word that is handed out by an iterator becomes an object
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
  let sum = 0x811c9dc5 ^ bytes.byteLength;
  for (let at = 0; at < words.length; at++) {
    sum = Math.imul(sum ^ (words[at] ?? 0), 0x01000193);
    sum = (sum << 13) | (sum >>> 19);
  }
  for (let at = words.length * 4; at < aligned.byteLength; at++) sum = Math.imul(sum ^ (aligned[at] ?? 0), 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  return (sum ^ (sum >>> 13)) >>> 0;
}
