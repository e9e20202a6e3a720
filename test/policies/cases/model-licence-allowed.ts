// Cases of model-licence-allowed.
import { deploymentProps, modelVersionProps } from "../fixtures/manifests.ts";
import { DEPLOYMENT, LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const LICENCE = "rampa.dev/model-licence";
const model = (licence: unknown) => [resource(DEPLOYMENT, modelVersionProps({ [LICENCE]: licence }))];
const inEnvironment = (environment: string) => ({ "model-licence-allowed": { environment } });
const path = `spec.template.metadata.annotations["${LICENCE}"]`;
const refused = ["mandatory", `${path}: not a licence that this environment allows`] as const;
const licensed = deploymentProps();

export const cases: RuleCases = {
  rule: "model-licence-allowed",
  pass: [
    ...["Apache-2.0", "mit", "BSD-2-Clause", "BSD-3-Clause", "ISC", "CC0-1.0", "CC-BY-4.0"].map(
      (licence) => ({
        title: licence,
        resources: model(licence),
      }),
    ),
    ...[
      "gemma",
      "llama3",
      "llama3.1",
      "llama3.2",
      "llama3.3",
      "llama4",
      "openrail",
      "bigscience-openrail-m",
    ].map((licence) => ({
      title: `${licence} for trials`,
      resources: model(licence),
      config: inEnvironment("dev"),
    })),
    {
      title: "terms that the configuration accepts",
      resources: model("Gemma"),
      config: { "model-licence-allowed": { licences: ["MIT", "gemma"] } },
    },
    {
      title: "a pod that serves no model",
      resources: [
        resource(DEPLOYMENT, {
          ...licensed,
          spec: {
            ...licensed.spec,
            template: { ...licensed.spec.template, metadata: { annotations: { [LICENCE]: "none" } } },
          },
        }),
      ],
    },
  ],
  fail: [
    { title: "terms that nobody accepted", resources: model("cc-by-nc-4.0"), expected: [refused] },
    { title: "a publisher's terms in production", resources: model("gemma"), expected: [refused] },
    {
      title: "a publisher's terms in staging",
      resources: model("gemma"),
      config: inEnvironment("staging"),
      expected: [refused],
    },
    {
      title: "a free licence that the configuration leaves out",
      resources: model("MIT"),
      config: { "model-licence-allowed": { licences: ["apache-2.0"] } },
      expected: [refused],
    },
  ],
  unknown: [
    { title: "the licence", resources: model(UNKNOWN_TEXT), expected: [["advisory", `${path}: ${LATER}`]] },
  ],
};
