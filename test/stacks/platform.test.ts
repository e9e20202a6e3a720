// All four stacks on a cluster that stands, planned: what they create, in which shape, and what never shows in clear.
import { isSecret } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { StackSettings } from "../../stacks/settings.ts";
import { onNamedCluster, type PlanOptions, planStack, STACKS } from "../kit/plan-stack.ts";
import type { RecordedResource } from "../kit/record-resources.ts";

const planNamed = (stack: string, { change, ...options }: PlanOptions = {}) => {
  const onNamed = (settings: StackSettings) => onNamedCluster(change?.(settings) ?? settings);
  return planStack(stack, { ...options, change: onNamed });
};

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";

function find(resources: readonly RecordedResource[], name: string): RecordedResource {
  const found = resources.find((it) => it.name === name);
  if (found === undefined) throw new Error(`no resource ${name}`);
  return found;
}

/** A ConfigMap of configuration files is named after their content. */
const namesOf = (resources: readonly RecordedResource[]): string[] =>
  resources.map((it) => it.name.replace(/-config-[0-9a-f]{8}$/, "-config-CHECKSUM")).sort();

/** Names every stack with these endpoints has; the local one has a cache of weights besides. */
const COMMON = [
  ...["chat-1-0-0", "chat-1-1-0"].flatMap((version) => [
    version,
    ...["config-CHECKSUM", "deployment", "disruption-budget", "service"].map(
      (suffix) => `${version}-${suffix}`,
    ),
  ]),
  "chat-canary",
  "chat-canary-route",
  "client-keys",
  "client-keys-key-1",
  "client-keys-secret",
  "environment",
  ...["gateway-account", "gateway-priority", "gateway-routes", "gateway-routes-binding", "limits"].map(
    (suffix) => `environment-${suffix}`,
  ),
  ...["model-account", "model-priority", "namespace", "quota"].map((suffix) => `environment-${suffix}`),
  "gateway",
  ...["class", "config-CHECKSUM", "deployment", "disruption-budget", "gateway", "service"].map(
    (suffix) => `gateway-${suffix}`,
  ),
  "isolation",
  ...["default-deny", "dns", "clients-to-gateway", "gateway-to-models", "models-from-gateway"].map(
    (suffix) => (suffix === "default-deny" ? `isolation-${suffix}` : `isolation-allow-${suffix}`),
  ),
  "isolation-allow-gateway-to-api-server",
  "kubernetes",
  "random",
  "runtime-image",
];

/** The local stack's embedding model. */
const EMBED = [
  "embed-1-0-0",
  ...["config-CHECKSUM", "deployment", "disruption-budget", "service"].map(
    (suffix) => `embed-1-0-0-${suffix}`,
  ),
  "embed-canary",
  "embed-canary-route",
];

/** What the others have on a pool of GPUs. */
const ASSISTANT = [
  "assistant-1-0-0",
  ...["deployment", "disruption-budget", "scaled-object", "service"].map(
    (suffix) => `assistant-1-0-0-${suffix}`,
  ),
  "assistant-canary",
  "assistant-canary-route",
];

/** What the local stack has in the place of the Prometheus operator. */
const MONITORING = [
  "isolation-allow-metrics-scrape",
  "monitoring",
  ...["allow-alerts", "allow-alerts-in", "allow-dns", "allow-scrape", "default-deny", "namespace"].map(
    (suffix) => `monitoring-${suffix}`,
  ),
  ...["alertmanager", "prometheus"].flatMap((server) =>
    ["", "-account", "-config-CHECKSUM", "-service"].map((suffix) => `monitoring-${server}${suffix}`),
  ),
  ...["chat-1-0-0", "chat-1-1-0", "embed-1-0-0", "gateway"].map((pods) => `monitoring-${pods}-metrics`),
  "monitoring-dashboard-endpoints",
  "monitoring-dashboard-models",
];

const POSTGRES_VOLUMES = ["postgres-data", "postgres-backups"].flatMap((name) => [
  `postgres-${name}-claim`,
  `postgres-${name}-directory`,
]);

/** What the local stack's stores add. */
const STORES = [
  "cache",
  ...["account", "from-clients", "password", "secret", "server", "service", "to-cache"].map(
    (it) => `cache-${it}`,
  ),
  "postgres",
  ...[
    "account",
    "backup",
    "files",
    "from-clients",
    "password",
    "secret",
    "server",
    "service",
    "to-postgres",
  ].map((it) => `postgres-${it}`),
  ...POSTGRES_VOLUMES,
];

describe.each(STACKS)("stack %s", (stack) => {
  const extra =
    stack === "local"
      ? ["model-cache", "model-cache-volume", "model-cache-claim", ...EMBED, ...MONITORING, ...STORES]
      : ["isolation-allow-artefact-fetch", "isolation-allow-metrics-scrape", ...ASSISTANT];

  it("creates exactly these resources", async () => {
    const { resources } = await planNamed(stack);
    expect(namesOf(resources)).toEqual([...COMMON, ...extra].sort());
  });

  it("puts every Kubernetes object under a component, with owner labels and the named provider", async () => {
    const { resources, settings } = await planNamed(stack);
    for (const resource of resources.filter((it) => it.type.startsWith("kubernetes:"))) {
      expect(resource.parent, resource.name).toContain("::rampa:");
      expect(resource.provider, resource.name).toContain("::pulumi:providers:kubernetes::kubernetes::");
      expect(resource.props.metadata, resource.name).toMatchObject({
        labels: {
          "app.kubernetes.io/part-of": "rampa",
          "rampa.dev/environment": settings.environment,
          "rampa.dev/owner": settings.owner,
          "rampa.dev/cost-center": settings.costCenter,
        },
      });
    }
  });

  it("runs every image by its digest", async () => {
    const { resources } = await planNamed(stack);
    const text = JSON.stringify(resources.filter((it) => it.type === DEPLOYMENT).map((it) => it.props));
    const images = new Set([...text.matchAll(/"image":"([^"]+)"/g)].map((match) => match[1]));
    expect(images.size).toBeGreaterThan(0);
    expect([...images].filter((it) => !/^[a-z.]+\/[a-z/-]+@sha256:[0-9a-f]{64}$/.test(it ?? ""))).toEqual([]);
  });

  it("routes by the weights of its file", async () => {
    const { resources, settings } = await planNamed(stack);
    const weights = settings.endpoints.chat?.weights ?? {};
    expect(find(resources, "chat-canary-route").props.spec).toMatchObject({
      parentRefs: [{ name: "rampa" }],
      rules: [
        {
          backendRefs: [
            { name: "chat-1-0-0", weight: weights["1.0.0"] },
            { name: "chat-1-1-0", weight: weights["1.1.0"] },
          ],
        },
      ],
    });
  });

  it("waits for namespace, identities and configuration before it starts pods", async () => {
    const { resources } = await planNamed(stack);
    const dependencies = find(resources, "gateway-deployment").dependencies.map((urn) =>
      urn.split("::").at(-1),
    );
    expect(dependencies).toEqual(
      expect.arrayContaining([
        "environment-namespace",
        "environment-gateway-account",
        "environment-gateway-priority",
        expect.stringMatching(/^gateway-config-[0-9a-f]{8}$/),
        "client-keys-secret",
      ]),
    );
  });

  it("moves traffic only after the pods it moves to are ready", async () => {
    const { resources } = await planNamed(stack);
    const dependencies = find(resources, "chat-canary-route").dependencies.map((urn) =>
      urn.split("::").at(-1),
    );
    expect(dependencies).toEqual(expect.arrayContaining(["chat-1-0-0-deployment", "chat-1-1-0-deployment"]));
  });

  it("can be planned before anything exists, with generated values unknown", async () => {
    const { resources } = await planNamed(stack, { preview: true });
    expect(namesOf(resources)).toEqual([...COMMON, ...extra].sort());
  });
});

describe("stack local", () => {
  it("asks a machine of two cores for less than one of them", async () => {
    const { resources } = await planNamed("local");
    const text = JSON.stringify(resources.filter((it) => it.type === DEPLOYMENT).map((it) => it.props));
    const requests = [...text.matchAll(/"requests":\{"cpu":"(\d+)m"/g)].map((match) => Number(match[1]));
    expect(requests).toEqual(expect.arrayContaining([200, 200, 100]));
    expect(requests.reduce((sum, it) => sum + it, 0)).toBeLessThan(1000);
  });

  it("answers on loopback, by the node port that is forwarded there", async () => {
    const { resources, outputs } = await planNamed("local");
    expect(find(resources, "gateway-service").props.spec).toMatchObject({
      type: "NodePort",
      ports: [{ nodePort: 30_080 }],
    });
    expect(outputs.endpoints).toEqual([
      {
        name: "chat",
        baseUrl: "http://127.0.0.1:8080/v1",
        versions: [
          { version: "1.0.0", weight: 90 },
          { version: "1.1.0", weight: 10 },
        ],
      },
      {
        name: "embed",
        baseUrl: "http://127.0.0.1:8080/v1",
        versions: [{ version: "1.0.0", weight: 100 }],
      },
    ]);
  });

  it("gives out the key as a secret and keeps it out of every input", async () => {
    const { resources, outputs } = await planNamed("local");
    expect(await isSecret(outputs.apiKey)).toBe(true);
    const key = await new Promise<string>((resolve) => outputs.apiKey.apply(resolve));
    expect(key).toMatch(/^rk-/);
    expect(JSON.stringify(resources)).not.toContain(key);
  });

  it("replaces the gateway's pods after a rotation of keys, and no others", async () => {
    const before = await planNamed("local");
    const after = await planNamed("local", { change: (it) => ({ ...it, secrets: { rotation: 2 } }) });
    const changed = after.resources.filter((it) => {
      const old = before.resources.find((other) => other.urn === it.urn);
      return JSON.stringify(old?.props) !== JSON.stringify(it.props);
    });
    expect(namesOf(changed)).toEqual(["client-keys-key-2", "client-keys-secret", "gateway-deployment"]);
  });

  it("changes nothing but the route when the weights change", async () => {
    const before = await planNamed("local");
    const after = await planNamed("local", {
      change: (it) => {
        const chat = it.endpoints.chat;
        if (chat === undefined) throw new Error("no endpoint chat");
        return {
          ...it,
          endpoints: { ...it.endpoints, chat: { ...chat, weights: { "1.0.0": 50, "1.1.0": 50 } } },
        };
      },
    });
    const changed = after.resources.filter((it) => {
      const old = before.resources.find((other) => other.urn === it.urn);
      return JSON.stringify(old?.props) !== JSON.stringify(it.props);
    });
    expect(namesOf(changed)).toEqual(["chat-canary-route"]);
  });
});

describe("configuration files", () => {
  const CONFIG_MAP = "kubernetes:core/v1:ConfigMap";
  const configsOf = (resources: readonly RecordedResource[]): RecordedResource[] =>
    resources.filter((it) => it.type === CONFIG_MAP);

  it("are a resource of their own for each content, so that going back finds what was left", async () => {
    const before = configsOf((await planNamed("dev")).resources);
    const artefactAuthority = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const change: PlanOptions["change"] = (it) => ({ ...it, artefactAuthority });
    const after = configsOf((await planNamed("dev", { change })).resources);
    for (const { name, props } of before) {
      expect(props.metadata).toMatchObject({ name });
      expect(props.immutable).toBe(true);
    }
    const names = (list: RecordedResource[]): string[] => list.map((it) => it.name.replace(/-config-.*/, ""));
    const kept = before.filter((it) => after.some((other) => other.urn === it.urn));
    expect(names(after)).toEqual(names(before));
    expect(names(kept)).toEqual(["gateway"]);
  });

  it("take over what an earlier version named without the content", async () => {
    for (const { name, aliases } of configsOf((await planNamed("dev")).resources)) {
      expect(aliases.map((alias) => alias.name)).toEqual([name.replace(/-[0-9a-f]{8}$/, "")]);
    }
  });
});

describe("a cache on the nodes of a named cluster", () => {
  it("is filled by the first pod on each of them, which may fetch for all", async () => {
    const change: PlanOptions["change"] = (it) => ({ ...it, modelCache: { path: "/var/lib/models" } });
    const { resources } = await planNamed("dev", { change });
    const names = namesOf(resources);
    expect(names).toEqual(expect.arrayContaining(["model-cache-claim", "isolation-allow-artefact-fetch"]));
    const models = resources.filter((it) => it.type === DEPLOYMENT && it.name.startsWith("chat-"));
    expect(models).toHaveLength(2);
    for (const { props } of models) {
      expect(props).toMatchObject({
        spec: {
          template: {
            spec: {
              initContainers: [{ name: "fetch" }],
              volumes: expect.arrayContaining([
                { name: "models", persistentVolumeClaim: { claimName: "model-cache", readOnly: false } },
              ]),
            },
          },
        },
      });
    }
  });
});

describe("stack prod", () => {
  it("runs every part at least twice, spread evenly by force", async () => {
    const { resources } = await planNamed("prod");
    const scaled = find(resources, "assistant-1-0-0-scaled-object").props.spec;
    expect(scaled).toMatchObject({ scaleTargetRef: { name: "assistant-1-0-0" }, minReplicaCount: 2 });
    for (const { name, props } of resources.filter((it) => it.type === DEPLOYMENT)) {
      const { replicas, template } = props.spec as {
        replicas?: number;
        template: { spec: { topologySpreadConstraints: { whenUnsatisfiable: string }[] } };
      };
      if (name !== "assistant-1-0-0-deployment") expect(replicas, name).toBeGreaterThanOrEqual(2);
      expect(template.spec.topologySpreadConstraints.map((it) => it.whenUnsatisfiable)).toEqual([
        "DoNotSchedule",
        "DoNotSchedule",
      ]);
    }
  });
});
