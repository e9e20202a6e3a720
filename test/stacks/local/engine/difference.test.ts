// What counts as a change of a Kubernetes object, and which changes need a new object.
import { describe, expect, it } from "vitest";
import { changedPaths } from "../../../../stacks/local/engine/changed-paths.ts";
import { compareInputs } from "../../../../stacks/local/engine/kubernetes-provider/difference.ts";
import type { PropertyMap } from "../../../../stacks/local/engine/property-values.ts";

const MUTABLE = { configMap: true, secret: true };
const FIXED = { configMap: false, secret: false };

function object(kind: string, apiVersion: string, rest: PropertyMap = {}): PropertyMap {
  return { apiVersion, kind, metadata: { name: "a", namespace: "n" }, ...rest };
}

describe("changed paths", () => {
  it("writes them in Pulumi's notation, down to the leaf", () => {
    const old = { spec: { ports: [{ port: 1 }], a: 1 }, data: { "x.y": "1" } };
    const next = { spec: { ports: [{ port: 2 }], a: 1 }, data: { "x.y": "2" } };
    expect(changedPaths(old, next)).toEqual(["spec.ports[0].port", 'data["x.y"]']);
  });

  it("names a list of another length as a whole", () => {
    expect(changedPaths({ a: [1] }, { a: [1, 2] })).toEqual(["a"]);
  });

  it("sees no change between an absent field and null", () => {
    expect(changedPaths({ a: null, b: 1 }, { b: 1 })).toEqual([]);
  });
});

type Case = readonly [
  what: string,
  old: PropertyMap,
  next: PropertyMap,
  flags: typeof MUTABLE,
  replaces: readonly string[],
];

const CASES: readonly Case[] = [
  [
    "the replicas of a Deployment",
    object("Deployment", "apps/v1", { spec: { replicas: 1 } }),
    object("Deployment", "apps/v1", { spec: { replicas: 2 } }),
    MUTABLE,
    [],
  ],
  [
    "the selector of a Deployment",
    object("Deployment", "apps/v1", { spec: { selector: { matchLabels: { a: "1" } } } }),
    object("Deployment", "apps/v1", { spec: { selector: { matchLabels: { a: "2" } } } }),
    MUTABLE,
    ["spec.selector.matchLabels.a"],
  ],
  [
    "the template of a Job",
    object("Job", "batch/v1", { spec: { template: { spec: { x: 1 } } } }),
    object("Job", "batch/v1", { spec: { template: { spec: { x: 2 } } } }),
    MUTABLE,
    ["spec.template.spec.x"],
  ],
  [
    "the size of a volume claim",
    object("PersistentVolumeClaim", "v1", { spec: { resources: { requests: { storage: "1Gi" } } } }),
    object("PersistentVolumeClaim", "v1", { spec: { resources: { requests: { storage: "2Gi" } } } }),
    MUTABLE,
    [],
  ],
  [
    "the class of a volume claim",
    object("PersistentVolumeClaim", "v1", { spec: { storageClassName: "a" } }),
    object("PersistentVolumeClaim", "v1", { spec: { storageClassName: "b" } }),
    MUTABLE,
    ["spec.storageClassName"],
  ],
  [
    "a Pod's image",
    object("Pod", "v1", { spec: { containers: [{ name: "c", image: "a" }] } }),
    object("Pod", "v1", { spec: { containers: [{ name: "c", image: "b" }] } }),
    MUTABLE,
    [],
  ],
  [
    "a Pod's command",
    object("Pod", "v1", { spec: { containers: [{ name: "c", command: ["a"] }] } }),
    object("Pod", "v1", { spec: { containers: [{ name: "c", command: ["b"] }] } }),
    MUTABLE,
    ["spec.containers[0].command[0]"],
  ],
  [
    "the cluster address of a Service",
    object("Service", "v1", { spec: { clusterIP: "10.0.0.1" } }),
    object("Service", "v1", { spec: { clusterIP: "None" } }),
    MUTABLE,
    ["spec.clusterIP"],
  ],
  [
    "the role of a binding",
    object("RoleBinding", "rbac.authorization.k8s.io/v1", { roleRef: { name: "a" } }),
    object("RoleBinding", "rbac.authorization.k8s.io/v1", { roleRef: { name: "b" } }),
    MUTABLE,
    ["roleRef.name"],
  ],
  [
    "data of a ConfigMap that may change in place",
    object("ConfigMap", "v1", { data: { a: "1" } }),
    object("ConfigMap", "v1", { data: { a: "2" } }),
    MUTABLE,
    [],
  ],
  [
    "data of a ConfigMap that may not",
    object("ConfigMap", "v1", { data: { a: "1" } }),
    object("ConfigMap", "v1", { data: { a: "2" } }),
    FIXED,
    ["data.a"],
  ],
  [
    "data of a ConfigMap that is immutable in the cluster",
    object("ConfigMap", "v1", { immutable: true, data: { a: "1" } }),
    object("ConfigMap", "v1", { immutable: true, data: { a: "2" } }),
    MUTABLE,
    ["data.a"],
  ],
  [
    "the type of a Secret",
    object("Secret", "v1", { type: "Opaque" }),
    object("Secret", "v1", { type: "kubernetes.io/tls" }),
    MUTABLE,
    ["type"],
  ],
  [
    "the version of one API group",
    object("Widget", "test.dev/v1"),
    object("Widget", "test.dev/v2"),
    MUTABLE,
    [],
  ],
  [
    "the API group",
    object("Widget", "test.dev/v1"),
    object("Widget", "other.dev/v1"),
    MUTABLE,
    ["apiVersion"],
  ],
  [
    "the namespace",
    object("Widget", "test.dev/v1"),
    object("Widget", "test.dev/v1", { metadata: { name: "a", namespace: "m" } }),
    MUTABLE,
    ["metadata.namespace"],
  ],
];

describe("replacement", () => {
  it.each(CASES)(
    "of an object by a change of %s is decided by its kind",
    (_what, old, next, flags, replaces) => {
      const difference = compareInputs(old, next, flags);
      expect(difference.changed).not.toEqual([]);
      expect(difference.replaces).toEqual(replaces);
    },
  );

  it("deletes first where the program fixed the name, and afterwards where it did not", () => {
    const named = object("ConfigMap", "v1", { data: { a: "1" } });
    const metadata = { name: "a", namespace: "n", annotations: { "pulumi.com/autonamed": "true" } };
    const unnamed = { ...named, metadata };
    const next = { data: { a: "2" } };
    expect(compareInputs(named, { ...named, ...next }, FIXED).deleteBeforeReplace).toBe(true);
    expect(compareInputs(unnamed, { ...unnamed, ...next }, FIXED).deleteBeforeReplace).toBe(false);
  });

  it("reports nothing when nothing changed", () => {
    const same = object("Deployment", "apps/v1", { spec: { replicas: 1 } });
    expect(compareInputs(same, structuredClone(same), FIXED)).toEqual({
      changed: [],
      replaces: [],
      deleteBeforeReplace: false,
    });
  });

  const workload = (apiVersion: string, spec: PropertyMap): PropertyMap =>
    object("Deployment", apiVersion, { spec: { template: { spec } } });
  const both = (first: PropertyMap, second: PropertyMap) =>
    [
      [first, second],
      [second, first],
    ] as const;

  it.each<[string, readonly (readonly PropertyMap[])[]]>([
    ["ports", both({ port: 80, name: "a" }, { port: 80, protocol: "UDP", name: "b" })],
    ["ports", both({ containerPort: 80 }, { containerPort: 81 })],
    ["volumes", both({ name: "a", emptyDir: {} }, { name: "b", configMap: { name: "c" } })],
    ["volumeMounts", both({ name: "a", mountPath: "/a" }, { name: "a", mountPath: "/b" })],
    [
      "topologySpreadConstraints",
      both(
        { topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" },
        { topologyKey: "host", whenUnsatisfiable: "ScheduleAnyway" },
      ),
    ],
  ])(
    "is none where the API server finds items by key: another order of %s",
    (field, [before = [], after = []]) => {
      const [old, next] = [workload("apps/v1", { [field]: before }), workload("apps/v1", { [field]: after })];
      expect(compareInputs(old, next, FIXED).changed).toEqual([]);
    },
  );

  it("is the one item that changed, where the list has it now", () => {
    const old = workload("apps/v1", {
      volumes: [
        { name: "a", x: 1 },
        { name: "b", x: 1 },
      ],
    });
    const next = workload("apps/v1", {
      volumes: [
        { name: "b", x: 2 },
        { name: "a", x: 1 },
      ],
    });
    expect(compareInputs(old, next, FIXED).changed).toEqual(["spec.template.spec.volumes[0].x"]);
  });

  it.each<[string, PropertyMap, string]>([
    ["containers, which start in turn", { initContainers: [{ name: "a" }, { name: "b" }] }, "apps/v1"],
    ["variables, which may name earlier ones", { env: [{ name: "A" }, { name: "B" }] }, "apps/v1"],
    ["items that are no mappings", { ports: [80, 81] }, "apps/v1"],
    [
      "items of one key",
      {
        volumes: [
          { name: "a", x: 1 },
          { name: "a", x: 2 },
        ],
      },
      "apps/v1",
    ],
    ["lists of a custom resource", { ports: [{ port: 80 }, { port: 81 }] }, "test.dev/v1"],
  ])("is another order of %s", (_what, spec, apiVersion) => {
    const turned = Object.fromEntries(
      Object.entries(spec).map(([key, list]) => [key, Array.isArray(list) ? list.toReversed() : list]),
    );
    const difference = compareInputs(workload(apiVersion, spec), workload(apiVersion, turned), FIXED);
    expect(difference.changed).not.toEqual([]);
  });
});
