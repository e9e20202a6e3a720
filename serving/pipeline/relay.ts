// Sends a request to the variant that the route decides and relays its answer as it comes; retries only while that is safe.
import type { IncomingHttpHeaders } from "node:http";
import { faults, type OpenAiFault } from "../contract/openai/fault.ts";
import type { RouteDecision } from "../core/route/decide-route.ts";
import type { Variant } from "../core/route/endpoint.ts";
import type { Caller, RunningCall, UpstreamFault, UpstreamSink, Upstreams } from "../ports.ts";
import { AnswerStream } from "./answer-stream.ts";
import { toCallerHeaders, toUpstreamHeaders } from "./forwarded-headers.ts";
import { createUsageTail, type TokenCounts } from "./usage-tail.ts";

export type RelayTimeouts = {
  readonly connectMs: number;
  /** For streams only: the first byte of a plain answer comes with its last token. */
  readonly firstByteMs: number;
  readonly idleMs: number;
  /** From arrival to the last byte, retries included. */
  readonly totalMs: number;
};

export type RelayRequest = {
  readonly exchange: Caller;
  readonly endpoint: string;
  readonly isStream: boolean;
  /** What the model server gets. */
  readonly body: Buffer;
  /** Whether the body asks for a usage that the caller did not ask for. */
  readonly hidesUsage: boolean;
  readonly upstreams: Upstreams;
  readonly timeouts: RelayTimeouts;
  /** Decides again without the variants that could not be reached. */
  readonly decide: (unreachable: readonly string[]) => RouteDecision;
  /** Whether another variant may answer when the decided one can't be reached. */
  readonly mayChangeVariant: boolean;
};

export type RelayResult = {
  /** `ok`, the code of the fault, `caller_gone` or `upstream_<status>`. */
  readonly outcome: string;
  readonly variant: Variant | undefined;
  readonly attempts: number;
  /** Milliseconds from arrival to the first content of a stream; a plain answer comes with its last token. */
  readonly firstTokenMs: number | undefined;
  /**
   * As the model server counted it. A stream that broke off, or whose server says no usage, has no input, and as its
   * output the events with content that were seen: a lower bound, as an event may hold several tokens.
   */
  readonly usage: TokenCounts | undefined;
};

/** Pauses before the second and third attempt: time for a Service to drop a pod that went away. */
const RETRY_PAUSES_MS = [50, 250];

/** Relays until the answer is complete, refused or given up; what went wrong has been answered to the caller. */
export async function relay(request: RelayRequest): Promise<RelayResult> {
  const { exchange } = request;
  const answer = new RelayedAnswer(request);
  const unreachable: string[] = [];
  for (let attempt = 1; ; attempt += 1) {
    const decision = decideAttempt(request, unreachable);
    if (decision.kind === "refuse") return answer.refuse(decision.fault, attempt);
    const fault = await answer.attempt(decision.variant);
    if (fault === undefined || answer.isSettled) return answer.result(attempt);
    const pauseMs = RETRY_PAUSES_MS[attempt - 1];
    if (pauseMs === undefined || !isSafeToRetry(fault) || answer.hasStarted) {
      return answer.refuse(toFault(fault, request.timeouts), attempt);
    }
    if (couldNotConnect(fault)) unreachable.push(decision.variant.id);
    await pause(pauseMs);
    if (exchange.isOver) return answer.result(attempt);
  }
}

/** The variant stays the same for a sticky unit, and when no other is left. */
function decideAttempt(request: RelayRequest, unreachable: readonly string[]): RouteDecision {
  if (!request.mayChangeVariant || unreachable.length === 0) return request.decide([]);
  const other = request.decide(unreachable);
  return other.kind === "serve" ? other : request.decide([]);
}

/** Nothing reached the model server, or nothing was answered: generating twice changes nothing but the cost. */
const isSafeToRetry = (fault: UpstreamFault): boolean => couldNotConnect(fault) || fault === "reset";

const couldNotConnect = (fault: UpstreamFault): boolean =>
  fault === "unreachable" || fault === "connect timeout";

function toFault(fault: UpstreamFault, timeouts: RelayTimeouts): OpenAiFault {
  switch (fault) {
    case "unreachable":
      return faults.upstreamUnreachable();
    case "connect timeout":
      return faults.upstreamTimeout("connect", timeouts.connectMs);
    case "first byte timeout":
      return faults.upstreamTimeout("first byte", timeouts.firstByteMs);
    case "idle timeout":
      return faults.upstreamTimeout("idle", timeouts.idleMs);
    case "reset":
    case "invalid":
    case "aborted":
      return faults.upstreamBroken();
  }
}

/** The caller's side of one relayed request: what has been written, measured and decided so far. */
class RelayedAnswer implements UpstreamSink {
  readonly #request: RelayRequest;
  readonly #usage = createUsageTail();
  readonly #deadline: NodeJS.Timeout;
  #call: RunningCall | undefined;
  #variant: Variant | undefined;
  #status = 0;
  #stream: AnswerStream | undefined;
  #firstTokenMs: number | undefined;
  #outcome: string | undefined;

  constructor(request: RelayRequest) {
    this.#request = request;
    const { exchange, timeouts } = request;
    this.#deadline = setTimeout(() => {
      this.#fail(faults.upstreamTimeout("total", timeouts.totalMs));
      this.#call?.abort();
    }, timeouts.totalMs);
    exchange.onAbort((reason) => {
      this.#outcome ??= reason === "caller gone" ? "caller_gone" : "shutting_down";
      this.#call?.abort();
    });
  }

  get hasStarted(): boolean {
    return this.#status !== 0;
  }

  /** True once the caller has its answer, or will never read one. */
  get isSettled(): boolean {
    return this.#outcome !== undefined;
  }

  async attempt(variant: Variant): Promise<UpstreamFault | undefined> {
    const { exchange, upstreams, body, endpoint, isStream, timeouts } = this.#request;
    this.#variant = variant;
    this.#call = upstreams.send(
      {
        host: variant.host,
        port: variant.port,
        method: "POST",
        path: exchange.request.url ?? "/",
        headers: toUpstreamHeaders(exchange.request, {
          "x-request-id": exchange.requestId,
          "x-rampa-endpoint": endpoint,
        }),
        body,
        firstByteMs: isStream ? timeouts.firstByteMs : timeouts.totalMs,
      },
      this,
    );
    const fault = await this.#call.end;
    if (fault === undefined && !this.isSettled) {
      exchange.response.end(this.#stream?.rest());
      this.#outcome = this.#status < 400 ? "ok" : `upstream_${this.#status}`;
    }
    return fault;
  }

  start(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    const { exchange, endpoint, hidesUsage } = this.#request;
    if (exchange.isOver || this.#variant === undefined) return;
    const isStream = headers["content-type"]?.startsWith("text/event-stream") === true;
    if (isStream) this.#stream = new AnswerStream({ hidesUsage });
    const { "content-length": length, ...others } = toCallerHeaders(headers);
    exchange.response.writeHead(status, {
      ...others,
      // Nobody knows the length of a stream before it has passed.
      ...(length !== undefined && !isStream && { "content-length": length }),
      "x-rampa-endpoint": endpoint,
      "x-rampa-version": this.#variant.version,
      "x-rampa-variant": this.#variant.id,
    });
    // A stream's headers say that it was accepted; unflushed they would wait for the first token.
    if (isStream) exchange.response.flushHeaders();
  }

  write(chunk: Buffer): boolean {
    const { exchange } = this.#request;
    this.#usage.push(chunk);
    const piece = this.#stream?.push(chunk) ?? chunk;
    if (this.#stream?.contentEvents) this.#firstTokenMs ??= performance.now() - exchange.startedAt;
    return exchange.isOver || piece.length === 0 || exchange.response.write(piece);
  }

  onWritable(resume: () => void): void {
    this.#request.exchange.response.once("drain", resume);
  }

  refuse(fault: OpenAiFault, attempts: number): RelayResult {
    this.#fail(fault);
    return this.result(attempts);
  }

  result(attempts: number): RelayResult {
    clearTimeout(this.#deadline);
    return {
      outcome: this.#outcome ?? "caller_gone",
      variant: this.#variant,
      attempts,
      firstTokenMs: this.#firstTokenMs,
      usage: this.#usage.read() ?? (this.#stream && { output: this.#stream.contentEvents }),
    };
  }

  #fail(fault: OpenAiFault): void {
    if (this.isSettled) return;
    this.#outcome = fault.code ?? "fault";
    this.#request.exchange.refuse(fault);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
