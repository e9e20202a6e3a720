// Reads a streamed answer event by event as it passes: counts its content, and takes out the usage that only we asked for.
import { findMember, removeMember } from "../core/json/json-member.ts";

const NOTHING = Buffer.alloc(0);
const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
/** An event that grows beyond this goes on unread: one that holds usage is far smaller. */
const MOST_HELD_BYTES = 64 * 1024;

export type AnswerStreamOptions = {
  readonly hidesUsage: boolean;
  /** Whether an event that reports an error ends the stream, instead of going on as it came. */
  readonly stopsAtError?: boolean;
};

/**
 * One stream of server-sent events. Where usage is hidden or errors end it, an event goes on as soon as it is complete, since no client
 * can act on half of one; else every byte goes on as it came. Lines end in LF or CRLF: no model server sends the bare
 * CR that the format knows too.
 */
export class AnswerStream {
  readonly #hidesUsage: boolean;
  readonly #stopsAtError: boolean;
  /** Whether events go on one by one, as some of them may be changed or left out. */
  readonly #isRewritten: boolean;
  #held: Buffer = NOTHING;
  #isOversized = false;
  #contentEvents = 0;
  #error: object | undefined;

  constructor({ hidesUsage, stopsAtError = false }: AnswerStreamOptions) {
    this.#hidesUsage = hidesUsage;
    this.#stopsAtError = stopsAtError;
    this.#isRewritten = hidesUsage || stopsAtError;
  }

  /** Events so far that brought text, reasoning or a tool call, however many tokens each held. */
  get contentEvents(): number {
    return this.#contentEvents;
  }

  /** What an event reported that ended the stream; neither it nor what follows goes on. */
  get error(): object | undefined {
    return this.#error;
  }

  /** Takes what the model server sent; returns what goes to the caller now, which may be nothing. */
  push(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const kept: Buffer[] = [];
    let from = 0;
    let end = endOfEvent(bytes, from, this.#held.length);
    while (end !== -1) {
      kept.push(this.#take(bytes.subarray(from, end)));
      from = end;
      end = endOfEvent(bytes, from, from);
    }
    this.#held = bytes.subarray(from);
    if (this.#isOversized || this.#held.length > MOST_HELD_BYTES) {
      this.#isOversized = true;
      kept.push(this.rest());
    }
    if (!this.#isRewritten) return chunk;
    return kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept);
  }

  /** What is held of an event that has not ended, e.g. when its stream has; nothing of it is kept. */
  rest(): Buffer {
    const rest = this.#isRewritten ? this.#held : NOTHING;
    this.#held = NOTHING;
    return rest;
  }

  #take(event: Buffer): Buffer {
    const span = this.#isOversized ? undefined : findData(event);
    this.#isOversized = false;
    if (span === undefined) return event;
    const data = parseData(event.subarray(span.start, span.end));
    if (data === undefined) return event;
    if (this.#stopsAtError) this.#error ??= errorOf(data);
    if (this.#error) return NOTHING;
    if (hasContent(data)) this.#contentEvents += 1;
    return this.#hidesUsage ? withoutUsage(event, span, data) : event;
  }
}

/** Place behind the blank line that ends the event at `from`, or -1; a line of comment stands for itself. */
function endOfEvent(bytes: Buffer, from: number, scanFrom: number): number {
  for (let lf = bytes.indexOf(LF, scanFrom); lf !== -1; lf = bytes.indexOf(LF, lf + 1)) {
    const last = bytes[lf - 1] === CR ? lf - 2 : lf - 1;
    if (last < from || bytes[last] === LF || bytes[from] === COLON) return lf + 1;
  }
  return -1;
}

type Span = { readonly start: number; readonly end: number };

const DATA_LINE = /^data:(.*)$/gm;

/** The one line of data; JSON over several lines, which no model server sends, is not looked into. */
function findData(event: Buffer): Span | undefined {
  // One character a byte, so that places in the text are places in the event.
  const [line, another] = event.toString("latin1").matchAll(DATA_LINE);
  if (line?.[1] === undefined || another !== undefined) return undefined;
  const end = line.index + line[0].length;
  return { start: end - line[1].length, end };
}

type EventData = {
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly delta?: unknown;
  readonly error?: unknown;
  readonly type?: unknown;
  readonly response?: { readonly error?: unknown };
};

function parseData(json: Buffer): EventData | undefined {
  const text = json.toString("utf8").trim();
  // Also spares `[DONE]` the price of an exception.
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Chat and completions carry choices, the responses API a delta of its own. */
function hasContent({ choices, delta }: EventData): boolean {
  if (!Array.isArray(choices)) return isFilled(delta);
  return choices.some((choice) => isFilled(choice?.text) || Object.entries(choice?.delta ?? {}).some(isPart));
}

const isPart = ([name, value]: readonly [string, unknown]): boolean => name !== "role" && isFilled(value);

/** Chat and completions report one as `error`; the responses API as an event `error` or `response.failed`. */
function errorOf(data: EventData): object | undefined {
  if (data.type === "error" && !isObject(data.error)) return data;
  return [data.error, data.response?.error].find(isObject);
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const isFilled = (value: unknown): boolean =>
  typeof value === "string" || Array.isArray(value) ? value.length > 0 : false;

/** Asked for usage, a model server ends with an event of usage and no choice, and all others say that theirs is null. */
function withoutUsage(event: Buffer, { start, end }: Span, { choices, usage }: EventData): Buffer {
  if (usage === undefined) return event;
  if (usage !== null) return Array.isArray(choices) && choices.length === 0 ? NOTHING : event;
  const json = event.subarray(start, end);
  const member = findMember(json, "usage");
  if (member === undefined) return event;
  return Buffer.concat([event.subarray(0, start), removeMember(json, member), event.subarray(end)]);
}
