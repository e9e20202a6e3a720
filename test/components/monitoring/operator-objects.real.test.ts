// The objects as the Prometheus operator defines them: every field is one that it knows.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { beforeAll, describe, expect, it } from "vitest";
import { Monitoring } from "../../../components/monitoring/monitoring.ts";
import { ownership } from "../../kit/component-owner.ts";
import { type RecordedResource, recordResources } from "../../kit/record-resources.ts";
import { fetchDefinitions, findProblems, type OperatorKind } from "./operator-definitions.ts";

const KINDS: readonly OperatorKind[] = [
  "ServiceMonitor",
  "PodMonitor",
  "PrometheusRule",
  "AlertmanagerConfig",
];
const secret = { name: "alerts", key: "credential" };
const email = {
  to: "a@example.com",
  from: "b@example.com",
  smarthost: "smtp.example.com:587",
  username: "b",
};

let folder = "";
let resources: readonly RecordedResource[] = [];

beforeAll(async () => {
  folder = await fetchDefinitions();
  resources = await recordResources(
    () =>
      new Monitoring(
        "watch",
        {
          ownership,
          runbookUrl: "https://runbooks.example/rampa",
          gpus: true,
          receivers: {
            P0: [{ kind: "pagerduty", secret }],
            P1: [{ kind: "slack", channel: "#alerts", secret }],
            P2: [{ kind: "webhook", secret }],
            P3: [{ kind: "email", ...email, secret }],
          },
          refs: { namespace: "rampa" },
        },
        { providers: [new KubernetesProvider("k8s")] },
      ),
    { stack: "dev", project: "rampa" },
  );
});

describe.each(KINDS)("each %s", (kind) => {
  it("is one that the operator's definition allows", async () => {
    const objects = resources.filter(({ type }) => type.endsWith(`:${kind}`));
    expect(objects.length).toBeGreaterThan(0);
    for (const { props } of objects) expect(await findProblems(folder, kind, props)).toEqual([]);
  });

  it("is refused with a field that the operator does not know", async () => {
    const [object] = resources.filter(({ type }) => type.endsWith(`:${kind}`));
    const spec = { ...Object(object?.props.spec), typo: true };
    expect(await findProblems(folder, kind, { ...object?.props, spec })).toEqual([
      ': Unrecognized key: "typo"',
    ]);
  });
});
