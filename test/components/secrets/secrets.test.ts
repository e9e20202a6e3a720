// Client keys: two generations overlap, the cluster sees hashes only, and the key itself stays secret.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { isSecret } from "@pulumi/pulumi";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { secretsSettings } from "../../../components/secrets/secrets.args.ts";
import { clientKeysFile, sha256, toClientKey } from "../../../components/secrets/secrets.manifests.ts";
import { planSecrets } from "../../../components/secrets/secrets.plan.ts";
import { ClientKeys } from "../../../components/secrets/secrets.ts";
import { clientKeys } from "../../../serving/contract/client-keys.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const RANDOM = "random:index/randomPassword:RandomPassword";
const PASSWORD = "recorded-password-0123456789-abcdefghij";

describe("planSecrets", () => {
  it.each([
    [1, ["dev-1"]],
    [2, ["dev-1", "dev-2"]],
    [7, ["dev-6", "dev-7"]],
  ])("has for rotation %i the keys %j", (rotation, ids) => {
    expect(planSecrets({ ownership, rotation }).keys.map((key) => key.id)).toEqual(ids);
  });

  it("keeps the newest key of before through any single rotation", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (rotation) => {
        const before = planSecrets({ ownership, rotation }).keys.at(-1);
        expect(planSecrets({ ownership, rotation: rotation + 1 }).keys).toContainEqual(before);
      }),
    );
  });

  it.each([0, -1, 1.5, "2"])("refuses rotation %j", (rotation) => {
    expect(secretsSettings.safeParse({ ownership, rotation }).success).toBe(false);
  });
});

describe("clientKeysFile", () => {
  it("is what the gateway reads: ids and hashes, no key", () => {
    const file = clientKeysFile(planSecrets({ ownership, rotation: 2 }), ["rk-old", "rk-new"]);
    expect(clientKeys.parse(JSON.parse(file))).toEqual({
      keys: [
        { id: "dev-1", sha256: sha256("rk-old") },
        { id: "dev-2", sha256: sha256("rk-new") },
      ],
    });
    expect(file).not.toContain("rk-");
  });
});

describe("ClientKeys", () => {
  async function record(rotation: number) {
    const held: { keys?: ClientKeys } = {};
    const resources = await recordResources(
      () => {
        const providers = [new KubernetesProvider("k8s"), new RandomProvider("random")];
        held.keys = new ClientKeys(
          "keys",
          { ownership, rotation, refs: { namespace: "rampa" } },
          { providers },
        );
      },
      { stack: "dev", project: "rampa" },
    );
    if (held.keys === undefined) throw new Error("no component");
    return { resources, keys: held.keys };
  }

  it("generates one password a valid generation, under names that tell them apart", async () => {
    const { resources } = await record(3);
    const passwords = resources.filter((it) => it.type === RANDOM);
    expect(passwords.map((it) => [it.name, it.props])).toEqual([
      ["keys-key-2", { length: 40, special: false }],
      ["keys-key-3", { length: 40, special: false }],
    ]);
  });

  it("writes a Secret that holds the hash of the key and nowhere the key", async () => {
    const { resources } = await record(1);
    const secret = resources.find((it) => it.type === "kubernetes:core/v1:Secret");
    expect(secret?.props).toMatchObject({
      metadata: { name: "gateway-keys", namespace: "rampa" },
      type: "Opaque",
    });
    expect(secret?.secretPaths).toEqual(["stringData"]);
    expect(JSON.stringify(secret?.props)).toContain(sha256(toClientKey(PASSWORD)));
    expect(JSON.stringify(resources)).not.toContain(toClientKey(PASSWORD));
  });

  it("gives out the newest key as a secret and the checksum in clear", async () => {
    const { keys } = await record(2);
    expect(await isSecret(keys.apiKey)).toBe(true);
    expect(await isSecret(keys.checksum)).toBe(false);
    const key = await new Promise((resolve) => keys.apiKey.apply(resolve));
    expect(key).toBe(`rk-${PASSWORD}`);
  });
});
