// Cases of model-card-and-approval.
import { deploymentProps, modelVersionProps } from "../fixtures/manifests.ts";
import { DEPLOYMENT, LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const model = (annotations: Readonly<Record<string, unknown>>, type = DEPLOYMENT) => [
  resource(type, modelVersionProps(annotations)),
];
const at = (name: string) => `spec.template.metadata.annotations["rampa.dev/${name}"]`;
const missing = {
  card: `${at("model-card")}: no address of a model card (https, oci or s3)`,
  licence: `${at("model-licence")}: no licence`,
  approvedBy: `${at("approved-by")}: nobody approved this version`,
  approvedOn: `${at("approved-on")}: no day of approval up to today, as YYYY-MM-DD`,
};
const day = (inDays: number) => new Date(Date.now() + inDays * 86_400_000).toISOString().slice(0, 10);
const unsaid = Object.fromEntries(
  ["model-card", "model-licence", "approved-by", "approved-on"].map((name) => [
    `rampa.dev/${name}`,
    undefined,
  ]),
);

export const cases: RuleCases = {
  rule: "model-card-and-approval",
  pass: [
    { title: "a version that says all of it", resources: model({}) },
    {
      title: "a card in a registry",
      resources: model({ "rampa.dev/model-card": "oci://registry.example.com/cards/chat" }),
    },
    { title: "a card in a bucket", resources: model({ "rampa.dev/model-card": "s3://cards/chat.json" }) },
    { title: "an approval of today", resources: model({ "rampa.dev/approved-on": day(0) }) },
    { title: "a pod that serves no model", resources: [resource(DEPLOYMENT, deploymentProps())] },
    {
      title: "a trial that says none of it",
      resources: model(unsaid),
      config: { "model-card-and-approval": { environment: "dev" } },
    },
  ],
  fail: [
    {
      title: "a version that says none of it",
      resources: model(unsaid),
      expected: Object.values(missing).map((message) => ["mandatory", message] as const),
    },
    {
      title: "a card without an address",
      resources: model({ "rampa.dev/model-card": "see https://wiki" }),
      expected: [["mandatory", missing.card]],
    },
    {
      title: "a card over plain http",
      resources: model({ "rampa.dev/model-card": "http://models.example.com" }),
      expected: [["mandatory", missing.card]],
    },
    {
      title: "a card with words after it",
      resources: model({ "rampa.dev/model-card": "https://x.example.com and more" }),
      expected: [["mandatory", missing.card]],
    },
    {
      title: "a blank licence",
      resources: model({ "rampa.dev/model-licence": " " }),
      also: ["model-licence-allowed"],
      expected: [["mandatory", missing.licence]],
    },
    {
      title: "nobody's approval",
      resources: model({ "rampa.dev/approved-by": "" }),
      expected: [["mandatory", missing.approvedBy]],
    },
    {
      title: "an approval of tomorrow",
      resources: model({ "rampa.dev/approved-on": day(1) }),
      expected: [["mandatory", missing.approvedOn]],
    },
    {
      title: "an approval some day",
      resources: model({ "rampa.dev/approved-on": "on 2026-01-01" }),
      expected: [["mandatory", missing.approvedOn]],
    },
    {
      title: "a StatefulSet",
      resources: model({ "rampa.dev/approved-by": undefined }, "kubernetes:apps/v1:StatefulSet"),
      expected: [["mandatory", missing.approvedBy]],
    },
  ],
  unknown: [
    {
      title: "who approved",
      resources: model({ "rampa.dev/approved-by": UNKNOWN_TEXT }),
      expected: [["advisory", `${at("approved-by")}: ${LATER}`]],
    },
  ],
};
