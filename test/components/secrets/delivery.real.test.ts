// Client keys from moto's Secrets Manager into a real API server, by the External Secrets Operator itself.
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { SecretDelivery } from "../../../components/secrets/delivery.ts";
import { clientKeysFile, sha256, toClientKey } from "../../../components/secrets/secrets.manifests.ts";
import { planSecrets } from "../../../components/secrets/secrets.plan.ts";
import { type Aws, startMoto } from "../../aws/moto.ts";
import { ownership } from "../../kit/component-owner.ts";
import { freePort } from "../../kit/free-port.ts";
import { useTool } from "../../kit/obtained-tool.ts";
import { recordResources } from "../../kit/record-resources.ts";
import { startTestCluster, type TestCluster } from "../../stacks/local/engine/api-server-kit.ts";
import { type ExternalSecretsProgram, ensureExternalSecrets } from "./external-secrets-program.ts";

const REGION = "eu-west-1";
/** The one that moto takes callers for. */
const ACCOUNT = "123456789012";
const NAMESPACE = "rampa";
const SECRETS = `/api/v1/namespaces/${NAMESPACE}/secrets`;
const OBJECTS = `/apis/external-secrets.io/v1/namespaces/${NAMESPACE}`;
const WITHIN_MS = 60_000;
const MINUTE = 60_000;

type World = { readonly aws: Aws; readonly cluster: TestCluster; readonly secretArn: string };

const started: (() => Promise<unknown>)[] = [];
const world = useTool(startWorld, 18 * MINUTE);
afterAll(async () => {
  for (const end of started.toReversed()) await end();
});

/** The file of a generation of keys; the keys themselves are made up. */
const fileOf = (rotation: number): string => {
  const plan = planSecrets({ ownership, rotation });
  return clientKeysFile(
    plan,
    plan.keys.map(({ id }) => toClientKey(id)),
  );
};

async function startWorld(): Promise<World> {
  const program = await ensureExternalSecrets();
  const aws = await startMoto({ region: REGION, account: ACCOUNT });
  started.push(() => aws.stop());
  const { ARN: secretArn } = z
    .looseObject({ ARN: z.string() })
    .parse(await callSecrets(aws, "create_secret", { Name: "client-keys", SecretString: fileOf(1) }));
  const cluster = await startTestCluster();
  started.push(() => cluster.stop());
  await create(cluster, "/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  for (const text of program.definitions) {
    await create(cluster, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", parse(text));
  }
  for (const plural of ["secretstores", "externalsecrets"]) {
    await until(async () => (await cluster.api("GET", `${OBJECTS}/${plural}`)).status === 200);
  }
  const controller = await startController(program, cluster, aws);
  started.push(() => endOf(controller));
  // As deployed: the one waits for the other.
  for (const [plural, object] of await deliveryObjects(secretArn, 1)) {
    await create(cluster, `${OBJECTS}/${plural}`, object);
    await until(async () => (await readyOf(cluster, `${plural}/${nameOf(object)}`)) === "True");
  }
  return { aws, cluster, secretArn };
}

const nameOf = (object: object): string =>
  z.looseObject({ metadata: z.looseObject({ name: z.string() }) }).parse(object).metadata.name;

const conditioned = z.looseObject({
  status: z
    .looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]) })
    .optional(),
});

async function readyOf({ api }: TestCluster, path: string): Promise<string | undefined> {
  const { body } = await api("GET", `${OBJECTS}/${path}`);
  const { status } = conditioned.parse(body);
  return status?.conditions.find(({ type }) => type === "Ready")?.status;
}

async function callSecrets(aws: Aws, call: string, given: Readonly<Record<string, unknown>>) {
  const { problems, answer } = await aws.call({ service: "secretsmanager", call, given });
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return answer;
}

async function create({ api }: TestCluster, path: string, object: object): Promise<void> {
  const { status, body } = await api("POST", path, object);
  if (status !== 201) throw new Error(`${path}: ${JSON.stringify(body)}`);
}

/** The end of what the controller has said. */
let printed = "";

/** As the chart starts it, with AWS at another place and without an identity of a pod. */
async function startController(
  { controller }: ExternalSecretsProgram,
  { kubeconfig }: TestCluster,
  { endpoint }: Aws,
): Promise<ChildProcess> {
  const args = [
    `--namespace=${NAMESPACE}`,
    "--enable-cluster-store-reconciler=false",
    "--enable-cluster-external-secret-reconciler=false",
    "--enable-cluster-push-secret-reconciler=false",
    "--enable-push-secret-reconciler=false",
    `--metrics-addr=127.0.0.1:${await freePort()}`,
    `--live-addr=127.0.0.1:${await freePort()}`,
  ];
  const env = {
    PATH: process.env.PATH,
    KUBECONFIG: kubeconfig,
    AWS_SECRETSMANAGER_ENDPOINT: endpoint,
    AWS_ACCESS_KEY_ID: "none",
    AWS_SECRET_ACCESS_KEY: "none",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const child = spawn(controller, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.on("data", (chunk: Buffer) => {
    printed = `${printed}${chunk}`.slice(-4_000);
  });
  return child;
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

/** The component's own objects; the checksum is what it would be given. */
async function deliveryObjects(secretArn: string, rotation: number) {
  const resources = await recordResources(
    () => {
      new SecretDelivery(
        "secrets",
        {
          ownership,
          region: REGION,
          // So long that only the checksum can be why a secret is read again.
          refreshSeconds: 3600,
          refs: {
            namespace: NAMESPACE,
            clientKeysSecretArn: secretArn,
            clientKeysChecksum: sha256(fileOf(rotation)),
          },
        },
        { providers: [new KubernetesProvider("k8s")] },
      );
    },
    { stack: "prod", project: "rampa" },
  );
  const object = (name: string): Record<string, unknown> =>
    resources.find((it) => it.name === name)?.props ?? {};
  return [
    ["secretstores", object("secrets-store")],
    ["externalsecrets", object("secrets-client-keys")],
  ] as const;
}

async function until(holds: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startMs > WITHIN_MS)
      throw new Error(`not within ${WITHIN_MS / 1000} s; the controller printed: ${printed}`);
    await sleep(100);
  }
  return performance.now() - startMs;
}

const secret = z.object({ type: z.string(), data: z.record(z.string(), z.string()) });

async function delivered(): Promise<z.output<typeof secret> | undefined> {
  const { status, body } = await world().cluster.api("GET", `${SECRETS}/gateway-keys`);
  return status === 200 ? secret.parse(body) : undefined;
}

const encode = (text: string): string => Buffer.from(text).toString("base64");

describe("client keys in Secrets Manager", () => {
  it("become the Secret that the gateway mounts, of one file and no other", async () => {
    expect(await delivered()).toEqual({ type: "Opaque", data: { "keys.json": encode(fileOf(1)) } });
  });

  it("are read again after a rotation because of its checksum, not after the time between two readings", async () => {
    const { aws, cluster, secretArn } = world();
    await callSecrets(aws, "put_secret_value", { SecretId: secretArn, SecretString: fileOf(2) });
    await sleep(3_000);
    expect((await delivered())?.data["keys.json"]).toBe(encode(fileOf(1)));
    const [, [, object]] = await deliveryObjects(secretArn, 2);
    const merge = "application/merge-patch+json";
    const patched = await cluster.api("PATCH", `${OBJECTS}/externalsecrets/gateway-keys`, object, merge);
    expect(patched.status).toBe(200);
    const ms = await until(async () => (await delivered())?.data["keys.json"] === encode(fileOf(2)));
    console.log(`the new keys came ${Math.round(ms)} ms after the checksum`);
  });

  it("stay in the cluster when the secret is gone from AWS", async () => {
    const { aws, cluster, secretArn } = world();
    await callSecrets(aws, "delete_secret", { SecretId: secretArn, ForceDeleteWithoutRecovery: true });
    const [, [, object]] = await deliveryObjects(secretArn, 3);
    const merge = "application/merge-patch+json";
    await cluster.api("PATCH", `${OBJECTS}/externalsecrets/gateway-keys`, object, merge);
    await sleep(5_000);
    expect((await delivered())?.data["keys.json"]).toBe(encode(fileOf(2)));
  });
});
