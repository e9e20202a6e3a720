// Delivery of secrets: the gateway finds its file where it always was, a rotation is read at once, nothing holds a value.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import type { DeliveryArgs } from "../../../components/secrets/delivery.args.ts";
import { SecretDelivery } from "../../../components/secrets/delivery.ts";
import type { OperatorArgs } from "../../../components/secrets/operator.args.ts";
import { ExternalSecretsOperator } from "../../../components/secrets/operator.ts";
import { judgeRules } from "../../../policies/harness/judge-rules.ts";
import { packRules } from "../../../policies/pack-rules.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const KEYS = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:keys-AbCdEf";
const OPENAI = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-GhIjKl";
const STACK = { stack: "prod", project: "rampa" };

const args: DeliveryArgs = {
  ownership,
  region: "eu-west-1",
  providerKeys: { openai: { secretArn: OPENAI, property: "key" }, "azure-east": { secretArn: OPENAI } },
  refs: { namespace: "rampa", clientKeysSecretArn: KEYS, clientKeysChecksum: "abc" },
};

async function record(more: Partial<DeliveryArgs> = {}) {
  const held: { delivery?: SecretDelivery } = {};
  const resources = await recordResources(() => {
    const providers = [new KubernetesProvider("k8s")];
    held.delivery = new SecretDelivery("secrets", { ...args, ...more }, { providers });
  }, STACK);
  const find = (name: string) => resources.find((it) => it.name === name);
  return { resources, find, delivery: held.delivery };
}

describe("SecretDelivery", () => {
  it("reads Secrets Manager by the operator's own identity", async () => {
    const { find } = await record();
    expect(find("secrets-store")?.props).toEqual({
      apiVersion: "external-secrets.io/v1",
      kind: "SecretStore",
      metadata: {
        name: "secrets-manager",
        namespace: "rampa",
        labels: ownedLabels("secrets", "gateway-keys"),
        annotations: { "pulumi.com/waitFor": "condition=Ready" },
      },
      spec: { provider: { aws: { service: "SecretsManager", region: "eu-west-1" } } },
    });
  });

  it("puts the client keys file where the gateway mounts it, and reads it again when it changes", async () => {
    const { find } = await record();
    expect(find("secrets-client-keys")?.props).toEqual({
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      metadata: {
        name: "gateway-keys",
        namespace: "rampa",
        labels: ownedLabels("secrets", "gateway-keys"),
        annotations: { "pulumi.com/waitFor": "condition=Ready", "rampa.dev/keys-checksum": "abc" },
      },
      spec: {
        refreshInterval: "300s",
        secretStoreRef: { kind: "SecretStore", name: "secrets-manager" },
        target: {
          name: "gateway-keys",
          creationPolicy: "Owner",
          deletionPolicy: "Retain",
          template: { type: "Opaque", metadata: { labels: ownedLabels("secrets", "gateway-keys") } },
        },
        data: [{ secretKey: "keys.json", remoteRef: { key: KEYS } }],
      },
    });
  });

  it.each([
    ["secrets-provider-openai", "provider-openai", { key: OPENAI, property: "key" }],
    ["secrets-provider-azure-east", "provider-azure-east", { key: OPENAI }],
  ])("brings a third party's key as %s", async (name, secret, remoteRef) => {
    const { find } = await record();
    expect(find(name)?.props).toMatchObject({
      metadata: { name: secret, labels: ownedLabels("secrets", secret) },
      spec: { target: { name: secret }, data: [{ secretKey: "api-key", remoteRef }] },
    });
  });

  it("gives out the names of its Secrets", async () => {
    const { delivery } = await record();
    const resolved = (output: { apply(run: (value: string) => void): unknown } | undefined) =>
      new Promise((resolve) => output?.apply(resolve));
    expect(await resolved(delivery?.secretName)).toBe("gateway-keys");
    expect(Object.keys(delivery?.providerSecrets ?? {})).toEqual(["openai", "azure-east"]);
    expect(await resolved(delivery?.providerSecrets.openai)).toBe("provider-openai");
  });

  it("takes overrides and breaks no rule of the policy pack in production", async () => {
    const { resources, find } = await record({
      override: { clientKeys: { metadata: { annotations: { a: "b" } } } },
    });
    expect(find("secrets-client-keys")?.props.metadata).toMatchObject({ annotations: { a: "b" } });
    expect(judgeRules(packRules, resources)).toEqual([]);
  });

  it.each([
    [{ region: "mars-north-1" }, "region"],
    [{ refreshSeconds: 1 }, "refreshSeconds: got 1, want a whole number of seconds from 10 to 3600"],
    [{ providerKeys: { openai: { secretArn: "openai" } } }, "providerKeys.openai.secretArn"],
    [{ providerKeys: { OpenAI: { secretArn: OPENAI } } }, "providerKeys.OpenAI"],
  ])("refuses %j", async (wrong, expected) => {
    await expect(record(wrong)).rejects.toThrow(expected);
  });
});

describe("ExternalSecretsOperator", () => {
  async function recordOperator(more: Partial<OperatorArgs> = {}) {
    const refs = { namespace: "rampa", roleArn: "arn:aws:iam::111122223333:role/secrets" };
    const resources = await recordResources(
      () =>
        new ExternalSecretsOperator(
          "operator",
          { refs, ...more },
          { providers: [new KubernetesProvider("k8s")] },
        ),
      STACK,
    );
    return { resources, release: resources.find(({ name }) => name === "operator-release") };
  }

  it("serves one namespace, writes nothing back, and takes its role from its ServiceAccount", async () => {
    const { release } = await recordOperator();
    expect(release?.props).toMatchObject({
      name: "external-secrets",
      namespace: "external-secrets",
      version: "2.11.0",
      values: {
        replicaCount: 2,
        leaderElect: true,
        serviceAccount: { create: true, name: "external-secrets" },
        podAnnotations: { "rampa.dev/role-arn": "arn:aws:iam::111122223333:role/secrets" },
        scopedNamespace: "rampa",
        scopedRBAC: true,
        processClusterStore: false,
        processPushSecret: false,
        crds: { createClusterSecretStore: false, createPushSecret: false },
        podDisruptionBudget: { enabled: true, minAvailable: 1 },
      },
    });
  });

  it("goes into a namespace that exists where one is given", async () => {
    const refs = { namespace: "rampa", ownNamespace: "external-secrets", roleArn: "arn" };
    const { release } = await recordOperator({ refs });
    expect(release?.props).toMatchObject({ namespace: "external-secrets", createNamespace: false });
    expect((await recordOperator()).release?.props).toMatchObject({ createNamespace: true });
  });

  it("has no disruption budget for a single copy, which would hold its node for ever", async () => {
    const { release } = await recordOperator({ replicas: 1 });
    expect(release?.props.values).toMatchObject({
      podDisruptionBudget: { enabled: false },
      webhook: { replicaCount: 1, podDisruptionBudget: { enabled: false } },
    });
  });

  it("takes overrides, breaks no rule, and refuses no copies at all", async () => {
    const { resources, release } = await recordOperator({ override: { release: { timeout: 60 } } });
    expect(release?.props.timeout).toBe(60);
    expect(judgeRules(packRules, resources)).toEqual([]);
    await expect(recordOperator({ replicas: 0 })).rejects.toThrow("replicas: got 0");
  });
});
