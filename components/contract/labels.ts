// Label, annotation and port names that components, gateway, policies and tests share.

export const PART_OF = "rampa";

export const LABELS = {
  name: "app.kubernetes.io/name",
  instance: "app.kubernetes.io/instance",
  version: "app.kubernetes.io/version",
  component: "app.kubernetes.io/component",
  partOf: "app.kubernetes.io/part-of",
  managedBy: "app.kubernetes.io/managed-by",
  environment: "rampa.dev/environment",
  /** On resources of AWS, as a tag. */
  stack: "rampa.dev/stack",
  owner: "rampa.dev/owner",
  costCenter: "rampa.dev/cost-center",
  endpoint: "rampa.dev/endpoint",
  variant: "rampa.dev/variant",
  /** Of a node and of the pods bound to it: the pool of GPU nodes. */
  pool: "rampa.dev/pool",
  /** Of a node: its GPU model, e.g. `l4`. */
  gpu: "rampa.dev/gpu",
  /** Of a node with GPUs: `dra` where pods claim them; left out where they are counted. */
  gpuAllocation: "rampa.dev/gpu-allocation",
  /** Of a node with GPUs: `al2023` or `bottlerocket`; the latter's image has the device plugin. */
  nodeImage: "rampa.dev/node-image",
} as const;

export const PORTS = {
  /** Port name and number on which gateway and model servers answer, `/metrics` and the probes included. */
  http: { name: "http", number: 8080 },
} as const;

/** The taint that keeps every pod without a GPU off the nodes that have them. */
export const GPU_TAINT = { key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" } as const;
