// What is scraped, and as what: in words that the operator's monitors and a plain Prometheus share.
import { LABELS, PORTS } from "../contract/labels.ts";

export type Target = {
  /** Of the pods: `app.kubernetes.io/component`. */
  readonly component: string;
  /** Labels of the series, by the labels of the pods that they come from. */
  readonly podLabels: Readonly<Record<string, string>>;
};

export const GATEWAY_TARGET: Target = { component: "gateway", podLabels: {} };

/** By their pods: versions come and go, and so do their Services. */
export const MODEL_TARGET: Target = {
  component: "model",
  podLabels: { [LABELS.endpoint]: "endpoint", [LABELS.version]: "version" },
};

/** How each pod is asked. */
export const SCRAPE = { port: PORTS.http.name, path: "/metrics", honorLabels: true } as const;

const LONGEST_SCRAPE_SECONDS = 10;

export function scrapeTimeoutSeconds(scrapeSeconds: number): number {
  return Math.min(scrapeSeconds, LONGEST_SCRAPE_SECONDS);
}
