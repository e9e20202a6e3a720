// Cases of pod-identity-least-privilege.
import { document } from "../fixtures/aws.ts";
import { LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy";
const ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment";
const WEIGHTS = "arn:aws:s3:::weights/*";
const EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess";

const grant = (Action: unknown, Resource: unknown, more: object = {}) =>
  document({ Effect: "Allow", Action, Resource, ...more });
const policy = (text: unknown, type = ROLE_POLICY) => [resource(type, { policy: text })];
const trust = (
  Action: unknown = ["sts:AssumeRole", "sts:TagSession"],
  Principal: unknown = { Service: "pods.eks.amazonaws.com" },
) => document({ Effect: "Allow", Principal, Action });
const role = (assumeRolePolicy: unknown, more: object = {}) => [
  resource("aws:iam/role:Role", { assumeRolePolicy, ...more }),
];
const action = (path: string) => ["mandatory", `${path}: every action of a service or account`] as const;
const every = (path: string) => ["mandatory", `${path}: every resource, for an action on data`] as const;
const broad = (path: string) => ["mandatory", `${path}: a managed policy that allows everything`] as const;
const first = "policy.Statement[0]";

export const cases: RuleCases = {
  rule: "pod-identity-least-privilege",
  pass: [
    { title: "named actions on named objects", resources: policy(grant(["s3:GetObject"], WEIGHTS)) },
    { title: "some actions by prefix", resources: policy(grant("s3:Get*", WEIGHTS)) },
    { title: "an action that has no resource", resources: policy(grant("ecr:GetAuthorizationToken", "*")) },
    { title: "a list of the account", resources: policy(grant("s3:ListAllMyBuckets", "*")) },
    {
      title: "a refusal of everything",
      resources: policy(document({ Effect: "Deny", Action: "*", Resource: "*" })),
    },
    { title: "no document", resources: role(trust(), { inlinePolicies: [], managedPolicyArns: [] }) },
    { title: "a role of pods", resources: role(trust()) },
    {
      title: "the two actions in two statements",
      resources: role(
        document(
          ...["sts:AssumeRole", "sts:TagSession"].map((each) => ({
            Effect: "Allow",
            Principal: { Service: ["pods.eks.amazonaws.com"] },
            Action: each,
          })),
        ),
      ),
    },
    {
      title: "a role of nodes",
      resources: role(trust("sts:AssumeRole", { Service: "ec2.amazonaws.com" })),
    },
    {
      title: "a narrow managed policy",
      resources: [resource(ATTACHMENT, { policyArn: "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy" })],
    },
  ],
  fail: [
    {
      title: "every action",
      resources: policy(grant("*", WEIGHTS)),
      expected: [action(`${first}.Action`)],
    },
    {
      title: "every action of a service, in a policy of its own",
      resources: policy(grant(["s3:GetObject", "s3:*"], WEIGHTS), "aws:iam/policy:Policy"),
      expected: [action(`${first}.Action[1]`)],
    },
    {
      title: "data of every bucket",
      resources: policy(grant("s3:GetObject", "*")),
      expected: [every(`${first}.Resource`)],
    },
    {
      title: "secrets of the whole account, in an object",
      resources: policy(
        JSON.parse(
          grant(
            ["SecretsManager:GetSecretValue"],
            [WEIGHTS, "arn:aws:secretsmanager:eu-west-1:123456789012:*"],
          ),
        ),
      ),
      expected: [every(`${first}.Resource[1]`)],
    },
    {
      title: "data of every bucket, beside a login",
      resources: policy(grant(["ecr:GetAuthorizationToken", "s3:GetObject"], "*")),
      expected: [every(`${first}.Resource`)],
    },
    {
      title: "a role of nodes and pods without sessions' tags",
      resources: role(trust("sts:AssumeRole", { Service: ["ec2.amazonaws.com", "pods.eks.amazonaws.com"] })),
      expected: [["mandatory", "assumeRolePolicy: Pod Identity is not allowed sts:TagSession"]],
    },
    {
      title: "every role to pass on",
      resources: policy(grant("iam:PassRole", "*")),
      expected: [every(`${first}.Resource`)],
    },
    {
      title: "all but some actions and resources",
      resources: policy(document({ Effect: "Allow", NotAction: "iam:*", NotResource: WEIGHTS })),
      expected: [
        ["mandatory", `${first}.NotAction: allows all but what it names`],
        ["mandatory", `${first}.NotResource: allows all but what it names`],
      ],
    },
    {
      title: "a text that is no document",
      resources: policy("allow"),
      expected: [["mandatory", "policy: not a policy document"]],
    },
    {
      title: "a role without sessions' tags",
      resources: role(trust("sts:AssumeRole")),
      expected: [["mandatory", "assumeRolePolicy: Pod Identity is not allowed sts:TagSession"]],
    },
    {
      title: "a role that anybody may take",
      resources: role(trust(undefined, { AWS: "*" })),
      expected: [["mandatory", "assumeRolePolicy.Statement[0].Principal: anybody may take the role"]],
    },
    {
      title: "a broad policy inside of a role",
      resources: role(trust(), {
        inlinePolicies: [{ name: "all", policy: grant("kms:*", "arn:aws:kms:eu-west-1:123456789012:key/k") }],
        managedPolicyArns: [EVERYTHING],
      }),
      expected: [action("inlinePolicies[0].policy.Statement[0].Action"), broad("managedPolicyArns[0]")],
    },
    {
      title: "a broad managed policy",
      resources: [resource(ATTACHMENT, { policyArn: "arn:aws:iam::aws:policy/AmazonS3FullAccess" })],
      expected: [broad("policyArn")],
    },
    {
      title: "a static key",
      resources: [resource("aws:iam/accessKey:AccessKey", { user: "ci" })],
      expected: [["mandatory", "a static key"]],
    },
  ],
  unknown: [
    {
      title: "a document",
      resources: policy(UNKNOWN_TEXT),
      expected: [["advisory", `policy: ${LATER}`]],
    },
    {
      title: "a resource of a document",
      resources: policy(JSON.parse(grant(["s3:GetObject"], [UNKNOWN_TEXT]))),
      expected: [["advisory", `${first}.Resource[0]: ${LATER}`]],
    },
    {
      title: "whom a role trusts",
      resources: role(UNKNOWN_TEXT),
      expected: [["advisory", `assumeRolePolicy: ${LATER}`]],
    },
    {
      title: "a statement of a document",
      resources: policy({ Statement: [UNKNOWN_TEXT] }),
      expected: [
        ["advisory", `${first}.Action: ${LATER}`],
        ["advisory", `${first}.Resource: ${LATER}`],
      ],
    },
    {
      title: "a service that a role trusts",
      resources: role(JSON.parse(trust(["sts:AssumeRole", "sts:TagSession"], { Service: UNKNOWN_TEXT }))),
      expected: [["advisory", `assumeRolePolicy.Statement[0].Principal.Service: ${LATER}`]],
    },
    {
      title: "an action of pods",
      resources: role(JSON.parse(trust(["sts:AssumeRole", UNKNOWN_TEXT]))),
      expected: [["advisory", `assumeRolePolicy.Statement[0].Action[1]: ${LATER}`]],
    },
    {
      title: "the policies of a role",
      resources: role(trust(), { inlinePolicies: UNKNOWN_TEXT, managedPolicyArns: UNKNOWN_TEXT }),
      expected: [
        ["advisory", `inlinePolicies: ${LATER}`],
        ["advisory", `managedPolicyArns: ${LATER}`],
      ],
    },
    {
      title: "the managed policy",
      resources: [resource(ATTACHMENT, { policyArn: UNKNOWN_TEXT })],
      expected: [["advisory", `policyArn: ${LATER}`]],
    },
  ],
};
