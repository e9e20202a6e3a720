// Managed client keys: kept in Secrets Manager by write-only versions, hashes apart from keys, overlapping generations.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { isSecret } from "@pulumi/pulumi";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { describe, expect, it } from "vitest";
import type { ManagedKeysArgs } from "../../../components/secrets/managed-keys.args.ts";
import { ManagedClientKeys } from "../../../components/secrets/managed-keys.ts";
import { sha256, toClientKey } from "../../../components/secrets/secrets.manifests.ts";
import { judgeRules } from "../../../policies/harness/judge-rules.ts";
import { packRules } from "../../../policies/pack-rules.ts";
import { clientKeys } from "../../../serving/contract/client-keys.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const SECRET = "aws:secretsmanager/secret:Secret";
const ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:keys-AbCdEf";
const KEY = "arn:aws:kms:eu-west-1:111122223333:key/secrets";
const PASSWORD = "recorded-password-0123456789-abcdefghij";

async function record(more: Partial<ManagedKeysArgs> = {}) {
  const held: { keys?: ManagedClientKeys } = {};
  const resources = await recordResources(
    () => {
      const args = { ownership, refs: { keyArn: KEY }, ...more };
      const providers = [new AwsProvider("aws"), new RandomProvider("random")];
      held.keys = new ManagedClientKeys("keys", args, { providers });
    },
    { stack: "prod", project: "rampa", computed: { [SECRET]: { arn: ARN } } },
  );
  if (held.keys === undefined) throw new Error("no component");
  return { resources, keys: held.keys, find: (name: string) => resources.find((it) => it.name === name) };
}

describe("ManagedClientKeys", () => {
  it("makes a protected secret for hashes and one for the key, both by the given KMS key", async () => {
    const { resources } = await record();
    const secrets = resources.filter(({ type }) => type === SECRET);
    expect(secrets.map(({ name, protect, props }) => [name, protect, props])).toEqual([
      [
        "keys-file",
        true,
        {
          description: "Hashes of the client keys that are valid, as the gateway reads them (dev)",
          kmsKeyId: KEY,
          recoveryWindowInDays: 30,
        },
      ],
      [
        "keys-issued",
        true,
        {
          description: "The newest client key, to hand out to callers (dev)",
          kmsKeyId: KEY,
          recoveryWindowInDays: 30,
        },
      ],
    ]);
  });

  it("writes values write-only, told apart by the rotation, and marked secret for the state", async () => {
    const { find } = await record({ rotation: 3 });
    for (const name of ["keys-file-version", "keys-issued-version"]) {
      const version = find(name);
      expect(Object.keys(version?.props ?? {}).sort()).toEqual([
        "secretId",
        "secretStringWo",
        "secretStringWoVersion",
      ]);
      expect(version?.props.secretStringWoVersion).toBe(3);
      expect(version?.secretPaths).toEqual(["secretStringWo"]);
      expect(version?.additionalSecretOutputs).toContain("secretStringWo");
      // A rotation replaces the version, which protection would refuse.
      expect(version?.protect).toBe(false);
    }
  });

  it("gives the cluster hashes of two generations and the key itself to nobody but those who hand it out", async () => {
    const { find, resources } = await record({ rotation: 2 });
    const file = clientKeys.parse(JSON.parse(String(find("keys-file-version")?.props.secretStringWo)));
    const hash = sha256(toClientKey(PASSWORD));
    expect(file.keys).toEqual([
      { id: "dev-1", sha256: hash },
      { id: "dev-2", sha256: hash },
    ]);
    const issued = find("keys-issued-version");
    expect(issued?.props.secretStringWo).toBe(toClientKey(PASSWORD));
    const others = resources.filter((resource) => resource !== issued);
    expect(JSON.stringify(others)).not.toContain(toClientKey(PASSWORD));
  });

  it("makes passwords under the names that a rotation keeps", async () => {
    const { resources } = await record({ rotation: 3 });
    const passwords = resources.filter(({ type }) => type.endsWith(":RandomPassword"));
    expect(passwords.map(({ name, props }) => [name, props])).toEqual([
      ["keys-key-2", { length: 40, special: false }],
      ["keys-key-3", { length: 40, special: false }],
    ]);
  });

  it("gives out the key as a secret, and checksum and addresses in clear", async () => {
    const { keys } = await record();
    expect(await isSecret(keys.apiKey)).toBe(true);
    expect(await isSecret(keys.checksum)).toBe(false);
    expect(await isSecret(keys.secretArn)).toBe(false);
    expect(await new Promise((resolve) => keys.secretArn.apply(resolve))).toBe(ARN);
    expect(await new Promise((resolve) => keys.issuedSecretArn.apply(resolve))).toBe(ARN);
    expect(await new Promise((resolve) => keys.checksum.apply(resolve))).toMatch(/^[0-9a-f]{64}$/);
  });

  it("lets its secrets go where it is told so, and takes overrides", async () => {
    const { find } = await record({ protect: false, override: { issued: { description: "mine" } } });
    expect(find("keys-file")?.protect).toBe(false);
    expect(find("keys-issued")?.props.description).toBe("mine");
  });

  it("breaks no rule of the policy pack in production", async () => {
    const { resources } = await record({ rotation: 2 });
    expect(judgeRules(packRules, resources)).toEqual([]);
  });

  it("reports every wrong setting at once", async () => {
    await expect(record({ rotation: 0, recoveryWindowInDays: 0 })).rejects.toThrow(
      'rampa:secrets:ManagedClientKeys "keys": 2 problems',
    );
  });
});
