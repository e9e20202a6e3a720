// Removes imported images that nothing refers to any more: each change of the runtime brings one, and none is pulled again.
import { runCommand } from "./commands.ts";
import { type Ctr, repositoryOf } from "./image-import.ts";
import type { KubernetesApi } from "./kubernetes-api.ts";

export type ListedImage = { readonly name: string; readonly digest: string };

/** What names images: pods, and the templates that pods are made from, now or after a step back. */
const USERS = [
  "/api/v1/pods",
  "/apis/apps/v1/replicasets",
  "/apis/apps/v1/deployments",
  "/apis/apps/v1/statefulsets",
  "/apis/batch/v1/cronjobs",
];
const REMOVE_DEADLINE_MS = 120_000;

/**
 * Of the repository of `reference`, keeps that image and what the API server's objects name; removes nothing when it
 * does not answer. The kubelet's own collection goes by age and disk, and would take what a stopped version needs.
 */
export async function collectImages(ctr: Ctr, api: KubernetesApi, reference: string): Promise<void> {
  const answers = await Promise.all(USERS.map((path) => api.get(path)));
  if (answers.some((answer) => answer.status !== 200)) return;
  const used = namedImages(answers.map((answer) => answer.body));
  const [program, ...args] = ctr;
  const images = parseImages(await runCommand(program, [...args, "images", "list"]));
  const unused = selectUnused(images, reference, (name) => used.has(name));
  if (unused.length === 0) return;
  await runCommand(program, [...args, "images", "remove", "--sync", ...unused], {
    deadlineMs: REMOVE_DEADLINE_MS,
  });
}

/** Names to remove: all of an image's, as containerd keeps it while one is left (CRI adds the configuration's digest). */
export function selectUnused(
  images: readonly ListedImage[],
  reference: string,
  isUsed: (name: string) => boolean,
): readonly string[] {
  const isOfRepository = ({ name }: ListedImage): boolean => repositoryOf(name) === repositoryOf(reference);
  const isKept = ({ name }: ListedImage): boolean => name === reference || isUsed(name);
  const candidates = new Set(images.filter(isOfRepository).map((image) => image.digest));
  const kept = new Set(images.filter(isKept).map((image) => image.digest));
  return images.filter(({ digest }) => candidates.has(digest) && !kept.has(digest)).map(({ name }) => name);
}

/** What the `image` fields say, wherever they are. */
function namedImages(objects: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  JSON.stringify(objects, (key, value: unknown) => {
    if (key === "image" && typeof value === "string") names.add(value);
    return value;
  });
  return names;
}

/** The first and third column of `ctr images list`. */
export function parseImages(table: string): readonly ListedImage[] {
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [name, , digest] = line.split(/\s+/);
      return name && digest ? [{ name, digest }] : [];
    });
}
