// Directories of this machine that are volumes of stores in the embedded cluster: made before any pod asks for them.
import { chmod, chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runtimeUser } from "./images/oci-documents.ts";
import { paths } from "./paths.ts";

export type StoreVolume = {
  readonly name: string;
  /** As whom its pods run; the user of images that are built here when left out. */
  readonly user: number | undefined;
};

/** Where the volumes of one namespace lie. */
export function storeDirectory(namespace: string): string {
  return join(paths.data, namespace);
}

/** Owned by their users: the kubelet does not change who owns a directory of the node. */
export async function makeStoreDirectories(
  namespace: string,
  volumes: readonly StoreVolume[],
): Promise<void> {
  for (const { name, user = runtimeUser } of volumes) {
    const directory = join(storeDirectory(namespace), name);
    await mkdir(directory, { recursive: true });
    await chown(directory, user, user);
    await chmod(directory, 0o700);
  }
}
