// defineStores: the stores inside the cluster that a stack asks for.
import type { Output, ProviderResource, Resource } from "@pulumi/pulumi";
import { ClusterCache } from "../components/data/cluster-cache.ts";
import { ClusterPostgres } from "../components/data/cluster-postgres.ts";
import { InvariantError } from "../components/kit/invariant-error.ts";
import type { Ownership } from "../components/kit/ownership.ts";
import { type DataSettings, VOLUMES } from "./data-settings.ts";
import type { ToolReferences } from "./local/images/tool-image.ts";
import type { StackSettings } from "./settings.ts";

type StoreParts = {
  readonly ownership: Ownership;
  readonly namespace: Output<string>;
  readonly priorityClass: Output<string>;
  readonly providers: ProviderResource[];
  readonly dependsOn: Resource[];
  /** Images that were built here. */
  readonly tools: ToolReferences;
  /** Directory of the node that has a directory a volume; undefined where the cluster makes volumes. */
  readonly directory: string | undefined;
};

export type Stores = {
  readonly postgres?: ClusterPostgres | undefined;
  readonly cache?: ClusterCache | undefined;
};

export function defineStores({ data }: Pick<StackSettings, "data">, parts: StoreParts): Stores {
  const { ownership, namespace, priorityClass, providers, dependsOn, tools } = parts;
  const options = { providers, dependsOn };
  const refsOf = (store: Postgres | Cache, built: string | undefined) => ({
    namespace,
    priorityClass,
    image: imageOf(store, built),
  });
  const { postgres, cache } = data ?? {};
  return {
    postgres:
      postgres &&
      new ClusterPostgres(
        "postgres",
        { ...toPostgres(postgres, parts), ownership, refs: refsOf(postgres, tools.postgres) },
        options,
      ),
    cache:
      cache &&
      new ClusterCache(
        "cache",
        { ...withUser(cache), ownership, refs: refsOf(cache, tools.valkey) },
        options,
      ),
  };
}

type Postgres = NonNullable<DataSettings["postgres"]>;
type Cache = NonNullable<DataSettings["cache"]>;

function toPostgres(postgres: Postgres, { directory }: StoreParts) {
  const { volume, backups, ...rest } = withUser(postgres);
  const at = (name: string) => (directory === undefined ? {} : { path: `${directory}/${name}` });
  return {
    ...rest,
    volume: { ...volume, ...at(VOLUMES.data) },
    backups: { ...backups, volume: { ...backups.volume, ...at(VOLUMES.copies) } },
  };
}

/** The user is the image's. */
function withUser<S extends Pick<Postgres, "image">>({ image, ...rest }: S) {
  return { ...rest, ...(image && { user: image.user }) };
}

function imageOf({ image }: Pick<Postgres, "image">, built: string | undefined): string {
  const reference = image?.reference ?? built;
  if (reference === undefined) throw new InvariantError("a store has neither an image nor one built for it");
  return reference;
}
