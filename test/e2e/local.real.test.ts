// The local stack from nothing to a clean machine, through the commands that a user types.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createLocalEnvironment, type LocalEnvironment } from "../kit/local-environment.ts";
import { ensurePython } from "../kit/python-packages.ts";

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
      ],
    });
  });
});

describe("the official OpenAI client", () => {
  const messages = [{ role: "user", content: "Hello" }] as const;

  it("lists the endpoint as a model", async () => {
    const names: string[] = [];
    for await (const model of client.models.list()) names.push(model.id);
    expect(names).toEqual(["chat"]);
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

describe("the official Python client", () => {
  it("lists, chats, streams, and gets errors with class, code, parameter and request id", async () => {
    const { baseUrl, key } = await environment.loadTarget();
    const python = ensurePython(["openai==3.52.0"]);
    const program = join(import.meta.dirname, "openai-client.py");
    const env = { PATH: process.env.PATH, RAMPA_KEY: key };
    const output = execFileSync(python, [program, baseUrl], { env, encoding: "utf8", timeout: 2 * MINUTE });
    expect(JSON.parse(output)).toEqual({
      models: ["chat"],
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
