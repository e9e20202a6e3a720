// Reading Kubernetes objects: selectors, namespaces, pods of each kind of workload, autoscalers.
import { describe, expect, it } from "vitest";
import {
  keyOf,
  mapSelects,
  namespaceOf,
  selectsAll,
  selectsLabels,
} from "../../policies/kubernetes/objects.ts";
import { containersOf, hiddenContainers, podOf } from "../../policies/kubernetes/pods.ts";
import { fewestCopies } from "../../policies/kubernetes/workloads.ts";
import type { Subject } from "../../policies/rule.ts";
import { Value } from "../../policies/value.ts";
import { UNKNOWN_TEXT } from "./cases/rule-cases.ts";

const value = (raw: unknown): Value => new Value("", raw);
const subject = (type: string, props: object, provider?: object): Subject => ({
  type,
  urn: "urn:pulumi:prod::rampa::x::y",
  name: "y",
  props: value(props),
  ...(provider && { provider: { urn: "urn:pulumi:prod::rampa::p::q", props: value(provider) } }),
});

describe("selectsLabels", () => {
  const labels = value({ app: "model", tier: "gpu" });
  const expression = (operator: string, key: string, values?: readonly string[]) => ({
    matchExpressions: [{ key, operator, values }],
  });
  it.each([
    [{}, true],
    [{ matchLabels: { app: "model" } }, true],
    [{ matchLabels: { app: "model", tier: "cpu" } }, false],
    [{ matchLabels: { app: "model" }, ...expression("In", "tier", ["cpu"]) }, false],
    [{ matchLabels: { app: "other" }, ...expression("In", "tier", ["gpu"]) }, false],
    [expression("In", "tier", ["cpu", "gpu"]), true],
    [expression("In", "zone", ["a"]), false],
    [expression("NotIn", "tier", ["cpu"]), true],
    [expression("NotIn", "tier", ["gpu"]), false],
    [expression("NotIn", "zone", ["a"]), true],
    [expression("Exists", "tier"), true],
    [expression("Exists", "zone"), false],
    [expression("DoesNotExist", "tier"), false],
    [expression("DoesNotExist", "zone"), true],
    [expression("Near", "tier"), false],
    [UNKNOWN_TEXT, false],
    [undefined, false],
  ])("%j takes the labels: %s", (selector, want) => {
    expect(selectsLabels(value(selector), labels)).toBe(want);
  });
});

describe("mapSelects", () => {
  it.each([
    [{ app: "model" }, true],
    [{ app: "model", tier: "cpu" }, false],
    [{ app: "other" }, false],
    [{}, false],
    [undefined, false],
  ])("%j takes the labels: %s", (selector, want) => {
    expect(mapSelects(value(selector), value({ app: "model", tier: "gpu" }))).toBe(want);
  });
});

describe("selectsAll", () => {
  it.each([
    [{}, true],
    [{ matchLabels: {}, matchExpressions: [] }, true],
    [{ matchLabels: { a: "b" } }, false],
    [{ matchExpressions: [{ key: "a", operator: "Exists" }] }, false],
    [UNKNOWN_TEXT, false],
    [undefined, false],
  ])("%j: %s", (selector, want) => expect(selectsAll(value(selector))).toBe(want));
});

describe("namespaces", () => {
  const in_ = (namespace: unknown, provider?: object) =>
    subject("kubernetes:core/v1:Service", { metadata: { name: "s", namespace } }, provider);

  it("are the object's, else the provider's, else the default one", () => {
    expect([
      namespaceOf(in_("own", { namespace: "given" })),
      namespaceOf(in_(undefined, { namespace: "given" })),
      namespaceOf(in_(undefined, {})),
      namespaceOf(in_(undefined)),
    ]).toEqual(["own", "given", "default", "default"]);
  });

  it("are undefined while they are not known, and so is the key", () => {
    expect([
      namespaceOf(in_(UNKNOWN_TEXT, { namespace: "given" })),
      namespaceOf(in_(undefined, { namespace: UNKNOWN_TEXT })),
    ]).toEqual([undefined, undefined]);
    expect(keyOf(in_(UNKNOWN_TEXT))).toBeUndefined();
    expect(
      keyOf(subject("kubernetes:core/v1:Service", { metadata: { name: UNKNOWN_TEXT } })),
    ).toBeUndefined();
    expect(keyOf(in_("own"))).toBe("own/s");
  });
});

describe("pods", () => {
  const spec = {
    containers: [{ name: "a" }],
    initContainers: [{ name: "b" }],
    ephemeralContainers: [{ name: "c" }],
  };
  it.each([
    ["kubernetes:core/v1:Pod", { spec }],
    ["kubernetes:core/v1:PodTemplate", { template: { spec } }],
    ["kubernetes:batch/v1:CronJob", { spec: { jobTemplate: { spec: { template: { spec } } } } }],
    ["kubernetes:batch/v1:Job", { spec: { template: { spec } } }],
    ["kubernetes:apps/v1:Deployment", { spec: { template: { spec } } }],
  ])("of a %s are found, with all their containers", (type, props) => {
    const names = containersOf(podOf(subject(type, props))).map((container) => container.at("name").text());
    expect(names).toEqual(["b", "a", "c"]);
  });

  it("that are unknown are said to be, at the outermost place", () => {
    const hidden = (pod: unknown) =>
      hiddenContainers(podOf(subject("kubernetes:core/v1:Pod", { spec: pod }))).map(({ path }) => path);
    expect(hidden(UNKNOWN_TEXT)).toEqual(["spec"]);
    expect(hidden({ containers: UNKNOWN_TEXT })).toEqual(["spec.containers"]);
    expect(hidden({ containers: [{}, UNKNOWN_TEXT] })).toEqual(["spec.containers[1]"]);
    expect(hidden(spec)).toEqual([]);
  });
});

describe("fewestCopies", () => {
  const metadata = { name: "model", namespace: "rampa" };
  const workload = (type: string, name: unknown = "model") =>
    subject(`kubernetes:apps/v1:${type}`, { metadata: { ...metadata, name }, spec: { replicas: 5 } });
  const scaler = (scaleTargetRef: object, namespace = "rampa") =>
    subject("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", {
      metadata: { ...metadata, namespace },
      spec: { scaleTargetRef, minReplicas: 3 },
    });
  it.each([
    ["the workload's own number", workload("Deployment"), [], 5],
    ["its autoscaler's minimum", workload("Deployment"), [scaler({ kind: "Deployment", name: "model" })], 3],
    ["a Deployment's where the kind is left out", workload("Deployment"), [scaler({ name: "model" })], 3],
    ["not another kind's", workload("StatefulSet"), [scaler({ name: "model" })], 5],
    ["not another name's", workload("Deployment"), [scaler({ kind: "Deployment", name: "other" })], 5],
    ["not another namespace's", workload("Deployment"), [scaler({ name: "model" }, "other")], 5],
    ["not of a nameless workload", workload("Deployment", null), [scaler({ kind: "Deployment" })], 5],
  ])("is %s", (_, deployed, scalers, want) => {
    expect(fewestCopies(deployed, scalers).number()).toBe(want);
  });
});
