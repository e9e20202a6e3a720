// The Kubernetes stand-in without a cluster: what it plans as declared, what it refuses, and what a simulation keeps.
import { afterEach, describe, expect, it } from "vitest";
import { kubernetesProvider } from "../../../../stacks/local/engine/kubernetes-provider/provider.ts";
import type { EngineLog } from "../../../../stacks/local/engine/plugin-server.ts";
import {
  isSecret,
  type PropertyMap,
  toSecret,
  UNKNOWN_STRING,
  valueAt,
} from "../../../../stacks/local/engine/property-values.ts";
import { type StandInWorld, standInWorld } from "../../../../stacks/local/engine/stand-in-world.ts";
import { connectProvider, type ProviderClient } from "./provider-client.ts";

/** An address that nothing listens at: a test that passes has not asked it. */
const KUBECONFIG = JSON.stringify({
  "current-context": "a",
  contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
  clusters: [{ name: "a", cluster: { server: "https://127.0.0.1:9" } }],
  users: [{ name: "a", user: {} }],
});

const open: ProviderClient[] = [];
const log: EngineLog = { log: () => {}, status: () => {} };

async function start(world: StandInWorld, kubeconfig = KUBECONFIG): Promise<ProviderClient> {
  const client = await connectProvider(kubernetesProvider(log, world));
  open.push(client);
  await client.configure({ kubeconfig });
  return client;
}

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

const configMap = (name: string) => ({ type: "kubernetes:core/v1:ConfigMap", name });
const release = { type: "kubernetes:helm.sh/v3:Release", name: "chart" };
const pool = { type: "kubernetes:karpenter.sh/v1:NodePool", name: "gpu" };
const settings: PropertyMap = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace: "serving" },
  data: { a: "b" },
};

describe.each([
  ["in a plan", "plan", KUBECONFIG],
  ["while the cluster itself is only planned", "real", UNKNOWN_STRING],
] as const)("%s", (_what, world, kubeconfig) => {
  it("objects, custom ones and charts among them, are planned as they are declared", async () => {
    const client = await start(world, kubeconfig);
    for (const [target, inputs] of [
      [configMap("a"), settings],
      [pool, { apiVersion: "karpenter.sh/v1", kind: "NodePool", metadata: { name: "gpu" } }],
      [release, { name: "chart", namespace: "serving", chart: "chart" }],
    ] as const) {
      const { inputs: checked, problems } = await client.check(target, inputs);
      expect(problems).toEqual([]);
      expect(await client.create(target, checked, true)).toEqual({ id: "", outputs: checked });
    }
  });

  it("one object cannot be declared twice", async () => {
    const client = await start(world, kubeconfig);
    expect((await client.check(configMap("a"), settings)).problems).toEqual([]);
    expect((await client.check(configMap("b"), settings)).problems).toEqual([
      "metadata.name: got ConfigMap serving/settings, which a declares already, want another",
    ]);
    const elsewhere = { ...settings, metadata: { name: "settings", namespace: "other" } };
    expect((await client.check(configMap("c"), elsewhere)).problems).toEqual([]);
  });

  it("nothing is created", async () => {
    const client = await start(world, kubeconfig);
    await expect(client.create(configMap("a"), settings, false)).rejects.toThrow(
      /changes nothing|not known yet/,
    );
  });
});

it("a chart is refused where a cluster would have to install it", async () => {
  const { problems } = await (await start("real")).check(release, { name: "chart" });
  expect(problems).toEqual([
    expect.stringContaining("charts and YAML are not offered by the built-in provider"),
  ]);
});

it("a simulation keeps objects as declared, with secrets marked, in the state alone", async () => {
  const client = await start("simulate");
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "k", namespace: "n" },
    stringData: { a: toSecret("b") },
  };
  const made = await client.create({ type: "kubernetes:core/v1:Secret", name: "k" }, secret, false);
  expect(made.id).toBe("n/k");
  expect(isSecret(valueAt(made.outputs, ["stringData"]))).toBe(true);
  expect(await client.read(configMap("a"), "serving/settings", settings)).toBe("serving/settings");
  await client.remove(configMap("a"));
});

it.each([
  [undefined, "real"],
  ["", "real"],
  ["Simulate", "real"],
  ["plan", "plan"],
  ["simulate", "simulate"],
])("RAMPA_STAND_INS=%s is the %s world", (value, world) => {
  expect(standInWorld(value)).toBe(world);
});
