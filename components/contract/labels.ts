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
  owner: "rampa.dev/owner",
  costCenter: "rampa.dev/cost-center",
  endpoint: "rampa.dev/endpoint",
  variant: "rampa.dev/variant",
} as const;

export const PORTS = {
  /** Port name and number on which gateway and model servers answer, `/metrics` and the probes included. */
  http: { name: "http", number: 8080 },
} as const;
