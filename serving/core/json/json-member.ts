// Finds a member of a JSON object in its bytes, so that one value can be changed and all others stay as they were sent.

export type MemberSpan = {
  /** The quote that opens the name. */
  readonly start: number;
  readonly valueStart: number;
  /** Behind the value; white space up to the next comma or brace belongs to it. */
  readonly end: number;
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);

/** The top-level member `name` of `json`, which must be a valid object; the last one when it is repeated, as JSON.parse takes it. */
export function findMember(json: Buffer, name: string): MemberSpan | undefined {
  return findMembers(json, name).at(-1);
}

/** `json` with `value` in every top-level member `name`: which of several a reader takes is up to the reader. */
export function replaceEvery(json: Buffer, name: string, value: unknown): Buffer {
  return findMembers(json, name).reduceRight((changed, span) => replaceValue(changed, span, value), json);
}

function findMembers(json: Buffer, name: string): readonly MemberSpan[] {
  let depth = 0;
  let key: { readonly start: number; readonly end: number } | undefined;
  let open: { readonly start: number; readonly valueStart: number } | undefined;
  const found: MemberSpan[] = [];
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (byte === QUOTE) {
      const end = endOfString(json, at);
      key = { start: at, end };
      at = end - 1;
    } else if (depth === 1 && byte === COLON && key !== undefined) {
      const isNamed = JSON.parse(json.toString("utf8", key.start, key.end)) === name;
      open = isNamed ? { start: key.start, valueStart: at + 1 } : undefined;
    } else if (OPENING.has(byte)) depth += 1;
    else if (CLOSING.has(byte)) depth -= 1;
    if (open !== undefined && (depth === 0 || (depth === 1 && byte === COMMA))) {
      found.push({ ...open, end: at });
      open = undefined;
    }
  }
  return found;
}

/** `json` without the member at `span`, and without the comma that set it apart. */
export function removeMember(json: Buffer, span: MemberSpan): Buffer {
  const before = json.lastIndexOf(COMMA, span.start);
  const isFirst = before === -1 || !isBlank(json, before + 1, span.start);
  const start = isFirst ? span.start : before;
  const end = isFirst && json[span.end] === COMMA ? span.end + 1 : span.end;
  return Buffer.concat([json.subarray(0, start), json.subarray(end)]);
}

export function replaceValue(json: Buffer, { valueStart, end }: MemberSpan, value: unknown): Buffer {
  return Buffer.concat([
    json.subarray(0, valueStart),
    Buffer.from(JSON.stringify(value)),
    json.subarray(end),
  ]);
}

/** Bytes of a multi-byte character are never those of a quote or a backslash. */
function endOfString(json: Buffer, start: number): number {
  for (let at = start; ; ) {
    at = json.indexOf(QUOTE, at + 1);
    if (at === -1) return json.length;
    let escapes = 0;
    while (json[at - 1 - escapes] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
}

const isBlank = (json: Buffer, from: number, to: number): boolean =>
  json.toString("latin1", from, to).trim() === "";
