// The nesting depth of JSON, read from its bytes before JSON.parse may recurse into it.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether the JSON in `bytes` nests deeper than `limit`. Malformed JSON gives some answer; the parser refuses it. */
export function isDeeperThan(limit: number, bytes: Buffer): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}

/** Index of the quote that closes the string opened at `start`; the end of the bytes where none does. */
function endOfString(bytes: Buffer, start: number): number {
  let quote = bytes.indexOf(QUOTE, start + 1);
  while (quote !== -1) {
    let backslashes = 0;
    while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    quote = bytes.indexOf(QUOTE, quote + 1);
  }
  return bytes.length;
}
