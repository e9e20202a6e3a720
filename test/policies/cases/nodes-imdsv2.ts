// Cases of nodes-imdsv2.
import { launchTemplateProps, NODE_CLASS } from "../fixtures/aws.ts";
import { metadata } from "../fixtures/manifests.ts";
import { LATER, LAUNCH_TEMPLATE, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const template = (metadataOptions: unknown) => [
  resource(LAUNCH_TEMPLATE, { ...launchTemplateProps, metadataOptions }),
];
const nodeClass = (metadataOptions: unknown) => [
  resource(NODE_CLASS, { metadata: metadata("gpu"), spec: { metadataOptions } }),
];
const tokens = "metadataOptions.httpTokens: metadata is answered without a session token";
const hops = "metadataOptions.httpPutResponseHopLimit: not 1, so pods may reach the metadata service";

export const cases: RuleCases = {
  rule: "nodes-imdsv2",
  pass: [
    { title: "a token and one hop", resources: [resource(LAUNCH_TEMPLATE, launchTemplateProps)] },
    { title: "no metadata service", resources: template({ httpEndpoint: "disabled" }) },
    { title: "Karpenter's defaults", resources: nodeClass(undefined) },
    {
      title: "a node class that says the same",
      resources: nodeClass({ httpTokens: "required", httpPutResponseHopLimit: 1 }),
    },
  ],
  fail: [
    {
      title: "optional tokens",
      resources: template({ httpTokens: "optional", httpPutResponseHopLimit: 1 }),
      expected: [["mandatory", tokens]],
    },
    {
      title: "a second hop",
      resources: template({ httpTokens: "required", httpPutResponseHopLimit: 2 }),
      expected: [["mandatory", hops]],
    },
    {
      title: "no options",
      resources: template(undefined),
      expected: [
        ["mandatory", tokens],
        ["mandatory", hops],
      ],
    },
    {
      title: "an instance without options",
      resources: [resource("aws:ec2/instance:Instance", { instanceType: "m7i.large" })],
      expected: [
        ["mandatory", tokens],
        ["mandatory", hops],
      ],
    },
    {
      title: "a node class that turns both off",
      resources: nodeClass({ httpTokens: "optional", httpPutResponseHopLimit: 2 }),
      expected: [
        ["mandatory", `spec.${tokens}`],
        ["mandatory", `spec.${hops}`],
      ],
    },
  ],
  unknown: [
    {
      title: "whether a token is needed",
      resources: template({ httpTokens: UNKNOWN_TEXT, httpPutResponseHopLimit: 1 }),
      expected: [["advisory", `metadataOptions.httpTokens: ${LATER}`]],
    },
    {
      title: "a node class's options",
      resources: nodeClass(UNKNOWN_TEXT),
      expected: [
        ["advisory", `spec.metadataOptions.httpTokens: ${LATER}`],
        ["advisory", `spec.metadataOptions.httpPutResponseHopLimit: ${LATER}`],
      ],
    },
  ],
};
