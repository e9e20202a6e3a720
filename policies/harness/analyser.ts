// Runs a policy pack as the engine does, in a process of its own over gRPC, and asks it about recorded resources.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createRequire } from "node:module";
import type { Readable } from "node:stream";
import { type CallOptions, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import analyzerRpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import type { AnalyzeResponse, RemediateResponse } from "@pulumi/pulumi/proto/analyzer_pb.js";
import {
  type JudgedResource,
  type PackConfig,
  toAnalyzeRequest,
  toConfigureRequest,
  toStackRequest,
  toVerdict,
  type Verdict,
} from "./analyser-messages.ts";

const START_MS = 20_000;
const CALL_MS = 30_000;

type PackProcess = ChildProcessByStdio<null, Readable, Readable>;

/** Starts the pack in `folder`. The caller closes it; closing ends the process. */
export async function startAnalyser(folder: string): Promise<Analyser> {
  const runner = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack");
  // The first argument is the engine's address, which a pack that only answers never calls.
  const child = spawn(process.execPath, [runner, "127.0.0.1:1", "."], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    return new Analyser(child, await readPort(child));
  } catch (error) {
    child.kill();
    throw error;
  }
}

/** A running policy pack. */
export class Analyser {
  readonly #child: PackProcess;
  readonly #client: analyzerRpc.AnalyzerClient;

  constructor(child: PackProcess, port: number) {
    this.#child = child;
    this.#client = new analyzerRpc.AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  /** Judges each resource and then all of them together, as a preview does; together by what they `became`. */
  async judge(
    resources: readonly JudgedResource[],
    config: PackConfig = {},
    became: readonly JudgedResource[] = resources,
  ): Promise<readonly Verdict[]> {
    await this.#configure(config);
    const verdicts: Verdict[] = [];
    for (const resource of resources) {
      const request = toAnalyzeRequest(resource, resources);
      const answer = await call<AnalyzeResponse>((...rest) => this.#client.analyze(request, ...rest));
      verdicts.push(...answer.getDiagnosticsList().map((each) => toVerdict(each, resource.urn)));
    }
    const stack = toStackRequest(became);
    const answer = await call<AnalyzeResponse>((...rest) => this.#client.analyzeStack(stack, ...rest));
    return [...verdicts, ...answer.getDiagnosticsList().map((each) => toVerdict(each, ""))];
  }

  /** The properties of a resource after the pack's remediations, or undefined where none applied. */
  async remediate(resource: JudgedResource, config: PackConfig): Promise<object | undefined> {
    await this.#configure(config);
    const request = toAnalyzeRequest(resource, [resource]);
    const answer = await call<RemediateResponse>((...rest) => this.#client.remediate(request, ...rest));
    return answer.getRemediationsList().at(-1)?.getProperties()?.toJavaScript();
  }

  /** Ends the pack's process and waits for it. */
  async close(): Promise<void> {
    this.#client.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill();
    await ended;
  }

  async #configure(config: PackConfig): Promise<void> {
    const request = toConfigureRequest(config);
    await call<unknown>((...rest) => this.#client.configure(request, ...rest));
  }
}

type Unary<T> = (
  metadata: Metadata,
  options: Partial<CallOptions>,
  done: (error: ServiceError | null, answer: T) => void,
) => unknown;

function call<T>(send: Unary<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    send(new Metadata(), { deadline: Date.now() + CALL_MS }, (error, answer) => {
      if (error === null) resolve(answer);
      else reject(error);
    });
  });
}

/** The pack prints its port as its first line; anything on stderr before that explains why it does not. */
function readPort(child: PackProcess): Promise<number> {
  const errors: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  return new Promise((resolve, reject) => {
    const fail = (what: string): void =>
      reject(new Error(`the policy pack ${what}\n${errors.join("")}`.trim()));
    const timer = setTimeout(() => fail(`did not start within ${START_MS / 1000} s`), START_MS);
    child.once("exit", (code) => fail(`ended with exit code ${code}`));
    child.once("error", (error) => fail(`could not be started: ${error.message}`));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const port = /^\d+$/m.exec(text)?.[0];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
    child.once("exit", () => clearTimeout(timer));
  });
}
