// Cases of model-bucket-locked.
import { tlsOnly } from "../fixtures/aws.ts";
import { LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const parts = {
  BucketPublicAccessBlock: {
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  },
  BucketVersioning: { versioningConfiguration: { status: "Enabled" } },
  BucketServerSideEncryptionConfiguration: {
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" } }],
  },
  BucketPolicy: { policy: tlsOnly() },
};
type Kind = keyof typeof parts;

const typeOf = (kind: string) => `aws:s3/${kind.charAt(0).toLowerCase()}${kind.slice(1)}:${kind}`;
const bucket = (props: object = {}) => resource("aws:s3/bucket:Bucket", { bucket: "weights", ...props });
/** All parts of the bucket, with one changed as given or, with undefined, left out. */
const partsWith = (kind?: Kind, change?: object) =>
  Object.entries(parts)
    .filter(([each]) => each !== kind || change !== undefined)
    .map(([each, props]) =>
      resource(typeOf(each), { bucket: "weights", ...props, ...(each === kind ? change : {}) }),
    );
const locked = (kind?: Kind, change?: object) => [bucket(), ...partsWith(kind, change)];
const missing = (kind: Kind) => ["mandatory", `no ${kind} of this bucket in the stack`] as const;
const openHttp = [
  "mandatory",
  "BucketPolicy.policy: no statement denies everybody every call without TLS to the bucket's objects",
] as const;
const policy = (statement: object) => locked("BucketPolicy", { policy: tlsOnly(statement) });

export const cases: RuleCases = {
  rule: "model-bucket-locked",
  pass: [
    { title: "a locked bucket", resources: locked() },
    {
      title: "a bucket tied by its id",
      resources: [bucket({ bucket: undefined, id: "weights" }), ...partsWith()],
    },
    {
      title: "a policy as an object",
      resources: locked("BucketPolicy", { policy: JSON.parse(tlsOnly({ Principal: { AWS: ["*"] } })) }),
    },
    {
      title: "a policy of one statement without a list",
      resources: locked("BucketPolicy", {
        policy: JSON.stringify({ Statement: JSON.parse(tlsOnly()).Statement[0] }),
      }),
    },
    {
      title: "a policy in other words",
      resources: policy({
        Action: ["s3:GetObject", "s3:*"],
        Condition: { Bool: { "aws:SecureTransport": ["true", false] } },
      }),
    },
    { title: "no bucket at all", resources: partsWith() },
  ],
  fail: [
    {
      title: "a bucket that is deleted with its objects",
      resources: [bucket({ forceDestroy: true }), ...partsWith()],
      expected: [["mandatory", "forceDestroy: the bucket is deleted together with its objects"]],
    },
    {
      title: "a bucket alone",
      resources: [bucket()],
      expected: [
        missing("BucketPublicAccessBlock"),
        missing("BucketVersioning"),
        missing("BucketServerSideEncryptionConfiguration"),
        missing("BucketPolicy"),
      ],
    },
    {
      title: "parts of another bucket",
      resources: [bucket(), ...partsWith("BucketVersioning", { bucket: "other" })],
      expected: [missing("BucketVersioning")],
    },
    {
      title: "a block with a gap",
      resources: locked("BucketPublicAccessBlock", { restrictPublicBuckets: false }),
      expected: [["mandatory", "BucketPublicAccessBlock.restrictPublicBuckets: not true"]],
    },
    {
      title: "suspended versions",
      resources: locked("BucketVersioning", { versioningConfiguration: { status: "Suspended" } }),
      expected: [
        [
          "mandatory",
          "BucketVersioning.versioningConfiguration.status: objects that are overwritten are lost",
        ],
      ],
    },
    {
      title: "no encryption",
      resources: locked("BucketServerSideEncryptionConfiguration", { rules: [] }),
      expected: [
        [
          "mandatory",
          "BucketServerSideEncryptionConfiguration.rules[0].applyServerSideEncryptionByDefault.sseAlgorithm: no encryption by default",
        ],
      ],
    },
    { title: "a policy that allows", resources: policy({ Effect: "Allow" }), expected: [openHttp] },
    {
      title: "a policy about some callers",
      resources: policy({ Principal: { AWS: "arn:aws:iam::123456789012:root" } }),
      expected: [openHttp],
    },
    { title: "a policy about reading", resources: policy({ Action: "s3:GetObject" }), expected: [openHttp] },
    {
      title: "a policy about the bucket without its objects",
      resources: policy({ Resource: "arn:aws:s3:::weights" }),
      expected: [openHttp],
    },
    {
      title: "a policy that denies TLS",
      resources: policy({ Condition: { Bool: { "aws:SecureTransport": "true" } } }),
      expected: [openHttp],
    },
    {
      title: "a policy that is no JSON",
      resources: locked("BucketPolicy", { policy: "deny" }),
      expected: [openHttp],
    },
  ],
  unknown: [
    {
      title: "the bucket's name",
      resources: [
        bucket({ bucket: UNKNOWN_TEXT }),
        ...partsWith("BucketPolicy").map((each) => ({
          ...each,
          props: { ...each.props, bucket: UNKNOWN_TEXT },
        })),
      ],
      expected: [
        ["advisory", `BucketPublicAccessBlock.bucket: ${LATER}`],
        ["advisory", `BucketVersioning.bucket: ${LATER}`],
        ["advisory", `BucketServerSideEncryptionConfiguration.bucket: ${LATER}`],
        missing("BucketPolicy"),
      ],
    },
    {
      title: "to which bucket a part belongs",
      resources: locked("BucketVersioning", { bucket: UNKNOWN_TEXT }),
      expected: [["advisory", `BucketVersioning.bucket: ${LATER}`]],
    },
    {
      title: "to which bucket one of two parts belongs",
      resources: [
        ...locked("BucketVersioning", { bucket: UNKNOWN_TEXT }),
        ...partsWith().map((each) => ({ ...each, props: { ...each.props, bucket: "other" } })),
      ],
      expected: [["advisory", `BucketVersioning.bucket: ${LATER}`]],
    },
    {
      title: "a statement of the policy",
      resources: locked("BucketPolicy", { policy: { Statement: [UNKNOWN_TEXT] } }),
      expected: [["advisory", `BucketPolicy.policy.Statement[0]: ${LATER}`]],
    },
    {
      title: "a policy",
      resources: locked("BucketPolicy", { policy: UNKNOWN_TEXT }),
      expected: [["advisory", `BucketPolicy.policy: ${LATER}`]],
    },
  ],
};
