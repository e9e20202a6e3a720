// ClusterCache: Valkey that keeps nothing, for named roles, their own keys and no command that empties it.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { describe, expect, it } from "vitest";
import { type ClusterCacheArgs, clusterCacheSettings } from "../../../components/data/cluster-cache.args.ts";
import { cacheConfiguration } from "../../../components/data/cluster-cache.manifests.ts";
import { planClusterCache } from "../../../components/data/cluster-cache.plan.ts";
import { ClusterCache } from "../../../components/data/cluster-cache.ts";
import { sharedCacheSettings } from "../../../components/data/shared-cache.args.ts";
import { planSharedCache } from "../../../components/data/shared-cache.plan.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const image = `registry.example.com/valkey@sha256:${"a".repeat(64)}`;
const refs = { namespace: "search", image, priorityClass: "search-gateway" };
const planOf = (change: object = {}) =>
  planClusterCache(clusterCacheSettings.parse({ ownership, ...change }));

describe("planClusterCache", () => {
  it("keeps nothing, and evicts before the container's memory is full", () => {
    expect(cacheConfiguration(planOf(), "hash")).toBe(`port 6379
bind * -::*
protected-mode no
save ""
appendonly no
dir /tmp
maxmemory 96mb
maxmemory-policy allkeys-lru
user default on resetpass #hash resetkeys ~rampa:* resetchannels &rampa:* +@all -@admin -@dangerous +info
`);
  });

  it("takes memory, eviction and prefix from the settings", () => {
    const plan = planOf({
      resources: { cpu: "1", memory: "1Gi" },
      evict: "volatile-ttl",
      keyPrefix: "search:",
    });
    expect(plan.configuration).toContain("maxmemory 768mb");
    expect(plan.configuration).toContain("maxmemory-policy volatile-ttl");
    expect(cacheConfiguration(plan, "hash")).toContain("~search:* resetchannels &search:*");
  });

  it("gives clients the rights that they have on AWS", () => {
    const zones = ["eu-central-1a", "eu-central-1b"];
    const cloud = planSharedCache(sharedCacheSettings.parse({ ownership, prefix: "rampa-dev", zones }));
    const rights = (text: string): string[] => text.split(" ").filter((word) => /^[~&+-]/.test(word));
    expect(rights(cacheConfiguration(planOf(), "hash").split("\n").at(-2) ?? "")).toEqual(
      rights(cloud.accessString),
    );
  });

  it.each([
    [{ keyPrefix: "Rampa" }, "keyPrefix: lower-case letters, digits and dashes, then a colon, e.g. rampa:"],
    [{ resources: { cpu: "1", memory: "1Mi" } }, "resources.memory: at least 64Mi"],
  ])("refuses %j", (change, problem) => {
    const { error } = clusterCacheSettings.safeParse({ ownership, ...change });
    expect(error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)).toEqual([problem]);
  });
});

const record = (args: Partial<ClusterCacheArgs> = {}) =>
  recordResources(
    () => {
      const providers = [new KubernetesProvider("k8s"), new RandomProvider("random")];
      new ClusterCache("cache", { ownership, refs, ...args }, { providers });
    },
    { stack: "dev", project: "rampa" },
  );

describe("ClusterCache", () => {
  it("creates its children under itself", async () => {
    const [, , component, ...children] = await record();
    expect(component).toMatchObject({ type: "rampa:data:ClusterCache", props: {} });
    expect(children.map(({ name }) => name).sort()).toEqual([
      "cache-account",
      "cache-from-clients",
      "cache-password",
      "cache-secret",
      "cache-server",
      "cache-service",
      "cache-to-cache",
    ]);
    expect(new Set(children.map(({ parent }) => parent))).toEqual(new Set([component?.urn]));
  });

  it("gives the server its configuration and not the password", async () => {
    const server = (await record()).find(({ name }) => name === "cache-server");
    const spec = JSON.parse(JSON.stringify(server?.props.spec));
    expect(spec.strategy.rollingUpdate).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(spec.template.spec.volumes[0]).toEqual({
      name: "config",
      secret: { secretName: "cache-password", items: [{ key: "valkey.conf", path: "valkey.conf" }] },
    });
    expect(spec.template.spec.containers[0]).toMatchObject({
      command: ["valkey-server", "/etc/rampa/cache/valkey.conf"],
      readinessProbe: { tcpSocket: { port: "valkey" } },
    });
  });

  it("lets a caller change the server", async () => {
    const override = { server: { spec: { revisionHistoryLimit: 1 } } };
    const server = (await record({ override })).find(({ name }) => name === "cache-server");
    expect(server?.props.spec).toMatchObject({ revisionHistoryLimit: 1, replicas: 1 });
  });
});
