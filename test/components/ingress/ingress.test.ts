// Ingress: internal unless asked otherwise by name, HTTPS with a certificate of its own, streams left alone.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { Service } from "@pulumi/kubernetes/core/v1/index.js";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { describe, expect, it } from "vitest";
import { type IngressArgs, ingressSettings } from "../../../components/ingress/ingress.args.ts";
import { planIngress } from "../../../components/ingress/ingress.plan.ts";
import { Ingress } from "../../../components/ingress/ingress.ts";
import { standardLabels } from "../../../components/kit/ownership.ts";
import { judgeRules } from "../../../policies/harness/judge-rules.ts";
import { packRules } from "../../../policies/pack-rules.ts";
import { ownership } from "../../kit/component-owner.ts";
import { recordResources } from "../../kit/record-resources.ts";
import { loadBalancerConfiguration, targetGroupConfiguration } from "./controller-fields.ts";

const settings = {
  ownership,
  region: "eu-west-1",
  hostname: "models.example.com",
  hostedZoneId: "Z0123456789ABC",
} as const;

const args: IngressArgs = {
  ...settings,
  refs: {
    serviceNamespace: "rampa",
    serviceName: "gateway",
    privateSubnetIds: ["subnet-a", "subnet-b"],
    publicSubnetIds: ["subnet-x", "subnet-y"],
  },
};

const ALB = "internal-k8s-rampa-1234567890.eu-west-1.elb.amazonaws.com";
const CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/1";
const COMPUTED = {
  "kubernetes:gateway.networking.k8s.io/v1:Gateway": { status: { addresses: [{ value: ALB }] } },
  "aws:acm/certificate:Certificate": {
    arn: CERTIFICATE,
    domainValidationOptions: [
      {
        domainName: "models.example.com",
        resourceRecordName: "_x.models.example.com.",
        resourceRecordType: "CNAME",
        resourceRecordValue: "_y.acm-validations.aws.",
      },
    ],
  },
  "aws:route53/record:Record": { fqdn: "_x.models.example.com" },
};

async function record(more: Partial<IngressArgs> = {}, preview = false) {
  const held: { ingress?: Ingress } = {};
  const resources = await recordResources(
    () => {
      const kubernetes = new KubernetesProvider("k8s");
      const labels = standardLabels(ownership, { name: "gateway", instance: "gateway" });
      new Service(
        "gateway",
        { metadata: { name: "gateway", namespace: "rampa", labels } },
        { provider: kubernetes },
      );
      const providers = [kubernetes, new AwsProvider("aws")];
      held.ingress = new Ingress("ingress", { ...args, ...more }, { providers });
    },
    { stack: "prod", project: "rampa", computed: COMPUTED, preview },
  );
  return {
    resources,
    ingress: held.ingress,
    find: (name: string) => resources.find((it) => it.name === name),
  };
}

describe("planIngress", () => {
  const plan = (more: object = {}) => planIngress(ingressSettings.parse({ ...settings, ...more }));

  it("is reached from private addresses only", () => {
    expect(plan()).toMatchObject({
      scheme: "internal",
      subnets: "private",
      clients: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"],
    });
  });

  it("is reached from the internet where that is asked for, by the listed addresses", () => {
    const clients = ["203.0.113.0/24"];
    expect(plan({ exposure: { kind: "internet", clients } })).toMatchObject({
      scheme: "internet-facing",
      subnets: "public",
      clients,
    });
  });

  it("lets a connection be silent for ten minutes, and sends requests where fewest are open", () => {
    expect(plan().loadBalancerAttributes).toEqual([
      { key: "deletion_protection.enabled", value: "true" },
      { key: "idle_timeout.timeout_seconds", value: "600" },
      { key: "routing.http.drop_invalid_header_fields.enabled", value: "true" },
    ]);
    expect(plan().targetAttributes).toEqual([
      { key: "deregistration_delay.timeout_seconds", value: "300" },
      { key: "load_balancing.algorithm.type", value: "least_outstanding_requests" },
    ]);
  });

  it("writes access logs where a bucket is given", () => {
    expect(plan({ accessLogs: { bucket: "logs" } }).loadBalancerAttributes).toEqual(
      expect.arrayContaining([
        { key: "access_logs.s3.enabled", value: "true" },
        { key: "access_logs.s3.bucket", value: "logs" },
        { key: "access_logs.s3.prefix", value: "rampa" },
      ]),
    );
  });

  it.each([
    [{}, "Z0123456789ABC", "Z32O12XQLNTSW2"],
    [{ privateZoneId: "ZPRIVATE", region: "us-east-1" }, "ZPRIVATE", "Z35SXDOTRQ7X7K"],
  ])("with %j has its record in %s, following %s", (more, recordZoneId, aliasZoneId) => {
    expect(plan(more)).toMatchObject({ recordZoneId, aliasZoneId, validationZoneId: "Z0123456789ABC" });
  });
});

describe("Ingress", () => {
  it("proves its name, and listens only with the certificate that was issued for it", async () => {
    const { find } = await record();
    expect(find("ingress-certificate")?.props).toEqual({
      domainName: "models.example.com",
      validationMethod: "DNS",
      keyAlgorithm: "EC_prime256v1",
    });
    expect(find("ingress-validation-record")?.props).toMatchObject({
      zoneId: "Z0123456789ABC",
      name: "_x.models.example.com.",
      type: "CNAME",
      records: ["_y.acm-validations.aws."],
    });
    expect(find("ingress-validation")?.props).toEqual({
      certificateArn: CERTIFICATE,
      validationRecordFqdns: ["_x.models.example.com"],
    });
    const balancer = find("ingress-load-balancer");
    expect(balancer?.props.spec).toMatchObject({
      scheme: "internal",
      loadBalancerSubnets: [{ identifier: "subnet-a" }, { identifier: "subnet-b" }],
      listenerConfigurations: [
        {
          protocolPort: "HTTPS:443",
          defaultCertificate: CERTIFICATE,
          sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        },
      ],
    });
    expect(balancer?.dependencies).toContain(find("ingress-validation")?.urn);
  });

  it("waits for its load balancer, and gives its name to callers", async () => {
    const { find, ingress } = await record();
    const gateway = find("ingress-gateway");
    expect(gateway?.props).toMatchObject({
      metadata: {
        namespace: "rampa-ingress",
        annotations: { "pulumi.com/waitFor": "condition=Programmed" },
      },
      spec: {
        gatewayClassName: "rampa-ingress",
        infrastructure: {
          parametersRef: { group: "gateway.k8s.aws", kind: "LoadBalancerConfiguration", name: "ingress" },
        },
      },
    });
    expect(gateway?.props).not.toHaveProperty("status");
    expect([gateway?.protect, gateway?.customTimeouts.create]).toEqual([true, "15m"]);
    expect(find("ingress-class")?.props.spec).toEqual({ controllerName: "gateway.k8s.aws/alb" });
    expect(find("ingress-record")?.props).toMatchObject({
      zoneId: "Z0123456789ABC",
      name: "models.example.com",
      type: "A",
      aliases: [{ name: ALB, zoneId: "Z32O12XQLNTSW2", evaluateTargetHealth: true }],
    });
    expect(ingress?.url).toBe("https://models.example.com");
  });

  it("keeps its routes out of the namespace whose routes are endpoints, by a grant for one Service", async () => {
    const { resources, find } = await record();
    const routes = resources.filter(({ type }) => type.endsWith(":HTTPRoute"));
    expect(routes.map(({ props }) => props.metadata)).toEqual([
      expect.objectContaining({ namespace: "rampa-ingress" }),
      expect.objectContaining({ namespace: "rampa-ingress" }),
    ]);
    expect(find("ingress-grant")?.props).toMatchObject({
      metadata: { namespace: "rampa" },
      spec: {
        from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "rampa-ingress" }],
        to: [{ group: "", kind: "Service", name: "gateway" }],
      },
    });
    expect(find("ingress-route")?.props.spec).toMatchObject({
      parentRefs: [{ name: "ingress", sectionName: "https" }],
      hostnames: ["models.example.com"],
      rules: [{ backendRefs: [{ name: "gateway", namespace: "rampa", port: 8080, weight: 1 }] }],
    });
    const needed = ["ingress-grant", "ingress-targets"].map((name) => find(name)?.urn);
    expect(find("ingress-route")?.dependencies).toEqual(expect.arrayContaining(needed));
  });

  it("judges pods by their readiness and reaches them without a hop", async () => {
    const { find } = await record();
    expect(find("ingress-targets")?.props).toMatchObject({
      metadata: { namespace: "rampa" },
      spec: {
        targetReference: { kind: "Service", name: "gateway" },
        defaultConfiguration: {
          targetType: "ip",
          healthCheckConfig: { healthCheckPath: "/readyz", matcher: { httpCode: "200" } },
        },
      },
    });
  });

  it("configures load balancer and targets by fields that the controller knows", async () => {
    const { find } = await record();
    const balancer = loadBalancerConfiguration.safeParse(find("ingress-load-balancer")?.props);
    const targets = targetGroupConfiguration.safeParse(find("ingress-targets")?.props);
    expect([balancer.error, targets.error]).toEqual([undefined, undefined]);
  });

  it("sends port 80 to HTTPS, or leaves it closed", async () => {
    const open = await record();
    expect(open.find("ingress-redirect")?.props.spec).toMatchObject({
      parentRefs: [{ sectionName: "http" }],
      rules: [
        {
          filters: [
            { type: "RequestRedirect", requestRedirect: { scheme: "https", port: 443, statusCode: 301 } },
          ],
        },
      ],
    });
    const closed = await record({ plainHttp: "closed" });
    expect(closed.find("ingress-redirect")).toBeUndefined();
    expect(closed.find("ingress-gateway")?.props.spec).toMatchObject({
      listeners: [{ name: "https", protocol: "HTTPS", port: 443, hostname: "models.example.com" }],
    });
  });

  it("breaks no rule of the policy pack in production, known or not yet known", async () => {
    expect(judgeRules(packRules, (await record()).resources)).toEqual([]);
    const planned = judgeRules(packRules, (await record({}, true)).resources);
    expect(planned.filter(({ level }) => level === "mandatory")).toEqual([]);
  });

  it("is refused by the policy pack where it faces the internet", async () => {
    const exposure = { kind: "internet" as const, clients: ["203.0.113.0/24"] };
    const { resources, find } = await record({ exposure });
    expect(judgeRules(packRules, resources).map(({ rule }) => rule)).toEqual(["no-public-endpoint"]);
    expect(find("ingress-load-balancer")?.props.spec).toMatchObject({
      loadBalancerSubnets: [{ identifier: "subnet-x" }, { identifier: "subnet-y" }],
      sourceRanges: ["203.0.113.0/24"],
    });
  });

  it("lets its load balancer go where it is told so, and takes overrides", async () => {
    const { find } = await record({
      protect: false,
      override: {
        loadBalancer: { spec: { tags: { team: "x" } } },
        certificate: { keyAlgorithm: "RSA_2048" },
      },
    });
    expect(find("ingress-gateway")?.protect).toBe(false);
    expect(find("ingress-load-balancer")?.props.spec).toMatchObject({
      scheme: "internal",
      tags: { team: "x" },
      loadBalancerAttributes: expect.arrayContaining([
        { key: "deletion_protection.enabled", value: "false" },
      ]),
    });
    expect(find("ingress-certificate")?.props.keyAlgorithm).toBe("RSA_2048");
  });

  it.each([
    [{ hostname: "models" }, 'hostname: got "models", want a host name in lower case'],
    [{ hostedZoneId: "example.com" }, "hostedZoneId"],
    [{ exposure: { kind: "internet", clients: [] } }, "exposure.clients: got [], want at least one range"],
    [
      { exposure: { kind: "internet", clients: ["0.0.0.0/0"] } },
      'exposure.clients.0: got "0.0.0.0/0", want a range of /8 or narrower',
    ],
    [{ idleSeconds: 5000 }, "idleSeconds: got 5000, want a whole number of seconds from 60 to 4000"],
    [{ accessLogs: { bucket: "Logs" } }, "accessLogs.bucket"],
  ] as const)("refuses %j", async (wrong, expected) => {
    // As from a file: the types would refuse some of it.
    await expect(record(JSON.parse(JSON.stringify(wrong)))).rejects.toThrow(expected);
  });

  it("reports every wrong setting at once", async () => {
    await expect(record({ hostname: "", hostedZoneId: "" })).rejects.toThrow(
      'rampa:ingress:Ingress "ingress": 2 problems',
    );
  });
});
