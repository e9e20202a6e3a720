// Settings of the stores inside the cluster as they stand in a stack file, and what the environment asks of them.
import { z } from "zod";
import { clusterCacheSettings } from "../components/data/cluster-cache.args.ts";
import { clusterPostgresSettings } from "../components/data/cluster-postgres.args.ts";

const image = z
  .strictObject({
    reference: z
      .string()
      .regex(
        /^[a-z0-9.-]+[.:][^@\s]*\/[^@\s]+@sha256:[0-9a-f]{64}$/,
        "an image with its registry and by digest, e.g. registry.example.com/postgres@sha256:…",
      )
      .describe("The image, e.g. the project's official one, by digest."),
    user: z
      .int("a user ID")
      .min(1, "a user other than root")
      .default(999)
      .describe("User that its programs run as; that of the official images when left out."),
  })
  .optional()
  .describe("Image of the server; built and kept on this machine when left out, for the local cluster only.");

const ownFields = { ownership: true, user: true } as const;

export const dataSettings = z
  .strictObject({
    postgres: clusterPostgresSettings
      .omit(ownFields)
      .extend({ image })
      .optional()
      .describe("Postgres as one pod on a volume of its own; none when left out."),
    cache: clusterCacheSettings
      .omit(ownFields)
      .extend({ image })
      .optional()
      .describe("Valkey as one pod that keeps nothing; none when left out."),
  })
  .describe(
    "Stores inside the cluster, one pod each: for `local` and `dev`. Where the platform has to survive the loss of a node, they are RDS and ElastiCache.",
  );

export type DataSettings = z.output<typeof dataSettings>;

/** What the environment asks of the stores: paths below `rampa:data`. */
export function findDataProblems(data: DataSettings | undefined, environment: string) {
  if (data === undefined || environment === "local") return [];
  if (environment !== "dev") {
    const want = `nothing, as the environment is ${environment}: one pod is lost with its node`;
    return [{ path: [], want }];
  }
  return (["postgres", "cache"] as const)
    .filter((store) => data[store] !== undefined && data[store].image === undefined)
    .map((store) => ({
      path: [store, "image"],
      want: "an image by digest that the cluster can pull, as it is not on this machine",
    }));
}

/** Servers whose images have to be built here. */
export function builtStores(data: DataSettings | undefined): readonly ("postgres" | "valkey")[] {
  const isBuilt = (store: Pick<NonNullable<DataSettings["cache"]>, "image"> | undefined): boolean =>
    store !== undefined && store.image === undefined;
  return [
    ...(isBuilt(data?.postgres) ? (["postgres"] as const) : []),
    ...(isBuilt(data?.cache) ? (["valkey"] as const) : []),
  ];
}

/** Names of the volumes where they are directories of one node. */
export const VOLUMES = { data: "postgres", copies: "postgres-backups" } as const;

/** The volumes that the settings ask for, and as whom their pods run where an image is named. */
export function volumesOf(data: DataSettings | undefined) {
  const postgres = data?.postgres;
  if (postgres === undefined) return [];
  return Object.values(VOLUMES).map((name) => ({ name, user: postgres.image?.user }));
}
