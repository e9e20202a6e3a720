// A graph on its thread, as calls: one piece of work at a time, answered in order.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { ModelTensors } from "../../contract/tensor.ts";
import { ModelError } from "../llama/model-error.ts";
import { type Result, sessionStart, type ThreadMessage, threadFile, type Work } from "./session-thread.ts";

export type Session = {
  readonly tensors: ModelTensors;
  /** Rejects with a PassError where the graph refuses the work; the next call waits for this one. */
  readonly run: (work: Work) => Promise<Result>;
  readonly close: () => Promise<void>;
};

/** The graph could not compute a pass, as the engine words it. */
export class PassError extends Error {}

export type SessionSettings = {
  readonly path: string;
  readonly threads: number;
  /** Told when the thread ends without having been closed: nothing can be computed any more. */
  readonly onDeath: (reason: Error) => void;
};

/** Loads the graph; rejects with a ModelError. */
export async function openSession({ path, threads, onDeath }: SessionSettings): Promise<Session> {
  const worker = new Worker(threadFile, { workerData: sessionStart(path, threads) });
  const [first]: ThreadMessage[] = await once(worker, "message");
  if (first?.kind !== "loaded") {
    await worker.terminate();
    const reason = first?.kind === "failed" ? first.message : "its thread ended";
    throw new ModelError("model.load", `${path}: the engine cannot load it: ${reason}`);
  }
  let isClosed = false;
  let settle:
    | { readonly resolve: (result: Result) => void; readonly reject: (error: Error) => void }
    | undefined;
  const die = (reason: Error): void => {
    settle?.reject(reason);
    if (!isClosed) onDeath(reason);
  };
  worker.on("message", (message: ThreadMessage) => {
    if (message.kind === "done") settle?.resolve(message.result);
    else if (message.kind === "failed") settle?.reject(new PassError(message.message));
  });
  worker.once("error", die);
  worker.once("exit", (code) => die(new Error(`the engine's thread ended with ${code}`)));
  return {
    tensors: first.tensors,
    run: (work) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        worker.postMessage(work, work.kind === "texts" ? [work.batch.tokens.buffer as ArrayBuffer] : []);
      }),
    close: async () => {
      isClosed = true;
      await worker.terminate();
    },
  };
}
