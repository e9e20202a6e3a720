// A pod's role from the agent to the object: moto verifies each signature, and what the role's own policy allows.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { readModelPermissions } from "../../components/identity/permissions.ts";
import { iamPolicy } from "../../components/kit/iam-policy.ts";
import { openSource } from "../../serving/adapters/artefact/open-source.ts";
import { storeArtefact } from "../../serving/adapters/artefact/store-artefact.ts";
import { type ArtefactServer, serveArtefact } from "../serving/adapters/artefact/artefact-server.ts";
import { type Aws, startMoto } from "./moto.ts";

const account = "111122223333";
const region = "eu-west-1";
const bucket = `rampa-prod-models-${account}-${region}`;
const weights = "the weights of a model";
const artefact = {
  source: `s3://${bucket}/models/chat/1.gguf`,
  sha256: createHash("sha256").update(weights).digest("hex"),
};

const assumed = z.object({
  Credentials: z.looseObject({
    AccessKeyId: z.string(),
    SecretAccessKey: z.string(),
    SessionToken: z.string(),
    Expiration: z.string(),
  }),
});

let aws: Aws;
let agent: ArtefactServer;
let folder: string;
let given: z.output<typeof assumed>["Credentials"];

async function answerOf(service: string, call: string, parameters: object): Promise<unknown> {
  const { problems, answer } = await aws.call({ service, call, given: { ...parameters } });
  expect(problems).toEqual([]);
  return answer;
}

/** The role with the policy that the platform gives it, and objects inside and outside of its prefix. */
async function makeRole(): Promise<z.output<typeof assumed>["Credentials"]> {
  const trust = { Version: "2012-10-17", Statement: [] };
  const role = { RoleName: "model", AssumeRolePolicyDocument: JSON.stringify(trust) };
  await answerOf("iam", "create_role", role);
  const permissions = readModelPermissions({
    bucketArn: `arn:aws:s3:::${bucket}`,
    prefix: "models/",
    keyArn: `arn:aws:kms:${region}:${account}:key/1`,
    region,
  });
  const PolicyDocument = await new Promise((done) => iamPolicy(permissions).apply(done));
  await answerOf("iam", "put_role_policy", { RoleName: "model", PolicyName: "model", PolicyDocument });
  const placed = { CreateBucketConfiguration: { LocationConstraint: region } };
  await answerOf("s3", "create_bucket", { Bucket: bucket, ...placed });
  for (const Key of ["models/chat/1.gguf", "records/1.json"]) {
    await answerOf("s3", "put_object", { Bucket: bucket, Key, Body: weights });
  }
  const RoleArn = `arn:aws:iam::${account}:role/model`;
  const answer = await answerOf("sts", "assume_role", { RoleArn, RoleSessionName: "pod" });
  return assumed.parse(answer).Credentials;
}

beforeAll(async () => {
  aws = await startMoto({ region, account });
  folder = await mkdtemp(join(tmpdir(), "rampa-model-access-"));
  await writeFile(join(folder, "token"), "pod-token");
  given = await makeRole();
  agent = await serveArtefact((request, response) => {
    if (request.headers.authorization !== "pod-token") {
      response.writeHead(403).end();
      return;
    }
    const { AccessKeyId, SecretAccessKey, SessionToken: Token } = given;
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    response.end(JSON.stringify({ AccessKeyId, SecretAccessKey, Token, Expiration }));
  });
  // From here on moto believes no call without a signature that it can verify.
  const reset = await fetch(`${aws.endpoint}/moto-api/reset-auth`, { method: "POST", body: "0" });
  expect(reset.status).toBe(200);
});

afterAll(async () => {
  await agent?.close();
  await aws?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

type Change = Readonly<Record<string, string | undefined>>;

async function fetchWeights(source = artefact.source, change: Change = {}): Promise<string> {
  const env = {
    AWS_ENDPOINT_URL_S3: aws.endpoint,
    AWS_REGION: region,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.origin}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, "token"),
    ...change,
  };
  const cacheDir = await mkdtemp(join(folder, "cache-"));
  const { path } = await storeArtefact({
    artefact: { ...artefact, source },
    cacheDir,
    source: openSource(source, { env, now: () => new Date() }),
    signal: AbortSignal.timeout(20_000),
    report: () => undefined,
    retryDelayMs: 1,
  });
  return await readFile(path, "utf8");
}

describe("weights in the stack's bucket", () => {
  it("are read with the role that the agent gives the pod", async () => {
    expect(await fetchWeights()).toBe(weights);
  });

  it("are refused without credentials", async () => {
    const none = { AWS_CONTAINER_CREDENTIALS_FULL_URI: undefined };
    await expect(fetchWeights(artefact.source, none)).rejects.toThrow("got status 403, want 200");
  });

  it.each([
    [{ SessionToken: "another" }, 400],
    [{ SecretAccessKey: "another" }, 403],
  ])("are refused with %j in place of the role's", async (change, status) => {
    const held = given;
    given = { ...held, ...change };
    await expect(fetchWeights().finally(() => (given = held))).rejects.toThrow(
      `got status ${status}, want 200`,
    );
  });

  it("are all that the role reads: nothing beside the prefix", async () => {
    await expect(fetchWeights(`s3://${bucket}/records/1.json`)).rejects.toThrow("got status 403, want 200");
  });

  it("cannot be had where the agent refuses the pod's token", async () => {
    await writeFile(join(folder, "wrong"), "another-token");
    const wrong = { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, "wrong") };
    await expect(fetchWeights(artefact.source, wrong)).rejects.toMatchObject({
      code: "artefact.credentials",
    });
  });
});
