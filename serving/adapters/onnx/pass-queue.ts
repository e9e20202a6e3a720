// Waiting requests and the passes made of them: a bounded queue, a deadline each, texts of several requests in one pass.
import { EngineFault } from "../../contract/generation.ts";
import type { InferRequest } from "../../contract/inference.ts";
import { faults } from "../../contract/openai/fault.ts";
import type { Tensor } from "../../contract/tensor.ts";
import { planPass } from "../../core/embed/plan-pass.ts";

/** A text's tokens and its place in the request. */
type Text = { readonly index: number; readonly tokens: readonly number[] };

export type Compute = {
  readonly tensors: (request: InferRequest) => Promise<readonly Tensor[]>;
  readonly texts: (texts: readonly (readonly number[])[]) => Promise<readonly Float32Array[]>;
};

export type PassQueueSettings = {
  readonly compute: Compute;
  readonly batchTokens: number;
  readonly queueLimit: number;
  readonly deadlineMs: number;
};

type Job = { readonly signal: AbortSignal; readonly fail: (error: unknown) => void } & (
  | {
      readonly kind: "tensors";
      readonly request: InferRequest;
      readonly done: (outputs: readonly Tensor[]) => void;
    }
  | {
      readonly kind: "texts";
      /** Longest first. */
      readonly left: Text[];
      readonly vectors: Float32Array[];
      readonly done: (vectors: readonly Float32Array[]) => void;
    }
);
type TextJob = Extract<Job, { kind: "texts" }>;

const RETRY_AFTER_SECONDS = 2;

/** One pass runs at a time. Of requests with more texts than a pass takes, each gets its turn. */
export class PassQueue {
  readonly #settings: PassQueueSettings;
  #jobs: Job[] = [];
  #admitted = 0;
  #running = 0;
  #passes = 0;
  #passSinceMs: number | undefined;

  constructor(settings: PassQueueSettings) {
    this.#settings = settings;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#admitted - this.#running;
  }

  get passes(): number {
    return this.#passes;
  }

  get stalledMs(): number {
    return this.#passSinceMs === undefined ? 0 : performance.now() - this.#passSinceMs;
  }

  /**
   * Takes a request in, unless too many wait; `work` has to end when its signal fires. Rejects with an EngineFault when
   * it is refused or late, and with the caller's reason on abort.
   */
  async admit<T>(caller: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { queueLimit, deadlineMs } = this.#settings;
    if (this.#admitted > queueLimit) throw new EngineFault(faults.engineQueueFull(RETRY_AFTER_SECONDS));
    caller.throwIfAborted();
    const controller = new AbortController();
    const late = new EngineFault(faults.deadlineExceeded(deadlineMs));
    const timer = setTimeout(() => controller.abort(late), deadlineMs);
    const leave = (): void => controller.abort(caller.reason);
    caller.addEventListener("abort", leave, { once: true });
    this.#admitted += 1;
    try {
      return await work(controller.signal);
    } finally {
      this.#admitted -= 1;
      clearTimeout(timer);
      caller.removeEventListener("abort", leave);
    }
  }

  tensors(request: InferRequest, signal: AbortSignal): Promise<readonly Tensor[]> {
    return new Promise((done, fail) => this.#add({ kind: "tensors", request, signal, done, fail }));
  }

  texts(texts: readonly (readonly number[])[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    if (texts.length === 0) return Promise.resolve([]);
    const left = texts
      .map((tokens, index) => ({ index, tokens }))
      .toSorted((a, b) => b.tokens.length - a.tokens.length);
    return new Promise((done, fail) => this.#add({ kind: "texts", left, vectors: [], signal, done, fail }));
  }

  #add(job: Job): void {
    if (job.signal.aborted) {
      job.fail(job.signal.reason);
      return;
    }
    job.signal.addEventListener("abort", () => job.fail(job.signal.reason), { once: true });
    this.#jobs.push(job);
    if (this.#passSinceMs === undefined) void this.#work();
  }

  async #work(): Promise<void> {
    for (;;) {
      this.#jobs = this.#jobs.filter(({ signal }) => !signal.aborted);
      const [first] = this.#jobs;
      if (first === undefined) break;
      this.#passSinceMs = performance.now();
      this.#passes += 1;
      if (first.kind === "tensors") await this.#passTensors(first);
      else await this.#passTexts();
      this.#running = 0;
    }
    this.#passSinceMs = undefined;
  }

  async #passTensors(job: Extract<Job, { kind: "tensors" }>): Promise<void> {
    this.#jobs.shift();
    this.#running = 1;
    await this.#settings.compute.tensors(job.request).then(job.done, job.fail);
  }

  async #passTexts(): Promise<void> {
    const jobs = this.#jobs.filter((job): job is TextJob => job.kind === "texts");
    const requests = jobs.map(({ left }) => ({ lengths: left.map(({ tokens }) => tokens.length) }));
    const plan = planPass(requests, this.#settings.batchTokens);
    const taken = jobs.flatMap((job, index) =>
      job.left.splice(0, plan[index]).map((text) => ({ job, text })),
    );
    const parts = new Set(taken.map(({ job }) => job));
    this.#running = parts.size;
    try {
      const vectors = await this.#settings.compute.texts(taken.map(({ text }) => text.tokens));
      for (const [at, { job, text }] of taken.entries()) {
        const vector = vectors[at];
        if (vector !== undefined) job.vectors[text.index] = vector;
      }
      for (const job of parts) if (job.left.length === 0) job.done(job.vectors);
    } catch (error) {
      for (const job of parts) {
        job.left.length = 0;
        job.fail(error);
      }
    }
    const unfinished = [...parts].filter(({ left }) => left.length > 0);
    this.#jobs = [...this.#jobs.filter((job) => job.kind !== "texts" || !parts.has(job)), ...unfinished];
  }
}
