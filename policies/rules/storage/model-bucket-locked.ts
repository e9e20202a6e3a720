// Rule model-bucket-locked: a bucket is private, versioned, encrypted, reached by TLS only and not emptied by accident.

import { documentOf, isAnyone, oneOrMore, statementsOf } from "../../aws/policy-documents.ts";
import { mustBe } from "../../must-be.ts";
import { about, type Finding, type Rule, type Subject, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const BUCKETS = /^aws:s3\/(bucket:Bucket|bucketV2:BucketV2)$/;

/** A resource that belongs to a bucket: its name, and what is wrong with it. */
type Part = { readonly kind: string; readonly check: (props: Value) => readonly Finding[] };

const BLOCKS = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"] as const;
const ALGORITHMS = new Set(["AES256", "aws:kms", "aws:kms:dsse"]);

const PARTS: readonly Part[] = [
  {
    kind: "BucketPublicAccessBlock",
    check: (props) =>
      BLOCKS.flatMap((block) => mustBe(props.at(block), (value) => value.flag() === true, "not true")),
  },
  {
    kind: "BucketVersioning",
    check: (props) =>
      mustBe(
        props.at("versioningConfiguration", "status"),
        (status) => status.text() === "Enabled",
        "objects that are overwritten are lost",
      ),
  },
  { kind: "BucketServerSideEncryptionConfiguration", check: checkEncryption },
  { kind: "BucketPolicy", check: checkTransport },
];

export const modelBucketLocked: Rule = {
  name: "model-bucket-locked",
  title: "A bucket is private, versioned, encrypted, refuses calls without TLS and keeps its objects.",
  severity: "critical",
  framework: {
    name: "CIS Amazon Web Services Foundations Benchmark",
    version: "3.0.0",
    reference: "2.1.1, 2.1.4",
    specification: "Deny HTTP requests and block public access of S3 buckets.",
  },
  tags: ["aws", "storage", "models"],
  why: "Weights are the most valuable thing here, and whoever can replace them decides what the model answers; without versions a wrong upload or a deleted stack is final.",
  fix: `Add ${PARTS.map(({ kind }) => kind).join(", ")} (a Deny of s3:* where aws:SecureTransport is false) for the bucket, and leave \`forceDestroy\` out.`,
  url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: BUCKETS,
  check: ({ props }) =>
    mustBe(
      props.at("forceDestroy"),
      (force) => force.flag() !== true,
      "the bucket is deleted together with its objects",
    ),
  checkStack: (subjects) =>
    subjects
      .filter(({ type }) => BUCKETS.test(type))
      .flatMap((bucket) =>
        about(
          bucket,
          PARTS.flatMap((part) => checkPart(bucket, part, subjects)),
        ),
      ),
};

/** Tied by name, which for a bucket without one in the program is known after the deployment. */
function checkPart(bucket: Subject, { kind, check }: Part, subjects: readonly Subject[]): readonly Finding[] {
  const names = [bucket.props.at("bucket").text(), bucket.props.at("id").text()].filter(
    (name) => name !== undefined,
  );
  const candidates = subjects.filter(({ type }) => isPart(type, kind));
  const own = candidates.find(({ props }) => names.includes(props.at("bucket").text() ?? ""));
  if (own !== undefined)
    return check(own.props).map((finding) => ({ ...finding, path: `${kind}.${finding.path}` }));
  const isOpen = names.length === 0 || candidates.some(({ props }) => props.at("bucket").state === "unknown");
  return candidates.length > 0 && isOpen
    ? [{ kind: "unknown", path: `${kind}.bucket` }]
    : [violation("", `no ${kind} of this bucket in the stack`)];
}

/** Also under the token of the generation before, which ends in V2. */
function isPart(type: string, kind: string): boolean {
  return type.startsWith("aws:s3/") && (type.endsWith(`:${kind}`) || type.endsWith(`:${kind}V2`));
}

function checkEncryption(props: Value): readonly Finding[] {
  const algorithm = props.at("rules", 0, "applyServerSideEncryptionByDefault", "sseAlgorithm");
  return mustBe(algorithm, (value) => ALGORITHMS.has(value.text() ?? ""), "no encryption by default");
}

function checkTransport(props: Value): readonly Finding[] {
  const document = documentOf(props.at("policy"));
  if (statementsOf(document).some(deniesPlainHttp)) return [];
  const hidden = document.unknowns();
  if (hidden.length > 0) return unknownAmong(hidden);
  return [
    violation(document, "no statement denies everybody every call without TLS to the bucket's objects"),
  ];
}

function deniesPlainHttp(statement: Value): boolean {
  const secure = statement.at("Condition", "Bool", "aws:SecureTransport");
  const texts = (key: string) => oneOrMore(statement.at(key)).map((each) => each.text() ?? "");
  return (
    statement.at("Effect").text() === "Deny" &&
    isAnyone(statement.at("Principal")) &&
    texts("Action").some((action) => action === "s3:*" || action === "*") &&
    texts("Resource").some((resource) => resource === "*" || resource.endsWith("/*")) &&
    oneOrMore(secure).some((value) => value.flag() === false || value.text() === "false")
  );
}
