// LoadBalancerController: makes load balancers for Gateways, with rights over those of its own cluster only.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import { PodRole } from "../../../components/identity/identity.ts";
import type { ControllerArgs } from "../../../components/ingress/controller.args.ts";
import { LoadBalancerController } from "../../../components/ingress/controller.ts";
import { CONTROLLER_ACCOUNT } from "../../../components/ingress/controller.values.ts";
import { controllerPermissions } from "../../../components/ingress/controller-permissions.ts";
import { judgeRules } from "../../../policies/harness/judge-rules.ts";
import { packRules } from "../../../policies/pack-rules.ts";
import { recordResources } from "../../kit/record-resources.ts";

const statements = controllerPermissions({
  clusterName: "rampa-prod",
  vpcId: "vpc-1",
  clusterSecurityGroupId: "sg-1",
});
const OWN = "aws:ResourceTag/elbv2.k8s.aws/cluster";
const NEW = "aws:RequestTag/elbv2.k8s.aws/cluster";

describe("controllerPermissions", () => {
  it("reads everywhere and changes only what can be named", () => {
    const everywhere = statements.filter(({ resources }) => resources?.includes("*"));
    expect(everywhere.map(({ sid }) => sid)).toEqual(["ReadNetwork", "ReadLoadBalancers"]);
    const actions = everywhere.flatMap((statement) => statement.actions);
    expect(actions.filter((action) => !/:(Describe|Get)/.test(action))).toEqual([]);
  });

  it("ties every change of load balancers, and of groups it made, to this cluster's tag", () => {
    const tied = Object.fromEntries(statements.map(({ sid, conditions }) => [sid, conditions]));
    expect(tied).toMatchObject({
      TagNewSecurityGroup: {
        StringEquals: { "ec2:CreateAction": "CreateSecurityGroup", [NEW]: "rampa-prod" },
      },
      TagOwnSecurityGroups: { StringEquals: { [OWN]: "rampa-prod" }, Null: { [NEW]: "true" } },
      ChangeOwnSecurityGroups: { StringEquals: { [OWN]: "rampa-prod" } },
      Create: { StringEquals: { [NEW]: "rampa-prod" } },
      TagNew: {
        StringEquals: {
          [NEW]: "rampa-prod",
          "elasticloadbalancing:CreateAction": [
            "CreateLoadBalancer",
            "CreateTargetGroup",
            "CreateListener",
            "CreateRule",
          ],
        },
      },
      TagOwn: { StringEquals: { [OWN]: "rampa-prod" }, Null: { [NEW]: "true" } },
      ChangeOwn: { StringEquals: { [OWN]: "rampa-prod" } },
    });
    const free = statements.filter(({ conditions }) => conditions === undefined).map(({ sid }) => sid);
    expect(free).toEqual(["ReadNetwork", "ReadLoadBalancers", "OpenNodes", "CreateSecurityGroup"]);
  });

  it("is taken by a pod's role as it is, within the size of an inline policy and the rules of the pack", async () => {
    const resources = await recordResources(
      () => {
        const providers = [new AwsProvider("aws")];
        const refs = { clusterName: "rampa-prod" };
        new PodRole("role", { ...CONTROLLER_ACCOUNT, permissions: statements, refs }, { providers });
      },
      { stack: "prod", project: "rampa" },
    );
    const policy = resources.find(({ name }) => name === "role-policy")?.props.policy;
    expect(String(policy).length).toBeLessThan(10_240);
    expect(String(policy)).toContain("arn:aws:ec2:*:*:vpc/vpc-1");
    expect(judgeRules(packRules, resources)).toEqual([]);
  });

  it("opens the cluster's own security group and no other", async () => {
    const [group] = statements.find(({ sid }) => sid === "OpenNodes")?.resources ?? [];
    if (group === undefined || typeof group === "string" || !("apply" in group)) throw new Error("no output");
    expect(await new Promise((resolve) => group.apply(resolve))).toBe("arn:aws:ec2:*:*:security-group/sg-1");
  });

  it("has no wildcard in an action, no action twice in a statement, and none on firewalls and certificates", () => {
    const actions = statements.flatMap((statement) => statement.actions);
    expect(actions.filter((action) => !/^[a-z0-9]+:[A-Za-z]+$/.test(action))).toEqual([]);
    expect(actions.filter((action) => /^(waf|wafv2|shield|cognito|acm)/.test(action))).toEqual([]);
    for (const statement of statements) {
      expect(new Set(statement.actions).size).toBe(statement.actions.length);
    }
  });
});

describe("LoadBalancerController", () => {
  const refs = { clusterName: "rampa-prod", vpcId: "vpc-1", roleArn: "arn:aws:iam::1:role/lb" };
  const record = (more: Partial<ControllerArgs> = {}) =>
    recordResources(
      () =>
        new LoadBalancerController(
          "lb",
          { region: "eu-west-1", refs, ...more },
          { providers: [new KubernetesProvider("k8s")] },
        ),
      { stack: "prod", project: "rampa" },
    );

  it("defines the controller's kinds before the controller looks for them", async () => {
    const resources = await record();
    const definitions = resources.filter(({ type }) => type.endsWith(":CustomResourceDefinition"));
    expect(definitions.map(({ name }) => name).sort()).toEqual([
      "lb-listenerruleconfigurations",
      "lb-loadbalancerconfigurations",
      "lb-targetgroupconfigurations",
    ]);
    expect(definitions[0]?.props).toMatchObject({
      metadata: { name: "loadbalancerconfigurations.gateway.k8s.aws" },
      spec: {
        group: "gateway.k8s.aws",
        scope: "Namespaced",
        names: { kind: "LoadBalancerConfiguration", singular: "loadbalancerconfiguration" },
        versions: [{ name: "v1beta1", served: true, storage: true, subresources: { status: {} } }],
      },
    });
    const release = resources.find(({ name }) => name === "lb-release");
    expect(release?.dependencies).toEqual(expect.arrayContaining(definitions.map(({ urn }) => urn)));
  });

  it("installs one exact version that balances for Gateways and touches nothing else", async () => {
    const release = (await record()).find(({ name }) => name === "lb-release");
    expect(release?.props).toMatchObject({
      name: "aws-load-balancer-controller",
      version: "3.4.3",
      namespace: CONTROLLER_ACCOUNT.namespace,
      values: {
        clusterName: "rampa-prod",
        vpcId: "vpc-1",
        region: "eu-west-1",
        replicaCount: 2,
        podDisruptionBudget: { maxUnavailable: 1 },
        serviceAccount: { create: true, name: CONTROLLER_ACCOUNT.serviceAccount },
        podAnnotations: { "rampa.dev/role-arn": "arn:aws:iam::1:role/lb" },
        controllerConfig: { featureGates: { ALBGatewayAPI: true, NLBGatewayAPI: false } },
        enableServiceMutatorWebhook: false,
        enableWafv2: false,
      },
    });
  });

  it("has no disruption budget for a single copy, takes overrides, and breaks no rule", async () => {
    const resources = await record({ replicas: 1, override: { release: { timeout: 60 } } });
    const release = resources.find(({ name }) => name === "lb-release");
    expect(release?.props.values).not.toHaveProperty("podDisruptionBudget");
    expect(release?.props.timeout).toBe(60);
    expect(judgeRules(packRules, resources)).toEqual([]);
  });

  it("reports every wrong setting at once", async () => {
    await expect(record({ region: "here", replicas: 0 })).rejects.toThrow(
      'rampa:ingress:LoadBalancerController "lb": 2 problems',
    );
  });
});
