// What ingress and secrets write, judged by the published definitions of the Gateway API and of External Secrets.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { beforeAll, describe, expect, it } from "vitest";
import { Ingress } from "../../../components/ingress/ingress.ts";
import { SecretDelivery } from "../../../components/secrets/delivery.ts";
import { ownership } from "../../kit/component-owner.ts";
import { type CustomResourceCheck, readDefinitions } from "../../kit/crd-schema.ts";
import { fetchGoModule } from "../../kit/go-module.ts";
import { type RecordedResource, recordResources } from "../../kit/record-resources.ts";

const SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-GhIjKl";
/** What the chart of `GatewayDefinitions` holds. */
const GATEWAY_API = "1.5.1";
/** The newest that the Go client finds; the API's version is the one that later charts serve too. */
const EXTERNAL_SECRETS = "1.3.2";
/** What the load balancer controller alone defines is judged in ingress.test.ts. */
const JUDGED = /^kubernetes:(gateway\.networking\.k8s\.io|external-secrets\.io)\//;

let check: CustomResourceCheck;
let resources: readonly RecordedResource[];

beforeAll(async () => {
  const gateway = await fetchGoModule(`sigs.k8s.io/gateway-api@v${GATEWAY_API}`);
  const secrets = await fetchGoModule(`github.com/external-secrets/external-secrets@v${EXTERNAL_SECRETS}`);
  check = readDefinitions([
    ...textsIn(join(gateway, "config", "crd", "standard")),
    ...textsIn(join(secrets, "config", "crds", "bases")),
  ]);
  resources = (await recordResources(createBoth, { stack: "prod", project: "rampa" })).filter(({ type }) =>
    JUDGED.test(type),
  );
});

function textsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return names.map((name) => readFileSync(join(folder, name), "utf8"));
}

function createBoth(): void {
  const providers = [new KubernetesProvider("k8s"), new AwsProvider("aws")];
  new Ingress(
    "ingress",
    {
      ownership,
      region: "eu-west-1",
      hostname: "models.example.com",
      hostedZoneId: "Z0123456789ABC",
      refs: {
        serviceNamespace: "rampa",
        serviceName: "gateway",
        privateSubnetIds: ["subnet-a"],
        publicSubnetIds: [],
      },
    },
    { providers },
  );
  new SecretDelivery(
    "secrets",
    {
      ownership,
      region: "eu-west-1",
      providerKeys: { openai: { secretArn: SECRET, property: "key" } },
      refs: { namespace: "rampa", clientKeysSecretArn: SECRET, clientKeysChecksum: "abc" },
    },
    { providers },
  );
}

describe("custom resources of ingress and secrets", () => {
  it("have no field that their definitions do not know, and all that they ask for", () => {
    expect(resources.map(({ props }) => props.kind).sort()).toEqual([
      "ExternalSecret",
      "ExternalSecret",
      "Gateway",
      "GatewayClass",
      "HTTPRoute",
      "HTTPRoute",
      "ReferenceGrant",
      "SecretStore",
    ]);
    expect(resources.flatMap(({ name, props }) => check(props).map((issue) => `${name}: ${issue}`))).toEqual(
      [],
    );
  });

  it("are refused by this test where a field is misspelt or of another type", () => {
    const store = resources.find(({ props }) => props.kind === "SecretStore")?.props;
    const wrong = {
      ...store,
      spec: { provider: { aws: { service: "SecretsManger", region: 1 } }, extra: true },
    };
    expect(check(wrong).map((issue) => issue.split(": ")[0])).toEqual([
      "spec.provider.aws.region",
      "spec.provider.aws.service",
      "spec",
    ]);
  });
});
