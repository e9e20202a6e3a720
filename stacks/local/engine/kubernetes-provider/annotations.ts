// The annotations by which a program steers the provider; the same ones as the official provider has.
import { type PropertyValue, stringAt } from "../property-values.ts";

export const ANNOTATIONS = {
  autonamed: "pulumi.com/autonamed",
  skipAwait: "pulumi.com/skipAwait",
  timeoutSeconds: "pulumi.com/timeoutSeconds",
  patchForce: "pulumi.com/patchForce",
} as const;

export function annotationOf(object: PropertyValue, name: string): string | undefined {
  return stringAt(object, ["metadata", "annotations", name]);
}

export function isAnnotated(object: PropertyValue, name: string): boolean {
  return annotationOf(object, name) === "true";
}
