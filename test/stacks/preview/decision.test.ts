// The decision of a fixed change, whole: cost, GPUs, rollout, findings and approvals, as text and as Markdown.
import { describe, expect, it } from "vitest";
import { decide, type Finding, isBlocked } from "../../../stacks/preview/decision.ts";
import { decisionMarkdown, decisionText } from "../../../stacks/preview/decision-text.ts";
import { deployment, nodeGroup, resource, route } from "./platform-resources.ts";

const APPROVED = {
  "rampa.dev/approved-by": "ana",
  "rampa.dev/approved-on": "2026-11-20",
  "rampa.dev/model-card": "https://example.com/card",
};

const finding: Finding = {
  level: "advisory",
  rule: "image-by-digest",
  urn: "urn:pulumi:prod::rampa::kubernetes:apps/v1:Deployment::chat_x",
  message: "Images are named by digest.\nspec: [not] known\nFix: name it",
};

const nat = resource("aws:ec2/natGateway:NatGateway", "nat", {});

const change = {
  stack: "prod",
  day: "2026-11-21",
  before: [route({ "1.0.0": 100 }), deployment("1.0.0", { annotations: APPROVED }), nodeGroup(2), nat],
  after: [
    route({ "1.0.0": 95, "1.1.0": 5 }),
    deployment("1.0.0", { annotations: APPROVED }),
    deployment("1.1.0", { replicas: 3 }),
    nodeGroup(4),
    nat,
  ],
  findings: [finding],
};

describe("a decision", () => {
  it("says all that a person decides by", () => {
    expect(decisionText(decide(change))).toBe(
      `Cost an hour: 1.66 → 3.27 USD at rest, 1.66 → 3.27 at most
  l4: 4 × g6.xlarge, 1.61 → 3.22
  assumed: on-demand prices of us-east-1 in USD, without tax, reserved capacity and free tiers; spot counts as on demand
  assumed: not counted: data transfer, requests, stored gigabytes and disks of nodes
GPUs at the peak of the deployment
  l4 (L4): 5 of 4: more than the pool may have
Rollout
  chat: 1.0.0 100 % → 1.0.0 95 %, 1.1.0 5 %
  chat 1.1.0: added, 3 pods, 1 GPUs each
Approvals missing
  chat 1.1.0: approval and model card
Policies: 0 mandatory, 1 advisory
  advisory image-by-digest: chat_x: spec: [not] known`,
    );
  });

  it("names the prices that were compared with no list, each once, and none where all were", () => {
    const cache = (name: string) =>
      resource("aws:elasticache/replicationGroup:ReplicationGroup", name, {
        nodeType: "cache.t4g.small",
        numCacheClusters: 2,
      });
    const text = decisionText(decide({ ...change, after: [...change.after, cache("a"), cache("b")] }));
    expect(text).toContain(
      "  assumed: compared with no published list, so perhaps wrong: the prices of 2 × cache.t4g.small\n",
    );
    expect(decisionText(decide(change))).not.toContain("perhaps wrong");
  });

  it("says when the same machines are there at rest that came only when needed", () => {
    const scaler = (least: number) =>
      resource("kubernetes:keda.sh/v1alpha1:ScaledObject", "chat", {
        spec: { scaleTargetRef: { name: "chat-1-0-0" }, minReplicaCount: least, maxReplicaCount: 4 },
      });
    const pool = resource("kubernetes:karpenter.sh/v1:NodePool", "l4", {
      spec: {
        limits: { "nvidia.com/gpu": 4 },
        template: {
          metadata: { labels: { "rampa.dev/pool": "l4" } },
          spec: { requirements: [{ key: "node.kubernetes.io/instance-type", values: ["g6.xlarge"] }] },
        },
      },
    });
    const endpoint = [route({ "1.0.0": 100 }), deployment("1.0.0"), pool];
    const { cost } = decide({ ...change, before: [...endpoint, scaler(0)], after: [...endpoint, scaler(2)] });
    expect(cost.changes.map(({ name, now, after }) => [name, now?.idle, after?.idle])).toEqual([
      ["l4", 0, expect.closeTo(2 * 0.8048, 3)],
    ]);
  });

  it("says nothing of cost where nothing has a price", () => {
    const text = decisionText(decide({ ...change, before: [], after: [deployment("1.0.0")], findings: [] }));
    expect(text).not.toContain("Cost");
    expect(text).not.toContain("assumed");
  });

  it("is Markdown in which no name acts as markup, under a mark that the next run finds", () => {
    const lines = decisionMarkdown(decide(change)).split("\n");
    expect(lines.slice(0, 4)).toEqual([
      "<!-- rampa-preview:prod -->",
      "## Preview of `prod`",
      "",
      "### Cost an hour: 1.66 → 3.27 USD at rest, 1.66 → 3.27 at most",
    ]);
    expect(lines).toContain("- advisory image-by-digest: chat\\_x: spec: \\[not\\] known");
  });

  it.each([
    ["nothing", { after: change.before, before: change.before }, false],
    ["GPUs that the pool may not have", { after: [...change.before.slice(0, 2), nodeGroup(1)] }, true],
    ["an approval that is missing", { after: [deployment("1.0.0"), nodeGroup(2)] }, true],
    ["a mandatory finding", { after: change.before, findings: [{ ...finding, level: "mandatory" }] }, true],
  ])("is blocked by %s: %#", (_, changed, blocked) => {
    expect(isBlocked(decide({ ...change, ...changed }))).toBe(blocked);
  });
});
