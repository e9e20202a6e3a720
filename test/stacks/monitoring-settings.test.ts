// Which Prometheus fits which cluster: every contradiction is refused with what to write instead.
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../serving/contract/config-error.ts";
import { wantedTools } from "../../stacks/local-tools.ts";
import { parseStackSettings } from "../../stacks/settings.ts";

const version = {
  engine: "llama",
  artefact: { source: "hf:org/repo@main/model.gguf", sha256: "ab".repeat(32) },
};
const digest = `sha256:${"a".repeat(64)}`;
const images = {
  prometheus: `registry.example.com/prometheus@${digest}`,
  alertmanager: `registry.example.com/alertmanager@${digest}`,
};
const runbookUrl = "https://runbooks.example/rampa";
const here = {
  "rampa:environment": "local",
  "rampa:owner": "search-team",
  "rampa:costCenter": "search",
  "rampa:endpoints": { chat: { versions: { "1.0.0": version }, weights: { "1.0.0": 100 } } },
};
const standing = {
  ...here,
  "rampa:environment": "dev",
  "rampa:cluster": { use: "context", context: "team" },
  "rampa:image": { repository: "registry.example.com/rampa", allowedRegistries: ["registry.example.com"] },
};

const watchedBy = (stack?: object, more: object = {}) => ({
  "rampa:monitoring": { runbookUrl, ...(stack && { stack }), ...more },
});

/** `path: want …` of every problem. */
function problemsOf(config: Readonly<Record<string, unknown>>): string[] {
  try {
    parseStackSettings(config, "team");
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((it) => `${it.path}: want ${it.want}`);
    throw error;
  }
  return [];
}

describe("monitoring", () => {
  it.each<readonly [string, Readonly<Record<string, unknown>>]>([
    [
      "of a machine's own cluster by a Prometheus of its own",
      { ...here, ...watchedBy({ kind: "standalone" }) },
    ],
    ["of a standing cluster by the operator that is there", { ...standing, ...watchedBy() }],
    [
      "of a standing cluster without the operator, with images that it can pull",
      { ...standing, ...watchedBy({ kind: "standalone", images }) },
    ],
    [
      "with the namespace of its Prometheus let in by name",
      {
        ...here,
        ...watchedBy({ kind: "standalone" }),
        "rampa:network": { monitoringNamespace: "monitoring" },
      },
    ],
    [
      "with webhooks, by an Alertmanager that can read their addresses",
      {
        ...standing,
        ...watchedBy(
          { kind: "standalone", images },
          { receivers: { P0: [{ kind: "webhook", secret: { name: "a", key: "b" } }] } },
        ),
      },
    ],
  ])("is possible %s", (_name, config) => {
    expect(problemsOf(config)).toEqual([]);
  });

  const webhook = { kind: "webhook", secret: { name: "a", key: "b" } };

  it.each<readonly [string, Readonly<Record<string, unknown>>, readonly string[]]>([
    [
      "an operator that a machine's own cluster does not have",
      { ...here, ...watchedBy() },
      [
        "rampa:monitoring.stack: want `kind: standalone`, as a cluster on this machine has no Prometheus operator",
      ],
    ],
    [
      "an operator for a machine's own cluster",
      { ...here, ...watchedBy({ kind: "operator" }) },
      [
        "rampa:monitoring.stack.kind: want `kind: standalone`, as a cluster on this machine has no Prometheus operator",
      ],
    ],
    [
      "an operator for a cluster that stands",
      { ...standing, ...watchedBy({ kind: "operator" }) },
      [
        "rampa:monitoring.stack.kind: want `standalone`, or no `stack` where the cluster has the Prometheus operator: it is installed into clusters of the stack's own only",
      ],
    ],
    [
      "images that a standing cluster has no way to",
      { ...standing, ...watchedBy({ kind: "standalone" }) },
      ["rampa:monitoring.stack.images: want images that the cluster's nodes can pull, by digest"],
    ],
    [
      "an image by tag",
      {
        ...standing,
        ...watchedBy({ kind: "standalone", images: { ...images, prometheus: "prom/prometheus:v3.9.0" } }),
      },
      [
        "rampa:monitoring.stack.images.prometheus: want an image by registry and digest, REGISTRY/NAME@sha256:…",
      ],
    ],
    [
      "the namespace that is watched, an unreadable webhook and another scraper, all at once",
      {
        ...here,
        ...watchedBy({ kind: "standalone", namespace: "rampa" }, { receivers: { P1: [webhook] } }),
        "rampa:network": { monitoringNamespace: "monitoring" },
      },
      [
        "rampa:monitoring.stack.namespace: want another namespace than the environment's, as it is closed",
        "rampa:monitoring.receivers.P1.0.kind: want slack, pagerduty or email: Alertmanager 0.25, which is built here, takes no webhook address from a Secret; or one of 0.26 and later in `stack.images`",
        'rampa:network.monitoringNamespace: want "rampa", the namespace of the stack\'s Prometheus, or nothing',
      ],
    ],
    [
      "prod on one Prometheus",
      {
        ...standing,
        "rampa:environment": "prod",
        "rampa:image": { ...standing["rampa:image"], digest },
        "rampa:endpoints": {
          chat: {
            versions: {
              "1.0.0": {
                ...version,
                card: {
                  url: "https://example.com/model",
                  licence: "Apache-2.0",
                  approval: { by: "board", on: "2026-11-16" },
                },
              },
            },
            weights: { "1.0.0": 100 },
          },
        },
        ...watchedBy({ kind: "standalone", images }),
      },
      [
        "rampa:monitoring.stack.kind: want `operator` in prod: one Prometheus loses with its pod what it measured",
      ],
    ],
  ])("refuses %s", (_name, config, problems) => {
    expect(problemsOf(config)).toEqual(problems);
  });

  it("has the images built that no setting names", () => {
    const toolsOf = (config: Readonly<Record<string, unknown>>) =>
      wantedTools(parseStackSettings(config, "team"));
    expect(toolsOf({ ...here, ...watchedBy({ kind: "standalone" }) })).toEqual([
      "prometheus",
      "alertmanager",
    ]);
    expect(toolsOf({ ...standing, ...watchedBy({ kind: "standalone", images }) })).toEqual([]);
    expect(toolsOf(here)).toEqual([]);
  });
});
