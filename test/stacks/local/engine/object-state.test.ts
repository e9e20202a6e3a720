// What the state keeps of objects: secrets stay wrapped, unknowns are seen, drift shows and defaults do not.
import { describe, expect, it } from "vitest";
import { withNames } from "../../../../stacks/local/engine/kubernetes-provider/named-inputs.ts";
import {
  importedInputs,
  refreshedInputs,
  toOutputs,
} from "../../../../stacks/local/engine/kubernetes-provider/object-state.ts";
import { parseQuantity } from "../../../../stacks/local/engine/kubernetes-provider/quantity.ts";
import {
  containsUnknown,
  isSecret,
  markSecrets,
  type PropertyMap,
  toSecret,
  UNKNOWN_STRING,
  unwrapSecrets,
  valueAt,
} from "../../../../stacks/local/engine/property-values.ts";

describe("secrets", () => {
  it("are unwrapped at any depth and wrapped only once", () => {
    const wrapped = { a: [toSecret({ b: toSecret("x") })], c: toSecret(toSecret("y")) };
    expect(unwrapSecrets(wrapped)).toEqual({ a: [{ b: "x" }], c: "y" });
  });

  it("are marked in the outputs where the inputs had them, a list as a whole", () => {
    const inputs = {
      spec: { env: [{ name: "K", value: toSecret("x") }], plain: 1, deep: toSecret({ a: 1 }) },
    };
    const outputs = {
      spec: { env: [{ name: "K", value: "x" }], plain: 1, deep: { a: 1 } },
      status: { ok: true },
    };
    const marked = markSecrets(outputs, inputs);
    expect(isSecret(valueAt(marked, ["spec", "env"]))).toBe(true);
    expect(isSecret(valueAt(marked, ["spec", "deep"]))).toBe(true);
    expect(valueAt(marked, ["spec", "plain"])).toBe(1);
    expect(unwrapSecrets(marked)).toEqual(outputs);
  });

  it("of a Secret are marked even when the program did not mark them", () => {
    const live = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "a", managedFields: [{}] },
      data: { k: "eA==" },
    };
    const outputs = toOutputs(live, { stringData: { k: "x" } }, "me");
    expect(isSecret(outputs.data)).toBe(true);
    expect(valueAt(outputs, ["metadata", "managedFields"])).toBeUndefined();
    expect(isSecret(importedInputs(live).data)).toBe(true);
  });
});

describe("unknown values", () => {
  it("are found below secrets and lists", () => {
    expect(containsUnknown({ a: [toSecret(UNKNOWN_STRING)] })).toBe(true);
    expect(containsUnknown({ a: ["04da6b54"] })).toBe(false);
  });
});

const PLACE = {
  urn: "urn:pulumi:local::p::kubernetes:core/v1:ConfigMap::settings",
  olds: {},
  defaultNamespace: "default",
  seed: new Uint8Array([1, 2, 3]),
};

describe("names", () => {
  it("are chosen once, the same for preview and update", () => {
    const first = withNames({}, PLACE);
    expect(first).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "default" } });
    const name = valueAt(first, ["metadata", "name"]);
    expect(name).toMatch(/^settings-[0-9a-f]{8}$/);
    expect(valueAt(withNames({}, PLACE), ["metadata", "name"])).toBe(name);
    const later = withNames({}, { ...PLACE, olds: first, seed: new Uint8Array([9]) });
    expect(later).toEqual(first);
  });

  it("given by the program are left alone, unknown ones too", () => {
    const given = withNames({ metadata: { name: "mine", namespace: UNKNOWN_STRING } }, PLACE);
    expect(given.metadata).toEqual({ name: "mine", namespace: UNKNOWN_STRING });
    const unknown = withNames({ metadata: { name: UNKNOWN_STRING } }, PLACE);
    expect(valueAt(unknown, ["metadata", "name"])).toBe(UNKNOWN_STRING);
  });

  it("take no namespace for kinds without one", () => {
    const made = withNames({ metadata: { name: "n" } }, { ...PLACE, defaultNamespace: undefined });
    expect(made.metadata).toEqual({ name: "n" });
  });
});

const DECLARED: PropertyMap = {
  kind: "Deployment",
  metadata: { name: "a", labels: {} },
  spec: {
    replicas: 2,
    paused: false,
    containers: [{ name: "main", resources: { limits: { cpu: "1000m", memory: "1Gi" } } }],
  },
};

function live(replicas: number, cpu: string): PropertyMap {
  const main = { name: "main", image: "defaulted", resources: { limits: { cpu, memory: "1024Mi" } } };
  return {
    kind: "Deployment",
    metadata: { name: "a", uid: "1" },
    spec: { replicas, progressDeadlineSeconds: 600, containers: [{ name: "injected" }, main] },
  };
}

describe("a refresh", () => {
  it("shows no change for the server's defaults, additions and ways of writing", () => {
    expect(refreshedInputs(DECLARED, live(2, "1"))).toEqual(DECLARED);
  });

  it("shows what somebody changed", () => {
    const refreshed = refreshedInputs(DECLARED, live(5, "1"));
    expect(valueAt(refreshed, ["spec", "replicas"])).toBe(5);
  });

  it("compares stringData with the data that the server keeps", () => {
    const declared = { kind: "Secret", stringData: { k: "x" } };
    expect(refreshedInputs(declared, { kind: "Secret", data: { k: "eA==" } })).toEqual(declared);
    expect(refreshedInputs(declared, { kind: "Secret", data: { k: "eQ==" } })).toMatchObject({
      stringData: { k: "y" },
    });
  });
});

describe("quantities", () => {
  it.each([
    ["1000m", 1],
    ["1Ki", 1024],
    ["2.5k", 2500],
    ["1e3", 1000],
    ["100", 100],
    ["abc", undefined],
    ["1KiB", undefined],
  ])("reads %s", (text, amount) => {
    expect(parseQuantity(text)).toBe(amount);
  });
});
