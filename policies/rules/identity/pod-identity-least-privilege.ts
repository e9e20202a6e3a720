// Rule pod-identity-least-privilege: a role may do what is named on what is named, and is had without static keys.
import { anyType } from "../../any-type.ts";
import { allowsOf, documentOf, isAnyone, oneOrMore } from "../../aws/policy-documents.ts";
import { mustBe } from "../../must-be.ts";
import { type Finding, type Rule, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const POLICIES =
  /^aws:iam\/(policy:Policy|rolePolicy:RolePolicy|userPolicy:UserPolicy|groupPolicy:GroupPolicy)$/;
const ATTACHMENTS =
  /^aws:iam\/(rolePolicyAttachment:RolePolicyAttachment|userPolicyAttachment:UserPolicyAttachment|groupPolicyAttachment:GroupPolicyAttachment|policyAttachment:PolicyAttachment)$/;
const ROLES = /^aws:iam\/role:Role$/;
const KEYS = /^aws:iam\/accessKey:AccessKey$/;

/** Actions on data, keys and roles, whose resources can always be named. */
const DATA_ACTIONS =
  /^(s3|dynamodb|secretsmanager|kms|sqs|sns|ssm|rds-data|rds-db|elasticache|bedrock):|^(iam:passrole|sts:assumerole)$/;
/** Those among them that AWS takes with the resource `*` only. */
const ACCOUNT_ACTIONS =
  /^(s3:listallmybuckets|dynamodb:list\w+|secretsmanager:(listsecrets|getrandompassword)|kms:(list(keys|aliases)|generaterandom|createkey)|sqs:listqueues|sns:listtopics|ssm:describeparameters|elasticache:describe\w+|bedrock:list\w+)$/;
const EVERY_RESOURCE = /^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*)$/;
/** Managed policies that allow everything, of an account or of a service. */
const BROAD_POLICIES = /\/(AdministratorAccess|PowerUserAccess|\w*FullAccess)$/;
const POD_IDENTITY = "pods.eks.amazonaws.com";
const POD_IDENTITY_ACTIONS = ["sts:AssumeRole", "sts:TagSession"] as const;

export const podIdentityLeastPrivilege: Rule = {
  name: "pod-identity-least-privilege",
  title:
    "IAM policies name their actions and resources, and pods get their role by Pod Identity, not by keys.",
  severity: "high",
  framework: {
    name: "NIST SP 800-53",
    version: "5",
    reference: "AC-6",
    specification: "Employ the principle of least privilege.",
  },
  tags: ["aws", "identity", "security"],
  why: "A role with `*` turns one flaw of a model server into the whole account, a static key outlives everybody who knew it, and without sts:TagSession Pod Identity hands out nothing.",
  fix: "List the actions and the ARNs that are used; trust `pods.eks.amazonaws.com` with sts:AssumeRole and sts:TagSession; replace access keys by a PodIdentityAssociation.",
  url: "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: anyType(POLICIES, ATTACHMENTS, ROLES, KEYS),
  check: ({ type, props }) => {
    if (KEYS.test(type)) return [violation("", "a static key")];
    if (ROLES.test(type)) return checkRole(props);
    return POLICIES.test(type) ? checkGrants(props.at("policy")) : checkAttached(props.at("policyArn"));
  },
};

function checkRole(props: Value): readonly Finding[] {
  const inline = props.at("inlinePolicies");
  const managed = props.at("managedPolicyArns");
  return [
    ...checkTrust(documentOf(props.at("assumeRolePolicy"))),
    ...unknownAmong([inline, managed]),
    ...inline.items().flatMap((policy) => checkGrants(policy.at("policy"))),
    ...managed.items().flatMap(checkAttached),
  ];
}

function checkAttached(arn: Value): readonly Finding[] {
  return mustBe(
    arn,
    (value) => !BROAD_POLICIES.test(value.text() ?? ""),
    "a managed policy that allows everything",
  );
}

function checkTrust(document: Value): readonly Finding[] {
  if (document.state !== "known") return unreadable(document);
  const statements = allowsOf(document);
  const principals = statements.map((statement) => statement.at("Principal"));
  const ofPods = statements.filter((statement) =>
    oneOrMore(statement.at("Principal", "Service")).some((service) => service.text() === POD_IDENTITY),
  );
  const actions = ofPods.flatMap((statement) => oneOrMore(statement.at("Action")));
  const named = actions.map((action) => action.text()?.toLowerCase());
  const missing = POD_IDENTITY_ACTIONS.filter((action) => !named.includes(action.toLowerCase()));
  const isJudged = ofPods.length > 0 && actions.every(({ state }) => state !== "unknown");
  return [
    ...unknownAmong([...principals.flatMap((principal) => principal.unknowns()), ...actions]),
    ...principals.filter(isAnyone).map((principal) => violation(principal, "anybody may take the role")),
    ...(isJudged && missing.length > 0
      ? [violation(document, `Pod Identity is not allowed ${missing.join(" and ")}`)]
      : []),
  ];
}

function checkGrants(policy: Value): readonly Finding[] {
  const document = documentOf(policy);
  return document.state === "known" ? allowsOf(document).flatMap(checkStatement) : unreadable(document);
}

function unreadable(document: Value): readonly Finding[] {
  return mustBe(document, () => false, "not a policy document");
}

function checkStatement(statement: Value): readonly Finding[] {
  const actions = oneOrMore(statement.at("Action"));
  const resources = oneOrMore(statement.at("Resource"));
  const all = resources.filter((resource) => EVERY_RESOURCE.test(resource.text() ?? ""));
  const wild = actions.filter((action) => /^(\*|[\w-]+:\*)$/.test(action.text() ?? ""));
  return [
    ...unknownAmong([...actions, ...resources]),
    ...wild.map((action) => violation(action, "every action of a service or account")),
    ...["NotAction", "NotResource"]
      .map((key) => statement.at(key))
      .filter(({ state }) => state === "known")
      .map((value) => violation(value, "allows all but what it names")),
    ...(actions.some(isDataAction)
      ? all.map((resource) => violation(resource, "every resource, for an action on data"))
      : []),
  ];
}

function isDataAction(value: Value): boolean {
  const action = value.text()?.toLowerCase() ?? "";
  return DATA_ACTIONS.test(action) && !ACCOUNT_ACTIONS.test(action);
}
