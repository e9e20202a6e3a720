// Compares the last inputs of an AWS resource with its new ones: what changed, and what only a new resource can take. Pure.
import { changedPaths } from "../changed-paths.ts";
import { isEqual, type PropertyMap } from "../property-values.ts";
import type { Difference } from "../provider-messages.ts";
import type { Declaration } from "./declarations.ts";
import { isChosen, nameProperty } from "./physical-names.ts";
import { losesEncryption, needsReplacement } from "./replace-rules.ts";

export type Compared = {
  readonly type: string;
  readonly declared: Declaration;
  /** Inputs without secret wrappers; a value that is not known yet counts as changed. */
  readonly olds: PropertyMap;
  readonly news: PropertyMap;
};

export function compareResource({ type, declared, olds, news }: Compared): Difference {
  const name = nameProperty(type, declared);
  const changed = changedPaths(olds, news).filter((path) => !path.startsWith("__"));
  const lost = losesEncryption(type, olds, news);
  const replaces = changed.filter(
    (path) =>
      needsReplacement(path, { type, nameProperty: name, declared }) ||
      (lost && path.startsWith("encryptionConfig")),
  );
  // A name given by the program cannot be used twice at a time, so the old resource has to go first.
  const keepsName =
    name !== undefined &&
    news[name] !== undefined &&
    isEqual(olds[name], news[name]) &&
    !isChosen(news, name);
  return { changed, replaces, deleteBeforeReplace: replaces.length > 0 && keepsName };
}
