// A provider's version in the local stack: a TLS server of this machine at a private address, its key a secret of the stack.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Document, parseDocument } from "yaml";
import { z } from "zod";
import { createLocalEnvironment, type LocalEnvironment } from "../kit/local-environment.ts";
import { letPodsReachHost } from "../kit/named-cluster.ts";
import { type LoadTarget, sendRequests, startSteadyLoad } from "../kit/steady-load.ts";
import { PROVIDER_KEY, type ProviderServer, startProvider } from "../serving/gateway/provider-server.ts";

const MINUTE = 60_000;
const MODEL = "cloud-model-1";
const NEXT_KEY = "sk-planted-provider-key-0002";
const upSchema = z.object({ changes: z.record(z.string(), z.number()) });
const envSchema = z.record(z.string(), z.string());

let environment: LocalEnvironment;
let target: LoadTarget;
let provider: ProviderServer;
let hostAddress: string;

/** Own pods of one version, and nothing that this test does not need. */
function toSmall(document: Document): void {
  for (const key of ["rampa:monitoring", "rampa:data"]) document.deleteIn(["config", key]);
  document.deleteIn(["config", "rampa:endpoints", "embed"]);
  document.deleteIn(["config", "rampa:endpoints", "chat", "versions", "1.1.0"]);
  document.setIn(["config", "rampa:endpoints", "chat", "weights"], { "1.0.0": 100 });
}

function withProvider(document: Document): void {
  document.setIn(["config", "rampa:providers"], {
    cloud: {
      baseUrl: provider.baseUrl,
      addresses: [`${hostAddress}/32`],
      authority: provider.authority,
      key: { from: "config" },
    },
  });
  const version = { engine: "external", provider: "cloud", model: MODEL };
  document.setIn(["config", "rampa:endpoints", "chat", "versions", "2.0.0"], version);
  document.setIn(["config", "rampa:endpoints", "chat", "weights"], { "1.0.0": 90, "2.0.0": 10 });
}

function edit(change: (document: Document) => void): void {
  environment.editStackFile((text) => {
    const document = parseDocument(text);
    change(document);
    return document.toString();
  });
}

const up = () => environment.rampaJson(upSchema, "up");

/** As a person does it: `eval "$(rampa env)"`, then plain pulumi. */
async function setKey(key: string): Promise<void> {
  const env = envSchema.parse(JSON.parse((await environment.rampa("env", "--json")).stdout));
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const set = ["config", "set", "--stack", "local", "--secret", "--path", "rampa:providerKeys.cloud", key];
  const { code, stderr } = await environment.run("env", [...assignments, "pulumi", ...set]);
  expect(code, stderr).toBe(0);
}

function kubectl(...args: readonly string[]): string {
  const bin = join(environment.folder, ".rampa/bin/kubectl");
  const kubeconfig = `--kubeconfig=${environment.folder}/.rampa/cluster/kubeconfig`;
  return execFileSync(bin, [kubeconfig, "--namespace=rampa", ...args], { encoding: "utf8" });
}

const gatewayPods = () =>
  kubectl(
    "get",
    "pods",
    "--selector=app.kubernetes.io/name=gateway",
    "--output=jsonpath={.items[*].metadata.uid}",
  );

const askCloud = () =>
  fetch(`${environment.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${target.key}`, "x-rampa-version": "2.0.0" },
    body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "hello" }] }),
  });

beforeAll(async () => {
  environment = createLocalEnvironment(18_092);
  edit(toSmall);
  await up();
  target = await environment.loadTarget();
  hostAddress = letPodsReachHost(join(environment.folder, ".rampa"));
  provider = await startProvider({ name: hostAddress, address: hostAddress });
}, 25 * MINUTE);

afterAll(async () => {
  await environment?.remove();
  await provider?.close();
}, 5 * MINUTE);

describe("a version of a provider", () => {
  it(
    "joins an endpoint under load without a failed request, and takes its tenth",
    async () => {
      await setKey(PROVIDER_KEY);
      edit(withProvider);
      const load = startSteadyLoad(target, 2);
      await up();
      const during = await load.stop();
      expect(during.failures).toEqual(new Map());
      const report = await sendRequests(target, 300, 4);
      expect(report.failures).toEqual(new Map());
      const share = (report.byVersion.get("2.0.0") ?? 0) / report.sent;
      expect(Math.abs(share - 0.1)).toBeLessThanOrEqual(3.2905 * Math.sqrt(0.09 / 300));
    },
    15 * MINUTE,
  );

  it("is asked with the platform's key for its own model, and never with the caller's key", async () => {
    const client = new OpenAI({ baseURL: environment.baseUrl, apiKey: target.key, maxRetries: 0 });
    const stream = await client.chat.completions.create(
      { model: "chat", messages: [{ role: "user", content: "hello" }], stream: true },
      { headers: { "x-rampa-version": "2.0.0" } },
    );
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe("w0 w1 w2 w3 w4 ");
    const last = provider.seen.at(-1);
    expect(last?.headers.authorization).toBe(`Bearer ${PROVIDER_KEY}`);
    expect(JSON.parse(last?.body ?? "").model).toBe(MODEL);
    expect(JSON.stringify(provider.seen)).not.toContain(target.key);
  });

  it("shows as ready, and its key nowhere in clear: not in the stack file, state, plan or log", async () => {
    const status = await environment.rampa("status", "--json");
    expect(JSON.parse(status.stdout).endpoints[0].versions).toContainEqual({
      version: "2.0.0",
      weight: 10,
      ready: true,
    });
    const preview = await environment.rampa("preview", "--json");
    const log = kubectl("logs", "deployment/gateway");
    for (const text of [preview.stdout, preview.stderr, log, readFileSync(environment.stackFile, "utf8")]) {
      expect(text).not.toContain(PROVIDER_KEY);
    }
    for (const folder of ["state", "logs"]) {
      const home = join(environment.folder, ".rampa", folder);
      const files = readdirSync(home, { recursive: true, encoding: "utf8" }).map((file) => join(home, file));
      const holding = files.filter(
        (file) => statSync(file).isFile() && readFileSync(file).includes(PROVIDER_KEY),
      );
      expect(holding).toEqual([]);
    }
  });

  it(
    "gets a new key without a restart of the gateway",
    async () => {
      const pods = gatewayPods();
      provider.accept(PROVIDER_KEY, NEXT_KEY);
      await setKey(NEXT_KEY);
      await up();
      await expect
        .poll(
          async () => {
            expect((await askCloud()).status).toBe(200);
            return provider.seen.at(-1)?.headers.authorization;
          },
          { timeout: 3 * MINUTE, interval: 1_000 },
        )
        .toBe(`Bearer ${NEXT_KEY}`);
      expect(gatewayPods()).toBe(pods);
    },
    10 * MINUTE,
  );

  it(
    "that cannot be reached leaves its requests to the own version, unless a caller asks for it",
    async () => {
      await provider.close();
      const { status } = await askCloud();
      expect(status).toBe(502);
      const report = await sendRequests(target, 40, 4);
      expect(report.failures).toEqual(new Map());
      expect(report.byVersion.get("2.0.0")).toBeUndefined();
    },
    MINUTE,
  );
});
