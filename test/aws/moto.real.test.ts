// The AWS half of dev and prod made in moto by AWS's API, judged by AWS's own models, and read back as planned.
import { afterAll, describe, expect, it } from "vitest";
import { recordedIdentity } from "../../policies/harness/recorded-identity.ts";
import { useTool } from "../kit/obtained-tool.ts";
import { planStack } from "../kit/plan-stack.ts";
import type { RecordedResource } from "../kit/record-resources.ts";
import { type Applied, applyAll, type Place } from "./apply.ts";
import { at } from "./differences.ts";
import { HELD } from "./held.ts";
import { type Aws, type Reply, startMoto } from "./moto.ts";
import { COMPUTED } from "./stand-ins.ts";

type Made = {
  readonly aws: Aws;
  readonly place: Place;
  readonly planned: RecordedResource[];
  readonly applied: Applied[];
};

const ZONE = "Z0123456789EXAMPLE";

/** Also those whose stack could not be made. */
const started: Aws[] = [];
afterAll(async () => {
  for (const aws of started) await aws.stop();
});

async function make(stack: string): Promise<Made> {
  const { resources, settings } = await planStack(stack, { computed: COMPUTED });
  if (settings.aws === undefined) throw new Error(`${stack} is not on AWS`);
  const { region, account } = settings.aws;
  const aws = await startMoto({ region, account });
  started.push(aws);
  const provider = resources.find(({ type }) => type === "pulumi:providers:aws");
  const { tags } = JSON.parse(String(provider?.props.defaultTags));
  const place: Place = { aws, region, tags, known: new Map([[ZONE, await makeZone(aws)]]) };
  const planned = resources.filter(({ type }) => type.startsWith("aws:"));
  return { aws, place, planned, applied: await applyAll(planned, place) };
}

/** The zone of the names is there before the stack. */
async function makeZone(aws: Aws): Promise<string> {
  const { answer } = await aws.call({
    service: "route53",
    call: "create_hosted_zone",
    given: { Name: "example.com", CallerReference: "1" },
  });
  return String(at(answer, "HostedZone.Id")).replace("/hostedzone/", "");
}

const found = (applied: readonly Applied[], of: "refused" | "different"): Record<string, readonly string[]> =>
  Object.fromEntries(applied.filter((each) => each[of].length > 0).map((each) => [each.name, each[of]]));

describe.each(["dev", "prod"])("the AWS half of %s", (stack) => {
  const made = useTool(() => make(stack));

  it("is taken by AWS's models and by moto, every call of it", () => {
    const { applied, planned } = made();
    expect(found(applied, "refused")).toEqual({});
    expect(applied.map(({ name }) => name)).toEqual(planned.map(({ name }) => name));
    const held = applied.filter(({ type, how }) => how === "held" && HELD[type]?.id !== undefined);
    expect(held.filter(({ id }) => id === "").map(({ name }) => name)).toEqual([]);
  });

  it("is there as planned once all of it is there, so that a refresh finds nothing to change", () => {
    const { applied } = made();
    expect(found(applied, "different")).toEqual({});
  });
});

describe("what prod has made", () => {
  const made = useTool(() => make("prod"));

  const known = (text: string): string => made().place.known.get(text) ?? `${text} is not known`;
  const bucketOf = (name: string): string => known(`${name}-bucket-id`);
  const keyArnOf = (name: string): string => known(`arn:aws:kms:us-east-1:123456789012:key/${name}-key-key`);
  const call = (service: string, name: string, given: Record<string, unknown>): Promise<Reply> =>
    made().aws.call({ service, call: name, given });
  const answerOf = async (...args: Parameters<typeof call>): Promise<unknown> => {
    const { problems, answer } = await call(...args);
    expect(problems).toEqual([]);
    return answer;
  };

  /** Moto reads no conditions: what is denied without TLS is denied to all, until the policy is away. */
  const withoutPolicy = async (Bucket: string, act: () => Promise<void>): Promise<void> => {
    const policy = await answerOf("s3", "get_bucket_policy", { Bucket });
    await answerOf("s3", "delete_bucket_policy", { Bucket });
    await act();
    await answerOf("s3", "put_bucket_policy", { Bucket, Policy: at(policy, "Policy") });
  };

  it.each(["models", "records"])("refuses calls without TLS to the bucket of %s", async (name) => {
    const given = { Bucket: bucketOf(name), Key: "a", Body: "x" };
    expect((await call("s3", "put_object", given)).problems.join()).toContain("Forbidden");
  });

  it.each(["models", "records"])(
    "encrypts what is put into the bucket of %s by its own key",
    async (name) => {
      const given = { Bucket: bucketOf(name), Key: "a" };
      await withoutPolicy(given.Bucket, async () => {
        await answerOf("s3", "put_object", { ...given, Body: "x" });
        const head = await answerOf("s3", "head_object", given);
        expect(at(head, "ServerSideEncryption")).toBe("aws:kms");
        expect(at(head, "SSEKMSKeyId")).toBe(keyArnOf(name));
      });
    },
  );

  it("keeps the old weights when new ones take their name", async () => {
    const given = { Bucket: bucketOf("models"), Key: "twice" };
    await withoutPolicy(given.Bucket, async () => {
      const first = await answerOf("s3", "put_object", { ...given, Body: "old" });
      await answerOf("s3", "put_object", { ...given, Body: "new" });
      const VersionId = at(first, "VersionId");
      expect(at(await answerOf("s3", "get_object", { ...given, VersionId }), "Body")).toBe("old");
    });
  });

  it("lets nobody take a record away before its time", async () => {
    const given = { Bucket: bucketOf("records"), Key: "r" };
    await withoutPolicy(given.Bucket, async () => {
      const put = await answerOf("s3", "put_object", { ...given, Body: "record" });
      const version = { ...given, VersionId: at(put, "VersionId") };
      expect((await call("s3", "delete_object", version)).problems.join()).toContain("AccessDenied");
      expect(at(await answerOf("s3", "get_object", version), "Body")).toBe("record");
    });
  });

  it("refuses another image under a tag that is taken", async () => {
    const image = (digest: string) => ({
      repositoryName: "rampa-prod/serving",
      imageTag: "1.0.0",
      imageManifest: JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: { digest: `sha256:${digest.repeat(64)}` },
      }),
    });
    await answerOf("ecr", "put_image", image("1"));
    const { problems } = await call("ecr", "put_image", image("2"));
    expect(problems.join()).toContain("ImageAlreadyExistsException");
  });

  it("tells Karpenter through its queue when a spot machine is to go", async () => {
    const entry = {
      Source: "aws.ec2",
      DetailType: "EC2 Spot Instance Interruption Warning",
      Detail: JSON.stringify({ "instance-id": "i-0123456789abcdef0", "instance-action": "terminate" }),
    };
    const other = { ...entry, DetailType: "EC2 Fast Launch State-change Notification" };
    await answerOf("events", "put_events", { Entries: [entry, other] });
    const { id } = recordedIdentity("aws:sqs/queue:Queue", "gpu-support-karpenter-interruptions");
    const QueueUrl = known(id);
    const received = await answerOf("sqs", "receive_message", { QueueUrl, MaxNumberOfMessages: 10 });
    const bodies = [at(received, "Messages.Body")].flat().map((body) => JSON.parse(String(body)));
    expect(bodies.map((body) => body["detail-type"])).toEqual([entry.DetailType]);
  });

  it.each<[string, string, Record<string, unknown>, string]>([
    [
      "a subnet outside of the network",
      "network-public-eu-west-1a",
      { cidrBlock: "192.168.0.0/24" },
      "InvalidSubnet.Range",
    ],
    [
      "a word that the API does not know",
      "registry-repository",
      { imageTagMutability: "FIXED" },
      "'FIXED' is none of",
    ],
    [
      "a property that the API does not know",
      "gpu-l40s-nodes",
      { amiKind: "x" },
      'Unknown parameter in input: "amiKind"',
    ],
    [
      "a value of another type",
      "cluster-logs",
      { retentionInDays: "long" },
      "Invalid type for parameter retentionInDays",
    ],
    ["a name of another form", "models-key-alias", { name: "alias/my models" }, "is not of the form"],
    [
      "a policy that AWS does not manage",
      "backups-role-backup",
      { policyArn: "arn:aws:iam::aws:policy/None" },
      "NoSuchEntity",
    ],
    [
      "a document that is no policy",
      "secrets-role-policy",
      { policy: '{"Statement":[]}' },
      "MalformedPolicyDocument",
    ],
    [
      "a property that no call carries",
      "store-from-cluster",
      { cidrIpv6: "::/0" },
      "cidrIpv6: no call carries it",
    ],
    [
      "a reference to nothing",
      "network-flow-log",
      { iamRoleArn: "arn:aws:iam::123456789012:role/nobody" },
      "role/nobody stands for nothing that was made before",
    ],
    [
      "a wrong word for what moto lacks",
      "cluster-kube-proxy-addon",
      { resolveConflictsOnCreate: "FORCE" },
      "'FORCE' is none of",
    ],
  ])("would not be there with %s", async (_, name, change, problem) => {
    const { planned, place } = made();
    const changed = planned
      .filter((each) => each.name === name)
      .map((each) => ({ ...each, props: { ...each.props, ...change } }));
    const [applied] = await applyAll(changed, { ...place, known: new Map(place.known) });
    expect(applied?.refused.join("\n")).toContain(problem);
  });
});
