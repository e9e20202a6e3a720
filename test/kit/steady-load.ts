// Steady load of short chat requests on a loopback endpoint, so that a test can change things under it and count failures.
import { Agent, request } from "undici";

export type LoadTarget = {
  readonly baseUrl: string;
  readonly key: string;
  readonly model: string;
};

export type LoadReport = {
  readonly sent: number;
  /** Anything but a complete 200: status or error code, with how often it was seen. */
  readonly failures: ReadonlyMap<string, number>;
  /** Answers by the version that gave them (`x-rampa-version`). */
  readonly byVersion: ReadonlyMap<string, number>;
};

type Tally = {
  sent: number;
  failures: Map<string, number>;
  byVersion: Map<string, number>;
};

const ANSWER_DEADLINE_MS = 60_000;

/** Starts `workers` callers that ask one after another until `stop` is called; refuses targets off loopback. */
export function startSteadyLoad(target: LoadTarget, workers: number): { stop(): Promise<LoadReport> } {
  if (new URL(target.baseUrl).hostname !== "127.0.0.1")
    throw new Error(`load goes to 127.0.0.1 only, got ${target.baseUrl}`);
  const tally: Tally = { sent: 0, failures: new Map(), byVersion: new Map() };
  const agent = new Agent({ connections: workers, keepAliveTimeout: 1_000 });
  let running = true;
  const callers = Array.from({ length: workers }, async () => {
    while (running) await askOnce(target, agent, tally);
  });
  return {
    async stop() {
      running = false;
      await Promise.all(callers);
      await agent.close();
      return tally;
    },
  };
}

/** Sends `count` requests over `workers` connections and waits for all of them. */
export async function sendRequests(target: LoadTarget, count: number, workers: number): Promise<LoadReport> {
  const tally: Tally = { sent: 0, failures: new Map(), byVersion: new Map() };
  const agent = new Agent({ connections: workers });
  let left = count;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (left-- > 0) await askOnce(target, agent, tally);
    }),
  );
  await agent.close();
  return tally;
}

async function askOnce(target: LoadTarget, agent: Agent, tally: Tally): Promise<void> {
  tally.sent += 1;
  try {
    const answer = await request(`${target.baseUrl}/chat/completions`, {
      method: "POST",
      dispatcher: agent,
      headers: {
        authorization: `Bearer ${target.key}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({
        model: target.model,
        messages: [{ role: "user", content: "Say one word." }],
        max_tokens: 1,
        temperature: 0,
      }),
      headersTimeout: ANSWER_DEADLINE_MS,
      bodyTimeout: ANSWER_DEADLINE_MS,
    });
    const body = await answer.body.text();
    if (answer.statusCode !== 200) return count(tally.failures, `${answer.statusCode} ${body.slice(0, 120)}`);
    if (!body.includes('"finish_reason"')) return count(tally.failures, "200 without an answer");
    count(tally.byVersion, String(answer.headers["x-rampa-version"]));
  } catch (error) {
    count(
      tally.failures,
      error instanceof Error ? (Reflect.get(error, "code") ?? error.message) : String(error),
    );
  }
}

function count(into: Map<string, number>, what: string): void {
  into.set(what, (into.get(what) ?? 0) + 1);
}
