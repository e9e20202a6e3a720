// Compares a resource's last inputs with its new ones: what changed, and whether a new object is needed.

import { changedPaths } from "../changed-paths.ts";
import { type PropertyMap, stringAt } from "../property-values.ts";
import type { Difference } from "../provider-messages.ts";
import { ANNOTATIONS, isAnnotated } from "./annotations.ts";
import { inOrderOf } from "./keyed-lists.ts";
import { groupOf, type Kind } from "./object-ref.ts";
import { type MutableFlags, needsReplacement } from "./replace-rules.ts";

/** Inputs come without secret wrappers; unknown values count as changed. */
export function compareInputs(olds: PropertyMap, news: PropertyMap, mutable: MutableFlags): Difference {
  const kind: Kind = {
    apiVersion: stringAt(news, ["apiVersion"]) ?? "",
    kind: stringAt(news, ["kind"]) ?? "",
  };
  const changed = changedPaths(inOrderOf(news, olds), news).filter((path) => !path.startsWith("__"));
  const frozen = isFrozen(olds) ? { configMap: false, secret: false } : mutable;
  const replaces = changed.filter((path) =>
    path === "apiVersion" ? isOtherGroup(olds, news) : needsReplacement(kind, path, frozen),
  );
  return { changed, replaces, deleteBeforeReplace: replaces.length > 0 && keepsName(olds, news) };
}

/** `immutable: true` on a ConfigMap or Secret lets nothing change in place, whatever the provider allows. */
function isFrozen(olds: PropertyMap): boolean {
  return olds.immutable === true;
}

/** Another version of one group names the same object. */
function isOtherGroup(olds: PropertyMap, news: PropertyMap): boolean {
  return groupOf(stringAt(olds, ["apiVersion"]) ?? "") !== groupOf(stringAt(news, ["apiVersion"]) ?? "");
}

/** A name given by the program cannot be used twice at a time, so the old object has to go first. */
function keepsName(olds: PropertyMap, news: PropertyMap): boolean {
  if (isAnnotated(news, ANNOTATIONS.autonamed)) return false;
  const same = (path: readonly string[]): boolean => stringAt(olds, path) === stringAt(news, path);
  return same(["metadata", "name"]) && same(["metadata", "namespace"]) && same(["kind"]);
}
