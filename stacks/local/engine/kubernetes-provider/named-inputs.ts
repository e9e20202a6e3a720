// Completes a resource's inputs before they are compared: API version, kind, name and namespace.
import { createHash, randomBytes } from "node:crypto";
import {
  isMap,
  isSecret,
  isUnknown,
  type PropertyMap,
  stringAt,
  unwrapMap,
  unwrapSecrets,
  valueAt,
  withValueAt,
} from "../property-values.ts";
import { nameOfUrn } from "../provider-messages.ts";
import { ANNOTATIONS, isAnnotated } from "./annotations.ts";
import { kindOf } from "./object-ref.ts";

const SUFFIX_LENGTH = 8;

export type NamingPlace = {
  readonly urn: string;
  /** Previous inputs of the resource, secrets taken off; empty for a new one. */
  readonly olds: PropertyMap;
  /** Namespace for namespaced kinds that name none; undefined for the others. */
  readonly defaultNamespace: string | undefined;
  /** The engine's seed, so that preview and update choose the same name. */
  readonly seed: Uint8Array;
};

/** Keeps secret wrappers where they are; a name once chosen for a resource stays. */
export function withNames(news: PropertyMap, place: NamingPlace): PropertyMap {
  if (isSecret(news.metadata)) {
    // Names are shown in plans and ids anyway, so a wholly secret metadata cannot stay so.
    return withNames({ ...news, metadata: unwrapSecrets(news.metadata ?? null) }, place);
  }
  if (isUnknown(news.metadata)) return news;
  const kinded = { ...news, ...kindOf(unwrapMap(news), place.urn) };
  return withNamespace(withName(kinded, place), place.defaultNamespace);
}

function withName(news: PropertyMap, place: NamingPlace): PropertyMap {
  const given = valueAt(news, ["metadata", "name"]);
  if (given !== undefined && given !== null) return news;
  const old = isAnnotated(place.olds, ANNOTATIONS.autonamed)
    ? stringAt(place.olds, ["metadata", "name"])
    : undefined;
  const name = old ?? `${nameOfUrn(place.urn)}-${suffix(place)}`;
  const annotations = valueAt(news, ["metadata", "annotations"]);
  const marked = { ...(isMap(annotations) ? annotations : {}), [ANNOTATIONS.autonamed]: "true" };
  return withValueAt(withValueAt(news, ["metadata", "name"], name), ["metadata", "annotations"], marked);
}

function suffix(place: NamingPlace): string {
  const seed = place.seed.length > 0 ? place.seed : randomBytes(SUFFIX_LENGTH);
  return createHash("sha256").update(place.urn).update(seed).digest("hex").slice(0, SUFFIX_LENGTH);
}

function withNamespace(news: PropertyMap, namespace: string | undefined): PropertyMap {
  const given = valueAt(news, ["metadata", "namespace"]);
  if (namespace === undefined || (given !== undefined && given !== null)) return news;
  return withValueAt(news, ["metadata", "namespace"], namespace);
}
