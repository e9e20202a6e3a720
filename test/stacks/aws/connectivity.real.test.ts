// Who reaches whom in prod's own cluster, the controllers' namespaces included: computed, and exactly what is written down.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Placed, readMatrix } from "../../components/network/connection-matrix.ts";
import { ensureAnalyser } from "../../components/network/policy-analyser.ts";
import { planStack } from "../../kit/plan-stack.ts";

const BUILD_MS = 900_000;
const STACK = "prod";
const DOCUMENT = join(import.meta.dirname, "../../../components/network/cluster-paths.md");

const policy = z.looseObject({
  kind: z.literal("NetworkPolicy"),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
});
type Policy = z.output<typeof policy>;

let analyser = "";
let policies: readonly Policy[];
let namespace: string;

beforeAll(async () => {
  analyser = await ensureAnalyser();
  const { resources, settings } = await planStack(STACK);
  namespace = settings.namespace;
  policies = resources
    .filter(({ type }) => type.endsWith(":NetworkPolicy"))
    .map(({ props }) => policy.parse(props));
}, BUILD_MS);

/** A pod of every kind that policies tell apart, and addresses outside of the cluster. */
function placePeers(): readonly Placed[] {
  let last = 0;
  const pod = (role: string, space: string, PodLabels: Readonly<Record<string, string>> = {}): Placed => {
    last += 1;
    const NamespaceLabels = { "kubernetes.io/metadata.name": space };
    const Internal = { Namespace: space, NamespaceLabels, PodLabels };
    return { role, peer: { IP: `10.0.200.${last}`, Internal } };
  };
  const address = (role: string, IP: string): Placed => ({ role, peer: { IP } });
  return [
    pod("gateway", namespace, { "app.kubernetes.io/component": "gateway" }),
    pod("models", namespace, { "app.kubernetes.io/component": "model" }),
    pod("Prometheus", "monitoring", { "app.kubernetes.io/name": "prometheus" }),
    pod("Prometheus operator", "monitoring", { app: "kube-prometheus-stack-operator" }),
    pod("rest of monitoring", "monitoring"),
    pod("GPU exporter", "gpu-metrics"),
    pod("KEDA", "keda"),
    pod("External Secrets", "external-secrets"),
    pod("kube-system", "kube-system"),
    // As a neighbour would try it: with the labels of those that are let in.
    pod("any other pod", "elsewhere", {
      "app.kubernetes.io/component": "gateway",
      "app.kubernetes.io/name": "prometheus",
    }),
    address("nodes and API server", "10.0.0.7"),
    address("Service of the API server", "172.20.0.1"),
    address("Pod Identity agent", "169.254.170.23"),
    address("metadata service", "169.254.169.254"),
    address("internet", "203.0.113.10"),
  ];
}

async function matrixOf(given: readonly Policy[]): Promise<Record<string, string>> {
  const judged = new Set(policies.map(({ metadata }) => metadata.namespace));
  const isJudged = (name: string): boolean => judged.has(name);
  return await readMatrix({ analyser, policies: given, placed: placePeers(), isJudged });
}

/** Rows of the document: who → whom, by the ports that they share. */
async function documented(): Promise<Record<string, string>> {
  const lines = (await readFile(DOCUMENT, "utf8")).split("\n").filter((line) => line.startsWith("| "));
  const rows = lines.slice(2).map((line) => line.split("|").map((cell) => cell.trim()));
  return Object.fromEntries(
    rows.flatMap(([, from = "", to = "", ports = ""]) =>
      to.split(", ").map((each) => [`${from} → ${each}`, ports]),
    ),
  );
}

describe("prod's own cluster", () => {
  it("lets through the paths that are written down, and no other port, protocol or peer", async () => {
    expect(await matrixOf(policies)).toEqual(await documented());
  });

  it.each([
    ["keda", "any other pod → KEDA"],
    ["external-secrets", "any other pod → External Secrets"],
    ["gpu-metrics", "any other pod → GPU exporter"],
    ["monitoring", "any other pod → rest of monitoring"],
    ["kube-system", "any other pod → kube-system"],
  ])("is open on every port without the policies of %s", async (space, pair) => {
    const rest = policies.filter(({ metadata }) => metadata.namespace !== space);
    expect(rest.length).toBeLessThan(policies.length);
    expect((await matrixOf(rest))[pair]).toContain("TCP 65535");
    expect((await documented())[pair] ?? "").not.toContain("TCP 65535");
  });

  it("lets nobody ask the metadata service on its port", async () => {
    const asked = Object.entries(await documented()).filter(([pair]) => pair.endsWith("→ metadata service"));
    expect(asked.flatMap(([, ports]) => ports.split(", "))).not.toContain("TCP 80");
  });
});
