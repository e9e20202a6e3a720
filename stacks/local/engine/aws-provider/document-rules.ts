// Inputs that are JSON inside of a string: they have to parse, and policies need what AWS refuses them without. Pure.
import { parseJson } from "../../parse-json.ts";
import { isList, isMap, isUnknown, type PropertyMap, type PropertyValue } from "../property-values.ts";
import type { CheckProblem } from "../provider-messages.ts";
import { describeValue } from "./check-inputs.ts";
import { type Found, valuesAt } from "./known-values.ts";

/** What a document is: any JSON, or a policy of an identity, of a resource, or on who may assume a role. */
type DocumentKind = "json" | "identity" | "resource";

const DOCUMENTS: Readonly<Record<string, Readonly<Record<string, DocumentKind>>>> = {
  "aws:eks/addon:Addon": { configurationValues: "json" },
  "aws:iam/role:Role": { assumeRolePolicy: "resource", "inlinePolicies[].policy": "identity" },
  "aws:iam/policy:Policy": { policy: "identity" },
  "aws:iam/rolePolicy:RolePolicy": { policy: "identity" },
  "aws:iam/userPolicy:UserPolicy": { policy: "identity" },
  "aws:kms/key:Key": { policy: "resource" },
  "aws:kms/keyPolicy:KeyPolicy": { policy: "resource" },
  "aws:s3/bucketPolicy:BucketPolicy": { policy: "resource" },
  "aws:ec2/vpcEndpoint:VpcEndpoint": { policy: "resource" },
  "aws:ecr/repositoryPolicy:RepositoryPolicy": { policy: "resource" },
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": { policy: "json" },
  "aws:sqs/queuePolicy:QueuePolicy": { policy: "resource" },
  "aws:sqs/queue:Queue": { policy: "resource", redrivePolicy: "json" },
  "aws:sns/topicPolicy:TopicPolicy": { policy: "resource" },
  "aws:secretsmanager/secretPolicy:SecretPolicy": { policy: "resource" },
  "aws:cloudwatch/eventRule:EventRule": { eventPattern: "json" },
};

/** Inputs without secret wrappers. */
export function checkDocuments(type: string, inputs: PropertyMap): readonly CheckProblem[] {
  return Object.entries(DOCUMENTS[type] ?? {}).flatMap(([path, kind]) =>
    valuesAt(inputs, path.split(".")).flatMap((found) => checkDocument(found, kind)),
  );
}

/** AWS counts identity policies without white space. */
const LONGEST_POLICY = 6144;

function checkDocument({ property, value }: Found, kind: DocumentKind): CheckProblem[] {
  if (isUnknown(value) || typeof value !== "string") return [];
  const parsed = parseJson(value);
  if (parsed === undefined) return [{ property, reason: `got ${describeValue(value)}, want JSON` }];
  if (kind === "json") return [];
  const document = parsed as PropertyValue; // JSON is made of just these values.
  if (!isMap(document))
    return [{ property, reason: `got ${describeValue(document)}, want a policy document` }];
  const length = JSON.stringify(document).length;
  const tooLong = kind === "identity" && length > LONGEST_POLICY;
  return [
    ...statementsOf(document).flatMap((statement, index) =>
      statementProblems(statement, kind).map((reason) => ({
        property: `${property}.Statement[${index}]`,
        reason,
      })),
    ),
    ...(tooLong ? [{ property, reason: `got ${length} characters, want ${LONGEST_POLICY} at most` }] : []),
    ...versionProblems(document.Version).map((reason) => ({ property: `${property}.Version`, reason })),
  ];
}

function versionProblems(version: PropertyValue | undefined): string[] {
  if (version === undefined || version === "2012-10-17" || version === "2008-10-17") return [];
  return [`got ${describeValue(version)}, want "2012-10-17"`];
}

function statementsOf(document: PropertyMap): PropertyMap[] {
  const { Statement: given } = document;
  const list = isList(given) ? given : [given ?? null];
  return list.map((statement) => (isMap(statement) ? statement : {}));
}

function statementProblems(statement: PropertyMap, kind: DocumentKind): string[] {
  const lacks = (...names: readonly string[]): boolean =>
    names.every((name) => statement[name] === undefined);
  const { Effect: effect } = statement;
  const forPrincipal = kind === "resource";
  return [
    ...(effect === "Allow" || effect === "Deny"
      ? []
      : [`got Effect ${describeValue(effect)}, want "Allow" or "Deny"`]),
    ...(lacks("Action", "NotAction") ? ["got no Action, want Action or NotAction"] : []),
    ...(forPrincipal && lacks("Principal", "NotPrincipal") ? ["got no Principal, want one"] : []),
    ...(!forPrincipal && lacks("Resource", "NotResource")
      ? ["got no Resource, want Resource or NotResource"]
      : []),
    ...(!forPrincipal && !lacks("Principal", "NotPrincipal")
      ? ["got a Principal, want none: the policy is on the identity that it belongs to"]
      : []),
  ];
}
