// Stacks that make their own cluster: the AWS half and the inside of the cluster, planned with the platform in one.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scaling } from "../../../components/serving/scaling.args.ts";
import { costOf } from "../../../stacks/preview/cost.ts";
import type { StackSettings } from "../../../stacks/settings.ts";
import { writePlans } from "../../../stacks/write-plans.ts";
import { type PlannedStack, planStack } from "../../kit/plan-stack.ts";
import type { RecordedResource } from "../../kit/record-resources.ts";

const OWN = ["dev", "staging", "prod"] as const;
const DAY = "2026-11-21";

const plans = new Map<string, Promise<PlannedStack>>();
const planOf = (stack: string): Promise<PlannedStack> => {
  const plan = plans.get(stack) ?? planStack(stack);
  plans.set(stack, plan);
  return plan;
};
const ofType = (resources: readonly RecordedResource[], type: string) =>
  resources.filter((it) => it.type === type);
const named = (resources: readonly RecordedResource[], name: string): RecordedResource => {
  const found = resources.find((it) => it.name === name);
  if (found === undefined) throw new Error(`no resource ${name}`);
  return found;
};
const nameOf = (urn: string): string => urn.split("::").at(3) ?? "";

/**
 * Every resource that one has to wait for: its dependencies, component and provider, and theirs in turn. By name, as
 * the URNs of the mocks leave out the components around a component.
 */
const waitsFor = (resources: readonly RecordedResource[], name: string): ReadonlySet<string> => {
  const seen = new Set<string>();
  const visit = (each: RecordedResource): void => {
    for (const next of [...each.dependencies, each.parent, each.provider].map(nameOf)) {
      if (next === "" || seen.has(next)) continue;
      seen.add(next);
      visit(named(resources, next));
    }
  };
  visit(named(resources, name));
  return seen;
};

describe.each(OWN)("stack %s", (stack) => {
  it("works in its own account only, and marks all it makes with who owns and pays for it", async () => {
    const { resources, settings } = await planOf(stack);
    const [provider, ...others] = ofType(resources, "pulumi:providers:aws");
    expect(others).toEqual([]);
    expect(provider?.props).toMatchObject({
      region: settings.aws?.region,
      allowedAccountIds: JSON.stringify([settings.aws?.account]),
      defaultTags: JSON.stringify({
        tags: {
          "rampa.dev/environment": stack,
          "rampa.dev/owner": settings.owner,
          "rampa.dev/cost-center": settings.costCenter,
          "rampa.dev/stack": stack,
        },
      }),
    });
    for (const each of resources.filter(({ type }) => type.startsWith("aws:"))) {
      expect(each.provider, each.name).toContain(`${provider?.urn}::`);
      expect(each.parent, each.name).toContain("::rampa:");
    }
  });

  it("reaches its cluster by a kubeconfig without secrets", async () => {
    const { resources } = await planOf(stack);
    const { props, secretPaths } = named(resources, "kubernetes");
    expect(props.kubeconfig).toContain("get-token");
    expect(secretPaths).toEqual([]);
  });

  it("protects what cannot be made anew, unless its file says otherwise", async () => {
    const { resources, settings } = await planOf(stack);
    const kept = [
      "aws:eks/cluster:Cluster",
      "aws:rds/cluster:Cluster",
      "aws:s3/bucket:Bucket",
      "aws:kms/key:Key",
    ];
    const unprotected = resources.filter((it) => kept.includes(it.type) && !it.protect);
    expect(unprotected.length === 0).toBe(settings.aws?.protect);
  });

  it("keeps the client keys out of the cluster's manifests: they come from Secrets Manager", async () => {
    const { resources } = await planOf(stack);
    expect(named(resources, "client-keys-file-version").secretPaths).toContain("secretStringWo");
    expect(named(resources, "client-keys-file-version").props.secretString).toBeUndefined();
    expect(resources.map(({ name }) => name)).not.toContain("client-keys-secret");
    expect(waitsFor(resources, "gateway-deployment")).toContain("secrets-client-keys");
  });

  it("starts pods after the network of pods, names and kinds of objects are there", async () => {
    const { resources } = await planOf(stack);
    const before = waitsFor(resources, "chat-1-0-0-deployment");
    for (const name of [
      "cluster-cluster",
      "cluster-vpc-cni-addon",
      "cluster-defaults-coredns-addon",
      "gateway-definitions-release",
    ]) {
      expect(before, name).toContain(name);
    }
  });

  it("has pools of GPUs that go before the controller which takes their machines away", async () => {
    const { resources } = await planOf(stack);
    expect(waitsFor(resources, "gpu-l4-pool")).toContain("gpu-support-karpenter-controller");
  });

  it("lets pods reach the API server at its addresses, and nobody at all addresses", async () => {
    const { resources, settings } = await planOf(stack);
    const policy = JSON.stringify(named(resources, "isolation-allow-gateway-to-api-server").props);
    expect(policy).toContain(settings.aws?.network.cidr);
    expect(policy).not.toContain("0.0.0.0/0");
  });

  it("has no action on everything in any policy of IAM, no public endpoint and no unencrypted store", async () => {
    const { resources } = await planOf(stack);
    const documents = resources.flatMap(({ props }) =>
      ["policy", "assumeRolePolicy"].flatMap((key) =>
        typeof props[key] === "string" ? [String(props[key])] : [],
      ),
    );
    expect(documents.length).toBeGreaterThan(10);
    const statements = documents.flatMap((text) => JSON.parse(text).Statement ?? []);
    const allowed = statements.filter((it: { Effect: string }) => it.Effect === "Allow");
    const actions = allowed.flatMap((it: { Action: string | string[] }) => it.Action);
    expect(actions.filter((it: string) => it.includes("*"))).toEqual([]);
    const [cluster] = ofType(resources, "aws:eks/cluster:Cluster");
    expect(cluster?.props.vpcConfig).toMatchObject({
      endpointPrivateAccess: true,
      endpointPublicAccess: false,
    });
    for (const store of resources.filter(({ type }) => type.startsWith("aws:rds/cluster:"))) {
      expect(store.props.storageEncrypted).toBe(true);
    }
  });

  it("is written down as it would be deployed (`npm run schema` writes it)", async () => {
    const files = await writePlans([stack]);
    for (const { path, text } of files) {
      expect(await readFile(join(import.meta.dirname, "../../..", path), "utf8")).toBe(text);
    }
    expect(files).toHaveLength(1);
  });
});

describe("weights in the stack's own bucket", () => {
  const inBucket = (settings: StackSettings): StackSettings => {
    const source = "s3://rampa-prod-models-333344445555-eu-west-1/models/chat.gguf";
    const [[name, endpoint] = []] = Object.entries(settings.endpoints);
    if (name === undefined || endpoint === undefined) throw new Error("no endpoint");
    const versions = Object.fromEntries(
      Object.entries(endpoint.versions).map(([version, it]) => [
        version,
        it.engine === "llama" ? { ...it, artefact: { ...it.artefact, source } } : it,
      ]),
    );
    return { ...settings, endpoints: { ...settings.endpoints, [name]: { ...endpoint, versions } } };
  };

  it("are read by the model pods' own role, below the prefix, which they have before they start", async () => {
    const arn = "arn:aws:s3:::rampa-prod-models-333344445555-eu-west-1";
    const computed = { "aws:s3/bucket:Bucket": { arn } };
    const { resources } = await planStack("prod", { change: inBucket, computed });
    expect(named(resources, "models-role-association").props).toMatchObject({
      namespace: "rampa-prod",
      serviceAccount: "model",
    });
    const policy = JSON.parse(String(named(resources, "models-role-policy").props.policy));
    expect(policy.Statement).toMatchObject([
      { Action: ["s3:GetObject"], Resource: [`${arn}/models/*`] },
      { Action: ["s3:ListBucket"], Condition: { StringLike: { "s3:prefix": ["models/*"] } } },
      { Action: ["kms:Decrypt"] },
    ]);
    const { props } = named(resources, "isolation-allow-model-credentials");
    expect(props).toMatchObject({
      spec: { egress: [{ to: [{ ipBlock: { cidr: "169.254.170.23/32" } }] }] },
    });
    expect(waitsFor(resources, "chat-1-0-0-deployment")).toContain("models-role-association");
  });

  it("need no role where nobody has any", async () => {
    const names = (await planOf("prod")).resources.map(({ name }) => name);
    expect(names).not.toContain("models-role-association");
    expect(names).not.toContain("isolation-allow-model-credentials");
  });
});

/** Charts of definitions alone. */
const WITHOUT_PODS: readonly unknown[] = ["gateway-crds", "karpenter-crd"];

type Policy = {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly podSelector: object;
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly object[];
    readonly egress?: readonly object[];
  };
};

// Recorded inputs have the shape of the type that they are recorded under.
const policyOf = ({ props }: RecordedResource) => props as unknown as Policy;

/** Every version scaled by KEDA. */
const scaled = (settings: StackSettings): StackSettings => ({
  ...settings,
  endpoints: Object.fromEntries(
    Object.entries(settings.endpoints).map(([name, endpoint]) => [
      name,
      {
        ...endpoint,
        versions: Object.fromEntries(
          Object.entries(endpoint.versions).map(([version, it]) => [
            version,
            { ...it, scaling: scaling.parse({ kind: "keda", max: 4 }) },
          ]),
        ),
      },
    ]),
  ),
});

describe("charts in strict mode, in which a pod that no NetworkPolicy selects has no network", () => {
  const recorded = new Map<string, readonly RecordedResource[]>();
  // Not before the test: two plans at once would be recorded as one.
  const plan = async (): Promise<readonly RecordedResource[]> => {
    const resources = recorded.get("prod") ?? (await planStack("prod", { change: scaled })).resources;
    recorded.set("prod", resources);
    return resources;
  };

  const policiesOf = async (namespace: string) =>
    ofType(await plan(), "kubernetes:networking.k8s.io/v1:NetworkPolicy").filter(
      (it) => policyOf(it).metadata.namespace === namespace,
    );

  it("run pods only where policies select all of them in both directions, and after these", async () => {
    const resources = await plan();
    const releases = ofType(resources, "kubernetes:helm.sh/v3:Release").filter(
      ({ props }) => !WITHOUT_PODS.includes(props.name),
    );
    expect(releases.map(({ props }) => props.name)).toEqual(
      expect.arrayContaining(["external-secrets", "karpenter", "keda", "aws-load-balancer-controller"]),
    );
    for (const { name, props } of releases) {
      const all = (await policiesOf(String(props.namespace))).filter(
        (it) => JSON.stringify(policyOf(it).spec.podSelector).replace('{"matchLabels":{}}', "{}") === "{}",
      );
      const directions = all.flatMap((it) => policyOf(it).spec.policyTypes);
      expect(directions, name).toEqual(expect.arrayContaining(["Ingress", "Egress"]));
      const before = waitsFor(resources, name);
      expect(
        all.filter((it) => !before.has(it.name)).map((it) => it.name),
        name,
      ).toEqual([]);
    }
  });

  it("let the API server in at the ports of their webhooks and APIs", async () => {
    const called = async (namespace: string) =>
      (await policiesOf(namespace)).flatMap((it) => policyOf(it).spec.ingress ?? []);
    const from = [{ ipBlock: { cidr: "10.0.0.0/16" } }, expect.anything(), expect.anything()];
    const tcp = (port: number) => ({ protocol: "TCP", port });
    expect(await called("external-secrets")).toContainEqual({ from, ports: [tcp(10_250)] });
    expect(await called("keda")).toContainEqual({ from, ports: [tcp(6443), tcp(9443)] });
  });

  it("give the secrets operator its credentials, and Secrets Manager at any address only without an endpoint", async () => {
    const egressOf = (resources: readonly RecordedResource[]) =>
      JSON.stringify(policyOf(named(resources, "external-secrets-space-traffic")).spec.egress);
    expect(egressOf(await plan())).toContain("169.254.170.23/32");
    expect(egressOf(await plan())).toContain("0.0.0.0/0");
    const { resources } = await planStack("prod", { change: withEndpoint });
    expect(egressOf(resources)).not.toContain("0.0.0.0/0");
  });

  it("let KEDA ask Prometheus, at both ends", async () => {
    const peer = (namespace: string) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    });
    const ports = [{ protocol: "TCP", port: 9090 }];
    const resources = await plan();
    expect(policyOf(named(resources, "keda-space-traffic")).spec.egress).toContainEqual({
      to: [peer("monitoring")],
      ports,
    });
    expect(policyOf(named(resources, "monitoring-stack-allow-queries")).spec.ingress).toEqual([
      { from: [peer("keda")], ports },
    ]);
    const scrapes = JSON.stringify(named(resources, "monitoring-stack-allow-scrape").props);
    for (const namespace of ["keda", "external-secrets"]) {
      expect(scrapes).toContain(JSON.stringify({ to: [peer(namespace)] }).slice(1, -1));
      expect((await policiesOf(namespace)).flatMap((it) => policyOf(it).spec.ingress)).toContainEqual({
        from: [peer("monitoring")],
        ports: [{ protocol: "TCP", port: 8080 }],
      });
    }
  });
});

function withEndpoint({ aws, ...settings }: StackSettings): StackSettings {
  if (aws === undefined) throw new Error("a stack without an AWS half");
  const endpoints = [...aws.network.endpoints, "secretsmanager" as const];
  return { ...settings, aws: { ...aws, network: { ...aws.network, endpoints } } };
}

describe("sizes", () => {
  it("prod is a stack of at least 150 and at most 320 resources", async () => {
    const { resources } = await planOf("prod");
    expect(resources.length).toBeGreaterThanOrEqual(150);
    expect(resources.length).toBeLessThanOrEqual(320);
  });

  it("dev costs at most 2 USD an hour with nothing to do, and everything in it has a price", async () => {
    const { resources } = await planOf("dev");
    const { idle, unpriced } = costOf(resources, DAY);
    expect(unpriced).toEqual([]);
    expect(idle).toBeGreaterThan(0.2);
    expect(idle).toBeLessThanOrEqual(2);
  });

  it("knows the price of everything that costs by the hour in staging and prod too", async () => {
    for (const stack of ["staging", "prod"]) {
      expect(costOf((await planOf(stack)).resources, DAY).unpriced, stack).toEqual([]);
    }
  });
});
