// Sends a request to the variant that the route decides and relays its answer as it comes; retries only while that is safe.
import type { IncomingHttpHeaders } from "node:http";
import { faults, type OpenAiFault } from "../contract/openai/fault.ts";
import { toStreamFault } from "../core/provider/provider-fault.ts";
import { couldNotConnect, decideRecovery, type UpstreamFault } from "../core/route/decide-recovery.ts";
import type { RouteDecision } from "../core/route/decide-route.ts";
import type { ExternalModel, Variant } from "../core/route/endpoint.ts";
import type { Caller, ProviderHead, ProviderSink, Providers, RunningCall, Upstreams } from "../ports.ts";
import { AnswerStream } from "./answer-stream.ts";
import { toCallerHeaders, toUpstreamHeaders } from "./forwarded-headers.ts";
import { type Held, type Hold, Place } from "./hold.ts";
import { createUsageTail, type TokenCounts } from "./usage-tail.ts";

export type RelayTimeouts = {
  readonly connectMs: number;
  /** For streams only: the first byte of a plain answer comes with its last token. */
  readonly firstByteMs: number;
  readonly idleMs: number;
  /** From arrival to the last byte, retries and waits included. */
  readonly totalMs: number;
};

export type RelayRequest = {
  readonly exchange: Caller;
  readonly endpoint: string;
  /** Behind `/v1`, e.g. `/chat/completions`. */
  readonly operation: string;
  readonly isStream: boolean;
  /** What the model server gets. */
  readonly body: Buffer;
  /** Whether the body asks for a usage that the caller did not ask for. */
  readonly hidesUsage: boolean;
  readonly upstreams: Upstreams;
  readonly providers: Providers;
  readonly hold: Hold;
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
  /** What a provider said of itself; undefined where none answered. */
  readonly provider: ProviderHead | undefined;
  /** Left out for a request that did not have to wait for a pod. */
  readonly held: Held | undefined;
};

/** Relays until the answer is complete, refused or given up; what went wrong has been answered to the caller. */
export async function relay(request: RelayRequest): Promise<RelayResult> {
  const { exchange } = request;
  const answer = new RelayedAnswer(request);
  const unreachable: string[] = [];
  for (let retries = 0; ; ) {
    const decision = decideAttempt(request, unreachable);
    if (decision.kind === "refuse") return answer.refuse(decision.fault);
    const { variant } = decision;
    const fault = await answer.attempt(variant);
    if (fault === undefined || answer.isSettled) return answer.result();
    const { hasStarted } = answer;
    const recovery = decideRecovery({ fault, retries, hasStarted, maySleep: variant.maySleep });
    if (recovery.kind === "give up") return answer.refuse(toFault(fault, request.timeouts));
    if (recovery.kind === "wait") {
      const refusal = await answer.wait(variant);
      if (refusal) return answer.refuse(refusal);
    } else {
      retries += 1;
      if (couldNotConnect(fault)) unreachable.push(variant.id);
      await pause(recovery.pauseMs);
    }
    if (answer.isSettled || exchange.isOver) return answer.result();
  }
}

/** The variant stays the same for a sticky unit, and when no other is left. */
function decideAttempt(request: RelayRequest, unreachable: readonly string[]): RouteDecision {
  if (!request.mayChangeVariant || unreachable.length === 0) return request.decide([]);
  const other = request.decide(unreachable);
  return other.kind === "serve" ? other : request.decide([]);
}

function toFault(fault: UpstreamFault, timeouts: RelayTimeouts): OpenAiFault {
  switch (fault) {
    case "unreachable":
      return faults.upstreamUnreachable();
    case "forbidden address":
      return faults.providerAddressForbidden();
    case "untrusted":
      return faults.providerUntrusted();
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
class RelayedAnswer implements ProviderSink {
  readonly #request: RelayRequest;
  readonly #usage = createUsageTail();
  readonly #deadline: NodeJS.Timeout;
  readonly #place: Place;
  /** What is waited for now: a model server's answer or a pod. */
  #running: { readonly abort: () => void } | undefined;
  #attempts = 0;
  #variant: Variant | undefined;
  #provider: ProviderHead | undefined;
  #status = 0;
  #stream: AnswerStream | undefined;
  #firstTokenMs: number | undefined;
  #outcome: string | undefined;

  constructor(request: RelayRequest) {
    this.#request = request;
    const { exchange, timeouts, endpoint, body, hold } = request;
    this.#place = new Place(hold, { endpoint, bytes: body.length, arrivedMs: exchange.startedAt });
    this.#deadline = setTimeout(() => {
      this.#fail(faults.upstreamTimeout("total", timeouts.totalMs));
      this.#running?.abort();
    }, timeouts.totalMs);
    exchange.onAbort((reason) => {
      this.#outcome ??= reason === "caller gone" ? "caller_gone" : "shutting_down";
      this.#running?.abort();
    });
  }

  get hasStarted(): boolean {
    return this.#status !== 0;
  }

  /** True once the caller has its answer, or will never read one. */
  get isSettled(): boolean {
    return this.#outcome !== undefined;
  }

  /** Where others wait for the variant already, it counts as unreachable without being tried. */
  async attempt(variant: Variant): Promise<UpstreamFault | undefined> {
    this.#variant = variant;
    if (this.#place.mustQueue(variant)) return "unreachable";
    const { exchange } = this.#request;
    const call = this.#send(variant);
    this.#running = call;
    const fault = await call.end;
    this.#place.finish(couldNotConnect(fault) ? "not connected" : "answered");
    if (fault === undefined && !this.isSettled) {
      exchange.response.end(this.#stream?.rest());
      this.#outcome = this.#status < 400 ? "ok" : `upstream_${this.#status}`;
    }
    return fault;
  }

  #send(variant: Variant): RunningCall {
    this.#attempts += 1;
    if (variant.external) return this.#sendToProvider(variant.external);
    const { exchange, upstreams, body, endpoint } = this.#request;
    return upstreams.send(
      {
        host: variant.host,
        port: variant.port,
        method: exchange.request.method === "GET" ? "GET" : "POST",
        path: exchange.request.url ?? "/",
        headers: toUpstreamHeaders(exchange.request, {
          "x-request-id": exchange.requestId,
          "x-rampa-endpoint": endpoint,
        }),
        body,
        firstByteMs: this.#firstByteMs,
      },
      this,
    );
  }

  #sendToProvider({ provider, model }: ExternalModel): RunningCall {
    const { exchange, providers, body, operation } = this.#request;
    const { requestId } = exchange;
    const { headers } = exchange.request;
    const call = { provider, model, operation, headers, body, requestId, firstByteMs: this.#firstByteMs };
    return providers.send(call, this);
  }

  get #firstByteMs(): number {
    const { isStream, timeouts } = this.#request;
    return isStream ? timeouts.firstByteMs : timeouts.totalMs;
  }

  answered(head: ProviderHead): void {
    this.#provider = head;
  }

  fail(fault: OpenAiFault): void {
    this.#fail(fault);
  }

  /** Until a pod of the variant may be asked, or why that will not be. */
  async wait(variant: Variant): Promise<OpenAiFault | undefined> {
    const wait = this.#place.wait(variant);
    this.#running = wait;
    switch (await wait.end) {
      case "full":
        return faults.holdFull();
      case "late":
        return faults.holdOver(this.#request.hold.limits.ms);
      case "ready":
      case "aborted":
        return undefined;
    }
  }

  start(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#place.finish("answered");
    const { exchange, endpoint, hidesUsage } = this.#request;
    if (exchange.isOver || this.#variant === undefined) return;
    const isStream = headers["content-type"]?.startsWith("text/event-stream") === true;
    const stopsAtError = this.#variant.external !== undefined;
    if (isStream) this.#stream = new AnswerStream({ hidesUsage, stopsAtError });
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
    const isTaken = exchange.isOver || piece.length === 0 || exchange.response.write(piece);
    return this.#stream?.error ? this.#stop(this.#stream.error) : isTaken;
  }

  /** What a provider reports inside of a stream may tell of the platform's account. */
  #stop(error: object): true {
    this.#fail(toStreamFault(error));
    this.#running?.abort();
    return true;
  }

  onWritable(resume: () => void): void {
    this.#request.exchange.response.once("drain", resume);
  }

  refuse(fault: OpenAiFault): RelayResult {
    this.#fail(fault);
    return this.result();
  }

  result(): RelayResult {
    clearTimeout(this.#deadline);
    this.#place.finish("answered");
    return {
      outcome: this.#outcome ?? "caller_gone",
      variant: this.#variant,
      attempts: this.#attempts,
      held: this.#place.held,
      provider: this.#provider,
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
