// The owner that component tests use, and the labels it leads to.
export const ownership = { environment: "dev", owner: "search-team", costCenter: "search" };

/** Labels of every object of `name`/`instance` under that owner. */
export function ownedLabels(name: string, instance: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/instance": instance,
    "app.kubernetes.io/component": name,
    "app.kubernetes.io/part-of": "rampa",
    "app.kubernetes.io/managed-by": "pulumi",
    "rampa.dev/environment": "dev",
    "rampa.dev/owner": "search-team",
    "rampa.dev/cost-center": "search",
  };
}
