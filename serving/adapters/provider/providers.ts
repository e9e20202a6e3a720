// Calls to providers: the platform's key in place of the caller's, an own request for each API, no redirect followed.
import type { Pool } from "undici";
import { faults, type OpenAiFault } from "../../contract/openai/fault.ts";
import type { ProviderRuntime } from "../../contract/provider.ts";
import type { UpstreamFault } from "../../core/route/decide-recovery.ts";
import type { Log, ProviderCall, ProviderSink, Providers, RunningCall } from "../../ports.ts";
import { openAiDialect } from "../openai/openai-dialect.ts";
import { dispatchTo, type UpstreamTimeouts } from "../upstream/upstreams.ts";
import type { Dialect } from "./dialect.ts";
import { ProviderAnswer } from "./provider-answer.ts";
import type { ProviderKeys } from "./provider-keys.ts";
import { createProviderPool, type NameSettings } from "./provider-pool.ts";

/** Api of the settings → how it is spoken. */
const DIALECTS: Readonly<Record<ProviderRuntime["api"], Dialect>> = { openai: openAiDialect };

export type ProvidersSettings = NameSettings & {
  readonly providers: Readonly<Record<string, ProviderRuntime>>;
  readonly keys: Pick<ProviderKeys, "find">;
  readonly timeouts: UpstreamTimeouts;
  readonly log: Log;
};

export function createProviders(settings: ProvidersSettings): Providers {
  const clients = new Map(
    Object.entries(settings.providers).map(([name, each]) => [
      name,
      new ProviderClient(name, each, settings),
    ]),
  );
  return {
    send: (call, sink) =>
      clients.get(call.provider)?.send(call, sink) ?? refused(sink, faults.providerUnknown()),
    close: async () => {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

function refused(sink: ProviderSink, fault: OpenAiFault): RunningCall {
  sink.fail(fault);
  return { end: Promise.resolve(undefined), abort: () => {} };
}

class ProviderClient {
  readonly #name: string;
  readonly #settings: ProviderRuntime;
  readonly #parts: ProvidersSettings;
  readonly #pool: Pool;
  readonly #basePath: string;
  readonly #staticHeaders: readonly string[];
  #running = 0;
  #trouble: UpstreamFault | undefined;

  constructor(name: string, settings: ProviderRuntime, parts: ProvidersSettings) {
    this.#name = name;
    this.#settings = settings;
    this.#parts = parts;
    this.#pool = createProviderPool(settings, parts.timeouts, parts);
    this.#basePath = new URL(settings.baseUrl).pathname.replace(/\/+$/, "");
    this.#staticHeaders = Object.entries(settings.headers).flat();
  }

  send(call: ProviderCall, sink: ProviderSink): RunningCall {
    const { key, concurrency } = this.#settings;
    const secret = this.#parts.keys.find(this.#name);
    if (key !== undefined && secret === undefined) return refused(sink, faults.providerKeyMissing());
    if (this.#running >= concurrency) return refused(sink, faults.providerBusy(concurrency));
    this.#running += 1;
    const dialect = DIALECTS[this.#settings.api];
    const answer = new ProviderAnswer({ sink, dialect, secret, abort: () => running.abort() });
    const running = dispatchTo(this.#pool, this.#encode(call, dialect, secret), answer);
    const end = running.end.then((fault) => this.#end(answer, fault));
    return { end, abort: running.abort };
  }

  #encode(call: ProviderCall, dialect: Dialect, secret: string | undefined) {
    const { path, headers, body } = dialect.encode(call);
    return {
      method: "POST" as const,
      path: `${this.#basePath}${path}`,
      headers: [
        ...headers,
        ...this.#staticHeaders,
        ...["x-request-id", call.requestId],
        ...this.#keyHeader(secret),
      ],
      body,
      firstByteMs: call.firstByteMs,
    };
  }

  #keyHeader(secret: string | undefined): readonly string[] {
    if (secret === undefined || this.#settings.key === undefined) return [];
    return this.#settings.key.header === "api-key"
      ? ["api-key", secret]
      : ["authorization", `Bearer ${secret}`];
  }

  /** A refusal stands, however its body ended. */
  #end(answer: ProviderAnswer, fault: UpstreamFault | undefined): UpstreamFault | undefined {
    this.#running -= 1;
    if (answer.isRefusal) {
      answer.refuse();
      return undefined;
    }
    if (fault !== "aborted") this.#noteTrouble(fault);
    return fault;
  }

  /** Once a change: a provider that is away is asked again with every request. */
  #noteTrouble(fault: UpstreamFault | undefined): void {
    if (fault === this.#trouble) return;
    this.#trouble = fault;
    const { log } = this.#parts;
    const { origin } = new URL(this.#settings.baseUrl);
    if (fault === undefined) log.info({ provider: this.#name }, "the provider answers again");
    else log.warn({ provider: this.#name, origin, fault }, "the provider did not answer");
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
