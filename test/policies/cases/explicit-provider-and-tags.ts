// Cases of explicit-provider-and-tags.
import { metadata } from "../fixtures/manifests.ts";
import { CONFIG_MAP, LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const labelled = { metadata: metadata("config") };
const withLabels = (labels: unknown) => [resource(CONFIG_MAP, { metadata: { name: "config", labels } })];
const missing = (label: string) =>
  ["mandatory", `metadata.labels["rampa.dev/${label}"]: the label is missing`] as const;

export const cases: RuleCases = {
  rule: "explicit-provider-and-tags",
  pass: [
    { title: "a provider and all labels", resources: [resource(CONFIG_MAP, labelled)] },
    {
      title: "a component",
      resources: [resource("rampa:serving:Version", {}, { custom: false, provider: "" })],
    },
    {
      title: "a resource that has no labels",
      resources: [resource("random:index/randomPassword:RandomPassword", { length: 40 })],
    },
    {
      title: "a definition of types",
      resources: [
        resource("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", { metadata: { name: "x" } }),
      ],
    },
  ],
  fail: [
    {
      title: "the default provider",
      resources: [resource(CONFIG_MAP, labelled, { provider: "" })],
      expected: [["mandatory", "made by the default provider"]],
    },
    {
      title: "a default provider with a version",
      resources: [
        resource(CONFIG_MAP, labelled, {
          provider: "urn:pulumi:prod::rampa::pulumi:providers:kubernetes::default_4_34_2::id",
        }),
      ],
      expected: [["mandatory", "made by the default provider"]],
    },
    {
      title: "no labels",
      resources: withLabels(undefined),
      expected: [missing("owner"), missing("environment"), missing("cost-center")],
    },
    {
      title: "an empty owner",
      resources: withLabels({ ...labelled.metadata.labels, "rampa.dev/owner": "" }),
      expected: [missing("owner")],
    },
  ],
  unknown: [
    {
      title: "the labels",
      resources: withLabels(UNKNOWN_TEXT),
      expected: [["advisory", `metadata.labels: ${LATER}`]],
    },
    {
      title: "one label",
      resources: withLabels({ ...labelled.metadata.labels, "rampa.dev/owner": UNKNOWN_TEXT }),
      expected: [["advisory", `metadata.labels["rampa.dev/owner"]: ${LATER}`]],
    },
  ],
};
