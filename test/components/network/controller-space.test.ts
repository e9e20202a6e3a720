// ControllerSpace: a controller's namespace, closed but for the paths that are named.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import {
  type ControllerSpaceArgs,
  controllerSpaceSettings,
} from "../../../components/network/controller-space.args.ts";
import { planControllerSpace } from "../../../components/network/controller-space.plan.ts";
import { ControllerSpace } from "../../../components/network/controller-space.ts";
import { networkPolicyArgs } from "../../../components/network/network.manifests.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const base = { ownership, namespace: "keda", apiServers: ["10.0.0.0/16", "172.20.0.0/16"] };
const RANGES = [{ ipBlock: { cidr: "10.0.0.0/16" } }, { ipBlock: { cidr: "172.20.0.0/16" } }];

const tcp = (port: number) => ({ protocol: "TCP", port });
const space = (name: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});
const DNS = { ports: [{ protocol: "UDP", port: 53 }, tcp(53)], to: [space("kube-system")] };
const API_SERVER = { ports: [tcp(443), tcp(6443)], to: RANGES };

function policyOf(settings: object) {
  const plan = planControllerSpace(controllerSpaceSettings.parse({ ...base, ...settings }));
  return networkPolicyArgs(plan, plan.policy, { namespace: plan.namespace });
}

describe("planControllerSpace", () => {
  it("lets every pod resolve names and call the API server, and nobody in", () => {
    expect(policyOf({}).spec).toEqual({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
      egress: [DNS, API_SERVER],
    });
  });

  it.each([
    [{ webhooks: [6443, 9443] }, [{ ports: [tcp(6443), tcp(9443)], from: RANGES }], []],
    [
      { within: [9666] },
      [{ ports: [tcp(9666)], from: [space("keda")] }],
      [{ ports: [tcp(9666)], to: [space("keda")] }],
    ],
    [{ scrapes: { monitoring: [8080] } }, [{ ports: [tcp(8080)], from: [space("monitoring")] }], []],
    [{ calls: { monitoring: [9090] } }, [], [{ ports: [tcp(9090)], to: [space("monitoring")] }]],
    [{ podIdentity: true }, [], [{ ports: [tcp(80)], to: [{ ipBlock: { cidr: "169.254.170.23/32" } }] }]],
  ])("opens for %j exactly the paths of it", (settings, ingress, egress) => {
    expect(policyOf(settings).spec).toMatchObject({ ingress, egress: [DNS, API_SERVER, ...egress] });
  });

  it("lets pods out to public addresses only with a reason, which the policy says", () => {
    const internetReason = "Secrets Manager is called at its public addresses.";
    const { metadata, spec } = policyOf({ internetReason });
    expect(metadata).toMatchObject({ annotations: { "rampa.dev/egress-reason": internetReason } });
    const except = [
      "10.0.0.0/8",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "100.64.0.0/10",
      "169.254.0.0/16",
      "127.0.0.0/8",
    ];
    expect(spec).toMatchObject({
      egress: [DNS, API_SERVER, { ports: [tcp(443)], to: [{ ipBlock: { cidr: "0.0.0.0/0", except } }] }],
    });
    expect(policyOf({}).metadata).not.toHaveProperty("annotations");
  });
});

const record = (args: Partial<ControllerSpaceArgs> = {}) =>
  recordResources(
    () => ({
      namespace: new ControllerSpace(
        "keda-space",
        { ...base, ...args },
        { providers: [new KubernetesProvider("k8s")] },
      ).namespace,
    }),
    { stack: "dev", project: "rampa" },
  );

describe("ControllerSpace", () => {
  it("is a namespace of restricted pods and one policy, both under itself", async () => {
    const [, component, ...children] = await record();
    expect(component).toMatchObject({ type: "rampa:network:ControllerSpace", props: {} });
    expect(children.map(({ name }) => name)).toEqual(["keda-space-namespace", "keda-space-traffic"]);
    expect(new Set(children.map((it) => it.parent))).toEqual(new Set([component?.urn]));
    const [namespace, traffic] = children;
    expect(namespace?.props.metadata).toEqual({
      name: "keda",
      labels: {
        ...ownedLabels("controller-space", "keda"),
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "v1.34",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/audit-version": "v1.34",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "v1.34",
      },
    });
    expect(traffic?.props.metadata).toEqual({
      name: "controller-traffic",
      namespace: "keda",
      labels: ownedLabels("controller-space", "keda"),
    });
  });

  it("takes less strict pods where it is told so", async () => {
    const resources = await record({ podSecurity: "baseline" });
    const namespace = resources.find(({ name }) => name === "keda-space-namespace");
    expect(namespace?.props.metadata).toMatchObject({
      labels: { "pod-security.kubernetes.io/enforce": "baseline" },
    });
  });

  it("lets a caller change each child", async () => {
    const resources = await record({
      override: {
        namespace: { metadata: { labels: { team: "platform" } } },
        traffic: { spec: { policyTypes: ["Ingress"] } },
      },
    });
    const propsOf = (name: string) => resources.find((it) => it.name === name)?.props;
    expect(propsOf("keda-space-namespace")?.metadata).toMatchObject({ labels: { team: "platform" } });
    expect(propsOf("keda-space-traffic")?.spec).toMatchObject({ policyTypes: ["Ingress"] });
  });

  it.each<[Partial<ControllerSpaceArgs>, string]>([
    [{ namespace: "Keda" }, "namespace: "],
    [{ apiServers: [] }, "apiServers: got [], want at least one range"],
    [{ apiServers: ["10.0.0.0"] }, "want an IPv4 range, e.g. 10.0.0.0/16"],
    [{ webhooks: [0] }, "webhooks.0: got 0, want a port from 1 to 65535"],
    [{ calls: { monitoring: [] } }, "calls.monitoring: got [], want at least one port"],
    [{ internetReason: "because" }, 'internetReason: got "because", want a reason of at least 10 characters'],
  ])("refuses %j", async (wrong, expected) => {
    await expect(record(wrong)).rejects.toThrow(expected);
  });
});
