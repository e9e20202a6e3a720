// What rules correct by themselves where the configuration asks for it, and what they leave alone.
import { describe, expect, it } from "vitest";
import { remediateByRule } from "../../policies/harness/judge-rules.ts";
import { nodesImdsv2 } from "../../policies/rules/nodes/nodes-imdsv2.ts";
import { explicitProviderAndTags } from "../../policies/rules/ownership/explicit-provider-and-tags.ts";
import { keyRotationAge } from "../../policies/rules/secrets/key-rotation-age.ts";
import { CONFIG_MAP, LAUNCH_TEMPLATE, resource, UNKNOWN_TEXT } from "./cases/rule-cases.ts";
import { NODE_CLASS } from "./fixtures/aws.ts";

describe("nodes-imdsv2", () => {
  const SAFE = { httpTokens: "required", httpPutResponseHopLimit: 1 };
  const template = (metadataOptions: unknown) => resource(LAUNCH_TEMPLATE, { name: "gpu", metadataOptions });
  const nodeClass = (metadataOptions: unknown) =>
    resource(NODE_CLASS, { kind: "EC2NodeClass", spec: { role: "node", metadataOptions } });

  it("asks for a token and one hop, and keeps everything else", () => {
    expect(remediateByRule(nodesImdsv2, template(undefined))).toEqual({ name: "gpu", metadataOptions: SAFE });
    expect(
      remediateByRule(nodesImdsv2, template({ httpTokens: "optional", httpEndpoint: "enabled" })),
    ).toEqual({
      name: "gpu",
      metadataOptions: { ...SAFE, httpEndpoint: "enabled" },
    });
    expect(remediateByRule(nodesImdsv2, nodeClass({ httpPutResponseHopLimit: 2 }))).toEqual({
      kind: "EC2NodeClass",
      spec: { role: "node", metadataOptions: SAFE },
    });
  });

  it.each([
    ["what is right", template(SAFE)],
    ["Karpenter's own defaults", nodeClass(undefined)],
    ["what is not known", template(UNKNOWN_TEXT)],
    ["a node class that is not known", resource(NODE_CLASS, { spec: UNKNOWN_TEXT })],
    ["another type", resource(CONFIG_MAP, {})],
  ])("leaves %s alone", (_, given) => expect(remediateByRule(nodesImdsv2, given)).toBeUndefined());
});

describe("key-rotation-age", () => {
  const key = (props: object) => resource("aws:kms/key:Key", { description: "volumes", ...props });

  it("turns the rotation of a key on", () => {
    const want = { description: "volumes", enableKeyRotation: true };
    expect(remediateByRule(keyRotationAge, key({}))).toEqual(want);
    expect(remediateByRule(keyRotationAge, key({ enableKeyRotation: false }))).toEqual(want);
  });

  it.each([
    ["a key that rotates", key({ enableKeyRotation: true })],
    ["a pair of keys", key({ customerMasterKeySpec: "RSA_4096" })],
    ["a Secret", resource("kubernetes:core/v1:Secret", {})],
  ])("leaves %s alone", (_, given) => expect(remediateByRule(keyRotationAge, given)).toBeUndefined());
});

describe("explicit-provider-and-tags", () => {
  const config = { "explicit-provider-and-tags": { owner: "ml", costCenter: "research" } };
  const map = (labels: unknown) =>
    resource(CONFIG_MAP, { metadata: { name: "c", labels }, data: { a: "b" } });
  const all = {
    "rampa.dev/owner": "ml",
    "rampa.dev/environment": "prod",
    "rampa.dev/cost-center": "research",
  };

  it("fills in what is missing, and keeps everything else", () => {
    expect(remediateByRule(explicitProviderAndTags, map({ "rampa.dev/owner": "me" }), { config })).toEqual({
      metadata: { name: "c", labels: { ...all, "rampa.dev/owner": "me" } },
      data: { a: "b" },
    });
    expect(remediateByRule(explicitProviderAndTags, map(undefined))).toEqual({
      metadata: { name: "c", labels: { "rampa.dev/environment": "prod" } },
      data: { a: "b" },
    });
  });

  it.each([
    ["complete labels", map(all)],
    ["labels that are not known", map(UNKNOWN_TEXT)],
    ["what has no labels of Kubernetes", resource("aws:s3/bucket:Bucket", {})],
    ["definitions of types", resource("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", {})],
    ["charts", resource("kubernetes:helm.sh/v3:Release", {})],
    ["lists", resource("kubernetes:core/v1:ConfigMapList", {})],
  ])("leaves %s alone", (_, given) =>
    expect(remediateByRule(explicitProviderAndTags, given, { config })).toBeUndefined(),
  );
});
