// A Helm chart of another project as one release: exact version, atomic, with the values that its area decides.
import type { ReleaseArgs } from "@pulumi/kubernetes/helm/v3/index.js";
import type { Input } from "@pulumi/pulumi";
import { CHARTS, type Chart } from "../contract/charts.ts";

/** Time for a chart's pods to come up, nodes that are still starting included. */
const TIMEOUT_SECONDS = 600;

/**
 * Arguments of the release `name`. `values` must hold no secret: Helm writes them into the state of the release in
 * clear.
 */
export function chartReleaseArgs(
  name: keyof typeof CHARTS,
  values: Readonly<Record<string, unknown>>,
  namespace?: Input<string>,
): ReleaseArgs {
  const chart: Chart = CHARTS[name];
  return {
    name,
    chart: chart.chart,
    ...(chart.repository !== undefined && { repositoryOpts: { repo: chart.repository } }),
    version: chart.version,
    namespace: namespace ?? chart.namespace,
    createNamespace: namespace === undefined,
    atomic: true,
    cleanupOnFail: true,
    timeout: TIMEOUT_SECONDS,
    values: { ...values },
  };
}
