// PodRole: one ServiceAccount may take it, it may do what is listed, and a wildcard is refused before anything exists.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { PodRoleArgs } from "../../../components/identity/identity.args.ts";
import { PodRole } from "../../../components/identity/identity.ts";
import { readModelPermissions, readSecretPermissions } from "../../../components/identity/permissions.ts";
import type { IamStatement } from "../../../components/kit/iam-policy.ts";
import { judgeRules } from "../../../policies/harness/judge-rules.ts";
import { packRules } from "../../../policies/pack-rules.ts";
import { recordResources } from "../../kit/record-resources.ts";

const KEY = "arn:aws:kms:eu-west-1:111122223333:key/models";
const ROLE = "aws:iam/role:Role";
const COMPUTED = { [ROLE]: { arn: "arn:aws:iam::111122223333:role/model" } };

const permissions = readModelPermissions({
  bucketArn: "arn:aws:s3:::models",
  prefix: "chat/",
  keyArn: KEY,
  region: "eu-west-1",
});

const args: PodRoleArgs = {
  namespace: "rampa",
  serviceAccount: "model",
  permissions,
  refs: { clusterName: "rampa-prod" },
};

async function record(more: Partial<PodRoleArgs> = {}) {
  const held: { role?: PodRole } = {};
  const resources = await recordResources(
    () => {
      held.role = new PodRole("role", { ...args, ...more }, { providers: [new AwsProvider("aws")] });
    },
    { stack: "prod", project: "rampa", computed: COMPUTED },
  );
  const propsOf = (suffix: string) => resources.find(({ name }) => name === `role-${suffix}`)?.props ?? {};
  return { resources, role: held.role, propsOf };
}

const document = z.object({ Statement: z.array(z.record(z.string(), z.unknown())) });
const statementsOf = (policy: unknown) => document.parse(JSON.parse(String(policy))).Statement;

describe("the trust of a pod's role", () => {
  it("is Pod Identity's, for one ServiceAccount of clusters of that name", async () => {
    const { propsOf } = await record();
    expect(statementsOf(propsOf("role").assumeRolePolicy)).toEqual([
      {
        Sid: "AllowPodIdentity",
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "aws:RequestTag/eks-cluster-name": "rampa-prod",
            "aws:RequestTag/kubernetes-namespace": "rampa",
            "aws:RequestTag/kubernetes-service-account": "model",
          },
        },
      },
    ]);
  });

  it("is for that very cluster and account where they are given", async () => {
    const clusterArn = "arn:aws:eks:eu-west-1:111122223333:cluster/rampa-prod";
    const refs = { clusterName: "rampa-prod", clusterArn, accountId: "111122223333" };
    const { propsOf } = await record({ refs });
    expect(statementsOf(propsOf("role").assumeRolePolicy)[0]?.Condition).toEqual({
      StringEquals: expect.objectContaining({
        "aws:RequestTag/eks-cluster-arn": clusterArn,
        "aws:SourceAccount": "111122223333",
      }),
    });
  });
});

describe("ready-made permissions", () => {
  it("reads and lists models below their prefix, and decrypts through S3 only", async () => {
    const { propsOf } = await record();
    expect(statementsOf(propsOf("policy").policy)).toEqual([
      {
        Sid: "ReadModels",
        Effect: "Allow",
        Action: ["s3:GetObject"],
        Resource: ["arn:aws:s3:::models/chat/*"],
      },
      {
        Sid: "ListModels",
        Effect: "Allow",
        Action: ["s3:ListBucket"],
        Resource: ["arn:aws:s3:::models"],
        Condition: { StringLike: { "s3:prefix": ["chat/*"] } },
      },
      {
        Sid: "DecryptModels",
        Effect: "Allow",
        Action: ["kms:Decrypt"],
        Resource: [KEY],
        Condition: { StringEquals: { "kms:ViaService": "s3.eu-west-1.amazonaws.com" } },
      },
    ]);
  });

  it("reads the secrets it is given and no others", async () => {
    const secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:keys-AbCdEf";
    const { propsOf } = await record({
      permissions: readSecretPermissions({ secretArns: [secret], keyArns: [KEY], region: "eu-west-1" }),
    });
    expect(statementsOf(propsOf("policy").policy)).toEqual([
      {
        Sid: "ReadSecrets",
        Effect: "Allow",
        Action: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
        Resource: [secret],
      },
      {
        Sid: "DecryptSecrets",
        Effect: "Allow",
        Action: ["kms:Decrypt"],
        Resource: [KEY],
        Condition: { StringEquals: { "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" } },
      },
    ]);
  });
});

describe("PodRole", () => {
  it("makes role, policy and association under itself, and gives out the role once pods can take it", async () => {
    const { resources, role, propsOf } = await record();
    const component = resources.find(({ type }) => type === "rampa:identity:PodRole");
    const children = resources.filter(({ parent }) => parent === component?.urn && parent !== "");
    expect(children.map(({ name }) => name)).toEqual(["role-role", "role-policy", "role-association"]);
    expect(propsOf("association")).toEqual({
      clusterName: "rampa-prod",
      namespace: "rampa",
      serviceAccount: "model",
      roleArn: COMPUTED[ROLE].arn,
      disableSessionTags: false,
    });
    const association = children.find(({ name }) => name === "role-association");
    expect(association?.dependencies).toContain(children.find(({ name }) => name === "role-policy")?.urn);
    expect(await new Promise((resolve) => role?.roleArn.apply(resolve))).toBe(COMPUTED[ROLE].arn);
  });

  it("bounds the role where the account has a boundary, and takes overrides", async () => {
    const boundary = "arn:aws:iam::111122223333:policy/boundary";
    const { propsOf } = await record({
      permissionsBoundary: boundary,
      override: { role: { description: "mine" } },
    });
    expect(propsOf("role")).toMatchObject({ permissionsBoundary: boundary, description: "mine" });
  });

  it("breaks no rule of the policy pack in production", async () => {
    const { resources } = await record();
    expect(judgeRules(packRules, resources)).toEqual([]);
  });

  const refused: readonly (readonly [string, readonly IamStatement[], string])[] = [
    [
      "a wildcard in an action",
      [{ sid: "All", actions: ["s3:Get*"], resources: ["arn:aws:s3:::models/*"] }],
      'permissions.0.actions.0: got "s3:Get*", want one action by its whole name, e.g. s3:GetObject, without wildcards',
    ],
    [
      "every resource for an action that can name them",
      [{ sid: "All", actions: ["ec2:DescribeVpcs", "s3:GetObject"], resources: ["*"] }],
      'permissions.0.actions.1: got "s3:GetObject", want named resources: AWS can tie this action to ARNs',
    ],
    [
      "no resource",
      [{ sid: "None", actions: ["s3:GetObject"] }],
      "permissions.0.resources: got [], want at least one ARN",
    ],
    [
      "a principal, which belongs into the trust",
      [{ sid: "Who", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::m/*"], principals: "*" }],
      "principals",
    ],
    [
      "two statements of one name",
      [
        { sid: "Same", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::m/*"] },
        { sid: "Same", actions: ["s3:ListBucket"], resources: ["arn:aws:s3:::m"] },
      ],
      "statements with different sids",
    ],
    ["no statement at all", [], "at least one statement"],
  ];

  it.each(refused)("refuses %s", async (_what, wrong, expected) => {
    await expect(record({ permissions: wrong })).rejects.toThrow(expected);
  });

  it("takes every resource for an action that AWS ties to none", async () => {
    const network = { sid: "ReadNetwork", actions: ["ec2:DescribeVpcs"], resources: ["*"] };
    const { propsOf } = await record({ permissions: [network] });
    expect(statementsOf(propsOf("policy").policy)[0]?.Resource).toEqual(["*"]);
  });

  it("reports every wrong setting at once", async () => {
    const wrong = { namespace: "Rampa", permissionsBoundary: "boundary", permissions: [] };
    await expect(record(wrong)).rejects.toThrow('rampa:identity:PodRole "role": 3 problems');
  });
});
