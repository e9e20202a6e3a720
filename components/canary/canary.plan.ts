// Settings of a static canary → the weighted backends of its route.
import { standardLabels } from "../kit/ownership.ts";
import type { CanarySettings } from "./canary.args.ts";

export type BackendPlan = {
  readonly version: string;
  /** Percentage of requests. */
  readonly weight: number;
  /** Undefined for a version with pods of its own. */
  readonly external: CanarySettings["external"][string] | undefined;
};

export type CanaryPlan = {
  readonly endpoint: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Sorted by version, so that the order in a settings file changes nothing. */
  readonly backends: readonly BackendPlan[];
  readonly stickyBy: CanarySettings["stickyBy"];
  /** Versions that may be without a pod, sorted. */
  readonly sleeping: readonly string[];
};

/** Decides the backends: every version that runs, those without traffic with weight 0. */
export function planCanary(settings: CanarySettings): CanaryPlan {
  const { endpoint, stickyBy } = settings;
  const backends = [...new Set(settings.versions)]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((version) => ({
      version,
      weight: settings.weights[version] ?? 0,
      external: settings.external[version],
    }));
  const labels = standardLabels(settings.ownership, { name: "route", instance: endpoint });
  const sleeping = backends.map(({ version }) => version).filter((it) => settings.sleeping.includes(it));
  return { endpoint, labels, backends, stickyBy, sleeping };
}
