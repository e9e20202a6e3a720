// The local stack from nothing to a clean machine, through the commands that a user types.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { unknownMetrics } from "../components/monitoring/metric-names.ts";
import { createLocalEnvironment, type LocalEnvironment } from "../kit/local-environment.ts";
import { ensurePython } from "../kit/python-packages.ts";
import {
  eventually,
  type Forward,
  forwardTo,
  kubectl,
  query,
  readAlerts,
  readTargets,
  scrapedFamilies,
} from "./prometheus-client.ts";

const MINUTE = 60_000;
const GATEWAY_PORT = 18_080;

/** What `down` has to leave as it was: links, mounts, firewall rules, and programs of ours. */
function machineState() {
  const read = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { encoding: "utf8" });
  return {
    links: read("ip", "-brief", "link")
      .split("\n")
      .map((line) => line.split(/[\s@]/)[0]),
    mounts: read("cat", "/proc/self/mounts"),
    rules: read("iptables-save")
      .split("\n")
      .filter((line) => /^-A/.test(line)),
    programs: readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => programOf(pid))
      .filter((name) => /^(etcd|kube-|kubelet|containerd|runc|coredns)/.test(name))
      .toSorted(),
  };
}

function programOf(pid: string): string {
  try {
    return execFileSync("cat", [`/proc/${pid}/comm`], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    // It ended while the list was read.
    return "";
  }
}

const upSchema = z.object({
  changes: z.record(z.string(), z.number()),
  answer: z.string(),
  steps: z.array(z.object({ title: z.string(), seconds: z.number() })),
});
const statusSchema = z.object({
  ok: z.boolean(),
  endpoints: z.array(
    z.object({
      name: z.string(),
      baseUrl: z.string(),
      versions: z.array(z.object({ version: z.string(), weight: z.number(), ready: z.boolean() })),
    }),
  ),
});

let environment: LocalEnvironment;
let before: ReturnType<typeof machineState>;
let first: z.output<typeof upSchema>;
let client: OpenAI;

beforeAll(async () => {
  before = machineState();
  environment = createLocalEnvironment(GATEWAY_PORT);
  // The shortest times that the settings take, as tests wait for them.
  environment.editStackFile((text) =>
    text.replace("scrapeSeconds: 10", "scrapeSeconds: 5\n    limits: {absentMinutes: 1}"),
  );
  first = await environment.rampaJson(upSchema, "up");
  const { key } = await environment.rampaJson(z.object({ key: z.string() }), "key", "show");
  client = new OpenAI({ baseURL: environment.baseUrl, apiKey: key, maxRetries: 0 });
}, 20 * MINUTE);

afterAll(() => environment.remove(), 5 * MINUTE);

describe("the first up", () => {
  it("ends with an answer and the time of every step", () => {
    expect(first.answer.length).toBeGreaterThan(0);
    expect(first.changes.create).toBeGreaterThan(10);
    expect(first.steps.map(({ title }) => title)).toEqual([
      "Check the machine",
      "Get the tools",
      "Start the cluster",
      "Build the runtime",
      "Fetch the models",
      "Deploy the platform",
      "First answer",
    ]);
  });

  it("leaves every part well, and both versions ready with their weights", async () => {
    const status = await environment.rampaJson(statusSchema, "status");
    expect(status).toEqual({
      ok: true,
      endpoints: [
        {
          name: "chat",
          baseUrl: `http://127.0.0.1:${GATEWAY_PORT}/v1`,
          versions: [
            { version: "1.0.0", weight: 90, ready: true },
            { version: "1.1.0", weight: 10, ready: true },
          ],
        },
        {
          name: "embed",
          baseUrl: `http://127.0.0.1:${GATEWAY_PORT}/v1`,
          versions: [{ version: "1.0.0", weight: 100, ready: true }],
        },
      ],
    });
  });
});

describe("the official OpenAI client", () => {
  const messages = [{ role: "user", content: "Hello" }] as const;

  it("lists the endpoints as models", async () => {
    const names: string[] = [];
    for await (const model of client.models.list()) names.push(model.id);
    expect(names).toEqual(["chat", "embed"]);
  });

  it("gets a chat completion with its usage", async () => {
    const answer = await client.chat.completions.create({
      model: "chat",
      messages: [...messages],
      max_tokens: 8,
    });
    expect(answer.choices[0]?.message.role).toBe("assistant");
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0);
    expect(answer.usage?.completion_tokens).toBeLessThanOrEqual(8);
  });

  it("gets a stream that ends with a reason", async () => {
    const call = { model: "chat", messages: [...messages], max_tokens: 8 };
    const reasons: (string | null)[] = [];
    for await (const chunk of await client.chat.completions.create({ ...call, stream: true })) {
      for (const choice of chunk.choices) reasons.push(choice.finish_reason);
    }
    expect(reasons.length).toBeGreaterThan(1);
    expect(reasons.at(-1)).toMatch(/^(length|stop)$/);
  });

  it.each<[string, { readonly model: string; readonly max_tokens?: number }, number, string | null]>([
    ["a model that does not exist", { model: "nothing" }, 404, "model_not_found"],
    ["a negative max_tokens", { model: "chat", max_tokens: -1 }, 400, null],
  ])("gets an error with a request id for %s", async (_, fields, status, code) => {
    const call = client.chat.completions.create({ messages: [...messages], ...fields });
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ status, requestID: expect.stringMatching(/./), ...(code && { code }) });
  });

  it("is refused with a wrong key", async () => {
    const stranger = new OpenAI({
      baseURL: `http://127.0.0.1:${GATEWAY_PORT}/v1`,
      apiKey: "rk-wrong",
      maxRetries: 0,
    });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401 });
  });
});

describe("the embedding model in its pod", () => {
  it("puts texts of one meaning next to each other", async () => {
    const input = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."];
    const { data, usage } = await client.embeddings.create({ model: "embed", input });
    const [weather = [], sunny = [], stadium = []] = data.map(({ embedding }) => embedding);
    const similarity = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
    expect(usage.prompt_tokens).toBe(25);
    expect(similarity(weather, sunny)).toBeCloseTo(0.666, 4);
    expect(similarity(weather, stadium)).toBeCloseTo(0.1046, 4);
  });

  it("answers the Open Inference Protocol through the gateway, with the caller's key alone", async () => {
    const { baseUrl, key } = await environment.loadTarget();
    const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(new URL(`/v2/models/embed${path}`, baseUrl), {
        ...init,
        headers: { authorization: `Bearer ${key}` },
      });
    expect(await (await ask("/ready")).json()).toEqual({ name: "embed", ready: true });
    const inputs = ["input_ids", "attention_mask", "token_type_ids"].map((name) => ({
      name,
      datatype: "INT64",
      shape: [1, 3],
      data: [1, 1, 1],
    }));
    const answer = await ask("/infer", { method: "POST", body: JSON.stringify({ inputs }) });
    expect(JSON.parse(await answer.text()).outputs[0]).toMatchObject({
      name: "last_hidden_state",
      shape: [1, 3, 384],
    });
    expect((await fetch(new URL("/v2/models/embed", baseUrl))).status).toBe(401);
  });
});

describe("the official Python client", () => {
  it("lists, chats, streams, and gets errors with class, code, parameter and request id", async () => {
    const { baseUrl, key } = await environment.loadTarget();
    const python = ensurePython(["openai==3.52.0"]);
    const program = join(import.meta.dirname, "openai-client.py");
    const env = { PATH: process.env.PATH, RAMPA_KEY: key };
    const output = execFileSync(python, [program, baseUrl], { env, encoding: "utf8", timeout: 2 * MINUTE });
    expect(JSON.parse(output)).toEqual({
      models: ["chat", "embed"],
      chat: { role: "assistant", tokens: expect.any(Number) },
      completion: { object: "text_completion", tokens: expect.any(Number) },
      stream: { finish: expect.stringMatching(/^(length|stop)$/), tokens: expect.any(Number) },
      plainStream: { finish: expect.stringMatching(/^(length|stop)$/), chunksWithUsage: 0 },
      unknownModel: refusal("NotFoundError", 404, "model_not_found", "model"),
      negativeTokens: { ...refusal("BadRequestError", 400, null, "max_tokens"), code: expect.anything() },
      wrongKey: refusal("AuthenticationError", 401, "invalid_api_key", null),
    });
  });

  const refusal = (name: string, status: number, code: string | null, param: string | null) => ({
    class: name,
    status,
    code,
    param,
    hasRequestId: true,
  });
});

describe("the everyday commands", () => {
  it("answer a question from the version that was asked for", async () => {
    const schema = z.object({ text: z.string().min(1), version: z.string() });
    const answer = await environment.rampaJson(
      schema,
      "chat",
      "Once upon a time",
      "--max-tokens",
      "8",
      "--version",
      "1.1.0",
    );
    expect(answer.version).toBe("1.1.0");
  });

  it("show the gateway's log as JSON lines without the prompt", async () => {
    const { code, stdout } = await environment.rampa("logs", "gateway");
    expect(code).toBe(0);
    expect(stdout).toContain('"endpoint":"chat"');
    expect(stdout).not.toContain("Once upon a time");
  });

  it("find nothing wrong with this machine", async () => {
    const { code, stdout } = await environment.rampa("doctor");
    expect(stdout).toContain("✓ this machine can carry the local environment");
    expect(code).toBe(0);
  });
});

describe("Prometheus", () => {
  const REQUESTS = 12;
  const SCRAPED_MS = 30_000;
  const LOST = { namespace: "rampa", endpoint: "chat", version: "1.1.0" };
  let prometheus: Forward;
  let alertmanager: Forward;

  beforeAll(async () => {
    [prometheus, alertmanager] = await Promise.all([
      forwardTo(environment, "prometheus"),
      forwardTo(environment, "alertmanager"),
    ]);
  });

  afterAll(() => {
    prometheus.close();
    alertmanager.close();
  });

  const answered = async (): Promise<Record<string, number>> => {
    const by = 'sum by (version) (gateway_requests_total{endpoint="chat", outcome="ok"})';
    const samples = await query(prometheus, by);
    return Object.fromEntries(samples.map(({ labels, value }) => [labels.version ?? "", value]));
  };

  it("scrapes the gateway and a pod of each version, by their names in DNS", async () => {
    const { endpoints } = await environment.rampaJson(statusSchema, "status");
    const served = endpoints.flatMap(({ name, versions }) =>
      versions.map(({ version }) => `rampa/models ${name} ${version}`),
    );
    const targets = await eventually(
      () => readTargets(prometheus),
      (list) => list.length > served.length && list.every(({ health }) => health === "up"),
      SCRAPED_MS,
    );
    const found = targets.map(({ labels: { job, endpoint, version } }) =>
      [job, endpoint, version].filter((it) => it !== undefined).join(" "),
    );
    expect(found.toSorted()).toEqual(["gateway", ...served].toSorted());
    expect(targets.filter(({ health }) => health !== "up")).toEqual([]);
    expect(new Set(targets.map(({ labels }) => labels.namespace))).toEqual(new Set(["rampa"]));
  });

  it("counts the requests that were sent, by the version that answered", async () => {
    const startedAt = Date.now() / 1000;
    await eventually(
      () => query(prometheus, 'timestamp(up{job="gateway"})'),
      ([scrape]) => (scrape?.value ?? 0) > startedAt,
      SCRAPED_MS,
    );
    const seen = await answered();
    for (let sent = 0; sent < REQUESTS; sent += 1) {
      const call = client.chat.completions.create({
        model: "chat",
        messages: [{ role: "user", content: "Hi" }],
        max_tokens: 1,
      });
      const { response } = await call.withResponse();
      const version = response.headers.get("x-rampa-version") ?? "none";
      seen[version] = (seen[version] ?? 0) + 1;
    }
    const isComplete = (now: Readonly<Record<string, number>>): boolean =>
      Object.entries(seen).every(([version, count]) => now[version] === count);
    expect(await eventually(answered, isComplete, SCRAPED_MS)).toEqual(seen);
  });

  it("records the weights of the stack file, and rates and failures as their rules say", async () => {
    const weights = await query(prometheus, 'rampa:version_weight:max{endpoint="chat"}');
    expect(Object.fromEntries(weights.map(({ labels, value }) => [labels.version, value]))).toEqual({
      "1.0.0": 0.9,
      "1.1.0": 0.1,
    });
    const rate = 'rampa:requests:rate5m{endpoint="chat", version="1.0.0"}';
    await eventually(
      () => query(prometheus, `${rate} > 0`),
      (list) => list.length > 0,
      SCRAPED_MS,
    );
    // A rule is evaluated at the time of the sample that it records.
    const [last] = await query(prometheus, `timestamp(${rate})`);
    const byVersion = async (expression: string): Promise<object> => {
      const samples = await query(prometheus, `sum by (version) (${expression})`, last?.value);
      return Object.fromEntries(samples.map(({ labels, value }) => [labels.version, value]));
    };
    const recorded = await byVersion('rampa:requests:rate5m{endpoint="chat"}');
    expect(recorded).not.toEqual({});
    expect(recorded).toEqual(await byVersion('rate(gateway_requests_total{endpoint="chat"}[5m])'));
    const failures = await query(prometheus, 'rampa:failure_ratio:rate5m{endpoint="chat"}');
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.filter(({ value }) => value !== 0)).toEqual([]);
  });

  it("knows every metric that a rule or a dashboard reads", async () => {
    expect(unknownMetrics(await scrapedFamilies(prometheus))).toEqual([]);
  });

  it("tells Alertmanager of a version whose last pod is gone, and that it is back", async () => {
    expect(await readAlerts(alertmanager)).toEqual([]);
    await kubectl(environment, "cordon", "--selector=kubernetes.io/hostname");
    try {
      const pods = "--selector=rampa.dev/endpoint=chat,app.kubernetes.io/version=1.1.0";
      await kubectl(environment, "--namespace=rampa", "delete", "pod", pods, "--wait=false");
      const raised = await eventually(
        () => readAlerts(alertmanager),
        (list) => list.length > 0,
        2 * MINUTE,
      );
      expect(raised).toEqual([
        {
          labels: expect.objectContaining({
            alertname: "RampaVersionAbsent",
            severity: "P1",
            environment: "local",
            owner: "platform-team",
            ...LOST,
          }),
          annotations: {
            summary: "No server of chat 1.1.0 answers, which takes 10% of the requests.",
            runbook_url: "https://runbooks.example.com/rampa/RampaVersionAbsent.md",
          },
          status: { state: "active" },
        },
      ]);
    } finally {
      await kubectl(environment, "uncordon", "--selector=kubernetes.io/hostname");
    }
    await kubectl(environment, "--namespace=rampa", "rollout", "status", "deployment/chat-1-1-0");
    const firing = () => query(prometheus, 'ALERTS{alertname="RampaVersionAbsent"}');
    expect(await eventually(firing, (list) => list.length === 0, SCRAPED_MS)).toEqual([]);
  });
});

describe("without a change in the settings", () => {
  const onlySame = (changes: Readonly<Record<string, number>>): readonly string[] =>
    Object.keys(changes).filter((operation) => operation !== "same");

  it("a preview and a second up change nothing, and no key is shown again", async () => {
    const preview = await environment.rampaJson(
      z.object({ changes: z.record(z.string(), z.number()) }),
      "preview",
    );
    expect(onlySame(preview.changes)).toEqual([]);
    const second = await environment.rampaJson(upSchema.extend({ key: z.string().optional() }), "up");
    expect(onlySame(second.changes)).toEqual([]);
    expect(second.key).toBeUndefined();
    expect(second.changes.same).toBeGreaterThan(10);
  });

  it("plain pulumi in a shell agrees", async () => {
    const { stdout: lines } = await environment.rampa("env");
    const script = `${lines}\npulumi preview --stack local --expect-no-changes --non-interactive`;
    const { code, stdout, stderr } = await environment.run("sh", ["-c", script], 2 * MINUTE);
    expect(code, `${stdout}${stderr}`).toBe(0);
  });
});

describe("down", () => {
  it("leaves links, mounts, firewall rules and programs as they were", async () => {
    const { code, stderr } = await environment.rampa("down");
    expect(code, stderr).toBe(0);
    expect(machineState()).toEqual(before);
    const status = await environment.rampa("status", "--json");
    expect(status.code).toBe(1);
  });
});
