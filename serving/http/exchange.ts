// One request and its answer: id, abort, the fault encoder, and the cut when the server shuts down.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { OPEN_INFERENCE_ROOT } from "../contract/open-inference.ts";
import {
  encodeFault,
  encodeFaultEvent,
  type FaultDialect,
  type OpenAiFault,
} from "../contract/openai/fault.ts";
import type { AbortReason, Caller } from "../ports.ts";

const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** How long an unread request body is swallowed so that the caller gets to read the refusal. */
const SWALLOW_MS = 5_000;

export class Exchange implements Caller {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The caller's own id when it sent a sane one, else a new one; answered as `x-request-id`. */
  readonly requestId: string;
  /** Path without the query. */
  readonly path: string;
  /** `performance.now()` at arrival. */
  readonly startedAt: number;
  #abortListeners: ((reason: AbortReason) => void)[] = [];
  #abortReason: AbortReason | undefined;
  #controller: AbortController | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
    this.startedAt = performance.now();
    this.requestId = requestIdOf(request);
    const url = request.url ?? "/";
    const query = url.indexOf("?");
    this.path = query === -1 ? url : url.slice(0, query);
    response.setHeader("x-request-id", this.requestId);
    response.once("close", () => {
      if (!response.writableFinished) this.#abort("caller gone");
    });
  }

  get query(): URLSearchParams {
    return new URLSearchParams((this.request.url ?? "").slice(this.path.length + 1));
  }

  /** True once nothing more may be written: answered, caller gone, or cut. */
  get isOver(): boolean {
    return this.response.writableEnded || this.response.destroyed;
  }

  /** Why the answer was broken off, if it was. */
  get abortReason(): AbortReason | undefined {
    return this.#abortReason;
  }

  /** Calls `listener` once when the caller is gone or the answer is cut; at once when that is already so. */
  onAbort(listener: (reason: AbortReason) => void): void {
    if (this.#abortReason !== undefined) listener(this.#abortReason);
    else this.#abortListeners.push(listener);
  }

  /** The same as a signal; made on first use, because it costs more than a listener. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = new AbortController();
      this.#controller = controller;
      this.onAbort((reason) => controller.abort(reason));
    }
    return this.#controller.signal;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  json(status: number, value: unknown, headers: OutgoingHttpHeaders = {}): void {
    this.send(status, JSON.stringify(value), { "content-type": "application/json", ...headers });
  }

  send(status: number, body: string | Uint8Array, headers: OutgoingHttpHeaders): void {
    if (this.isOver) return;
    this.response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    this.response.end(body);
    if (!this.request.complete) this.#swallowRest();
  }

  /** Answers a fault: as JSON before the answer began, as an event in a started stream, else by breaking off. */
  refuse(fault: OpenAiFault): void {
    if (this.isOver) return;
    const { response } = this;
    if (!response.headersSent) {
      const { status, headers, body } = encodeFault(fault, dialectOf(this.path));
      this.send(status, body, headers);
    } else if (isEventStream(response)) {
      response.end(encodeFaultEvent(fault));
    } else {
      // Cutting a plain answer short of its length is the only sign of failure that HTTP/1.1 leaves.
      response.destroy();
    }
  }

  closeAfterAnswer(): void {
    if (!this.response.headersSent) this.response.setHeader("connection", "close");
  }

  /** Ends a running answer with `fault` and tells the listeners, e.g. when the grace time of a drain is over. */
  cut(fault: OpenAiFault): void {
    this.refuse(fault);
    this.#abort("shutting down");
  }

  #abort(reason: AbortReason): void {
    if (this.#abortReason !== undefined) return;
    this.#abortReason = reason;
    const listeners = this.#abortListeners;
    this.#abortListeners = [];
    for (const listener of listeners) listener(reason);
  }

  /** A socket closed with unread bytes resets the connection, which loses the answer on its way. */
  #swallowRest(): void {
    const { request } = this;
    request.resume();
    const timer = setTimeout(() => request.destroy(), SWALLOW_MS);
    timer.unref();
    request.once("close", () => clearTimeout(timer));
  }
}

function requestIdOf(request: IncomingMessage): string {
  for (const name of ["x-request-id", "x-client-request-id"]) {
    const given = request.headers[name];
    if (typeof given === "string" && SANE_ID.test(given)) return given;
  }
  return `req_${randomUUID().replaceAll("-", "")}`;
}

function dialectOf(path: string): FaultDialect {
  return path === OPEN_INFERENCE_ROOT || path.startsWith(`${OPEN_INFERENCE_ROOT}/`)
    ? "open-inference"
    : "openai";
}

function isEventStream(response: ServerResponse): boolean {
  const type = response.getHeader("content-type");
  return typeof type === "string" && type.startsWith("text/event-stream");
}
