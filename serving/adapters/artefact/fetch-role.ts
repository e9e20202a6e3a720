// The fetch role: puts one artefact into the cache and says so in JSON lines on standard output.
import { getCACertificates } from "node:tls";
import { Agent, type Dispatcher } from "undici";
import type { FetchRuntime } from "../../contract/runtime-config.ts";
import { ArtefactError } from "./artefact-error.ts";
import { openSource } from "./open-source.ts";
import { storeArtefact } from "./store-artefact.ts";

const EXIT_FAILED = 1;

/** Resolves to exit code 0 once the verified artefact is in the cache, to 1 after an `error` line when it cannot be had. */
export async function runFetch(config: FetchRuntime): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once("SIGTERM", onSignal).once("SIGINT", onSignal);
  const around = { env: process.env, now: () => new Date(), ...trusting(config.authority) };
  const started = performance.now();
  try {
    const source = openSource(config.artefact.source, around);
    const { path, wasCached } = await storeArtefact({
      ...config,
      source,
      signal: stop.signal,
      report: writeLine,
    });
    writeLine({ event: "done", path, wasCached, elapsedMs: Math.round(performance.now() - started) });
    return 0;
  } catch (error) {
    if (!(error instanceof ArtefactError) && !stop.signal.aborted) throw error;
    const code = error instanceof ArtefactError ? error.code : "artefact.interrupted";
    writeLine({ event: "error", code, message: error instanceof Error ? error.message : String(error) });
    return EXIT_FAILED;
  } finally {
    process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
  }
}

/** Connections that also believe servers of the given authority; none of their own without one. */
function trusting(authority: string | undefined): { readonly dispatcher?: Dispatcher } {
  if (authority === undefined) return {};
  return { dispatcher: new Agent({ connect: { ca: [...getCACertificates("default"), authority] } }) };
}

function writeLine(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
