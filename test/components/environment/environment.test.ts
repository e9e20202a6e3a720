// Environment: a namespace that refuses unrestricted pods, and identities that can do no more than they must.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import {
  type EnvironmentArgs,
  environmentSettings,
} from "../../../components/environment/environment.args.ts";
import * as manifests from "../../../components/environment/environment.manifests.ts";
import { planEnvironment } from "../../../components/environment/environment.plan.ts";
import { Environment } from "../../../components/environment/environment.ts";
import { ownedLabels, ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";

const plan = planEnvironment(environmentSettings.parse({ ownership, namespace: "search" }));

describe("planEnvironment", () => {
  it("gives every role a priority class of its own, the gateway's above the models'", () => {
    expect(plan.roles).toEqual({
      gateway: { name: "gateway", priorityClass: "search-gateway", priority: 100_000 },
      model: { name: "model", priorityClass: "search-model", priority: 90_000 },
    });
  });
});

describe("environment manifests", () => {
  it("enforces the restricted pod security standard of a pinned version", () => {
    expect(manifests.namespaceArgs(plan).metadata).toEqual({
      name: "search",
      labels: {
        ...ownedLabels("environment", "search"),
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "v1.34",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/audit-version": "v1.34",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "v1.34",
      },
    });
  });

  it("bounds what the namespace uses and allows no load balancer", () => {
    expect(manifests.resourceQuotaArgs(plan, "search").spec).toEqual({
      hard: {
        "requests.cpu": "16",
        "limits.cpu": "32",
        "requests.memory": "64Gi",
        "limits.memory": "64Gi",
        pods: "100",
        "services.loadbalancers": "0",
      },
    });
  });

  it("mounts no token of a ServiceAccount by itself", () => {
    expect(manifests.serviceAccountArgs(plan, plan.roles.model, "search").automountServiceAccountToken).toBe(
      false,
    );
  });

  it("lets the gateway read routes of its namespace and nothing else", () => {
    expect(manifests.routeReaderArgs(plan, "search").rules).toEqual([
      {
        apiGroups: ["gateway.networking.k8s.io"],
        resources: ["httproutes"],
        verbs: ["get", "list", "watch"],
      },
    ]);
    const refs = { namespace: "search", role: "gateway-routes", serviceAccount: "gateway" };
    expect(manifests.routeReaderBindingArgs(plan, refs)).toMatchObject({
      roleRef: { kind: "Role", name: "gateway-routes" },
      subjects: [{ kind: "ServiceAccount", name: "gateway", namespace: "search" }],
    });
  });
});

describe("Environment", () => {
  const record = (args: EnvironmentArgs) =>
    recordResources(() => new Environment("env", args, { providers: [new KubernetesProvider("k8s")] }), {
      stack: "dev",
      project: "rampa",
    });

  it("creates its children under itself, with its provider and the names of its contract", async () => {
    const [, component, ...children] = await record({ ownership });
    expect(component?.type).toBe("rampa:environment:Environment");
    expect(component?.props).toEqual({});
    expect(children.map((it) => it.name).sort()).toEqual([
      "env-gateway-account",
      "env-gateway-priority",
      "env-gateway-routes",
      "env-gateway-routes-binding",
      "env-limits",
      "env-model-account",
      "env-model-priority",
      "env-namespace",
      "env-quota",
    ]);
    expect(new Set(children.map((it) => it.parent))).toEqual(new Set([component?.urn]));
  });

  it("lets a caller change one child", async () => {
    const override = { namespace: { metadata: { labels: { team: "x" } } } };
    const resources = await record({ ownership, override });
    const namespace = resources.find((it) => it.name === "env-namespace");
    expect(namespace?.props.metadata).toMatchObject({
      name: "rampa",
      labels: { team: "x", "pod-security.kubernetes.io/enforce": "restricted" },
    });
  });

  it("reports every wrong setting at once and creates nothing", async () => {
    const wrong = { ownership: { ...ownership, owner: "" }, namespace: "Search", quota: { pods: 0 } };
    await expect(record(wrong)).rejects.toThrow('rampa:environment:Environment "env": 3 problems');
  });
});
