// The resource types that rules judge: exactly those, under both tokens that Kubernetes objects have.
import { expect, it } from "vitest";
import { packRules } from "../../policies/pack-rules.ts";
import { allCases } from "./cases/all-cases.ts";

/** These two are about every type of a provider, whatever comes behind. */
const OPEN_ENDED = new Set(["explicit-provider-and-tags", "no-plaintext-secrets"]);

const judged = allCases.flatMap(({ rule: name, fail }) => {
  const rule = packRules.find((each) => each.name === name);
  const types = fail.flatMap(({ resources }) => resources.map(({ type }) => type));
  return [...new Set(types)].filter((type) => rule?.types.test(type)).map((type) => ({ name, type, rule }));
});

it.each(judged.filter(({ name }) => !OPEN_ENDED.has(name)))(
  "$name judges $type and nothing like it",
  ({ type, rule }) => {
    expect([`x${type}`, `${type}X`].map((each) => rule?.types.test(each))).toEqual([false, false]);
  },
);

it.each(judged.filter(({ type }) => type.startsWith("kubernetes:core/")))(
  "$name judges $type as a CustomResource too",
  ({ type, rule }) => {
    expect(rule?.types.test(type.replace("core/", ""))).toBe(true);
  },
);

it("leaves out the Secrets that the SDK marks, and what the engine keeps for itself", () => {
  const judges = (name: string, type: string) =>
    packRules.find((rule) => rule.name === name)?.types.test(type);
  expect(judges("no-plaintext-secrets", "kubernetes:core/v1:Secret")).toBe(false);
  expect(judges("no-plaintext-secrets", "kubernetes:core/v1:SecretList")).toBe(false);
  expect(judges("no-plaintext-secrets", "kubernetes:core/v1:SecretX")).toBe(true);
  expect(judges("no-plaintext-secrets", "xkubernetes:core/v1:ConfigMap")).toBe(false);
  expect(judges("explicit-provider-and-tags", "pulumi:pulumi:Stack")).toBe(false);
  expect(judges("explicit-provider-and-tags", "aws:s3/bucket:Bucket")).toBe(true);
  expect(judges("explicit-provider-and-tags", "rampa:serving:ModelVersion$kubernetes:core/v1:Pod")).toBe(
    false,
  );
});
