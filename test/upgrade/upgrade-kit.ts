// Previews the recorded state of one release with the program of another, and says what of value it would lose.
import { openOfflineStack } from "../../stacks/local/engine/offline-engine.ts";
import { type PlannedStep, recordSteps } from "../../stacks/local/engine/planned-steps.ts";
import { previewStack, upStack } from "../../stacks/local/engine/stack.ts";
import { silent } from "../../stacks/local/progress.ts";

export type Subject = {
  /** Folder with Pulumi.yaml; the checkout when left out. */
  readonly project?: string;
  readonly stack: string;
  /** In place of the stack's own file. */
  readonly config?: Readonly<Record<string, unknown>>;
};

/** Recorded states are read again by later checkouts; what they encrypt was made up. */
const PASSPHRASE = "states of the upgrade tests";

/** The state after `up` in a simulation: everything has its name and id, and nothing exists. */
export async function recordState(subject: Subject): Promise<string> {
  const offline = await open(subject);
  try {
    await upStack(offline.handle);
    return await offline.exportState();
  } finally {
    offline.remove();
  }
}

/** What `up` with the subject's program would do to a stack that stands as `state` says. */
export async function previewUpgrade(subject: Subject, state: string): Promise<readonly PlannedStep[]> {
  const offline = await open(subject, state);
  const record = recordSteps();
  try {
    await previewStack(offline.handle, { onEvent: record.observe });
    return record.steps();
  } finally {
    offline.remove();
  }
}

async function open({ project, stack, config }: Subject, state?: string) {
  const offline = await openOfflineStack(stack, {
    world: "simulate",
    passphrase: PASSPHRASE,
    progress: silent,
    ...(project !== undefined && { project }),
    ...(state !== undefined && { state }),
  });
  if (config) offline.configure(config);
  return offline;
}

/** What cannot be made anew without an outage or a loss: the cluster, the data, the keys and where all of it lies. */
const KEPT: readonly string[] = [
  "aws:ec2/vpc:Vpc",
  "aws:ec2/subnet:Subnet",
  "aws:eks/cluster:Cluster",
  "aws:rds/instance:Instance",
  "aws:rds/cluster:Cluster",
  "aws:rds/clusterInstance:ClusterInstance",
  "aws:elasticache/replicationGroup:ReplicationGroup",
  "aws:s3/bucket:Bucket",
  "aws:ecr/repository:Repository",
  "aws:kms/key:Key",
  "aws:secretsmanager/secret:Secret",
  "kubernetes:core/v1:Namespace",
  "kubernetes:core/v1:PersistentVolumeClaim",
  "random:index/randomPassword:RandomPassword",
];

/** `replace aws:eks/cluster:Cluster prod: name` for everything of value that would be replaced or deleted. */
export function findLosses(steps: readonly PlannedStep[]): readonly string[] {
  const lost = steps.filter(({ type, operation }) => {
    return KEPT.includes(type) && (operation === "replace" || operation === "delete");
  });
  return lost.map(({ urn, type, operation, replacedFor }) => {
    const reasons = replacedFor.length > 0 ? `: ${replacedFor.join(", ")}` : "";
    return `${operation} ${type} ${urn.split("::").at(-1)}${reasons}`;
  });
}
